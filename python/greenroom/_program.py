"""The command `greenroom` where pip has installed it: the program that lies in this package."""

from __future__ import annotations

import os
import sys
from typing import NoReturn


def main() -> NoReturn:
    """Becomes the program. It serves with the Python of the environment that it was installed in,
    activated or not."""
    if sys.prefix != sys.base_prefix:
        os.environ["VIRTUAL_ENV"] = sys.prefix
    program = os.path.join(os.path.dirname(os.path.abspath(__file__)), "greenroom")
    os.execv(program, sys.argv)
