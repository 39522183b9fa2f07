"""Which addresses somebody may be sent to after signing in: pages of our own, and nothing else."""

from __future__ import annotations

from urllib.parse import urlsplit

_LONGEST = 500


def local_path(given: str, otherwise: str) -> str:
    """`given` if it begins with one slash and names no other place; else `otherwise`."""
    parts = _split(given)
    is_ours = (
        len(given) <= _LONGEST
        and given.startswith("/")
        and not given.startswith("//")
        and "\\" not in given
        and given.isascii()
        and given.isprintable()
        and " " not in given
        and parts is not None
        and not parts.scheme
        and not parts.netloc
        and not given.startswith(("/api/", "/auth/", "/files/"))
    )
    return given if is_ours else otherwise


def _split(given: str):  # noqa: ANN202 # urllib's own type
    try:
        return urlsplit(given)
    except ValueError:
        return None
