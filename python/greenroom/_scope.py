"""Structured concurrency: threads that do not outlive the block that started them."""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Generic, ParamSpec, TypeVar

import _greenroom
from greenroom import _threads

P = ParamSpec("P")
T = TypeVar("T")


class Child(Generic[T]):
    """A call that runs on a green thread of its own. Made by `Scope.start`."""

    def __init__(self, call: Callable[[], T]) -> None:
        self._call: Callable[[], T] | None = call
        self._result: T | None = None
        self._error: BaseException | None = None

    def done(self) -> bool:
        """Has it ended?"""
        return self._call is None

    def exception(self) -> BaseException | None:
        """What it raised. RuntimeError if it has not ended."""
        if not self.done():
            raise RuntimeError("the call has not ended; leave the scope first")
        return self._error

    def result(self) -> T:
        """What it returned; raises what it raised. RuntimeError if it has not ended."""
        if error := self.exception():
            raise error
        return self._result  # type: ignore[return-value]


class Scope:
    """Where green threads live: see `scope`."""

    def __init__(self) -> None:
        self._handle: object | None = _greenroom.scope_open()
        self._first_error: BaseException | None = None

    def start(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> Child[T]:
        """Calls `function` on a green thread of its own, with the deadline of the caller.

        Raises OSError with errno.ECANCELED when the scope is cancelled, RuntimeError when it has
        been left.
        """
        child = Child(lambda: function(*args, **kwargs))
        _greenroom.scope_start(self._open(), lambda: self._run(child), _threads.adopt)
        return child

    def cancel(self) -> None:
        """Cancels what runs: each call in it that would wait raises OSError with errno.ECANCELED."""
        _greenroom.scope_cancel(self._open())

    def _open(self) -> object:
        if self._handle is None:
            raise RuntimeError("the scope has been left")
        return self._handle

    def _run(self, child: Child[Any]) -> bool:
        assert child._call
        try:
            child._result = child._call()
        except BaseException as error:
            child._error = error
            self._first_error = self._first_error or error
        child._call = None
        return child._error is None

    def _close(self) -> int:
        code = _greenroom.scope_close(self._open())
        self._handle = None
        return code


@contextmanager
def scope() -> Iterator[Scope]:
    """Runs calls side by side, and has all of them end before the block does.

        with greenroom.scope() as both:
            user = both.start(fetch_user, 1)
            basket = both.start(fetch_basket, 1)
        show(user.result(), basket.result())

    The first that raises cancels the others; once all have ended, that exception is raised at the
    end of the block. The same goes for an exception in the block itself, for its deadline
    (TimeoutError) and for its own cancellation (OSError with errno.ECANCELED).

    Raises RuntimeError outside of a green thread.
    """
    if not _greenroom.is_green():
        raise RuntimeError("a scope needs a green thread")
    inside = Scope()
    try:
        yield inside
    except BaseException:
        inside.cancel()
        inside._close()
        raise
    code = inside._close()
    if code in (errno.ETIMEDOUT, errno.ECANCELED):
        raise OSError(code, "the scope was ended with calls unfinished") from inside._first_error
    if inside._first_error is not None:
        raise inside._first_error


@contextmanager
def shield() -> Iterator[None]:
    """Lets the block finish although the caller has been cancelled: for cleaning up."""
    _greenroom.shield(True)
    try:
        yield
    finally:
        _greenroom.shield(False)


def is_cancelled() -> bool:
    """Has the caller been cancelled, and is not in a `shield`?"""
    return _greenroom.is_cancelled()


def cancel_on_disconnect(on: bool = True) -> None:
    """Whether the request that the caller answers is cancelled when its client hangs up.

    OSError with errno.EPERM where no request is answered: in a thread that one has started, say.
    """
    _greenroom.cancel_on_disconnect(on)
