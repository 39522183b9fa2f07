"""Every figure of the bar graphs, computed anew from the entries: around midnight in Kolkata, month ends, leap days."""

from __future__ import annotations

import random
import uuid
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

import pytest

from money.balance_history import Figures, Span, days_until, months_until
from money.movements import Kind, Movement
from money.times import kolkata_day, kolkata_midnight
from shared_db.balance_history import balance_history
from tests.past import clerk_of
from tests.shop_town import shop
from tests.town import CASH, IN_FLIGHT, PROMOTIONS, RECEIVABLE, Books, gift, move

SECOND = timedelta(seconds=1)


async def shown(books: Books, owner: uuid.UUID, spans: Sequence[Span]) -> list[Figures]:
    async with books.database.plain() as connection:
        return await balance_history(connection, owner, spans)


async def from_entries(books: Books, owner: uuid.UUID, spans: Sequence[Span]) -> list[Figures]:
    """The same without any total: one entry after the other, and the clock of Kolkata."""
    entries = await books.ask(
        "SELECT e.created_at, e.amount_paise, e.balance_after_paise, t.kind FROM entries e"
        " JOIN transfers t ON t.id = e.transfer_id WHERE e.account_id = %s ORDER BY e.number",
        owner,
    )
    figures: list[list[int]] = []
    to_banks: list[int] = []
    for span in spans:
        end = kolkata_midnight(span.last_day + timedelta(days=1))
        before = [balance for at, _, balance, _ in entries if at < end]
        within = [
            (amount, kind) for at, amount, _, kind in entries if kolkata_midnight(span.first_day) <= at < end
        ]
        given = sum(amount for amount, kind in within if amount > 0 and kind not in {"release", "reversal"})
        left = -sum(amount for amount, _ in within if amount < 0)
        to_banks.append(
            -sum(amount for amount, kind in within if amount < 0 and kind in {"hold", "reversal"})
        )
        figures.append([before[-1] if before else 0, given, left])
        back = sum(amount for amount, kind in within if amount > 0 and kind in {"release", "reversal"})
        for place in reversed(range(len(figures))):
            taken_off = min(back, to_banks[place])
            back -= taken_off
            to_banks[place] -= taken_off
            figures[place][2] -= taken_off
    return [Figures(span, *one) for span, one in zip(spans, figures, strict=True)]


def closings(figures: Sequence[Figures]) -> list[int]:
    return [one.closing_paise for one in figures]


async def test_the_last_second_of_a_day_in_kolkata_and_the_first_of_the_next_are_two_days(
    database_url: str,
) -> None:
    async with Books(database_url) as books, clerk_of(books.url) as clerk:
        asha = await books.person()
        midnight = kolkata_midnight(date(2026, 3, 1))
        await clerk.posts(midnight - SECOND, gift(asha, 5_00))
        await clerk.posts(midnight, gift(asha, 7_00))

        february, march = await shown(books, asha, months_until(date(2026, 3, 1), 2))
        days = await shown(books, asha, days_until(date(2026, 3, 1), 2))

    assert (february.closing_paise, february.in_paise) == (5_00, 5_00)
    assert (march.closing_paise, march.in_paise) == (12_00, 7_00)
    assert [(one.closing_paise, one.in_paise) for one in days] == [(5_00, 5_00), (12_00, 7_00)]


async def test_days_without_movement_carry_the_balance_on_and_days_before_the_first_are_zero(
    database_url: str,
) -> None:
    async with Books(database_url) as books, clerk_of(books.url) as clerk:
        asha = await books.person()
        await clerk.posts(kolkata_midnight(date(2028, 2, 26)), gift(asha, 5_00))
        await clerk.posts(kolkata_midnight(date(2028, 2, 29)), gift(asha, 1_00))

        days = await shown(books, asha, days_until(date(2028, 3, 1), 6))
        months = await shown(books, asha, months_until(date(2028, 4, 2), 4))

    assert closings(days) == [0, 5_00, 5_00, 5_00, 6_00, 6_00]
    assert [one.in_paise for one in days] == [0, 5_00, 0, 0, 1_00, 0]
    assert closings(months) == [0, 6_00, 6_00, 6_00]
    assert [one.in_paise for one in months] == [0, 6_00, 0, 0]


