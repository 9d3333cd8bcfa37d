"""Messages to mules: processes that run a function of the application beside the workers."""

from __future__ import annotations

import errno
from collections.abc import Iterator

import _greenroom

__all__ = ["Message", "call", "messages", "names", "receive", "send"]

_ALL = -1


class Message:
    """What a mule has received."""

    __slots__ = ("payload", "_handle")

    def __init__(self, payload: bytes, handle: object) -> None:
        self.payload = payload
        self._handle = handle

    def reply(self, payload: bytes = b"") -> bool:
        """Answers whoever waits in `call`; ValueError for more than 64 KiB.

        Returns False where nobody does: it was only sent, has been answered already, or its sender
        has given up.
        """
        try:
            return _greenroom.message_reply(self._handle, payload)
        except OSError as error:
            raise _clearer(error) from None


def names() -> list[str]:
    """The functions of the mules, as `--mule` says them, by their numbers."""
    return _greenroom.message_names()


def send(payload: bytes, to: int | str | None = None, timeout: float | None = None) -> None:
    """Sends a message to a mule, by its number or its function, or to all of them.

    Waits while the queue of one is full: TimeoutError after `timeout` seconds, at once for 0. The
    message is in the queue then, and stays there until a mule takes it, this one or its successor.
    Raises ValueError where there is no such mule, and for more than 64 KiB.
    """
    number = _ALL if to is None else _number(to)
    try:
        _greenroom.message_send(number, payload, _due(timeout))
    except OSError as error:
        raise _clearer(error) from None


def call(payload: bytes, to: int | str = 0, timeout: float | None = None) -> bytes:
    """Sends a message to a mule, and waits for its reply.

    Raises ConnectionResetError when the mule dies, or forgets the message, without a reply; TimeoutError
    after `timeout` seconds; ValueError as `send`.
    """
    try:
        return _greenroom.message_call(_number(to), payload, _due(timeout))
    except OSError as error:
        raise _clearer(error) from None


def receive(timeout: float | None = None) -> Message:
    """The next message to this mule.

    Raises TimeoutError after `timeout` seconds, SystemExit when the mule is to end, PermissionError
    outside of a mule.
    """
    message = _greenroom.message_receive(_due(timeout))
    if message is None:
        raise SystemExit(0)
    return Message(*message)


def messages() -> Iterator[Message]:
    """The messages to this mule as they come, until the mule is to end."""
    return _Messages()


class _Messages:
    """Holds none of them: whoever waits for a reply is told when the mule drops the message."""

    def __iter__(self) -> _Messages:
        return self

    def __next__(self) -> Message:
        message = _greenroom.message_receive(0)
        if message is None:
            raise StopIteration
        return Message(*message)


def _number(to: int | str) -> int:
    known = names()
    if isinstance(to, str) and to in known:
        return known.index(to)
    if isinstance(to, str) or not 0 <= to < len(known):
        raise ValueError(f"there is no mule {to!r}; there are {', '.join(known) or 'none'}")
    return to


def _due(timeout: float | None) -> int:
    if timeout is None:
        return 0
    return _greenroom.now() + min(int(max(timeout, 0) * 1e9), 1 << 62)


def _clearer(error: OSError) -> Exception:
    if error.errno == errno.EMSGSIZE:
        return ValueError("a message has 64 KiB at most")
    return error
