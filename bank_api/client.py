"""How we call a bank: one method per thing we can ask, and two ways in which it can go wrong."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import date
from http import HTTPStatus
from typing import Self, TypeVar
from urllib.parse import quote

import httpx

from bank_api.lines import Lines
from bank_api.messages import (
    AccountToVerify,
    AnyMessage,
    NewPayment,
    NewPayout,
    NotAMessage,
    PaymentCreated,
    PaymentState,
    PayoutState,
    RefundRequest,
    VerifiedAccount,
    read,
)
from bank_api.statement import StatementLine, read_statement
from runtime.logs import current_correlation_id

Answer = TypeVar("Answer")

CORRELATION_HEADER = "X-Correlation-Id"
TIMEOUT_SECONDS = 8.0
_LONGEST_WORDS = 300
_NOT_NOW = {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS}


class BankError(Exception):
    """The bank did not do what we asked."""


class BankUnreachable(BankError):
    """The bank gave no answer we can read. It may or may not have acted: ask again, never assume."""


class BankRefused(BankError):
    """The bank understood and refused; it has not acted on this call."""

    def __init__(self, status_code: int, words: str) -> None:
        super().__init__(f"{status_code}: {words}")
        self.status_code = status_code
        self.words = words


class BankClient:
    """One bank, through one pool of connections; made once per event loop and closed with `aclose`.

    `base_url` ends before `/payments`, such as `http://127.0.0.1:3003/hdfc/api`. Every method raises
    BankUnreachable or BankRefused, and takes at most `timeout_seconds` in total.
    """

    def __init__(self, base_url: str, api_key: str, *, timeout_seconds: float = TIMEOUT_SECONDS) -> None:
        self._base_url = base_url.rstrip("/")
        self._timeout_seconds = timeout_seconds
        self._http = httpx.AsyncClient(
            headers={"Authorization": f"Bearer {api_key}"},
            timeout=timeout_seconds,
            transport=Lines(),
            trust_env=False,
        )

    async def create_payment(
        self, *, merchant_reference: str, user_identifier: str, amount_paise: int, return_url: str
    ) -> PaymentCreated:
        """Ask for a token; the same reference and content again gives the same token."""
        order = NewPayment(
            merchant_reference=merchant_reference,
            user_identifier=user_identifier,
            amount_paise=amount_paise,
            return_url=return_url,
        )
        return await self._ask(PaymentCreated, "POST", "/payments", order.model_dump_json())

    async def payment(self, token: str) -> PaymentState:
        """How this payment stands; BankRefused with 404 where the bank knows no such token."""
        return await self._ask(PaymentState, "GET", f"/payments/{_segment(token)}")

    async def refund(self, token: str) -> PaymentState:
        """Give the customer a paid payment back; again: the same answer; not paid: BankRefused with 409."""
        order = RefundRequest(token=token)
        return await self._ask(PaymentState, "POST", "/refunds", order.model_dump_json())

    async def payout(self, reference: str, account_number: str, ifsc: str, amount_paise: int) -> PayoutState:
        """Pay this amount into this account, once; the same reference and content again: the same payout.

        Raises ValidationError, before the bank hears of it, for an account number or IFSC that none can have.
        """
        order = NewPayout(
            reference=reference, account_number=account_number, ifsc=ifsc, amount_paise=amount_paise
        )
        state = await self._ask(PayoutState, "POST", "/payouts", order.model_dump_json())
        return _about(reference, state)

    async def payout_state(self, reference: str) -> PayoutState:
        """How this payout stands; BankRefused with 404 where the bank knows no such reference."""
        state = await self._ask(PayoutState, "GET", f"/payouts/{_segment(reference)}")
        return _about(reference, state)

    async def verify_account(self, account_number: str, ifsc: str) -> VerifiedAccount:
        """Whether this account exists, and in whose name. Raises ValidationError as `payout` does."""
        account = AccountToVerify(account_number=account_number, ifsc=ifsc)
        return await self._ask(VerifiedAccount, "POST", "/accounts/verify", account.model_dump_json())

    async def statement(self, day: date) -> tuple[StatementLine, ...]:
        """What moved on this day in Kolkata, as the bank has it; one wrong line, and nothing of it is read."""
        response = await self._call("GET", f"/statement?date={day:%Y-%m-%d}", accept="text/csv")
        return _read(read_statement, response.content)

    async def aclose(self) -> None:
        await self._http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def _ask(
        self, answer: type[AnyMessage], method: str, path: str, content: str | None = None
    ) -> AnyMessage:
        response = await self._call(method, path, content)
        return _read(lambda body: read(answer, body), response.content)

    async def _call(
        self, method: str, path: str, content: str | None = None, *, accept: str = "application/json"
    ) -> httpx.Response:
        """A 2xx, whatever stands in it."""
        headers = {CORRELATION_HEADER: current_correlation_id(), "Accept": accept}
        if content is not None:
            headers["Content-Type"] = "application/json"
        response = await self._send(method, path, headers, content)
        if response.is_success:
            return response
        if response.is_client_error and response.status_code not in _NOT_NOW:
            raise BankRefused(response.status_code, response.text[:_LONGEST_WORDS])
        raise BankUnreachable(f"the bank answered {response.status_code}")

    async def _send(
        self, method: str, path: str, headers: dict[str, str], content: str | None
    ) -> httpx.Response:
        try:
            # httpx counts its timeout anew for every read; a bank that drips bytes would hold us for ever.
            async with asyncio.timeout(self._timeout_seconds):
                return await self._http.request(
                    method, self._base_url + path, headers=headers, content=content
                )
        except TimeoutError as error:
            raise BankUnreachable(f"no answer within {self._timeout_seconds:g} seconds") from error
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise BankUnreachable(type(error).__name__) from error


def _segment(name: str) -> str:
    """One segment of a path, whatever the name is; `.` and `..` alone would be walked along."""
    return quote(name, safe="") if name.strip(".") else name.replace(".", "%2E")


def _about(reference: str, state: PayoutState) -> PayoutState:
    if state.reference != reference:
        raise BankUnreachable("the bank's answer is about another payout")
    return state


def _read(reader: Callable[[bytes], Answer], body: bytes) -> Answer:
    try:
        return reader(body)
    except NotAMessage as error:
        raise BankUnreachable(f"the bank's answer cannot be read ({error})") from error
