"""Variants that are wrong on purpose: each must be found, or the bank test has no teeth."""

from __future__ import annotations

import asyncio
import enum
from pathlib import Path

import psycopg
from psycopg import sql

from money.movements import Movement, Posted, Posting
from shared_db.connection import Database
from shared_db.ledger import Ledger

_POST_TRANSFERS = Path(__file__).resolve().parents[2] / "shared_db" / "sql" / "post_transfers.sql"


class Broken(enum.StrEnum):
    """What goes wrong, in the scratch database or in its workers alone."""

    UNLOCKED = "unlocked"
    """Balances are read without a lock, so that one transfer overwrites the other."""
    FORGETFUL = "forgetful"
    """No reference is remembered, so that whoever asks again pays again."""
    HASTY = "hasty"
    """The caller is told before anything is committed."""
    RELAXED = "relaxed"
    """The database commits before anything is on disk. Only a kill of the database shows it."""
    FICKLE = "fickle"
    """A refusal is not kept under its key, so that asking again may succeed."""


# What stands in the ledger's function, and what stands there in the broken one.
_CHANGES = {
    Broken.UNLOCKED: {
        "ORDER BY account_id FOR NO KEY UPDATE": "ORDER BY account_id",
        # The key of the entries would stop most of it.
        "side.account, side.number,": "side.account, nextval('house_entry_numbers'),",
    },
    Broken.FORGETFUL: {
        "WHERE x.reference = ANY (p_references)": "WHERE false",
        "ON CONFLICT (reference) DO NOTHING": "ON CONFLICT DO NOTHING",
    },
}


class HastyLedger(Ledger):
    """Answers first and posts afterwards."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self._later: set[asyncio.Task[Posted]] = set()

    async def post(self, movement: Movement) -> Posted:
        task = asyncio.create_task(super().post(movement))
        self._later.add(task)
        return Posted(Posting.POSTED, movement.id)


def install(url: str, broken: Broken) -> None:
    """Put the broken function into this database."""
    text = _POST_TRANSFERS.read_text()
    for right, wrong in _CHANGES.get(broken, {}).items():
        assert text.count(right) == 1, f"{right!r} stands once in {_POST_TRANSFERS.name}"
        text = text.replace(right, wrong)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(text.encode())
        if broken is Broken.FORGETFUL:
            connection.execute("ALTER TABLE transfers DROP CONSTRAINT transfers_reference_key")
        if broken is Broken.RELAXED:
            name = sql.Identifier(connection.info.dbname)
            connection.execute(sql.SQL("ALTER DATABASE {} SET synchronous_commit = off").format(name))
