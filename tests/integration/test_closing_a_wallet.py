"""Closing a wallet for good: what keeps it open, what is gone afterwards, and nothing that slips past it."""

from __future__ import annotations

import asyncio
import random
import uuid
from collections.abc import AsyncIterator, Awaitable
from pathlib import Path

import pytest

from bank_api.adapters import ADAPTERS
from money.errors import (
    InvalidAccount,
    MoneyComing,
    MoneyInWallet,
    MoneyOnHold,
    SignedOut,
    WalletClosed,
    WithdrawalOpen,
    WrongSignIn,
)
from money.movements import Kind, Posting
from money.rupees import Paise
from shared_db.connection import with_retries
from shared_db.ledger import Ledger
from shared_db.models import OnRamp
from shared_db.on_ramps import open_on_ramp
from shared_db.people import find_by_name
from shared_db.saved_accounts import save, saved_by
from shared_db.wallets import obstacles
from tests.integration.on_ramp_town import waiting_for_a_lock
from tests.integration.settings_town import PASSWORD, Town, opened, refused
from tests.town import (
    HDFC_SECRET,
    PROMOTIONS,
    event_body,
    gift,
    in_process,
    move,
    signed,
    wallet_settings,
)
from wallet.caller import Caller
from wallet.send_money import Limits, send
from wallet.settle_withdrawal import WithdrawalSettlement
from wallet.sign_up import sign_up
from wallet.withdraw import Withdrawals
from webhook_server.app import create_app

ACCOUNT, IFSC = "123456789012", "HDFC0ABC123"
RUNS = 8
"""Of each race: who comes first differs from run to run."""
_ABOUT_A_CHECK_SECONDS = (0.1, 0.6)


@pytest.fixture
async def town(database_url: str) -> AsyncIterator[Town]:
    async with opened(database_url) as town:
        yield town


@pytest.fixture
async def asha(town: Town) -> Caller:
    return await town.person()


@pytest.fixture
async def desk(town: Town) -> AsyncIterator[Withdrawals]:
    contracts = {name: adapter.payout_contract for name, adapter in ADAPTERS.items()}
    settlement = WithdrawalSettlement(town.books.database, town.books.notices, contracts)
    desk = Withdrawals(town.books.database, town.books.notices, settlement)
    yield desk
    await desk.drain()
    await settlement.drain()


async def in_the_way(town: Town, one: Caller) -> list[str]:
    return [*await with_retries(town.books.database, lambda connection: obstacles(connection, one.owner_id))]


async def asks(desk: Withdrawals, one: Caller, rupees: int) -> uuid.UUID:
    return await desk.request(
        one.owner_id, bank="hdfc", account_number=ACCOUNT, ifsc=IFSC, amount_paise=Paise(rupees * 10**2)
    )


# What keeps it open


async def test_an_empty_wallet_is_closed_and_everybody_in_it_is_signed_out(town: Town, asha: Caller) -> None:
    elsewhere, token = await town.signed_in(asha.owner_id), await town.token(asha.owner_id)
    assert await in_the_way(town, asha) == []

    await town.closes(asha)

    assert await town.is_closed(asha)
    assert not await town.is_live(asha)
    assert not await town.is_live(elsewhere)
    assert not await town.knows(token)


async def test_money_in_it_keeps_it_open(town: Town) -> None:
    asha = await town.person(rupees=1)

    with pytest.raises(MoneyInWallet):
        await town.closes(asha)

    assert await in_the_way(town, asha) == ["balance"]
    assert not await town.is_closed(asha)
    assert await town.is_live(asha)


async def test_money_on_hold_and_its_withdrawal_keep_it_open(town: Town, desk: Withdrawals) -> None:
    asha = await town.person(rupees=5)
    withdrawal = await asks(desk, asha, 5)

    assert await in_the_way(town, asha) == ["hold", "withdrawal"]
    with pytest.raises(MoneyOnHold):
        await town.closes(asha)
    await desk.cancel(withdrawal)

    assert await in_the_way(town, asha) == ["balance"]


async def test_a_withdrawal_that_its_bank_has_contradicted_keeps_it_open(
    town: Town, desk: Withdrawals
) -> None:
    asha = await town.person(rupees=5)
    withdrawal = await asks(desk, asha, 5)
    await desk.cancel(withdrawal)
    await town.books.post(move(Kind.SEND, asha.owner_id, await town.books.person(), 5_00))
    await town.books.ask("UPDATE withdrawals SET doubted_at = now() WHERE id = %s", withdrawal)

    with pytest.raises(WithdrawalOpen):
        await town.closes(asha)
    await town.books.ask("UPDATE withdrawals SET doubted_at = NULL WHERE id = %s", withdrawal)


@pytest.mark.parametrize("asked", ["status = 'pending'", "status = 'failure', late_success_at = now()"])
async def test_money_on_its_way_in_keeps_it_open(town: Town, asha: Caller, asked: str) -> None:
    row = await town.books.on_ramp(asha.owner_id)
    await town.books.ask(f"UPDATE on_ramps SET {asked} WHERE id = %s", row.id)

    with pytest.raises(MoneyComing):
        await town.closes(asha)

    await town.books.ask(
        "UPDATE on_ramps SET status = 'expired', late_success_at = NULL, next_enquiry_at = NULL WHERE id = %s",
        row.id,
    )
    await town.closes(asha)
    assert await town.is_closed(asha)


