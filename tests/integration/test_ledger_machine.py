"""Whatever is asked in whatever order, the ledger says what a dictionary says: every kind, refusal and day."""

from __future__ import annotations

import asyncio
import uuid
from collections import defaultdict
from collections.abc import Coroutine, Sequence
from typing import Any, ClassVar, NamedTuple, TypeVar

import pytest
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

from money.accounts import HouseAccount, house_account_id
from money.errors import (
    AmountAboveLimit,
    DayLimitReached,
    InvalidAccount,
    NotEnoughMoney,
    Refusal,
    WalletFrozen,
)
from money.movements import Kind, Movement, Posted, Posting
from money.rupees import Paise
from shared_db.ids import new_id
from shared_db.ledger import Ledger
from tests.integration.transfer_town import let_a_day_pass
from tests.shop_town import shop
from tests.town import CASH, IN_FLIGHT, PROMOTIONS, RECEIVABLE, Books, again, move
from wallet.send_money import Limits, send

Found = TypeVar("Found")

PEOPLE: tuple[str, ...] = ("asha", "ravi", "meera")
SHOPS: tuple[str, ...] = ("chai", "books")
OWNERS: tuple[str, ...] = (*PEOPLE, *SHOPS)
MEERA = PEOPLE[-1]
BOOKS = SHOPS[-1]
HOUSE = {
    "promotions": PROMOTIONS,
    "compensation": house_account_id(HouseAccount.COMPENSATION),
    "losses": house_account_id(HouseAccount.LOSSES),
    "in flight": IN_FLIGHT,
    "cash": CASH,
    "receivable": RECEIVABLE,
}
NOBODY = "nobody"
ONCE_PAISE = 250
_REFUSES_OUT = {Kind.SEND, Kind.PAYMENT, Kind.HOLD}
_BETWEEN = {Kind.SEND: (PEOPLE, PEOPLE), Kind.PAYMENT: (PEOPLE, SHOPS), Kind.REFUND: (SHOPS, PEOPLE)}
"""From whom to whom."""
_OF_A_HOLD = {Kind.HOLD, Kind.RELEASE, Kind.CAPTURE}


class Move(NamedTuple):
    """A movement between names."""

    kind: Kind
    source: str
    target: str
    paise: int
    holder: str | None = None
    day_limit: int | None = None

    @property
    def who_holds(self) -> str | None:
        return {Kind.HOLD: self.source, Kind.RELEASE: self.target}.get(self.kind, self.holder)


