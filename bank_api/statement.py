"""A bank's statement of one day: CSV, read strictly or not at all.

A line that cannot be read may be the one that matters, so a single one makes the whole statement unreadable;
a file that was cut off in the middle of a line does too.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from datetime import datetime
from typing import Literal, TypeAlias

from pydantic import AwareDatetime

from bank_api.messages import AmountPaise, Identifier, Message, NotAMessage

HEADINGS = ("date_time", "kind", "reference", "utr", "amount_paise", "status")

StatementKind: TypeAlias = Literal["payment", "refund", "payout", "reversal"]
StatementStatus: TypeAlias = Literal["paid", "refunded", "succeeded", "reversed"]

_DATE_TIME = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?(Z|[+-][0-9]{2}:[0-9]{2})"
)
_AMOUNT = re.compile(r"[1-9][0-9]{0,18}")


class StatementLine(Message):
    """One movement; `reference` is ours, `utr` the bank's, and the moment carries its zone."""

    date_time: AwareDatetime
    kind: StatementKind
    reference: Identifier
    utr: Identifier
    amount_paise: AmountPaise
    status: StatementStatus


def read_statement(body: bytes) -> tuple[StatementLine, ...]:
    """The lines in the bank's order. Raises NotAMessage, and nothing else, whatever the bytes are."""
    try:
        text = body.decode()
        rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    except (UnicodeDecodeError, csv.Error) as error:
        raise NotAMessage(type(error).__name__) from error
    if not rows or tuple(rows[0]) != HEADINGS:
        raise NotAMessage("the headings are not those of the contract")
    if not text.endswith("\n"):
        raise NotAMessage("the last line has no end")
    return tuple(_line(number, row) for number, row in enumerate(rows[1:], 2))


def _line(number: int, row: Sequence[str]) -> StatementLine:
    try:
        date_time, kind, reference, utr, amount_paise, status = row
        return StatementLine.model_validate(
            {
                "date_time": datetime.fromisoformat(_written_as(_DATE_TIME, date_time)),
                "kind": kind,
                "reference": reference,
                "utr": utr,
                "amount_paise": int(_written_as(_AMOUNT, amount_paise)),
                "status": status,
            }
        )
    except ValueError as error:  # a pydantic ValidationError is one
        raise NotAMessage(f"line {number}") from error


def _written_as(pattern: re.Pattern[str], text: str) -> str:
    if not pattern.fullmatch(text):
        raise ValueError
    return text
