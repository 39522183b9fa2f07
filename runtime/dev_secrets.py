"""The secrets a developer never has to make: generated once into `BATUA_DATA/secrets.env`.

Plain `NAME=value` lines, mode 0600. What the environment sets wins over this file. Standard library only.
"""

from __future__ import annotations

import base64
import fcntl
import os
import secrets
from collections.abc import Callable
from pathlib import Path


def _key() -> str:
    return secrets.token_urlsafe(32)


def _webhook_secret() -> str:
    return "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()


_GENERATED: dict[str, Callable[[], str]] = {
    "JWT_SECRET": _key,
    "HDFC_BANK_API_KEY": _key,
    "AXIS_BANK_API_KEY": _key,
    "HDFC_WEBHOOK_SECRETS": _webhook_secret,
    "AXIS_WEBHOOK_SECRETS": _webhook_secret,
    "DATABASE_PASSWORD": _key,
}


def fill_in(folder: Path) -> Path:
    """Make sure that every secret stands in `folder/secrets.env`; the file's path.

    Safe when several processes start at once: one writes, the others wait and read.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = folder / "secrets.env"
    with (folder / "secrets.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        known = read(path)
        missing = {name: make() for name, make in _GENERATED.items() if name not in known}
        if missing:
            lines = "".join(f"{name}={value}\n" for name, value in (known | missing).items())
            draft = path.with_suffix(".new")
            with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
                file.write(lines)
            draft.replace(path)
    return path


def read(path: Path) -> dict[str, str]:
    """The names and values of such a file; empty where there is none."""
    if not path.exists():
        return {}
    pairs = (line.split("=", 1) for line in path.read_text().splitlines() if "=" in line)
    return {name.strip(): value.strip() for name, value in pairs}