async def test_without_the_password_nothing_is_closed_and_five_wrong_ones_have_to_wait(
    town: Town, asha: Caller
) -> None:
    tried = [
        await refused(town.closes(asha, password=one))
        for one in ("", "x", "x" * 5000, "\ud800", PASSWORD[:-1])
    ]

    assert tried == ["WrongPassword"] * 5
    assert await refused(town.closes(asha)) == "TooManyTries"
    assert not await town.is_closed(asha)


# What is gone afterwards


async def test_only_who_knows_the_password_is_told_that_it_is_closed(town: Town, asha: Caller) -> None:
    await town.closes(asha)

    with pytest.raises(WalletClosed):
        await town.logs_in(asha)
    with pytest.raises(WrongSignIn):
        await town.logs_in(asha, "a wrong password")


async def test_the_email_stays_taken_and_the_phone_is_free(town: Town, asha: Caller) -> None:
    await town.books.ask("UPDATE users SET phone = '+919876512345', phone_verified_at = now()")
    await town.closes(asha)

    again = sign_up(
        town.books.database,
        email=await town.email(asha),
        first_name="Asha",
        last_name="Rao",
        password=PASSWORD,
    )

    assert await refused(again) == "EmailTaken"
    bela = await town.books.person()
    await town.books.ask(
        "UPDATE users SET phone = '+919876512345', phone_verified_at = now() WHERE id = %s", bela
    )


async def test_nobody_finds_it_pays_it_or_uses_its_saved_accounts(town: Town, asha: Caller) -> None:
    ravi = await town.books.person(10, first_name="Ravi")
    async with town.books.database.plain() as connection:
        await save(
            connection, asha.owner_id, bank="hdfc", account_number=ACCOUNT, ifsc=IFSC, registered_name=None
        )
    await town.closes(asha)
    ledger = Ledger(town.books.database)

    async with town.books.database.transaction() as session:
        assert [one.id for one in await find_by_name(session, "", but=None)] == [ravi]
    with pytest.raises(InvalidAccount):
        await send(
            town.books.database,
            ledger,
            sender=ravi,
            recipient=asha.owner_id,
            amount_paise=Paise(1_00),
            note=None,
            limits=Limits(10**9, 10**9),
        )
    await ledger.drain()

    async with town.books.database.plain() as connection:
        assert await saved_by(connection, asha.owner_id) == []


async def test_a_success_of_the_bank_after_it_is_409_wallet_closed(
    town: Town, asha: Caller, tmp_path: Path
) -> None:
    row = await town.books.on_ramp(asha.owner_id)
    await town.books.ask(
        "UPDATE on_ramps SET status = 'expired', next_enquiry_at = NULL WHERE id = %s", row.id
    )
    await town.closes(asha)
    await town.books.ask(
        "UPDATE on_ramps SET status = 'pending', next_enquiry_at = now() + interval '1 hour' WHERE id = %s",
        row.id,
    )
    body = event_body(row)

    async with in_process(create_app(wallet_settings(tmp_path), town.books.url)) as door:
        answer = await door.post("/webhooks/hdfc", content=body, headers=signed(body, secret=HDFC_SECRET))

    assert (answer.status_code, answer.json()["reason"]) == (409, "wallet_closed")


async def test_closing_twice_is_closing_once(town: Town, asha: Caller) -> None:
    await town.closes(asha)
    [(closed_at,)] = await town.books.ask("SELECT closed_at FROM balances")

    with pytest.raises(SignedOut):
        await town.closes(asha)

    assert await town.books.ask("SELECT closed_at FROM balances") == [(closed_at,)]


# At the same moment


async def together(town: Town, asha: Caller, other: Awaitable[object]) -> tuple[bool, str]:
    """Whether it was closed, and what the other was refused with."""

    async def in_a_moment() -> str:
        # Checking the password takes most of the time: what is to meet the closing itself begins about then.
        await asyncio.sleep(random.uniform(*_ABOUT_A_CHECK_SECONDS))
        return await refused(other)

    closing, meanwhile = await asyncio.gather(refused(town.closes(asha)), in_a_moment())
    assert closing in {"", "MoneyInWallet", "MoneyOnHold", "MoneyComing", "WithdrawalOpen"}
    assert (closing == "") == await town.is_closed(asha)
    return closing == "", meanwhile


async def test_money_that_comes_at_that_moment_is_in_an_open_wallet_or_nowhere(town: Town) -> None:
    for _ in range(RUNS):
        asha = await town.person()

        async def gives(asha: Caller = asha) -> None:
            [outcome] = await town.books.post(gift(asha.owner_id, 1_00))
            if outcome is Posting.CLOSED:
                raise InvalidAccount

        closed, meanwhile = await together(town, asha, gives())

        assert meanwhile == ("InvalidAccount" if closed else "")
        assert await town.books.has(asha.owner_id) == ((0 if closed else 1_00), 0)


