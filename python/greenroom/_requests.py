"""requests on the client of Greenroom; see docs/accelerate.md."""

from __future__ import annotations

import warnings

import requests
import urllib3

_OLDEST, _NEWEST = (2, 28), (2, 34)

_installed = False


def _version(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split(".")[:2] if part.isdigit())


def _fault() -> str | None:
    if not _OLDEST <= _version(requests.__version__) <= _NEWEST:
        return "known are 2.28 to 2.34"
    if not (1, 26) <= _version(urllib3.__version__) < (3, 0):
        return f"beneath it is urllib3 {urllib3.__version__}, and known are 1.26 and 2"
    return None


def install() -> None:
    """Once; a version that is not known is left as it is, with a RuntimeWarning."""
    global _installed
    if _installed:
        return
    _installed = True
    if fault := _fault():
        warnings.warn(f"requests {requests.__version__} is not accelerated: {fault}",
                      RuntimeWarning, stacklevel=2)
        return
    from greenroom import _requests_prepare, _requests_send, _requests_session

    _requests_prepare.install()
    _requests_send.install()
    _requests_session.install()
