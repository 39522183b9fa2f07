"""The pages of both web apps, built once for a run, however many houses it has."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from tests.e2e.stack import ROOT, clean_environment

_APPS = ("user_app", "merchant_app")
_BUILT_WITHIN_SECONDS = 600


def furnish(data: Path, *, workshop: Path) -> None:
    """Give a house's new data folder the built pages. Who comes first builds them in `workshop`, others wait."""
    done = subprocess.run(
        [sys.executable, "manage.py", "build"],
        cwd=ROOT,
        env=clean_environment() | {"BATUA_DATA": str(workshop)},
        capture_output=True,
        text=True,
        timeout=_BUILT_WITHIN_SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    data.mkdir(mode=0o700)
    for app in _APPS:
        shutil.copytree(
            workshop / app,
            data / app,
            symlinks=True,
            # Only what is served: the work folder is where Reflex builds, and holds a hundred megabytes of packages.
            ignore=shutil.ignore_patterns("work"),
        )
