"""`/api/v1/account`: the balance, sending money, paying shops and adding money."""

from __future__ import annotations

import uuid

from fastapi import APIRouter, Request
from fastapi.responses import Response

from money.errors import NotFound
from money.rupees import Paise, json_rupees
from shared_db.on_ramps import find_of_user
from user_app.adding_money import start_on_ramp_of
from user_app.api.bodies import JsonRoute, OnRampBody, PaymentBody, TransferBody
from user_app.api.documented import OFTEN, STRANGER, older, problems
from user_app.api.repeatable import IdempotencyKey, repeatable
from user_app.api.services import SignedIn, TheServices
from user_app.api.shapes import BalanceAnswer, OnRampAnswer, Paid, StartedOnRamp, Transferred
from user_app.paying import pay_shop_of
from user_app.sending_money import send_money_of
from user_app.services import Services
from wallet.caller import Caller
from wallet.pay_merchant import written_handle

router = APIRouter(prefix="/api/v1/account", route_class=JsonRoute, tags=["account"])


@router.get("/balance", responses=STRANGER | older())
async def balance(the: TheServices, caller: SignedIn) -> BalanceAnswer:
    return await balance_answer(the, caller)


async def balance_answer(the: Services, caller: Caller) -> BalanceAnswer:
    has = await the.balances.of(caller.owner_id)
    return BalanceAnswer(balance=json_rupees(has.balance_paise), locked=json_rupees(has.held_paise))


@router.post(
    "/transfer",
    response_model=Transferred,
    responses=STRANGER | older(400) | OFTEN | problems(409, 422),
)
async def transfer(
    body: TransferBody, request: Request, the: TheServices, caller: SignedIn, key: IdempotencyKey = None
) -> Response:
    await the.throttle.money(str(caller.owner_id))

    async def work(reference: str | None) -> Transferred:
        return await transferred(the, caller, body, reference)

    return await repeatable(request, the, caller, key, body=body, work=work)


async def transferred(
    the: Services, caller: Caller, body: TransferBody, reference: str | None
) -> Transferred:
    sent = await send_money_of(
        the, caller, to=body.to, amount_paise=Paise(body.amount), note=body.note, reference=reference
    )
    return Transferred(message="Transfer successful", id=str(sent))


@router.post(
    "/payments",
    status_code=201,
    response_model=Paid,
    responses=problems(401, 404, 409, 413, 422, 429),
)
async def payment(
    body: PaymentBody, request: Request, the: TheServices, caller: SignedIn, key: IdempotencyKey = None
) -> Response:
    await the.throttle.money(str(caller.owner_id))

    async def work(reference: str | None) -> Paid:
        return await paid(the, caller, body, reference)

    return await repeatable(request, the, caller, key, body=body, work=work, status=201)


async def paid(the: Services, caller: Caller, body: PaymentBody, reference: str | None) -> Paid:
    made = await pay_shop_of(
        the,
        caller,
        handle=body.merchant,
        amount_paise=Paise(body.amount),
        note=body.note,
        reference=reference,
    )
    return Paid(
        id=str(made),
        merchant=written_handle(body.merchant),
        amount=json_rupees(body.amount),
        note=body.note,
    )


@router.post(
    "/on-ramps",
    status_code=201,
    response_model=StartedOnRamp,
    responses=problems(401, 409, 413, 422, 429),
)
async def start_on_ramp(
    body: OnRampBody, request: Request, the: TheServices, caller: SignedIn, key: IdempotencyKey = None
) -> Response:
    await the.throttle.money(str(caller.owner_id))

    async def work(_reference: str | None) -> StartedOnRamp:
        row = await start_on_ramp_of(the, caller, bank=body.bank, amount_paise=Paise(body.amount))
        return StartedOnRamp.of(row)

    return await repeatable(request, the, caller, key, body=body, work=work, status=201)


@router.get("/on-ramps/{on_ramp_id}", responses=problems(401, 404))
async def on_ramp(on_ramp_id: str, the: TheServices, caller: SignedIn) -> OnRampAnswer:
    try:
        wanted = uuid.UUID(on_ramp_id)
    except ValueError as error:
        raise NotFound from error
    async with the.database.transaction() as session:
        row = await find_of_user(session, wanted, caller.owner_id)
    if row is None:
        raise NotFound
    return OnRampAnswer.of(row)
