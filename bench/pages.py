"""The built pages a web app needs to start, for a measurement that looks at none of them."""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path

from runtime.page_build import build_if_needed, is_fresh
from settings import ROOT, settings


def put_pages_into(folder: Path, app: str) -> None:
    """Those that `up` has built, while they are what the sources say; else built here, once, in `folder`."""
    built = settings().folder
    if is_fresh(app, data=built, root=ROOT):
        (folder / app).mkdir()
        (folder / app / "web").symlink_to((built / app / "web").resolve())
        return
    with contextlib.redirect_stdout(sys.stderr):
        build_if_needed(app, data=folder, root=ROOT)
