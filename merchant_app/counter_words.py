"""How the counter tells a payment: on the screen, and aloud."""

from __future__ import annotations

from dataclasses import dataclass

from merchant_app.history_words import who_of
from merchant_app.income_words import size_within
from money.announcements import received_in_english, received_in_hindi
from money.rupees import format_rupees
from money.times import ist, ist_minute
from shared_db.history_rows import Happened


@dataclass(frozen=True)
class CounterRow:
    """One payment. `number` is its running number among all that moved; the last two are said aloud."""

    number: str
    who: str
    amount: str
    when: str
    english: str
    hindi: str


@dataclass(frozen=True)
class Largest:
    """The newest payment, as large as the screen lets it be."""

    amount: str = ""
    size: str = ""
    who: str = ""
    when: str = ""
    note: str = ""


def counter_row(one: Happened) -> CounterRow:
    return CounterRow(
        number=str(one.number),
        who=who_of(one),
        amount=format_rupees(one.amount_paise),
        when=ist_minute(one.at),
        english=received_in_english(one.amount_paise),
        hindi=received_in_hindi(one.amount_paise),
    )


def largest(one: Happened) -> Largest:
    amount = format_rupees(one.amount_paise)
    return Largest(
        amount=amount,
        size=size_within(amount, "10rem"),
        who=who_of(one),
        when=ist(one.at),
        note=one.note or "",
    )
