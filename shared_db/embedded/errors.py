"""Why there is no database: one error, whose text names what to change."""

from __future__ import annotations

from pathlib import Path

_LAST_LINES = 15


class DatabaseRefused(Exception):
    """The database cannot be started or reached; the text says why, and which setting helps."""


def last_lines(path: Path) -> str:
    """The end of a log, for an error's text."""
    if not path.exists():
        return ""
    return "\n".join(path.read_text(errors="replace").splitlines()[-_LAST_LINES:])
