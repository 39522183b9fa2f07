"""`/api/v1/account/withdrawals`: ask for one, watch it, cancel it."""

from __future__ import annotations

import uuid
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from money.errors import NotFound
from money.payout_accounts import parse_account_number, parse_ifsc
from money.rupees import Paise
from shared_db.connection import Connection, with_retries
from shared_db.withdrawal_history import Attempted, OwnWithdrawal, attempts_of, withdrawal_of
from user_app.api.bodies import JsonRoute, WithdrawalBody
from user_app.api.documented import problems
from user_app.api.repeatable import IdempotencyKey, repeatable
from user_app.api.services import SignedIn, TheServices
from user_app.api.shapes import WithdrawalAnswer
from user_app.services import Services
from wallet.caller import Caller

router = APIRouter(prefix="/api/v1/account/withdrawals", route_class=JsonRoute, tags=["account"])
_LONGEST_WAIT_SECONDS = 10
WaitSeconds = Annotated[int, Query(alias="wait", ge=0, le=_LONGEST_WAIT_SECONDS)]


@router.post(
    "",
    status_code=201,
    response_model=WithdrawalAnswer,
    responses=problems(401, 409, 413, 422, 429),
)
async def withdraw(
    body: WithdrawalBody,
    request: Request,
    the: TheServices,
    caller: SignedIn,
    wait: WaitSeconds = 0,
    key: IdempotencyKey = None,
) -> Response:
    await the.throttle.money(str(caller.owner_id))

    async def work(reference: str | None) -> WithdrawalAnswer:
        withdrawal_id = await the.withdrawals.request(
            caller.owner_id,
            bank=body.bank,
            account_number=parse_account_number(body.account_number),
            ifsc=parse_ifsc(body.ifsc),
            amount_paise=Paise(body.amount),
            reference=reference,
        )
        if wait:
            await the.withdrawals.is_settled_within(withdrawal_id, wait)
        return await _answer(the, caller, withdrawal_id)

    return await repeatable(request, the, caller, key, body=body, work=work, status=201)


@router.get("/{withdrawal_id}", responses=problems(401, 404))
async def withdrawal(withdrawal_id: str, the: TheServices, caller: SignedIn) -> WithdrawalAnswer:
    return await _answer(the, caller, _id(withdrawal_id))


@router.delete("/{withdrawal_id}", responses=problems(401, 404, 409))
async def cancel_withdrawal(withdrawal_id: str, the: TheServices, caller: SignedIn) -> WithdrawalAnswer:
    wanted = _id(withdrawal_id)
    await _answer(the, caller, wanted)  # another person's is 404
    await the.withdrawals.cancel(wanted)
    return await _answer(the, caller, wanted)


async def _answer(the: Services, caller: Caller, withdrawal_id: uuid.UUID) -> WithdrawalAnswer:
    async def read(connection: Connection) -> tuple[OwnWithdrawal | None, list[Attempted]]:
        found = await withdrawal_of(connection, withdrawal_id, caller.owner_id)
        return found, await attempts_of(connection, withdrawal_id) if found else []

    found, attempts = await with_retries(the.database, read)
    if found is None:
        raise NotFound
    return WithdrawalAnswer.of(found, attempts)


def _id(text: str) -> uuid.UUID:
    try:
        return uuid.UUID(text)
    except ValueError as error:
        raise NotFound from error
