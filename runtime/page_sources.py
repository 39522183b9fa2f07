"""What the pages of a web app are made from, as one value that changes when any of it does.

Two builds of the same sources differ, so builds cannot be compared; sources can. Settings are not among them.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from pathlib import Path

_ALWAYS_READ = ("rxconfig.py", "settings.py", "requirements.txt")
_IMPORTED = re.compile(r"^\s*(?:from|import)\s+(\w+)", re.MULTILINE)


def fingerprint(app: str, *, root: Path) -> str:
    """One value for everything the pages of `app` are made from."""
    return with_locks(sources_digest(app, root), root)


def with_locks(sources: str, root: Path) -> str:
    """The fingerprint of sources read before a build, and of the lock files as the build has left them."""
    return hashlib.sha256(f"{sources} {_digest(_files(root / 'reflex.lock'), root)}".encode()).hexdigest()


def sources_digest(app: str, root: Path) -> str:
    """All of it but the lock files."""
    files = [root / name for name in _ALWAYS_READ]
    return _digest(sorted({*files, *_files(root / "assets"), *_code(app, root)}), root)


def _code(app: str, root: Path) -> set[Path]:
    """The app's package, and every package and module of ours that it imports, directly or not."""
    found: set[Path] = set()
    to_read = [app, "shared_ui", "rxconfig", "settings"]
    read: set[str] = set()
    while to_read:
        name = to_read.pop()
        if name in read:
            continue
        read.add(name)
        files = [*(root / name).rglob("*.py"), *root.glob(f"{name}.py")]
        found.update(files)
        for file in files:
            to_read += _IMPORTED.findall(file.read_text())
    return found


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def _digest(files: Iterable[Path], root: Path) -> str:
    digest = hashlib.sha256()
    for path in files:
        content = hashlib.sha256(path.read_bytes()).hexdigest() if path.exists() else "absent"
        digest.update(f"{path.relative_to(root)} {content}\n".encode())
    return digest.hexdigest()
