"""Words that come late, and answers that are old, lag behind or speak of something else: nothing is forgotten."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from shared_db.models import OnRamp
from tests.integration.on_ramp_town import OddBank, Town, a_town
from tests.town import AMOUNT, Row


@pytest.fixture
async def town(database_url: str, tmp_path: Path) -> AsyncIterator[Town]:
    async with a_town(database_url, tmp_path) as town:
        yield town


ORDERS = ("failed, then paid", "expired, then paid", "another amount, then paid, then failed")


async def told_late(town: Town, order: str) -> OnRamp:
    """A payment whose success was recorded and not credited: an enquiry must decide."""
    row = await town.begin()
    if order.startswith("expired"):
        await town.books.let_pass(16, row)
        await town.sweep()
    elif order.startswith("failed"):
        assert await town.knock(row, paid=False) == (200, "captured")
    else:
        assert await town.knock(row, amount_paise=AMOUNT + 1) == (409, "amount_mismatch")
    assert await town.knock(row) == (200, "recorded")
    if order.endswith("then failed"):
        await town.knock(row, paid=False)
    return row


@pytest.mark.parametrize("lags", ["created", 503, 404, 401])
@pytest.mark.parametrize("order", ORDERS)
async def test_a_late_success_is_asked_about_until_the_bank_has_a_word_for_it(
    town: Town, order: str, lags: str | int
) -> None:
    row = await told_late(town, order)
    bank = OddBank(row, says=lags)

    for minutes in (0, 16, 600):
        await town.books.let_pass(minutes, row)
        await bank.swept(town.books, row)
        stands = await town.books.row(row)
        assert (stands.late_success, stands.somebody_will_ask, stands.refund_decided) == (True, True, False)
    bank.says = "paid"
    await bank.swept(town.books, row)

    await town.is_paid(row)
    assert await town.books.row(row) == Row(
        "success", rejected=order.startswith("another"), bank_reference="UTR-ODD"
    )


@pytest.mark.parametrize("lags", ["created", 503])
@pytest.mark.parametrize("says", ["declined", "expired", "refunded"])
async def test_a_late_success_that_the_bank_takes_back_is_refunded_at_last_and_then_left_alone(
    town: Town, says: str, lags: str | int
) -> None:
    row = await told_late(town, ORDERS[0])
    bank = OddBank(row, says=lags, refunds=409)
    await bank.swept(town.books, row)

    bank.says = says
    await bank.swept(town.books, row)

    assert await town.books.row(row) == Row("failure", refund_decided=True, refund_heard=True)
    await town.nothing_arrived()


async def test_an_old_answer_that_it_was_paid_still_credits(town: Town) -> None:
    row = await town.begin()
    asked_version = await town.books.version(row)
    paid = OddBank(row).state()
    await town.knock(row, paid=False)

    change = await town.answered(row, paid, asked_version=asked_version)

    assert change == "credit"
    await town.is_paid(row)


@pytest.mark.parametrize("says", ["declined", "expired", "refunded"])
async def test_an_old_answer_that_it_was_not_paid_decides_nothing_and_the_bank_is_asked_again(
    town: Town, says: str
) -> None:
    row = await town.begin()
    await town.bank.press(row.token, "approve")
    asked_version = await town.books.version(row)
    old = OddBank(row).state(says)
    await town.knock(row, paid=False)
    await town.knock(row)

    change = await town.answered(row, old, asked_version=asked_version)
    stands = await town.books.row(row)
    asked = await town.sweep()

    assert change == "ask_the_bank"
    assert stands == Row("failure", late_success=True, somebody_will_ask=True)
    assert asked == 1
    await town.is_paid(row)


@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize("field", ["token", "merchant_reference"])
@pytest.mark.parametrize("says", ["paid", "declined", "refunded"])
async def test_an_answer_about_another_payment_decides_nothing(
    town: Town, says: str, field: str, *, late: bool
) -> None:
    row = await (told_late(town, ORDERS[0]) if late else town.begin())
    other = await town.begin()
    about_another = {"token": other.token} if field == "token" else {"merchant_reference": str(other.id)}
    before = await town.books.row(row)

    await OddBank(row, says, **about_another).swept(town.books, row)

    assert await town.books.row(row) == before
    assert before.somebody_will_ask
    await town.nothing_arrived()