class Model:
    """What the ledger must say, in dictionaries."""

    def __init__(self) -> None:
        self.balance = dict.fromkeys(OWNERS, 0)
        self.held = dict.fromkeys(OWNERS, 0)
        self.history: dict[str, list[int]] = {name: [] for name in OWNERS}
        """The balance after each entry."""
        self.frozen: set[str] = set()
        self.closed: set[str] = set()
        self.known: dict[str, tuple[Move, uuid.UUID]] = {}
        self.days: list[dict[tuple[str, Kind], list[int]]] = []
        """For each day: how many of a kind, what came and what went. The last one is today."""
        self.a_day_passes()

    def a_day_passes(self) -> None:
        self.days.append(defaultdict(lambda: [0, 0, 0]))

    def post_batch(self, batch: Sequence[tuple[str, Move, uuid.UUID]]) -> list[Posted]:
        refused: dict[str, tuple[Move, Posting]] = {}
        outcomes: list[Posted] = []
        for reference, one, new in batch:
            if reference in refused and reference not in self.known:
                first, outcome = refused[reference]
                is_same = one[:4] == first[:4]
                outcomes.append(Posted(outcome if is_same else Posting.CONFLICT, None))
                continue
            outcomes.append(self.post(reference, one, new))
            refused[reference] = (one, outcomes[-1].outcome)
        return outcomes

    def post(self, reference: str, one: Move, new: uuid.UUID) -> Posted:
        if reference in self.known:
            known, stands = self.known[reference]
            return Posted(Posting.DUPLICATE if known[:4] == one[:4] else Posting.CONFLICT, stands)
        if refusal := self.refusal(one):
            return Posted(refusal, None)
        self.known[reference] = (one, new)
        for owner, change in ((one.source, -one.paise), (one.target, one.paise)):
            if owner in OWNERS:
                self.balance[owner] += change
                self.history[owner].append(self.balance[owner])
                total = self.days[-1][owner, one.kind]
                total[0] += 1
                total[1 if change > 0 else 2] += one.paise
        if one.who_holds and one.kind in _OF_A_HOLD:
            self.held[one.who_holds] += one.paise if one.kind is Kind.HOLD else -one.paise
        return Posted(Posting.POSTED, new)

    def refusal(self, one: Move) -> Posting | None:
        """In the order in which they are told."""
        kind, source, target, paise, *_ = one
        anybody = (*OWNERS, *HOUSE)
        sources, targets = _BETWEEN.get(kind, (anybody, anybody))
        holder = one.who_holds if kind in _OF_A_HOLD else None
        is_known = source in sources and target in targets and holder in {None, *OWNERS}
        if source == target or not is_known or (kind in _OF_A_HOLD and holder is None):
            return Posting.UNKNOWN_ACCOUNT
        if {source, target} & self.closed:
            return Posting.CLOSED
        if one.day_limit is not None and self.went_out(source, kind) + paise > one.day_limit:
            return Posting.DAY_LIMIT
        if source in self.frozen and kind in _REFUSES_OUT:
            return Posting.FROZEN
        if source in OWNERS and self.balance[source] < paise:
            return Posting.INSUFFICIENT
        if kind in {Kind.RELEASE, Kind.CAPTURE} and holder and self.held[holder] < paise:
            return Posting.INSUFFICIENT
        return None

    def went_out(self, who: str, kind: Kind) -> int:
        return self.days[-1][who, kind][2]

    def send(self, reference: str, one: Move, once: int, new: uuid.UUID) -> type[Refusal] | uuid.UUID:
        """As `wallet.send_money` does it."""
        refusals: dict[Posting, type[Refusal]] = {
            Posting.UNKNOWN_ACCOUNT: InvalidAccount,
            Posting.CLOSED: InvalidAccount,
            Posting.DAY_LIMIT: DayLimitReached,
            Posting.FROZEN: WalletFrozen,
            Posting.INSUFFICIENT: NotEnoughMoney,
        }
        if one.source == one.target:
            return InvalidAccount
        if one.paise > once:
            is_open = one.target in PEOPLE and one.target not in self.closed
            return AmountAboveLimit if is_open else InvalidAccount
        posted = self.post(reference, one, new)
        return refusals[posted.outcome] if posted.transfer_id is None else posted.transfer_id

    def totals(self) -> list[dict[tuple[str, str], tuple[int, ...]]]:
        """Of each day, from the first to today."""
        return [
            {(who, kind.value): tuple(total) for (who, kind), total in day.items() if total[0]}
            for day in self.days
        ]


ONE = some.sampled_from(OWNERS)
PERSON = some.sampled_from((*PEOPLE, *PEOPLE, *SHOPS))
SHOP = some.sampled_from((*SHOPS, *SHOPS, MEERA, NOBODY))
"""Now and then it is none, and that is refused."""
ANYBODY = some.sampled_from((*OWNERS, *PEOPLE, NOBODY, "promotions"))
PAISE = some.one_of(some.integers(1, 300), some.sampled_from([50, 100, 200]))
LIMIT = some.sampled_from([100, 300, 600])
"""Met exactly now and then."""
Names = str | some.SearchStrategy[Any] | None


