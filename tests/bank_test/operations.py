"""What a caller asks of the bank, and how it is asked: through the same services as the doors use."""

from __future__ import annotations

import enum
import uuid
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from bank_api.messages import PaymentSucceeded, PaymentSucceededEvent
from money.errors import Refusal
from money.movements import Kind, Movement, Posting
from money.on_ramp import Verdict
from money.rupees import Paise
from shared_db.connection import Connection, Database, with_retries
from shared_db.ids import new_id
from shared_db.ledger import Ledger
from shared_db.notices import Notices
from tests.bank_test.broken import Broken, HastyLedger
from tests.bank_test.plan import CASH, IN_FLIGHT, RECEIVABLE
from wallet import idempotency
from wallet.send_money import Limits, send
from wallet.settle_on_ramp import Delivery, Settlement

_LIMITS = Limits(once_paise=10**12, day_paise=10**15)
_OK, _REFUSED = 200, 400
_MOMENT = "2026-11-20T12:00:00Z"
_NEW_ON_RAMP = """
INSERT INTO on_ramps (id, user_id, bank, amount_paise, status, token, correlation_id, created_at, expires_at,
                      version, next_enquiry_at)
VALUES (%s, %s, 'hdfc', %s, 'pending', %s, 'bank-test', %s, %s, 0, %s) ON CONFLICT DO NOTHING
"""


class What(enum.StrEnum):
    """What is asked."""

    SEND = "send"
    SEND_UNDER_A_KEY = "send_under_a_key"
    HOLD = "hold"
    RELEASE = "release"
    CAPTURE = "capture"
    ADD = "add"
    """The bank's word that it has collected money for an on-ramp."""


class Operation(NamedTuple):
    """One thing asked, as often as it takes to get an answer. `of` is the hold that a release or capture ends."""

    id: str
    what: What
    payer: uuid.UUID
    payee: uuid.UUID
    paise: int
    of: str = ""

    @property
    def mark(self) -> str:
        """How its transfer is known in the ledger: by its note, or, where there is none, by its reference."""
        return f"on_ramp:{self._on_ramp_id}" if self.what is What.ADD else self.id

    @property
    def sides(self) -> tuple[uuid.UUID, uuid.UUID]:
        """From where to where the money goes."""
        match self.what:
            case What.ADD:
                return RECEIVABLE, self.payee
            case What.HOLD:
                return self.payer, IN_FLIGHT
            case What.RELEASE:
                return IN_FLIGHT, self.payer
            case What.CAPTURE:
                return IN_FLIGHT, CASH
            case _:
                return self.payer, self.payee

    @property
    def _on_ramp_id(self) -> uuid.UUID:
        return uuid.uuid5(self.payee, self.id)


class Answer(NamedTuple):
    """What the caller was told: the transfer's id where it was done, the refusal's name where not."""

    done: bool
    word: str


class Bank:
    """The services of one process."""

    def __init__(self, url: str, broken: Broken | None) -> None:
        self._database = Database(url, largest_pool=6)
        self._ledger = (HastyLedger if broken is Broken.HASTY else Ledger)(self._database)
        self._keeps_refusals = broken is not Broken.FICKLE
        self._notices = Notices(self._database)
        self._settlement = Settlement(self._database, self._notices)

    async def ask(self, one: Operation) -> Answer:
        """Raises KeyInUse, and Busy or Unavailable: ask again."""
        match one.what:
            case What.SEND:
                try:
                    return Answer(done=True, word=str(await self._send(one, f"bank_test:{one.id}")))
                except Refusal as refused:
                    return Answer(done=False, word=type(refused).__name__)
            case What.SEND_UNDER_A_KEY:
                return await self._send_under_a_key(one)
            case What.ADD:
                return await self._add(one)
            case What.HOLD | What.RELEASE | What.CAPTURE:
                return await self._hold_or_settle(one)

    async def close(self) -> None:
        await self._ledger.drain()
        await self._settlement.drain()
        await self._notices.drain()
        await self._database.close()

    async def _send(self, one: Operation, reference: str) -> uuid.UUID:
        return await send(
            self._database,
            self._ledger,
            sender=one.payer,
            recipient=one.payee,
            amount_paise=Paise(one.paise),
            note=one.id,
            limits=_LIMITS,
            reference=reference,
        )

    async def _send_under_a_key(self, one: Operation) -> Answer:
        async def work(reference: str) -> idempotency.Answer:
            try:
                sent = await self._send(one, reference)
            except Refusal as refused:
                return idempotency.Answer(_REFUSED, type(refused).__name__, self._keeps_refusals)
            return idempotency.Answer(_OK, str(sent), is_final=True)

        answered = await idempotency.once(
            self._database,
            user_id=one.payer,
            route="transfer",
            key=one.id,
            body=f"{one.payee} {one.paise}",
            work=work,
        )
        return Answer(answered.status == _OK, answered.body)

    async def _add(self, one: Operation) -> Answer:
        token, now = f"pay_{one.id}", datetime.now(UTC)
        row = (one._on_ramp_id, one.payee, one.paise, token, now, now + timedelta(hours=9))

        async def open_it(connection: Connection) -> None:
            await connection.execute(_NEW_ON_RAMP, (*row, now + timedelta(hours=9)))

        await with_retries(self._database, open_it)
        paid = PaymentSucceeded(
            token=token, user_identifier=str(one.payee), amount_paise=one.paise, bank_reference="UTR1"
        )
        event = PaymentSucceededEvent(timestamp=_MOMENT, data=paid)
        told = Delivery("hdfc", f"evt_{one.id}", event, event.model_dump_json())
        judgement = await self._settlement.settle(told)
        assert judgement.verdict in {Verdict.CAPTURED, Verdict.DUPLICATE}, judgement
        return Answer(done=True, word="credited")

    async def _hold_or_settle(self, one: Operation) -> Answer:
        source, target = one.sides
        movement = Movement(
            id=new_id(),
            reference=f"bank_test:{one.id}",
            kind=Kind(one.what.value),
            source=source,
            target=target,
            amount_paise=Paise(one.paise),
            holder=one.payer if one.what is What.CAPTURE else None,
            note=one.id,
        )
        posted = await self._ledger.post(movement)
        if posted.outcome is Posting.INSUFFICIENT:
            return Answer(done=False, word=posted.outcome.value)
        assert posted.outcome in {Posting.POSTED, Posting.DUPLICATE}, posted
        return Answer(done=True, word=str(posted.transfer_id))
