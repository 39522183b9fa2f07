"""The browser of the end-to-end tests: found, or installed by `python -m tests.browser`."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import Error, sync_playwright

LAUNCH_ARGUMENTS = [
    *(["--no-sandbox"] if os.geteuid() == 0 else []),
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
_NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome", "chrome")
_MAC = Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome")
_APT = (
    ["apt-get", "update"],
    ["apt-get", "install", "-y", "--no-install-recommends", "chromium"],
)
_INSTALL_SECONDS = 600


class BrowserMissing(Exception):
    """There is no Chromium or Chrome. Install one, or set CHROMIUM_PATH to its program."""


def chromium_path() -> str:
    """The program to launch: CHROMIUM_PATH, Playwright's own, or an installed one. Raises BrowserMissing."""
    given = os.environ.get("CHROMIUM_PATH")
    if given:
        if not _starts(given):
            raise BrowserMissing(f"CHROMIUM_PATH is {given!r}, and that does not start.")
        return given
    for candidate in _candidates():
        if _starts(candidate):
            return candidate
    raise BrowserMissing(BrowserMissing.__doc__)


def install_if_needed() -> str:
    """The program to launch, installed by Playwright or apt-get if there was none. Raises BrowserMissing."""
    try:
        return chromium_path()
    except BrowserMissing:
        if os.environ.get("CHROMIUM_PATH"):
            raise
    _say("No browser found; installing Chromium for the tests.")
    if _ran([sys.executable, "-m", "playwright", "install", "chromium"]) and any(map(_starts, _candidates())):
        return chromium_path()
    if os.geteuid() == 0 and shutil.which("apt-get"):
        _say("Playwright's did not work; trying the system's packages.")
        if all(_ran(command) for command in _APT):
            return chromium_path()
    raise BrowserMissing(BrowserMissing.__doc__)


def _candidates() -> Iterator[str]:
    own = _playwrights_own()
    if own:
        yield own
    yield from filter(None, map(shutil.which, _NAMES))
    if _MAC.exists():
        yield str(_MAC)


def _playwrights_own() -> str | None:
    try:
        with sync_playwright() as playwright:
            path = playwright.chromium.executable_path
    except Error:
        return None
    return path if Path(path).exists() else None


def _starts(program: str) -> bool:
    """Installed is not enough: its libraries may be missing."""
    try:
        done = subprocess.run([program, "--version"], capture_output=True, check=False, timeout=30)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def _ran(command: list[str]) -> bool:
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, timeout=_INSTALL_SECONDS, env=environment
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        _say(str(error))
        return False
    if done.returncode != 0:
        _say(f"{' '.join(command)} failed: {(done.stderr or done.stdout).strip()[-500:]}")
    return done.returncode == 0


def _say(text: str) -> None:
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


if __name__ == "__main__":
    try:
        install_if_needed()
    except BrowserMissing as error:
        sys.exit(str(error))
