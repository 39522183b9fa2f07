"""The next release of Batua: this one with other words on its pages, and so with scripts of other names."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from deploy.local.member import WEB_APPS
from runtime.page_build import build_if_needed
from settings import ROOT

_LEFT_OUT = shutil.ignore_patterns(
    ".git", ".venv*", ".batua", ".web", ".states", "__pycache__", ".*_cache", ".hypothesis", "tests", "bench"
)
_OLD, _NEW = "Add money", "Add some money"


@dataclass(frozen=True)
class Release:
    code: Path
    folder: Path
    """Its built pages, and the secrets of all."""


def next_release(home: Path, *, secrets: Path) -> Release:
    """Copied, changed and built below `home`, as an image would be."""
    code, folder = home / "code", home / "data"
    shutil.copytree(ROOT, code, ignore=_LEFT_OUT)
    changed = [path for path in (code / "user_app").rglob("*.py") if _OLD in path.read_text()]
    assert changed, "there are such words"
    for path in changed:
        path.write_text(path.read_text().replace(_OLD, _NEW))
    folder.mkdir()
    shutil.copy(secrets, folder)
    for app in WEB_APPS:
        build_if_needed(app, data=folder, root=code)
    return Release(code, folder)
