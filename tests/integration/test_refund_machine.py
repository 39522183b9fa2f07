"""Whatever is paid, refunded, withdrawn, frozen and closed in whatever order, refunds are what a dictionary says."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Coroutine
from typing import Any, ClassVar, TypeVar

from hypothesis import HealthCheck, settings
from hypothesis import strategies as some
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from money.errors import (
    AboveWhatIsLeft,
    NotFound,
    PayerGone,
    RefundedMeanwhile,
    Refusal,
    ShopHasTooLittle,
)
from money.movements import Kind, Posting
from money.rupees import Paise
from tests.shop_town import shop
from tests.town import IN_FLIGHT, Books, move
from wallet.refund_payment import Given, refund_payment

Found = TypeVar("Found")
PEOPLE, SHOPS = ("asha", "ravi", "meera"), ("chai", "books")
MEERA = PEOPLE[-1]
PAISE = some.one_of(some.integers(1, 300), some.sampled_from([50, 100, 200]))
WHICH = some.integers(0, 10**6)
Outcome = Given | type[Refusal]


class Payment:
    """One payment as it must stand, and each refund of it under what had been given back before."""

    def __init__(self, payer: str, merchant: str, paise: int) -> None:
        self.payer, self.merchant, self.paid = payer, merchant, paise
        self.given: dict[int, tuple[int, uuid.UUID]] = {}

    @property
    def refunded(self) -> int:
        return sum(paise for paise, _ in self.given.values())


class RefundsBesideModel(RuleBasedStateMachine):
    """The real functions on the left, the model on the right."""

    url: ClassVar[str]
    loop: ClassVar[asyncio.Runner]

    @initialize()
    def open_the_books(self) -> None:
        self.books = Books(self.url)
        self.ids = {name: self.run(self.books.person(10)) for name in PEOPLE}
        self.ids |= {name: self.run(shop(self.books, name=name)) for name in SHOPS}
        self.balance = dict.fromkeys(PEOPLE, 10_00) | dict.fromkeys(SHOPS, 0)
        self.held = dict.fromkeys(SHOPS, 0)
        self.frozen: set[str] = set()
        self.closed: set[str] = set()
        self.payments: dict[uuid.UUID, Payment] = {}

    def run(self, work: Coroutine[Any, Any, Found]) -> Found:
        return self.loop.run(work)

    def payment(self, which: int) -> tuple[uuid.UUID, Payment]:
        return list(self.payments.items())[which % len(self.payments)]

    async def asked(self, merchant: str, payment: uuid.UUID, before: int, paise: int) -> Outcome:
        try:
            return await refund_payment(
                self.books.database,
                self.books.notices,
                merchant=self.ids[merchant],
                payment=payment,
                before_paise=before,
                amount_paise=Paise(paise),
                reason="Sold out",
            )
        except Refusal as refusal:
            return type(refusal)

    def expected(self, merchant: str, one: Payment, before: int, paise: int) -> type[Refusal] | None:
        """In the order in which they are told; None where it is given, or was."""
        if merchant != one.merchant:
            return NotFound
        if before in one.given:
            return None if one.given[before][0] == paise else RefundedMeanwhile
        if before != one.refunded:
            return RefundedMeanwhile
        if paise > one.paid - one.refunded:
            return AboveWhatIsLeft
        if one.payer in self.closed:
            return PayerGone
        return ShopHasTooLittle if paise > self.balance[merchant] else None

    def note(self, one: Payment, before: int, paise: int, found: Outcome) -> None:
        assert isinstance(found, Given)
        if before in one.given:
            assert found == Given(one.given[before][1], is_new=False)
            return
        assert found.is_new
        one.given[before] = (paise, found.id)
        self.balance[one.merchant] -= paise
        self.balance[one.payer] += paise

    @rule(who=some.sampled_from(PEOPLE), merchant=some.sampled_from(SHOPS), paise=PAISE)
    def pay(self, who: str, merchant: str, paise: int) -> None:
        one = move(Kind.PAYMENT, self.ids[who], self.ids[merchant], paise)
        [outcome] = self.run(self.books.post(one))

        if who in self.closed:
            assert outcome is Posting.CLOSED
        elif who in self.frozen:
            assert outcome is Posting.FROZEN
        elif self.balance[who] < paise:
            assert outcome is Posting.INSUFFICIENT
        else:
            assert outcome is Posting.POSTED
            self.balance[who] -= paise
            self.balance[merchant] += paise
            self.payments[one.id] = Payment(who, merchant, paise)

    @precondition(lambda self: self.payments)
    @rule(which=WHICH, part=some.sampled_from([0.1, 0.5, 1, 1, 1.2]), seen=some.sampled_from([0, 0, 0, 1, 7]))
    def refund(self, which: int, part: float, seen: int) -> None:
        """What is left or a part of it; now and then a little too much, or on a state that never was."""
        payment, one = self.payment(which)
        before, paise = one.refunded + seen, max(1, round((one.paid - one.refunded) * part))
        expected = self.expected(one.merchant, one, before, paise)

        found = self.run(self.asked(one.merchant, payment, before, paise))

        if expected:
            assert found is expected
        else:
            self.note(one, before, paise, found)

    @precondition(lambda self: any(one.given for one in self.payments.values()))
    @rule(which=WHICH, more=some.sampled_from([0, 0, 1]))
    def ask_again_for_one_that_stands(self, which: int, more: int) -> None:
        given = [(payment, one, before) for payment, one in self.payments.items() for before in one.given]
        payment, one, before = given[which % len(given)]
        paise = one.given[before][0] + more

        found = self.run(self.asked(one.merchant, payment, before, paise))

        if more:
            assert found is RefundedMeanwhile
        else:
            self.note(one, before, paise, found)

    @precondition(lambda self: self.payments)
    @rule(which=WHICH, several=some.lists(PAISE, min_size=2, max_size=5))
    def refund_one_payment_several_times_at_once(self, which: int, several: list[int]) -> None:
        payment, one = self.payment(which)
        before = one.refunded

        async def together() -> list[Outcome]:
            return await asyncio.gather(
                *(self.asked(one.merchant, payment, before, paise) for paise in several)
            )

        found = list(zip(several, self.run(together()), strict=True))

        new = [(paise, given) for paise, given in found if isinstance(given, Given) and given.is_new]
        assert len(new) <= 1
        for paise, given in new:
            self.note(one, before, paise, given)
        for paise, given in found:
            if not new:
                assert given is self.expected(one.merchant, one, before, paise)
            elif isinstance(given, Given):
                assert (paise, given.id) == (new[0][0], new[0][1].id)

    @precondition(lambda self: self.payments)
    @rule(which=WHICH, paise=PAISE)
    def another_shop_asks_for_it(self, which: int, paise: int) -> None:
        payment, one = self.payment(which)
        other = next(name for name in SHOPS if name != one.merchant)

        assert self.run(self.asked(other, payment, one.refunded, paise)) is NotFound

    @rule(merchant=some.sampled_from(SHOPS), paise=PAISE)
    def withdraw(self, merchant: str, paise: int) -> None:
        [outcome] = self.run(self.books.post(move(Kind.HOLD, self.ids[merchant], IN_FLIGHT, paise)))

        if self.balance[merchant] < paise:
            assert outcome is Posting.INSUFFICIENT
        else:
            self.balance[merchant] -= paise
            self.held[merchant] += paise

    @precondition(lambda self: any(self.held.values()))
    @rule(which=WHICH)
    def the_bank_sends_it_back(self, which: int) -> None:
        holders = [name for name in SHOPS if self.held[name]]
        name = holders[which % len(holders)]
        back = move(Kind.RELEASE, IN_FLIGHT, self.ids[name], self.held[name])

        assert self.run(self.books.post(back)) == [Posting.POSTED]
        self.balance[name] += self.held[name]
        self.held[name] = 0

    @rule(who=some.sampled_from(PEOPLE), thaws=some.booleans())
    def freeze_or_thaw(self, who: str, *, thaws: bool) -> None:
        moment = "NULL" if thaws else "now()"
        statement = f"UPDATE balances SET frozen_at = {moment} WHERE account_id = %s"  # one of two words
        self.run(self.books.ask(statement, self.ids[who]))
        (self.frozen.discard if thaws else self.frozen.add)(who)

    @precondition(lambda self: not self.balance[MEERA])
    @rule()
    def close_an_empty_wallet(self) -> None:
        self.run(self.books.close_wallet(self.ids[MEERA]))
        self.closed.add(MEERA)

    @precondition(lambda self: self.balance[MEERA] and MEERA not in self.frozen | self.closed)
    @rule(merchant=some.sampled_from(SHOPS))
    def spend_it_all(self, merchant: str) -> None:
        self.pay(MEERA, merchant, self.balance[MEERA])

    @invariant()
    def the_books_say_what_the_model_says(self) -> None:
        names = {one: name for name, one in self.ids.items()}
        rows = self.run(self.books.ask("SELECT account_id, balance_paise, held_paise FROM balances"))
        found = {names[one]: (balance, held) for one, balance, held in rows if one in names}

        assert found == {name: (self.balance[name], self.held.get(name, 0)) for name in self.ids}
        assert min(self.balance.values()) >= 0

    @invariant()
    def no_more_is_refunded_than_was_paid(self) -> None:
        rows = self.run(
            self.books.ask(
                "SELECT payment_id, paid_paise, refunded_paise FROM refunded_payments WHERE payment_id = ANY (%s)",
                list(self.payments),
            )
        )
        found = {payment: (paid, refunded) for payment, paid, refunded in rows}

        assert found == {
            payment: (one.paid, one.refunded) for payment, one in self.payments.items() if one.given
        }
        assert all(0 < refunded <= paid for paid, refunded in found.values())

    def teardown(self) -> None:
        if hasattr(self, "books"):
            self.run(self.books.close())
            self.books.is_right()


def test_refunds_and_a_dictionary_agree_whatever_happens(database_url: str) -> None:
    calm = settings(
        max_examples=12,
        stateful_step_count=25,
        deadline=None,
        print_blob=True,
        suppress_health_check=[HealthCheck.too_slow],
    )

    with asyncio.Runner() as runner:

        class Machine(RefundsBesideModel):
            url = database_url
            loop = runner

        run_state_machine_as_test(Machine, settings=calm)