def moves(kind: Kind, source: Names, target: Names, holder: Names = None) -> some.SearchStrategy[Move]:
    """A name, or several to choose from, on each side."""
    sides = [
        one if isinstance(one, some.SearchStrategy) else some.just(one) for one in (source, target, holder)
    ]
    return some.tuples(*sides, PAISE).map(lambda one: Move(kind, one[0], one[1], one[3], one[2]))


MOVES = some.one_of(
    moves(Kind.PROMOTION, "promotions", ANYBODY),
    moves(Kind.COMPENSATION, "compensation", ONE),
    moves(Kind.SEND, ANYBODY, ANYBODY),
    moves(Kind.PAYMENT, PERSON, SHOP),
    moves(Kind.PAYMENT, ANYBODY, ANYBODY),
    moves(Kind.REFUND, SHOP, PERSON),
    moves(Kind.HOLD, ANYBODY.filter(lambda name: name not in HOUSE), "in flight"),
    moves(Kind.RELEASE, "in flight", ONE),
    moves(Kind.CAPTURE, "in flight", "cash", holder=some.sampled_from([*OWNERS, NOBODY, None])),
    moves(Kind.REVERSAL, "cash", ONE),
    moves(Kind.LOSS, some.sampled_from([*OWNERS, "losses"]), "cash"),
)
REFERENCES = some.integers(1, 30).map("test:{}".format)
BATCH = some.lists(some.tuples(REFERENCES, MOVES), min_size=1, max_size=8)


