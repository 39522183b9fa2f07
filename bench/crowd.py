"""Whom a mixed load plays: people with money and a token, shops, and people who sign in by password."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import psycopg

from bench.people import Person, open_wallets, signed_in
from bench.shops import open_shops
from money.rupees import Paise
from shared_db.ids import new_id
from wallet.passwords import hashed

PASSWORD = "only-for-a-benchmark"
_SIGN_IN = 20
_EACH_HAS_PAISE = Paise(10_00_000)


@dataclass(frozen=True)
class Crowd:
    """Nobody else moves their money."""

    people: Sequence[Person]
    each_has_paise: Paise
    shops: Mapping[str, uuid.UUID]
    """By handle."""
    emails: Sequence[str]
    """Of those who sign in, by `PASSWORD`."""


def gather(url: str, *, secret: str, people: int = 200, shops: int = 20) -> Crowd:
    """Open all of them; `secret` is what tokens are signed with."""
    signs_in = [new_id() for _ in range(_SIGN_IN)]
    open_wallets(url, signs_in)
    handles = open_shops(url, shops)
    with psycopg.connect(url) as connection:
        connection.execute(
            "UPDATE users SET password_hash = %s WHERE id = ANY (%s)",
            (asyncio.run(hashed(PASSWORD)), signs_in),
        )
        opened = connection.execute(
            "SELECT handle, id FROM merchants WHERE handle = ANY (%s)", (list(handles),)
        ).fetchall()
    return Crowd(
        people=signed_in(url, people, each_has_paise=_EACH_HAS_PAISE, secret=secret),
        each_has_paise=_EACH_HAS_PAISE,
        shops=dict(opened),
        emails=[f"{one}@bench.example" for one in signs_in],
    )
