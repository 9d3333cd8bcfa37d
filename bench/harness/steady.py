"""Clients that ask at a steady rate, whatever else the server does: how long they wait is what a
neighbour costs them.
"""

import asyncio
import random
import time
from collections import Counter
from dataclasses import dataclass, field

from harness.client import Visitor

TIMEOUT = 30.0  # seconds for an answer


@dataclass
class Waits:
    """Of all requests, in ms."""

    times: list[float] = field(default_factory=list)
    errors: Counter[str] = field(default_factory=Counter)

    def percentile(self, percent: float) -> float:
        ordered = sorted(self.times)
        return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))]

    def as_json(self) -> dict:
        return {"requests": len(self.times), "errors": sum(self.errors.values()),
                **{f"p{percent}": self.percentile(percent) for percent in (50, 99)},
                "max": max(self.times)}


async def ask(visitor: Visitor, path: str, waits: Waits) -> None:
    began = time.perf_counter()
    try:
        answer = await asyncio.wait_for(visitor.ask(path), TIMEOUT)
    except (OSError, EOFError, TimeoutError) as error:
        waits.errors[type(error).__name__] += 1
        visitor.leave()
        return
    if answer.status == 200:
        waits.times.append((time.perf_counter() - began) * 1e3)
    else:
        waits.errors[str(answer.status)] += 1


async def be_client(port: int, path: str, period: float, over: asyncio.Event, waits: Waits) -> None:
    visitor = Visitor(port)
    due = time.monotonic() + random.uniform(0, period)
    while not over.is_set():
        await asyncio.sleep(max(0.0, due - time.monotonic()))
        due += period
        await ask(visitor, path, waits)
    visitor.leave()


async def steadily(port: int, path: str, clients: int, period: float, over: asyncio.Event) -> Waits:
    """clients that each ask once in period seconds, until over is set."""
    waits = Waits()
    await asyncio.gather(*(be_client(port, path, period, over, waits) for _ in range(clients)))
    return waits
