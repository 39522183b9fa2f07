"""What waits for a person, and what follows from a person's decision."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest

from money.desk_errors import WordsRefused
from money.withdrawal import Outcome
from tests.integration.books_town import Town, opened, told
from tests.integration.test_payout_webhooks import says
from tests.town import event_body, in_process, signed, wallet_settings
from wallet.resolve import has_failed, was_paid
from webhook_server.app import create_app


@pytest.fixture
async def town(database_url: str, tmp_path: Path) -> AsyncIterator[Town]:
    async with opened(database_url, tmp_path) as town:
        yield town


async def test_a_withdrawal_that_the_bank_leaves_open_is_listed_and_settled_as_paid(town: Town) -> None:
    asha = await town.books.person(100)
    withdrawal = await town.needs_attention(asha, 10)

    [item] = await town.waits()
    followed = await town.decides(withdrawal, paid="UTR77")

    assert (item.id, item.kind, item.bank, item.amount_paise) == (
        str(withdrawal),
        "withdrawal",
        "hdfc",
        10_00,
    )
    assert (item.ours, item.theirs) == ("needs_attention", "unreadable: the bank answered 503")
    assert item.failed_is_safe_from
    assert item.failed_is_safe_from - item.since > timedelta(hours=24)
    assert followed == "needs_attention became paid, capture"
    assert (await town.withdrawals.status(withdrawal), await town.withdrawals.has(asha)) == ("paid", (90, 0))
    assert await town.decisions() == [
        ("withdrawal", str(withdrawal), "paid", "UTR77", "Meera", withdrawal, followed)
    ]
    assert await town.waits() == []


async def test_a_withdrawal_that_was_not_paid_goes_back_and_the_next_one_goes_out(town: Town) -> None:
    asha = await town.books.person(100)
    withdrawal = await town.needs_attention(asha, 10)
    after = await town.withdrawals.asks(asha, 20)

    followed = await town.decides(withdrawal, failed="not in the statement")
    await town.withdrawals.worker("another").turn()

    assert followed == "needs_attention became failed, release"
    assert await town.withdrawals.has(asha) == (80, 0)
    assert await town.withdrawals.status(after) == "paid"


async def test_deciding_twice_says_so_and_is_written_once(town: Town) -> None:
    asha = await town.books.person(100)
    withdrawal = await town.needs_attention(asha, 10)

    first = await town.decides(withdrawal, paid="UTR77")
    again = [
        await town.decides(withdrawal, paid="UTR77"),
        await town.decides(withdrawal, failed="no, it was not"),
    ]

    assert first.startswith("needs_attention became paid")
    assert again == ["SettledAlready"] * 2
    assert await town.withdrawals.has(asha) == (90, 0)
    assert len(await town.decisions()) == 1


@pytest.mark.parametrize("others", [{"paid": "UTR77"}, {"failed": "no"}], ids=["agreeing", "contradicting"])
async def test_of_two_who_decide_at_once_one_does(town: Town, others: dict[str, str]) -> None:
    asha = await town.books.person(100)
    withdrawal = await town.needs_attention(asha, 10)

    said = await asyncio.gather(*(town.decides(withdrawal, **one) for one in [{"paid": "UTR77"}, others] * 4))

    refused = [one for one in said if one in {"SettledAlready", "ChangedMeanwhile"}]
    assert (len(said), len(refused)) == (8, 7), said
    assert len(await town.decisions()) == 1
    assert await town.withdrawals.has(asha) in {(90, 0), (100, 0)}


async def test_a_late_answer_of_the_bank_and_a_person_never_both_settle_it(town: Town) -> None:
    for number in range(6):
        asha = await town.books.person(100)
        withdrawal = await town.needs_attention(asha, 10, paid=True)
        await town.withdrawals.make_due()
        worker = town.withdrawals.worker(f"late {number}")

        said, _ = await asyncio.gather(town.decides(withdrawal, failed="not in the statement"), worker.turn())

        status = await town.withdrawals.status(withdrawal)
        decided = [one for one in await town.decisions() if one[1] == str(withdrawal)]
        if said == "needs_attention became failed, release":
            # The bank's answer came to a lane that was no longer its worker's. The statement shows it.
            assert (status, len(decided)) == ("failed", 1)
            assert ("status", str(withdrawal), None, 10_00) in told(await town.compares())
        else:
            assert (said in {"SettledAlready", "ChangedMeanwhile"}, status, decided) == (True, "paid", [])
        town.books.is_right()


async def test_a_later_answer_of_the_bank_takes_it_off_the_list(town: Town) -> None:
    withdrawal = await town.needs_attention(await town.books.person(100), 10, paid=True)
    await town.withdrawals.make_due()

    await town.withdrawals.worker("late").turn()

    assert await town.withdrawals.status(withdrawal) == "paid"
    assert await town.waits() == []
    assert await town.decides(withdrawal, failed="not in the statement") == "SettledAlready"


async def test_what_is_under_way_or_unknown_is_refused_and_moves_nothing(town: Town) -> None:
    asha = await town.books.person(100)
    queued = await town.withdrawals.asks(asha, 10)
    never_sent = await town.decides(queued, failed="no")
    await town.break_it(down=True)
    await town.withdrawals.worker().turn()

    under_way = await town.decides(queued, paid="UTR1")
    unknown = [
        await town.decides(item, paid="UTR1")
        for item in (uuid.uuid4(), "w-1", "", "hdfc:evt_none", "nobody:evt", ":", "hdfc:\ud800", "hdfc:\0")
    ]

    assert (never_sent, under_way, set(unknown)) == ("NeverSent", "StillUnderWay", {"NothingWaits"})
    assert await town.withdrawals.has(asha) == (90, 10)
    assert await town.decisions() == []


async def test_a_rejected_webhook_is_listed_until_somebody_has_decided(town: Town, tmp_path: Path) -> None:
    row = await town.books.on_ramp(await town.books.person())
    body = event_body(row, amount_paise=7_00)
    async with in_process(create_app(wallet_settings(tmp_path), town.books.url)) as door:
        await door.post("/webhooks/hdfc", content=body, headers=signed(body, event_id="evt_1:[red]"))
        await says(door, "w-\x1b[2J", "succeeded", 3)

    first, second = await town.waits()
    followed = await town.decides(first.id, failed="asked them to refund")

    assert (first.id, first.amount_paise, first.ours) == (
        "hdfc:evt_1:[red]",
        7_00,
        "rejected: amount_mismatch",
    )
    assert (second.amount_paise, second.ours) == (3_00, "rejected: unknown_token")
    assert "\x1b" not in "".join(second.as_row())
    assert followed == "recorded, nothing moved"
    assert [one.id for one in await town.waits()] == [second.id]
    assert await town.decides(first.id, paid="UTR1") == "ResolvedAlready"
    assert len(await town.decisions()) == 1


async def test_an_exception_is_listed_until_it_is_gone_or_decided(town: Town) -> None:
    one, other = [await town.adds(await town.books.person(), rupees) for rupees in (20, 30)]
    await town.compares()
    items = {item.amount_paise: item for item in await town.waits()}

    said = await asyncio.gather(*(town.decides(items[20_00].id, failed="theirs is wrong") for _ in range(5)))
    await town.sweeps(other)
    await town.compares()

    assert sorted(said) == ["ResolvedAlready"] * 4 + ["recorded, nothing moved"]
    assert str(one.id) in items[20_00].theirs
    assert await town.waits() == []
    assert await town.decides(items[30_00].id, paid="UTR1") == "NothingWaits"
    assert len(await town.decisions()) == 1


async def test_an_exception_about_a_withdrawal_that_needs_attention_settles_it(town: Town) -> None:
    asha = await town.books.person(100)
    withdrawal = await town.needs_attention(asha, 10, paid=True)
    await town.compares()
    [exception] = [one for one in await town.waits() if one.kind == "exception"]

    said = await asyncio.gather(
        *(town.decides(exception.id, **one) for one in [{"paid": "UTR9"}, {"failed": "no"}] * 3)
    )

    assert len([one for one in said if one.startswith("needs_attention became")]) == 1, said
    assert await town.withdrawals.has(asha) in {(90, 0), (100, 0)}
    [(kind, item, *_, settled, _)] = await town.decisions()
    assert (kind, item, settled) == ("exception", exception.id, withdrawal)
    assert await town.waits() == []


async def test_a_return_that_only_the_statement_shows_goes_back_to_its_owner(town: Town) -> None:
    asha = await town.books.person(100)
    withdrawal = await town.withdrawals.asks(asha, 10)
    await town.break_it(reversal_rate=1, reversal_after_ms=0)
    await town.withdrawals.worker().turn()
    await town.bank.clients["hdfc"].payout_state(str(withdrawal))
    await town.compares()
    [exception] = await town.waits()

    followed = await town.decides(exception.id, failed="came back")

    assert followed == "paid became reversed, reverse"
    assert await town.withdrawals.has(asha) == (100, 0)
    assert (await town.compares()).differences == ()


async def test_a_payout_that_only_the_statement_shows_is_taken_back(town: Town) -> None:
    asha = await town.books.person(100)
    withdrawal = await town.needs_attention(asha, 10, paid=True)
    await town.decides(withdrawal, failed="not in the statement")
    await town.compares()
    [exception] = await town.waits()

    assert await town.decides(exception.id, paid="UTR9") == "failed became failed, take_back"
    assert await town.withdrawals.has(asha) == (90, 0)
    assert (await town.compares()).differences == ()
    assert [one[0] for one in await town.decisions()] == ["withdrawal", "exception"]


async def test_a_decision_that_cannot_be_written_moves_nothing(town: Town) -> None:
    asha = await town.books.person(100)
    withdrawal = await town.needs_attention(asha, 10)
    await town.books.ask("ALTER TABLE resolutions ADD CONSTRAINT none CHECK (false)")

    with pytest.raises(psycopg.errors.CheckViolation):
        await town.decides(withdrawal, paid="UTR77")

    assert await town.withdrawals.status(withdrawal) == "needs_attention"
    assert await town.withdrawals.has(asha) == (90, 10)


async def test_a_decision_cannot_be_changed_or_removed(town: Town) -> None:
    await town.decides(await town.needs_attention(await town.books.person(100), 10), paid="UTR77")

    for statement in (
        "UPDATE resolutions SET words = 'x'",
        "DELETE FROM resolutions",
        "TRUNCATE resolutions",
    ):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            await town.books.ask(statement)
    await town.books.ask("ALTER TABLE resolutions DISABLE TRIGGER resolutions_append_only")
    for statement in ("UPDATE resolutions SET words = 'x'", "DELETE FROM resolutions"):
        async with town.books.database.plain() as connection:
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                await connection.execute(statement.encode())


@pytest.mark.parametrize("words", ["", "  ", "x" * 101, "two\nlines", "\x1b[31m", "a\u202eb", "\ud800", "\0"])
def test_names_utrs_and_reasons_are_one_line_that_can_be_read(words: str) -> None:
    for decide in (was_paid, has_failed):
        with pytest.raises(WordsRefused):
            decide(words, by="Meera")
        with pytest.raises(WordsRefused):
            decide("UTR1", by=words)
    assert was_paid(" UTR1 ", by="मीरा").words == "UTR1"
    assert has_failed("x" * 100, by="M").outcome is Outcome.FAILED
