"""The sweeper: money arrives when every webhook was lost, late words are asked about, and nothing arrives twice."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import Receive, Scope, Send

from bank_api.client import BankClient
from bank_api.messages import PaymentState
from shared_db.models import OnRamp
from tests.integration.on_ramp_town import Town, a_town, waiting_for_a_lock
from tests.town import AMOUNT, Row, bank_clients, connected, free_port, served
from wallet.sweep_on_ramps import sweep


@pytest.fixture
async def town(database_url: str, tmp_path: Path) -> AsyncIterator[Town]:
    async with a_town(database_url, tmp_path) as town:
        yield town


# Every webhook was lost


@pytest.mark.parametrize("bank", ["hdfc", "axis"])
async def test_every_webhook_is_lost_and_the_money_arrives_once(town: Town, bank: str) -> None:
    row = await town.begin(bank)
    await town.bank.press(row.token, "approve", bank)

    asked = await town.sweep_now(row)
    again = await town.sweep_now(row)

    assert (asked, again) == (1, 1)
    await town.is_paid(row)
    stands = await town.books.row(row)
    assert stands.bank_reference
    assert not stands.somebody_will_ask


async def test_nobody_is_asked_before_ten_seconds_are_over(town: Town) -> None:
    row = await town.begin()

    assert await town.sweep() == 0

    wait = "SELECT next_enquiry_at - created_at = interval '10 seconds' FROM on_ramps WHERE id = %s"
    assert await town.books.ask(wait, row.id) == [(True,)]


async def test_the_webhook_arrives_after_the_sweeper_and_is_a_duplicate(town: Town) -> None:
    row = await town.begin()
    await town.bank.press(row.token, "approve")
    await town.sweep_now(row)

    answer = await town.knock(row)

    assert answer == (200, "duplicate")
    await town.is_paid(row)


async def test_a_payment_the_customer_has_not_made_yet_is_asked_about_again(town: Town) -> None:
    row = await town.begin()

    asked = await town.sweep_now(row)

    assert asked == 1
    assert await town.books.row(row) == Row("pending", somebody_will_ask=True)
    await town.nothing_arrived()


async def test_a_payment_the_customer_declined_is_a_failure(town: Town) -> None:
    row = await town.begin()
    await town.bank.press(row.token, "decline")

    await town.sweep_now(row)

    assert await town.books.row(row) == Row("failure")
    await town.nothing_arrived()


async def test_two_sweepers_at_once_credit_forty_payments_once_each(town: Town) -> None:
    rows = [await town.begin() for _ in range(40)]
    for row in rows:
        await town.bank.press(row.token, "approve")
    await town.books.make_due(*rows)

    counts = []
    async with connected(town.books.url) as second:
        while not counts or counts[-1]:
            counts.append(
                sum(await asyncio.gather(town.sweep(), sweep(second, town.bank.clients, town.books.notices)))
            )

    assert sum(counts) == 40
    assert await town.books.has(town.asha) == (40 * AMOUNT, 0)
    assert {(await town.books.row(row)).status for row in rows} == {"success"}
    town.books.is_right()


async def test_two_sweepers_that_ask_about_the_same_payment_credit_it_once(town: Town) -> None:
    row = await town.begin()
    await town.bank.press(row.token, "approve")
    await town.books.make_due(row)

    async with connected(town.books.url) as second:
        first = asyncio.create_task(town.sweep())
        await asyncio.sleep(0.01)
        await town.books.make_due(row)  # as if the first one's lease had run out meanwhile
        await asyncio.gather(first, sweep(second, town.bank.clients, town.books.notices), town.knock(row))

    await town.is_paid(row)


# The queue of enquiries


async def test_the_queue_follows_every_change_of_an_enquiry_time(town: Town) -> None:
    rows = [await town.begin() for _ in range(3)]
    await town.books.make_due(rows[1])
    await town.books.ask(
        "UPDATE on_ramps SET next_enquiry_at = NULL, status = 'expired' WHERE id = %s", rows[2].id
    )
    await town.books.make_due(rows[2])

    assert await town.books.ask("SELECT count(*) FROM enquiry_queue") == [(3,)]
    assert await _waiting_without_a_place(town) == 0


async def test_a_settled_payment_leaves_the_queue_when_its_time_comes_and_is_not_asked_about(
    town: Town,
) -> None:
    settled, still_open = await town.begin(), await town.begin()
    await town.books.make_due(settled, still_open)
    await town.books.ask(
        "UPDATE on_ramps SET status = 'expired', next_enquiry_at = NULL WHERE id = %s", settled.id
    )

    asked = await town.sweep()

    assert asked == 1
    assert await town.books.ask("SELECT on_ramp_id FROM enquiry_queue") == [(still_open.id,)]
    assert await _waiting_without_a_place(town) == 0


async def test_a_payment_that_reopens_while_the_queue_is_cleared_is_not_forgotten(town: Town) -> None:
    row = await town.begin()
    await town.books.make_due(row)
    await town.books.ask(
        "UPDATE on_ramps SET status = 'expired', next_enquiry_at = NULL WHERE id = %s", row.id
    )

    async with connected(town.books.url) as second, second.plain() as other, other.transaction():
        await other.execute(
            "UPDATE on_ramps SET next_enquiry_at = clock_timestamp() WHERE id = %s", (row.id,)
        )
        assert await town.sweep() == 0

    assert await _waiting_without_a_place(town) == 0
    assert await town.sweep() == 1


async def _waiting_without_a_place(town: Town) -> int:
    [(count,)] = await town.books.ask(
        "SELECT count(*) FROM on_ramps o LEFT JOIN enquiry_queue q ON q.on_ramp_id = o.id"
        " AND q.due_at = o.next_enquiry_at AND q.bank = o.bank"
        " WHERE o.next_enquiry_at IS NOT NULL AND q.on_ramp_id IS NULL"
    )
    return count


# Fifteen minutes are over


async def test_after_fifteen_minutes_without_a_payment_it_expires_and_is_not_forgotten(town: Town) -> None:
    row = await town.begin()

    await town.books.let_pass(16, row)
    await town.sweep()

    assert await town.books.row(row) == Row("expired", somebody_will_ask=True)
    await town.nothing_arrived()


async def test_paid_in_the_last_second_and_told_after_expiry(town: Town) -> None:
    row = await town.begin()
    await town.books.let_pass(16, row)
    await town.sweep()
    await town.bank.press(row.token, "approve")

    answer = await town.knock(row)
    before = await town.books.row(row)
    await town.sweep()

    assert answer == (200, "recorded")
    assert before == Row("expired", late_success=True, somebody_will_ask=True)
    await town.is_paid(row)


async def test_paid_after_expiry_and_never_told_is_found_by_asking(town: Town) -> None:
    row = await town.begin()
    await town.books.let_pass(16, row)
    await town.sweep()
    await town.bank.press(row.token, "approve")

    await town.books.let_pass(60, row)
    await town.sweep()

    await town.is_paid(row)


async def test_a_payment_whose_bank_never_gave_a_token_expires(town: Town) -> None:
    row = await town.begin()
    await town.books.ask("UPDATE on_ramps SET token = NULL WHERE id = %s", row.id)

    await town.sweep_now(row)
    young = await town.books.row(row)
    await town.books.let_pass(16, row)
    await town.sweep()

    assert young == Row("pending", somebody_will_ask=True)
    assert (await town.books.row(row)).status == "expired"


async def test_one_payment_that_cannot_be_asked_about_does_not_stop_its_neighbours(town: Town) -> None:
    rows = [await town.begin() for _ in range(5)]
    for row in rows:
        await town.bank.press(row.token, "approve")
    await town.books.make_due(*rows)
    poison = rows[2]

    class Poisonous(BankClient):
        async def payment(self, token: str) -> PaymentState:
            if token == poison.token:
                raise RuntimeError("nobody foresaw this")
            return await super().payment(token)

    async with Poisonous(f"{town.bank.url}/hdfc/api", "key-of-hdfc") as client:
        asked = await sweep(town.books.database, {"hdfc": client}, town.books.notices)

    stand = [await town.books.row(row) for row in rows]
    assert asked == 5
    assert [one.status for one in stand] == ["success"] * 2 + ["pending"] + ["success"] * 2
    assert stand[2].somebody_will_ask
    await town.sweep_now(poison)
    assert await town.books.has(town.asha) == (5 * AMOUNT, 0)
    town.books.is_right()


# Late and contradictory words


async def test_a_success_after_a_failure_is_asked_about_at_once_and_credited(town: Town) -> None:
    row = await town.begin()
    await town.bank.press(row.token, "approve")

    answers = [await town.knock(row, paid=False), await town.knock(row), await town.knock(row)]
    asked = await town.sweep()

    assert answers == [(200, "captured"), (200, "recorded"), (200, "recorded")]
    assert asked == 1
    await town.is_paid(row)
    assert not (await town.books.row(row)).late_success


async def test_a_success_after_a_failure_that_the_bank_knows_nothing_of_is_to_be_refunded(town: Town) -> None:
    row = await town.begin()
    await town.bank.press(row.token, "decline")
    await town.knock(row, paid=False)
    await town.knock(row)

    await town.sweep()

    assert await town.books.row(row) == Row("failure", refund_decided=True, refund_heard=True)
    await town.nothing_arrived()


async def test_a_rejected_word_and_then_the_right_one_is_asked_about_and_credited(town: Town) -> None:
    row = await town.begin()
    await town.bank.press(row.token, "approve")

    answers = [await town.knock(row, amount_paise=AMOUNT + 1), await town.knock(row)]
    await town.nothing_arrived()
    await town.sweep()

    assert answers == [(409, "amount_mismatch"), (200, "recorded")]
    await town.is_paid(row)


async def test_rejected_then_paid_then_failed_is_still_asked_about(town: Town) -> None:
    row = await town.begin()
    await town.bank.press(row.token, "approve")
    await town.knock(row, amount_paise=AMOUNT + 1)
    assert await town.knock(row) == (200, "recorded")
    await town.knock(row, paid=False)

    assert (await town.books.row(row)).somebody_will_ask, "a success that was recorded waits for an enquiry"
    await town.sweep_now(row)

    await town.is_paid(row)


async def test_a_late_success_that_comes_while_the_bank_is_being_asked_is_not_forgotten(town: Town) -> None:
    row = await town.begin()
    await town.bank.press(row.token, "decline")
    await town.knock(row, paid=False)
    declined = await town.bank.clients["hdfc"].payment(row.token or "")

    asked_version = await town.books.version(row)

    async with connected(town.books.url) as other:
        async with other.plain() as holder, holder.transaction():
            # Somebody holds the row: the webhook waits for it first, the answer to an enquiry, which has seen the
            # row as it was before, waits behind it.
            await holder.execute("SELECT 1 FROM on_ramps WHERE id = %s FOR UPDATE", (row.id,))
            knocking = asyncio.create_task(town.knock(row))
            await waiting_for_a_lock(town.books, 1)
            settling = asyncio.create_task(town.answered(row, declined, asked_version=asked_version))
            await waiting_for_a_lock(town.books, 2)
        answer, _ = await asyncio.gather(knocking, settling)

    stands = await town.books.row(row)
    assert answer == (200, "recorded")
    assert stands.late_success
    assert stands.somebody_will_ask, "a success that was recorded waits for an enquiry"


async def test_a_paid_amount_that_is_not_ours_is_refunded_and_never_credited(town: Town) -> None:
    row = await town.begin()
    await town.bank.press(row.token, "approve")
    await town.books.ask("UPDATE on_ramps SET amount_paise = amount_paise + 1 WHERE id = %s", row.id)

    await town.sweep_now(row)

    assert await town.bank.says(row.token) == "refunded"
    assert await town.books.row(row) == Row("failure", refund_decided=True, refund_heard=True)
    await town.nothing_arrived()


async def test_money_for_a_closed_wallet_goes_back_to_the_banks_customer(town: Town) -> None:
    row = await town.begin()
    await town.bank.press(row.token, "approve")
    await town.books.close_wallet(town.asha)

    await town.sweep_now(row)

    assert await town.bank.says(row.token) == "refunded"
    assert (await town.books.row(row)).refund_heard
    await town.nothing_arrived()


async def test_a_refund_after_the_credit_moves_nothing_and_is_for_a_person_to_see(town: Town) -> None:
    row = await town.begin()
    await town.bank.press(row.token, "approve")
    await town.sweep_now(row)
    await town.bank.clients["hdfc"].refund(row.token or "")

    await town.sweep_now(row)

    await town.is_paid(row)


# Banks that are away


async def test_while_the_bank_is_down_nothing_is_decided_and_afterwards_the_money_arrives(town: Town) -> None:
    row = await town.begin()
    await town.bank.press(row.token, "approve")
    await town.books.make_due(row)

    async with bank_clients(f"http://127.0.0.1:{free_port()}") as nobody:
        asked = await sweep(town.books.database, nobody, town.books.notices)
    during = await town.books.row(row)
    await town.sweep_now(row)

    assert asked == 1
    assert during == Row("pending", somebody_will_ask=True)
    await town.is_paid(row)


async def test_a_bank_that_is_down_at_expiry_still_credits_when_it_is_back(town: Town) -> None:
    row = await town.begin()
    await town.bank.press(row.token, "approve")
    await town.books.let_pass(20, row)

    async with bank_clients(f"http://127.0.0.1:{free_port()}") as nobody:
        await sweep(town.books.database, nobody, town.books.notices)
    during = await town.books.row(row)
    await town.sweep_now(row)

    assert during == Row("expired", somebody_will_ask=True)
    await town.is_paid(row)


@pytest.mark.parametrize("says", ["500", "garbage", "404", "another person", "hangs"])
async def test_an_enquiry_without_a_usable_answer_decides_nothing_about_a_late_success(
    town: Town, says: str
) -> None:
    row = await town.begin()
    await town.knock(row, paid=False)
    await town.knock(row)

    async with served(strange(says, row)) as url, bank_clients(url, timeout_seconds=0.3) as strangers:
        await sweep(town.books.database, strangers, town.books.notices)

    stands = await town.books.row(row)
    assert stands.status == "failure"
    assert stands.somebody_will_ask
    await town.nothing_arrived()


async def test_one_slow_bank_does_not_hold_up_the_other(town: Town) -> None:
    slow, quick = await town.begin("axis"), await town.begin("hdfc")
    await town.bank.press(quick.token, "approve")
    await town.books.make_due(slow, quick)

    async with served(strange("hangs", slow)) as url, bank_clients(url, timeout_seconds=1.5) as strangers:
        sweeping = asyncio.create_task(
            sweep(town.books.database, town.bank.clients | {"axis": strangers["axis"]}, town.books.notices)
        )
        async with asyncio.timeout(1.2):
            while (await town.books.row(quick)).status != "success":  # noqa: ASYNC110 # the database tells nobody
                await asyncio.sleep(0.02)
        assert not sweeping.done()
        await sweeping

    await town.is_paid(quick)


def strange(says: str, row: OnRamp):
    """A bank that has only this to say of any payment, and hears no refund."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        request = Request(scope, receive)
        state = {
            "token": row.token,
            "merchant_reference": str(row.id),
            "status": "paid",
            "amount_paise": AMOUNT,
            "user_identifier": "somebody else",
        }
        if says == "hangs":
            await asyncio.sleep(2)
        code = {"500": 500, "404": 404}.get(says, 200) if request.method == "GET" else 503
        body = "<html>" if says == "garbage" else state
        await JSONResponse(body, code)(scope, receive, send)

    return app