async def test_a_payment_that_is_opened_at_that_moment_keeps_it_open_or_is_refused(town: Town) -> None:
    for _ in range(RUNS):
        asha = await town.person()

        closed, meanwhile = await together(town, asha, opens(town, asha))

        rows = await town.books.ask("SELECT 1 FROM on_ramps WHERE user_id = %s", asha.owner_id)
        assert (meanwhile, len(rows)) == (("WalletClosed", 0) if closed else ("", 1))


async def test_a_withdrawal_at_that_moment_finds_an_empty_or_a_closed_wallet(
    town: Town, desk: Withdrawals
) -> None:
    for _ in range(RUNS):
        asha = await town.person()

        closed, meanwhile = await together(town, asha, asks(desk, asha, 1))

        assert closed
        assert meanwhile in {"NotEnoughMoney", "NotFound"}


async def test_a_sign_in_at_that_moment_ends_with_it_or_is_refused(town: Town) -> None:
    for _ in range(RUNS):
        asha = await town.person()

        closing, begun = await asyncio.gather(
            refused(town.closes(asha)),
            asyncio.gather(
                *(town.signed_in(asha.owner_id) for _ in range(3)),
                *(town.token(asha.owner_id) for _ in range(3)),
                return_exceptions=True,
            ),
        )

        assert closing == ""
        assert all(isinstance(one, (Caller, str, WrongSignIn, SignedOut)) for one in begun), begun
        live = await town.books.ask(
            "SELECT 1 FROM sessions WHERE owner_id = %s AND ended_at IS NULL", asha.owner_id
        )
        assert live == []


async def test_whatever_has_begun_before_it_is_waited_for_and_seen(town: Town, asha: Caller) -> None:
    async with town.books.database.plain() as slow, slow.transaction():
        await slow.execute(
            "SELECT post_transfers(%b::uuid[], %b::text[], %b::text[], %b::uuid[], %b::uuid[], %b::bigint[],"
            " ARRAY[NULL]::uuid[])",
            ([uuid.uuid4()], ["slow"], ["promotion"], [PROMOTIONS], [asha.owner_id], [1_00]),
        )
        closing = asyncio.create_task(refused(town.closes(asha)))
        await waiting_for_a_lock(town.books, 1)
        assert not closing.done()

    assert await closing == "MoneyInWallet"
    assert not await town.is_closed(asha)


async def test_a_payment_that_was_being_opened_is_waited_for_and_seen(town: Town, asha: Caller) -> None:
    async with town.books.database.transaction() as session:
        await open_on_ramp(session, await unsaved(town, asha))
        closing = asyncio.create_task(refused(town.closes(asha)))
        await waiting_for_a_lock(town.books, 1)
        assert not closing.done()

    assert await closing == "MoneyComing"


async def test_who_waits_for_the_closing_finds_it_closed(town: Town, desk: Withdrawals) -> None:
    asha, ravi = await town.person(), await town.books.person(10)
    async with town.books.database.plain() as closer, closer.transaction():
        await closer.execute("SELECT 1 FROM users WHERE id = %s FOR NO KEY UPDATE", (asha.owner_id,))
        await closer.execute("SELECT close_wallet(%s)", (asha.owner_id,))
        waiting = [
            asyncio.create_task(refused(one))
            for one in (opens(town, asha), asks(desk, asha, 1), town.signed_in(asha.owner_id))
        ]
        paying = asyncio.create_task(town.books.post(move(Kind.SEND, ravi, asha.owner_id, 1_00)))
        await waiting_for_a_lock(town.books, 4)

    assert [await one for one in waiting] == ["WalletClosed", "NotFound", "WrongSignIn"]
    assert await paying == [Posting.CLOSED]


async def test_two_at_once_close_it_once(town: Town, asha: Caller) -> None:
    another = await town.signed_in(asha.owner_id)

    outcomes = await asyncio.gather(refused(town.closes(asha)), refused(town.closes(another)))

    assert sorted(outcomes) == ["", "SignedOut"]
    assert await town.is_closed(asha)


async def test_a_password_changed_meanwhile_closes_nothing(town: Town, asha: Caller) -> None:
    another = await town.signed_in(asha.owner_id)

    outcomes = await asyncio.gather(refused(town.closes(another)), refused(town.changes(asha)))

    assert outcomes in (["", "SignedOut"], ["SignedOut", ""], ["WrongPassword", ""])
    assert await town.is_closed(asha) == (outcomes[0] == "")


async def opens(town: Town, asha: Caller) -> None:
    row = await unsaved(town, asha)
    async with town.books.database.transaction() as session:
        await open_on_ramp(session, row)


async def unsaved(town: Town, asha: Caller) -> OnRamp:
    """A payment as it is before it is written."""
    like = await town.books.on_ramp(await town.books.person())
    return OnRamp(**(like.model_dump() | {"id": uuid.uuid4(), "user_id": asha.owner_id, "token": None}))
