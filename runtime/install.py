"""Make `.venv` hold exactly the locked set. Runs by path on a bare Python, so the standard library must do.

Nothing to do costs a few milliseconds and prints nothing.
"""

from __future__ import annotations

import sys

if sys.version_info < (3, 11):  # noqa: UP036 # this very file is what tells people
    sys.exit(
        "Batua needs Python 3.11 or newer; this is "
        + sys.version.split()[0]
        + ". Try: make PYTHON=python3.11 up"
    )

import fcntl
import hashlib
import re
import subprocess
import venv
from collections import deque
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
_LAST_LINES = 15
_EVERY = 10
_PIP = ("-m", "pip", "install", "--require-hashes", "--disable-pip-version-check", "--no-input")


def main() -> None:
    requirements = ROOT / "requirements.txt"
    wanted = hashlib.sha256(requirements.read_bytes()).hexdigest()
    with (ROOT / ".venv.lock").open("w") as lock:
        if _lock_is_busy(lock.fileno()):
            _say("Another process is installing; waiting for it.")
            fcntl.flock(lock, fcntl.LOCK_EX)
        stamp = ROOT / ".venv" / "installed.sha256"
        if stamp.exists() and stamp.read_text() == wanted:
            return
        _install(requirements)
        stamp.write_text(wanted)  # last: an interrupted install is done again


def _lock_is_busy(lock: int) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    return False


def _install(requirements: Path) -> None:
    expected = len(re.findall(r"^[^\s#]+==", requirements.read_text(), re.MULTILINE))
    _say(f"Installing about {expected} packages into .venv; this takes a minute the first time.")
    try:
        venv.create(ROOT / ".venv", clear=True, with_pip=True)
    except subprocess.CalledProcessError:
        sys.exit(
            "Python cannot make a virtual environment. On Debian and Ubuntu: apt-get install python3-venv"
        )
    python = ROOT / ".venv" / "bin" / "python"
    command = [str(python), *_PIP, "--progress-bar", "off", "-r", str(requirements)]
    tail: deque[str] = deque(maxlen=_LAST_LINES)
    seen = 0
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as pip:  # noqa: S603
        for line in pip.stdout or ():
            tail.append(line.rstrip())
            if line.startswith("Collecting "):
                seen += 1
                if seen % _EVERY == 0:
                    _say(f"  {seen} of {expected}")
            elif line.startswith("Installing collected"):
                _say("  unpacking")
    if pip.returncode != 0:
        sys.exit("Installing failed. The end of what pip said:\n" + "\n".join(tail))
    _say("Installed.")


def _say(text: str) -> None:
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


if __name__ == "__main__":
    main()
