"""Every figure of a shop's income, computed anew: around midnight in Kolkata, month ends, 29 February."""

from __future__ import annotations

import random
import uuid
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

import pytest

from money.balance_history import Span, days_until, months_until
from money.income import Income, Stretch, same_days_of_last_month, stretch_until
from money.movements import Kind, Movement, Posting
from money.times import kolkata_day, kolkata_midnight
from shared_db.income import income_of
from tests.past import clerk_of
from tests.shop_town import paid, shop
from tests.town import IN_FLIGHT, PROMOTIONS, Books, gift, move

SECOND = timedelta(seconds=1)


async def shown(books: Books, merchant: uuid.UUID, spans: Sequence[Span]) -> list[Income]:
    async with books.database.plain() as connection:
        return await income_of(connection, merchant, spans)


async def from_entries(books: Books, merchant: uuid.UUID, spans: Sequence[Span]) -> list[Income]:
    """The same without any total: one entry after the other, and the clock of Kolkata."""
    entries = await books.ask(
        "SELECT e.created_at, e.amount_paise, t.kind FROM entries e JOIN transfers t ON t.id = e.transfer_id"
        " WHERE e.account_id = %s",
        merchant,
    )
    found: list[Income] = []
    for span in spans:
        begin, end = kolkata_midnight(span.first_day), kolkata_midnight(span.last_day + timedelta(days=1))
        within = [(amount, kind) for at, amount, kind in entries if begin <= at < end]
        payments = [amount for amount, kind in within if kind == "payment"]
        refunds = [-amount for amount, kind in within if kind == "refund"]
        found.append(Income(span, sum(payments), sum(refunds), len(payments), len(refunds)))
    return found


def every_span(today: date) -> list[Span]:
    """All that a dashboard of this day can show."""
    return [
        *days_until(today, 30),
        *months_until(today, 12),
        *(stretch_until(today, stretch) for stretch in Stretch),
        same_days_of_last_month(today),
    ]


async def test_a_payment_a_second_before_midnight_is_yesterdays_and_one_at_midnight_todays(
    database_url: str,
) -> None:
    async with Books(database_url) as books, clerk_of(books.url) as clerk:
        asha, chai = await books.person(), await shop(books)
        midnight = kolkata_midnight(date(2026, 3, 1))
        await clerk.posts(midnight - timedelta(days=2), gift(asha, 100_00))
        await clerk.posts(midnight - SECOND, move(Kind.PAYMENT, asha, chai, 5_00))
        await clerk.posts(midnight, move(Kind.PAYMENT, asha, chai, 7_00))
        await clerk.posts(midnight + SECOND, move(Kind.REFUND, chai, asha, 5_00))

        yesterday, today = await shown(books, chai, days_until(date(2026, 3, 1), 2))
        february, march = await shown(books, chai, months_until(date(2026, 3, 1), 2))

    assert (yesterday.gross_paise, yesterday.refunded_paise, yesterday.payments) == (5_00, 0, 1)
    assert (today.gross_paise, today.refunded_paise, today.net_paise, today.refunds) == (7_00, 5_00, 2_00, 1)
    assert (february.net_paise, march.net_paise) == (5_00, 2_00)


async def test_a_shop_opened_today_has_taken_nothing_and_then_what_it_was_paid(database_url: str) -> None:
    async with Books(database_url) as books:
        asha, chai, other = await books.person(500), await shop(books), await shop(books, name="Other")
        today = kolkata_day(datetime.now(UTC))

        empty = await shown(books, chai, every_span(today))
        await paid(books, asha, chai, 120_00)
        await paid(books, asha, other, 99_00)
        full = await shown(books, chai, every_span(today))

    assert {(one.gross_paise, one.refunded_paise, one.payments, one.refunds) for one in empty} == {
        (0, 0, 0, 0)
    }
    assert len(empty) == 30 + 12 + 4 + 1
    assert {one.gross_paise for one in full if one.span.last_day == today} == {120_00}
    assert {one.gross_paise for one in full if one.span.last_day < today} == {0}


@pytest.mark.parametrize("seed", [7, 11, 2028])
async def test_every_figure_is_what_the_entries_say(database_url: str, seed: int) -> None:
    dice = random.Random(seed)
    days = [date(2028, 3, 1), date(2028, 2, 29), date(2026, 12, 31), date(2027, 1, 1), date(2027, 4, 1)]
    today = dice.choice(days)
    async with Books(database_url) as books, clerk_of(books.url) as clerk:
        asha, chai, other = await books.person(), await shop(books), await shop(books, name="Other")
        for moment in _moments(dice, today):
            crowd = [_any_movement(dice, asha, chai, other) for _ in range(dice.randint(1, 4))]
            outcomes = await clerk.posts(moment, gift(asha, 500_00), *crowd)
            assert set(outcomes) <= {Posting.POSTED, Posting.INSUFFICIENT}

        for merchant in (chai, other):
            found = await shown(books, merchant, every_span(today))

            assert found == await from_entries(books, merchant, every_span(today)), f"seed {seed}, {today}"
        assert any(one.refunds for one in found), "nothing was given back"
        books.is_right_but_for_bare_refunds()


async def test_more_than_one_amount_can_hold_is_still_summed(database_url: str) -> None:
    most, today = 2**63 - 1, date(2026, 11, 28)
    async with Books(database_url) as books, clerk_of(books.url) as clerk:
        chai = await shop(books)
        for day in days_until(today, 2):
            asha, ravi = await books.person(), await books.person()
            outcomes = await clerk.posts(
                kolkata_midnight(day.first_day),
                gift(asha, most),
                move(Kind.PAYMENT, asha, chai, most),
                move(Kind.REFUND, chai, ravi, most),
            )
            assert set(outcomes) == {Posting.POSTED}

        [month] = await shown(books, chai, [stretch_until(today, Stretch.MONTH)])

    assert (month.gross_paise, month.refunded_paise, month.net_paise) == (2 * most, 2 * most, 0)


def _moments(dice: random.Random, today: date) -> list[datetime]:
    """In order; half of them within a second of a midnight in Kolkata."""
    moments: list[datetime] = []
    for _ in range(60):
        midnight = kolkata_midnight(today - timedelta(days=int(400 * dice.random() ** 3)))
        near = dice.choice([-SECOND, timedelta(), SECOND, timedelta(hours=23, minutes=59, seconds=59)])
        anywhere = timedelta(seconds=dice.randrange(24 * 3600))
        moments.append(midnight + dice.choice([near, anywhere]))
    return sorted(moments)


def _any_movement(dice: random.Random, asha: uuid.UUID, chai: uuid.UUID, other: uuid.UUID) -> Movement:
    """Whatever can be on a shop's account; some of it is refused, and moves nothing."""
    merchant, paise = dice.choice([chai, other]), dice.randint(1, 50_00)
    ways: list[tuple[Kind, uuid.UUID, uuid.UUID]] = [
        (Kind.PAYMENT, asha, merchant),
        (Kind.PAYMENT, asha, merchant),
        (Kind.REFUND, merchant, asha),
        (Kind.HOLD, merchant, IN_FLIGHT),
        (Kind.RELEASE, IN_FLIGHT, merchant),
        (Kind.COMPENSATION, PROMOTIONS, merchant),
    ]
    return move(*dice.choice(ways), paise)
