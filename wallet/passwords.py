"""Passwords: bcrypt, cost 12, over the base64 of their SHA-256, so that every length counts and none is cut.

A hash takes a fifth of a second of one core. At most two run at a time, off the event loop.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import bcrypt

SHORTEST = 6
LONGEST = 256
_COST = 12
_AT_ONCE = 2
_SCHEME = "sha256-bcrypt:"
"""Stands before each stored hash, so that the scheme can change one day."""

_workers = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="password")


class Verified(NamedTuple):
    """Somebody who has just shown, or chosen, the password with this hash; or was vouched for, and showed none."""

    owner_id: uuid.UUID
    password_hash: str | None


async def hashed(password: str) -> str:
    """What to store for this password."""
    return _SCHEME + await asyncio.get_running_loop().run_in_executor(_workers, _hash, password)


async def matches(password: str, stored: str | None) -> bool:
    """Whether the password is the stored one; None (nobody has this email) takes as long and is False."""
    known = stored is not None and stored.startswith(_SCHEME)
    against = stored.removeprefix(_SCHEME) if stored is not None and known else _NOBODYS
    same = await asyncio.get_running_loop().run_in_executor(_workers, _matches, password, against)
    return same and known


def _digest(password: str) -> bytes:
    return base64.b64encode(hashlib.sha256(password.encode("utf-8", "surrogatepass")).digest())


def _hash(password: str) -> str:
    return bcrypt.hashpw(_digest(password), bcrypt.gensalt(_COST)).decode()


def _matches(password: str, against: str) -> bool:
    try:
        return bcrypt.checkpw(_digest(password), against.encode())
    except ValueError:
        # A damaged hash is nobody's password.
        return False


# The hash of 32 random bytes that were thrown away: nobody's password.
_NOBODYS = "$2b$12$l0i4Uhzb/pMOvMgnRJuV.e5hSyv0o8Qhvt1mfotg3vnQ93wofP3Le"