class LedgerBesideModel(RuleBasedStateMachine):
    """The real functions on the left, the model on the right."""

    url: ClassVar[str]
    loop: ClassVar[asyncio.Runner]

    @initialize()
    def open_the_books(self) -> None:
        self.books = Books(self.url)
        self.ledger = Ledger(self.books.database)
        self.model = Model()
        self.example = uuid.uuid4().hex
        self.ids = {**HOUSE, NOBODY: uuid.uuid4()} | {name: self.run(self.books.person()) for name in PEOPLE}
        self.ids |= {name: self.run(shop(self.books)) for name in SHOPS}
        for name in PEOPLE[:-1]:
            self.post([(f"start:{name}", Move(Kind.PROMOTION, "promotions", name, 1_000))])

    def run(self, work: Coroutine[Any, Any, Found]) -> Found:
        return self.loop.run(work)

    def movement(self, reference: str, one: Move) -> Movement:
        return Movement(
            id=new_id(),
            reference=self.named(reference),
            kind=one.kind,
            source=self.ids[one.source],
            target=self.ids[one.target],
            amount_paise=Paise(one.paise),
            holder=self.ids[one.holder] if one.holder else None,
            day_limit_paise=one.day_limit,
        )

    def named(self, reference: str) -> str:
        return f"{self.example}:{reference}"

    def post(self, batch: Sequence[tuple[str, Move]]) -> None:
        movements = [self.movement(reference, one) for reference, one in batch]
        expected = self.model.post_batch(
            [(reference, one, new.id) for (reference, one), new in zip(batch, movements, strict=True)]
        )

        assert self.run(self.books.outcomes(*movements)) == expected

    @rule(batch=BATCH, echoes=some.integers(0, 3))
    def post_a_batch(self, batch: list[tuple[str, Move]], echoes: int) -> None:
        self.post([*batch, *batch[:echoes]])

    @rule(
        who=PERSON,
        to=ONE,
        kind=some.sampled_from([Kind.SEND, Kind.PAYMENT]),
        several=some.lists(PAISE, min_size=1, max_size=6),
        limit=LIMIT,
    )
    def post_several_with_a_limit(
        self, who: str, to: str, kind: Kind, several: list[int], limit: int
    ) -> None:
        self.post([(new_id().hex, Move(kind, who, to, paise, None, limit)) for paise in several])

    @precondition(lambda self: self.model.known)
    @rule(which=some.integers(0, 10**6), paise=some.sampled_from([0, 0, 1]))
    def post_again_what_stands(self, which: int, paise: int) -> None:
        """The very same, or with another amount."""
        known = list(self.model.known.items())
        reference, (one, _) = known[which % len(known)]

        self.post([(reference, one._replace(paise=one.paise + paise))])

    @rule(who=some.sampled_from(PEOPLE), paise=PAISE, other=some.sampled_from([0, 1]))
    def the_bank_says_twice_that_it_has_been_paid(self, who: str, paise: int, other: int) -> None:
        row = self.run(self.books.on_ramp(self.ids[who], amount_paise=paise))
        credit = move(Kind.ON_RAMP, RECEIVABLE, self.ids[who], paise, reference=f"on_ramp:{row.id}")
        tries = [credit, again(credit), again(credit, amount_paise=Paise(paise + other))]
        one = Move(Kind.ON_RAMP, "receivable", who, paise)
        told = [(credit.reference, one._replace(paise=given.amount_paise), given.id) for given in tries]

        assert self.run(self.books.outcomes(*tries)) == self.model.post_batch(told)
        if credit.reference in self.model.known:
            # It is known under this name in every example; here it must not be asked for under another.
            del self.model.known[credit.reference]
            self.do("UPDATE on_ramps SET status = 'success', next_enquiry_at = NULL WHERE id = %s", row.id)

    @rule(number=some.integers(1, 12), sides=some.tuples(ONE, ANYBODY), paise=PAISE, limit=LIMIT)
    def send_money(self, number: int, sides: tuple[str, str], paise: int, limit: int) -> None:
        one = Move(Kind.SEND, *sides, paise, day_limit=limit)
        # The same number is the same payment, so that it may be asked twice.
        reference = f"send:{number}:{sides}:{paise}"

        try:
            said: type[Refusal] | uuid.UUID = self.run(
                send(
                    self.books.database,
                    self.ledger,
                    sender=self.ids[one.source],
                    recipient=self.ids[one.target],
                    amount_paise=Paise(paise),
                    note=None,
                    limits=Limits(ONCE_PAISE, limit),
                    reference=self.named(reference),
                )
            )
        except Refusal as refused:
            said = type(refused)

        new = said if isinstance(said, uuid.UUID) else new_id()
        assert said == self.model.send(reference, one, ONCE_PAISE, new)

    @rule(who=ONE, other=ONE, paise=PAISE, limit=LIMIT)
    def freeze(self, who: str, other: str, paise: int, limit: int) -> None:
        self.model.frozen.add(who)
        self.do("UPDATE balances SET frozen_at = now() WHERE account_id = %s", self.ids[who])
        out = [
            Move(Kind.HOLD, who, "in flight", paise),
            Move(Kind.PAYMENT, who, "chai", paise),
            Move(Kind.SEND, who, other, paise, None, limit),
            Move(Kind.REFUND, who, other, paise),
        ]
        self.post([(new_id().hex, one) for one in out])

    @rule(who=ONE)
    def thaw(self, who: str) -> None:
        self.model.frozen.discard(who)
        self.do("UPDATE balances SET frozen_at = NULL WHERE account_id = %s", self.ids[who])

    @precondition(lambda self: not self.model.balance[MEERA] and not self.model.held[MEERA])
    @rule(other=ONE, paise=PAISE)
    def close_an_empty_wallet(self, other: str, paise: int) -> None:
        self.model.closed.add(MEERA)
        self.do("UPDATE balances SET closed_at = now() WHERE account_id = %s", self.ids[MEERA])
        into = [
            Move(Kind.SEND, other, MEERA, paise),
            Move(Kind.PROMOTION, "promotions", MEERA, paise),
            Move(Kind.SEND, MEERA, other, paise),
            Move(Kind.REFUND, "chai", MEERA, paise),
        ]
        self.post([(new_id().hex, one) for one in into])

    @precondition(lambda self: not self.model.balance[BOOKS] and not self.model.held[BOOKS])
    @rule(who=ONE, paise=PAISE)
    def close_a_shop_that_has_nothing(self, who: str, paise: int) -> None:
        self.model.closed.add(BOOKS)
        self.do("UPDATE balances SET closed_at = now() WHERE account_id = %s", self.ids[BOOKS])
        self.post([(new_id().hex, Move(Kind.PAYMENT, who, BOOKS, paise))])

    @rule()
    def a_day_passes(self) -> None:
        self.model.a_day_passes()
        self.run(let_a_day_pass(self.books))

    @invariant()
    def the_ledger_says_what_the_model_says(self) -> None:
        found = {name: (balance, held) for name, balance, held in self.of_owners(_BALANCES)}
        histories = dict(self.of_owners(_HISTORIES))

        assert found == {name: (self.model.balance[name], self.model.held[name]) for name in OWNERS}
        assert histories == {name: after for name, after in self.model.history.items() if after}

    @invariant()
    def each_day_has_its_totals(self) -> None:
        days = [dict[tuple[str, str], tuple[int, ...]]() for _ in self.model.days]
        for name, days_ago, kind, *total in self.of_owners(_TOTALS):
            days[-1 - days_ago][name, kind] = tuple(total)

        assert days == self.model.totals()

    def of_owners(self, question: str) -> list[tuple[Any, ...]]:
        names = {self.ids[name]: name for name in OWNERS}
        return [(names[one], *rest) for one, *rest in self.do(question, list(names))]

    def do(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        async def done() -> list[tuple[Any, ...]]:
            async with self.books.database.plain() as connection:
                cursor = await connection.execute(statement.encode(), values)
                return await cursor.fetchall() if cursor.description else []

        return self.run(done())

    def teardown(self) -> None:
        if not hasattr(self, "books"):
            return
        # Closed whatever is found: hundreds of examples follow, and each pool left open takes connections.
        self.run(self.ledger.drain())
        self.run(self.books.close())
        self.books.is_right_but_for_bare_refunds()


_BALANCES = "SELECT account_id, balance_paise, held_paise FROM balances WHERE account_id = ANY (%s)"
_HISTORIES = """
SELECT account_id, array_agg(balance_after_paise ORDER BY number) FROM entries WHERE account_id = ANY (%s) GROUP BY 1
"""
_TOTALS = """
SELECT account_id, (clock_timestamp() AT TIME ZONE 'Asia/Kolkata')::date - day, kind,
       transfers, credits_paise, debits_paise
  FROM daily_totals WHERE account_id = ANY (%s)
"""


def test_the_ledger_and_a_dictionary_agree_whatever_is_posted(database_url: str) -> None:
    calm = settings(
        max_examples=30,
        stateful_step_count=25,
        deadline=None,
        print_blob=True,
        suppress_health_check=[HealthCheck.too_slow],
    )

    with asyncio.Runner() as runner:

        class Machine(LedgerBesideModel):
            url = database_url
            loop = runner

        run_state_machine_as_test(Machine, settings=calm)


@pytest.mark.parametrize("batches", ["one batch", "two batches"])
async def test_a_payment_without_a_limit_counts_towards_the_day_of_the_next(
    database_url: str, batches: str
) -> None:
    async with Books(database_url) as books:
        asha, ravi = await books.person(100), await books.person()
        free = move(Kind.SEND, asha, ravi, 30_00)
        limited = move(Kind.SEND, asha, ravi, 30_00)._replace(day_limit_paise=50_00)

        if batches == "one batch":
            outcomes = await books.post(free, limited)
        else:
            outcomes = await books.post(free) + await books.post(limited)

        assert outcomes == [Posting.POSTED, Posting.DAY_LIMIT]
        books.is_right()


async def test_a_limit_of_nothing_lets_nothing_out(database_url: str) -> None:
    async with Books(database_url) as books:
        asha, ravi = await books.person(100), await books.person()

        outcomes = await books.post(move(Kind.SEND, asha, ravi, 1)._replace(day_limit_paise=0))

        assert outcomes == [Posting.DAY_LIMIT]
