"""Become a command that ends when its parent does, even by `kill -9`.

    python -I -S tied.py PARENT COMMAND...

A program of its own because Python must not run code between fork and exec where threads may be about.
"""

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1


def main(parent: int, command: list[str]) -> None:
    libc = ctypes.CDLL(None)
    if hasattr(libc, "prctl"):  # Linux; elsewhere a killed supervisor leaves its children to the person
        libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:
        sys.exit(1)
    os.execv(command[0], command)  # noqa: S606 # no shell is what we want


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])
