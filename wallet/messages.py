"""What we write to people, and who carries it: in development the outbox, in production nobody yet."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol
from zoneinfo import ZoneInfo

from money.errors import CannotSend, InputRefused
from shared_db import outbox
from shared_db.connection import Database
from shared_db.ids import new_id
from shared_db.models import OutboxMessage
from wallet.sign_up import clean_email, clean_phone

_KOLKATA = ZoneInfo("Asia/Kolkata")


class Channel(StrEnum):
    EMAIL = "email"
    SMS = "sms"


@dataclass(frozen=True, slots=True)
class Message:
    """One email, or one SMS, whose subject is empty."""

    channel: Channel
    recipient: str
    subject: str
    text: str


class Sender(Protocol):
    """Whoever carries messages. Never called inside a transaction."""

    async def send(self, message: Message) -> None:
        """Raises CannotSend."""
        ...


class Outbox:
    """Development: writes down what would have been sent, for `manage.py outbox`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def send(self, message: Message) -> None:
        row = OutboxMessage(
            id=new_id(),
            channel=message.channel.value,
            recipient=message.recipient,
            subject=message.subject,
            text=message.text,
        )
        async with self._database.transaction() as session:
            await outbox.put(session, row)


class Nobody:
    """Production, until there is somebody: nothing is sent, and whoever asks is told so."""

    async def send(self, message: Message) -> None:  # noqa: ARG002 # a Sender takes it
        raise CannotSend


def sender(database: Database, environment: str) -> Sender:
    """Who carries messages in this BATUA_ENV. Only `dev` keeps codes where they can be read."""
    return Outbox(database) if environment == "dev" else Nobody()


async def outbox_lines(url: str, *, to: str | None) -> list[dict[str, str]]:
    """What was written down, oldest first; `to` is an email, or a phone as people write it."""
    database = Database(url)
    try:
        async with database.transaction() as session:
            rows = await outbox.oldest_first(session, recipient=_recipient(to))
    finally:
        await database.close()
    return list(_lines(rows))


def _recipient(to: str | None) -> str | None:
    if to is None:
        return None
    try:
        return clean_email(to) if "@" in to else clean_phone(to)
    except InputRefused:
        # Nobody has been written to there, and that is the answer.
        return to.replace("\x00", "")


def _lines(rows: list[OutboxMessage]) -> Iterator[dict[str, str]]:
    for row in rows:
        assert row.created_at is not None, "the database sets it"
        yield {
            "time": _in_kolkata(row.created_at),
            "channel": row.channel,
            "to": row.recipient,
            "subject": row.subject,
            "text": row.text,
        }


def _in_kolkata(moment: datetime) -> str:
    return f"{moment.astimezone(_KOLKATA):%Y-%m-%d %H:%M:%S} IST"
