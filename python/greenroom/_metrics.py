"""What an application counts and times by itself: see docs/metrics.md."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar, overload

from _greenroom import counter, gauge, histogram, meter, timer, timing

__all__ = ["counter", "gauge", "histogram", "meter", "timed", "timer", "timing"]

P = ParamSpec("P")
T = TypeVar("T")

NAME_MAX = 80


@overload
def timed(function: Callable[P, T], /) -> Callable[P, T]: ...
@overload
def timed(
    name: str, help: str = "", /, **labels: object
) -> Callable[[Callable[P, T]], Callable[P, T]]: ...
def timed(function_or_name, help="", /, **labels):  # noqa: A002
    """Times each call of a function: `@timed`, or `@timed("render", page="home")`.

    Without a name, the timer has that of module and function, with `_` for what may not be in one.
    Raises ValueError for a name that may not be.
    """
    if not callable(function_or_name):
        return lambda function: _timed(function, timer(function_or_name, help, **labels))
    name = f"{function_or_name.__module__}_{function_or_name.__qualname__}"
    name = re.sub(r"\W", "_", name, flags=re.ASCII)[-NAME_MAX:].lstrip("0123456789")
    return _timed(function_or_name, timer(name))


def _timed(function: Callable[P, T], the_timer) -> Callable[P, T]:
    @wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> T:
        with the_timer.time():
            return function(*args, **kwargs)

    return run
