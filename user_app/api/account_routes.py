"""`/api/v1/account`: the balance, and adding money."""

from __future__ import annotations

import uuid

from fastapi import APIRouter

from money.errors import NotFound
from money.rupees import Paise, json_rupees
from shared_db.connection import with_retries
from shared_db.on_ramps import find_of_user
from shared_db.people import balance_of
from user_app.api.answers import BalanceAnswer, OnRampAnswer, StartedOnRamp
from user_app.api.bodies import JsonRoute, OnRampBody
from user_app.api.services import SignedIn, TheServices
from wallet import add_money

router = APIRouter(prefix="/api/v1/account", route_class=JsonRoute, tags=["account"])


@router.get("/balance")
async def balance(the: TheServices, caller: SignedIn) -> BalanceAnswer:
    has = await with_retries(the.database, lambda connection: balance_of(connection, caller.user_id))
    return BalanceAnswer(balance=json_rupees(has.balance_paise), locked=json_rupees(has.held_paise))


@router.post("/on-ramps", status_code=201)
async def start_on_ramp(body: OnRampBody, the: TheServices, caller: SignedIn) -> StartedOnRamp:
    await the.throttle.money(str(caller.user_id))
    row = await add_money.start(
        the.database,
        the.banks[body.bank],
        bank_name=body.bank,
        user_id=caller.user_id,
        amount_paise=Paise(body.amount),
        limit_paise=the.settings.on_ramp_limit_paise,
        return_url=f"{the.settings.user_url}/?on_ramp={{id}}",
    )
    assert row.token, "a started on-ramp has the bank's token"
    assert row.redirect_url, "and its page"
    return StartedOnRamp(
        id=str(row.id),
        token=row.token,
        status="pending",
        bank=row.bank,
        amount=json_rupees(row.amount_paise),
        redirect_url=row.redirect_url,
    )


@router.get("/on-ramps/{on_ramp_id}")
async def on_ramp(on_ramp_id: str, the: TheServices, caller: SignedIn) -> OnRampAnswer:
    try:
        wanted = uuid.UUID(on_ramp_id)
    except ValueError as error:
        raise NotFound from error
    async with the.database.transaction() as session:
        row = await find_of_user(session, wanted, caller.user_id)
    if row is None:
        raise NotFound
    return OnRampAnswer.of(row)
