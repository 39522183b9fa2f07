"""Which TCP ports are free."""

from __future__ import annotations

import errno
import fcntl
import os
import random
import socket
import tempfile
from collections.abc import Mapping
from pathlib import Path

# Below the range from which systems take ports for outgoing connections: there a client that knocks on a
# stopped server's port may be given that very port, and keeps the server from coming back.
_CHOICE = range(15_000, 30_000)
_TRIES = 200


class PortTaken(Exception):
    """One or more ports cannot be used; the text names the settings."""


def can_listen(host: str, port: int) -> bool:
    return _fault(host, port) == 0


def free_port(host: str = "127.0.0.1") -> int:
    """A port that is free now, and that was not given to anybody else of this user lately."""
    for _ in range(_TRIES):
        port = _next_choice()
        if can_listen(host, port):
            return port
    raise PortTaken(f"No free port was found on {host} between {_CHOICE.start} and {_CHOICE.stop}.")


def refuse_taken_ports(host: str, ports: Mapping[str, int]) -> None:
    """Raise PortTaken with one line for each port, given by the name of its setting, that cannot be used."""
    faults: list[str] = []
    owner: dict[int, str] = {}
    for variable, port in ports.items():
        fault = _fault(host, port)
        if port in owner:
            faults.append(f"{owner[port]} and {variable} are both {port}. Set one of them to another port.")
        elif fault:
            why = "is taken" if fault == errno.EADDRINUSE else f"cannot be used ({os.strerror(fault)})"
            faults.append(f"Port {port} on {host} {why}. Set {variable} to a free one.")
        owner[port] = variable
    if faults:
        raise PortTaken("\n".join(faults))


def _next_choice() -> int:
    """The choices in turn, over all processes: who was given one may take its time before it listens."""
    anywhere = random.sample(_CHOICE, 1)[0]
    turn = Path(tempfile.gettempdir()) / f"batua-port-{os.getuid()}"
    try:
        descriptor = os.open(turn, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    except OSError:
        return anywhere
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        # Bytes: who has become another user may not be able to load a codec any more.
        last = os.pread(descriptor, len(str(_CHOICE.stop)), 0)
        following = int(last) + 1 if last.isdigit() else anywhere
        port = following if following in _CHOICE else _CHOICE.start
        os.pwrite(descriptor, str(port).encode(), 0)
    finally:
        os.close(descriptor)
    return port


def _fault(host: str, port: int) -> int:
    """The error number of listening there; 0 is none."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        # As the servers do: a port whose last connections only just ended is free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            return error.errno or errno.EINVAL
    return 0