async def test_a_wallet_opened_today_has_nothing_and_then_what_it_was_given(database_url: str) -> None:
    async with Books(database_url) as books:
        asha = await books.person()
        today = kolkata_day(datetime.now(UTC))

        empty = await shown(books, asha, days_until(today, 7))
        await books.credited(asha, 2_00)
        week = await shown(books, asha, days_until(today, 7))
        year = await shown(books, asha, months_until(today, 12))

    assert {(one.closing_paise, one.in_paise, one.out_paise) for one in empty} == {(0, 0, 0)}
    assert len(empty) == 7
    for one in (week[-1], year[-1]):
        assert (one.closing_paise, one.in_paise, one.out_paise) == (2_00, 2_00, 0)


async def test_a_withdrawal_that_came_back_after_midnight_was_neither_out_nor_in(database_url: str) -> None:
    async with Books(database_url) as books, clerk_of(books.url) as clerk:
        asha, ravi = await books.person(), await books.person()
        monday, tuesday = kolkata_midnight(date(2026, 11, 23)), kolkata_midnight(date(2026, 11, 24))
        await clerk.posts(monday, gift(asha, 10_00), move(Kind.SEND, asha, ravi, 1_00))
        await clerk.posts(tuesday - SECOND, move(Kind.HOLD, asha, IN_FLIGHT, 4_00))
        on_its_way = await shown(books, asha, days_until(date(2026, 11, 24), 2))
        await clerk.posts(tuesday, move(Kind.RELEASE, IN_FLIGHT, asha, 4_00))

        came_back = await shown(books, asha, days_until(date(2026, 11, 24), 2))

    assert [one.out_paise for one in on_its_way] == [5_00, 0]
    assert [(one.closing_paise, one.in_paise, one.out_paise) for one in came_back] == [
        (5_00, 10_00, 1_00),
        (9_00, 0, 0),
    ]


@pytest.mark.parametrize("seed", [7, 11, 2028])
async def test_every_figure_is_what_the_entries_say(database_url: str, seed: int) -> None:
    dice = random.Random(seed)
    today = dice.choice([date(2028, 3, 1), date(2028, 2, 29), date(2026, 12, 31), date(2027, 1, 1)])
    async with Books(database_url) as books, clerk_of(books.url) as clerk:
        asha, ravi, chai_point = await books.person(), await books.person(), await shop(books)
        for moment in _moments(dice, today):
            crowd = [_any_movement(dice, asha, ravi, chai_point) for _ in range(dice.randint(1, 4))]
            await clerk.posts(moment, *crowd)

        for owner in (asha, ravi, chai_point):
            for spans in (days_until(today, 7), days_until(today, 30), months_until(today, 12)):
                figures = await shown(books, owner, spans)

                assert figures == await from_entries(books, owner, spans), f"seed {seed}"
            assert figures[-1].closing_paise == (await books.has(owner))[0], f"seed {seed}"


def _moments(dice: random.Random, today: date) -> list[datetime]:
    """In order; half of them within a second of a midnight in Kolkata."""
    moments: list[datetime] = []
    for _ in range(60):
        midnight = kolkata_midnight(today - timedelta(days=int(400 * dice.random() ** 3)))
        near = dice.choice([-SECOND, timedelta(), SECOND, timedelta(hours=23, minutes=59, seconds=59)])
        anywhere = timedelta(seconds=dice.randrange(24 * 3600))
        moments.append(midnight + dice.choice([near, anywhere]))
    return sorted(moments)


def _any_movement(dice: random.Random, asha: uuid.UUID, ravi: uuid.UUID, chai_point: uuid.UUID) -> Movement:
    """Whatever can be on an owner's account; some of it is refused, and moves nothing."""
    paise = dice.randint(1, 50_00)
    ways: list[tuple[Kind, uuid.UUID, uuid.UUID]] = [
        (Kind.ON_RAMP, RECEIVABLE, asha),
        (Kind.PROMOTION, PROMOTIONS, ravi),
        (Kind.SEND, asha, ravi),
        (Kind.SEND, ravi, asha),
        (Kind.PAYMENT, asha, chai_point),
        (Kind.REFUND, chai_point, asha),
        (Kind.HOLD, asha, IN_FLIGHT),
        (Kind.HOLD, ravi, IN_FLIGHT),
        (Kind.RELEASE, IN_FLIGHT, asha),
        (Kind.REVERSAL, CASH, asha),
        (Kind.REVERSAL, ravi, CASH),
        (Kind.COMPENSATION, PROMOTIONS, asha),
    ]
    return move(*dice.choice(ways), paise)
