"""Where the time of a request went, as the server counts it."""

from __future__ import annotations

from dataclasses import dataclass

import _greenroom


@dataclass(frozen=True)
class Downstream:
    """One that the request has waited for or talked to."""

    name: str
    """`db.example:5432`; `others` are all that came after eight."""
    protocol: str
    """`postgres`, `http`, ...; empty when it is not known."""
    waited: float
    """Seconds."""
    round_trips: int
    connections: int
    sent: int
    """Bytes."""
    received: int


@dataclass(frozen=True)
class Account:
    """Seconds since the request was begun, and what they were spent on: see docs/accounting.md."""

    total: float
    running: float
    queued: float
    interpreter: float
    lock: float
    sleep: float
    downstream: float
    client: float
    lookup: float
    os_thread: float
    other: float
    lookups: int
    downstreams: list[Downstream]


def request_account() -> Account:
    """What the request that the caller answers has spent its time on so far.

    RuntimeError where no request is answered: in a thread that one has started, say.
    """
    taken = _greenroom.account()
    if taken is None:
        raise RuntimeError("the caller answers no request")
    *times, lookups, uses = taken
    downstreams = [Downstream(name, protocol, waited / 1e9, *counts)
                   for name, protocol, waited, *counts in uses]  # fmt: skip
    return Account(*(ns / 1e9 for ns in times), lookups, downstreams)
