"""The process above the embedded PostgreSQL: drops root, runs it, and stops it when nobody needs it.

Runs by path in a bare interpreter (`python -I -S keeper.py`), so it imports nothing of ours.

    keeper.py AS_WHOM LOCKS COMMAND...

AS_WHOM is `same`, `namespace:ID` or `user:UID:GID`. LOCKS is `none`, and then the command simply takes this
process's place; or `START,USERS`, two open files. Everybody who needs the server holds a shared lock on USERS
as long as they live, so a program that is killed lets go as well; the last one out turns off the light.
"""

import ctypes
import fcntl
import os
import signal
import sys
import time

_CLONE_NEWUSER = 0x10000000
_PR_SET_PDEATHSIG = 1
_LOOK_EVERY_SECONDS = 0.2
# First a clean end, then a quick one (the next start recovers from the log), then force.
_WAYS_TO_STOP = ((signal.SIGINT, 8.0), (signal.SIGQUIT, 3.0), (signal.SIGKILL, 3.0))


def main(as_whom: str, locks: str, command: list[str]) -> int:
    os.umask(0o077)
    _become(as_whom)
    if locks == "none":
        os.execv(command[0], command)  # noqa: S606 # no shell is what we want
    start, users = (int(number) for number in locks.split(","))
    return _keep(command, start, users)


def _become(as_whom: str) -> None:
    kind, *numbers = as_whom.split(":")
    if kind == "namespace":
        # Inside, we are an ordinary user; outside, every file still belongs to whom it did.
        outside_uid, outside_gid = os.geteuid(), os.getegid()
        if ctypes.CDLL(None, use_errno=True).unshare(_CLONE_NEWUSER) != 0:
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number))
        _write("/proc/self/setgroups", "deny")
        _write("/proc/self/uid_map", f"{numbers[0]} {outside_uid} 1")
        _write("/proc/self/gid_map", f"{numbers[0]} {outside_gid} 1")
    elif kind == "user":
        os.setgroups([])
        os.setgid(int(numbers[1]))
        os.setuid(int(numbers[0]))


def _write(path: str, text: str) -> None:
    with open(path, "w") as file:  # noqa: PTH123 # pathlib would only slow the start
        file.write(text)


def _keep(command: list[str], start: int, users: int) -> int:
    asked: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, _frame: asked.append(number))
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    server = _run_tied_to_us(command)
    while True:
        ended, status = os.waitpid(server, os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status) != 0
        if asked or _nobody_needs_it(start, users):
            return _stop(server)
        time.sleep(_LOOK_EVERY_SECONDS)


def _run_tied_to_us(command: list[str]) -> int:
    """Start the server so that it ends cleanly when we are killed."""
    libc = ctypes.CDLL(None)
    us = os.getpid()
    server = os.fork()
    if server:
        return server
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    if hasattr(libc, "prctl"):
        libc.prctl(_PR_SET_PDEATHSIG, signal.SIGINT)
    if os.getppid() == us:
        os.execv(command[0], command)  # noqa: S606 # no shell is what we want
    os._exit(1)


def _nobody_needs_it(start: int, users: int) -> bool:
    """Whether we now hold both locks; they stay ours until we end, so a newcomer waits for the end."""
    if not _taken(start):
        return False
    if _taken(users):
        return True
    fcntl.flock(start, fcntl.LOCK_UN)
    return False


def _taken(lock: int) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _stop(server: int) -> int:
    for number, patience_seconds in _WAYS_TO_STOP:
        os.kill(server, number)
        until = time.monotonic() + patience_seconds
        while time.monotonic() < until:
            ended, status = os.waitpid(server, os.WNOHANG)
            if ended:
                return os.waitstatus_to_exitcode(status) != 0
            time.sleep(0.02)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2], sys.argv[3:]))
