"""The ledger's books as a whole: migrations, `verify` and what it finds, and a model that walks beside it."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Callable

import psycopg
import pytest
from alembic import command
from hypothesis import HealthCheck, settings
from hypothesis import strategies as some
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlalchemy import create_engine
from sqlalchemy.engine import make_url

from money.accounts import BankAccount, HouseAccount, bank_account_id
from money.movements import Kind, Posting
from shared_db.migrate import alembic_config, migrate
from shared_db.verify import verify
from tests.town import IN_FLIGHT, PROMOTIONS, RECEIVABLE, Books, move


@pytest.fixture
async def bank(database_url: str) -> AsyncIterator[Books]:
    async with Books(database_url) as books:
        yield books


PLANTED, AT_AXIS = uuid.uuid4(), bank_account_id("axis", BankAccount.RECEIVABLE)


# Migrations


def test_the_models_and_the_migrations_say_the_same(database_url: str) -> None:
    engine = create_engine(make_url(database_url).set(drivername="postgresql+psycopg"))

    with engine.connect() as connection:
        command.check(alembic_config(connection))

    engine.dispose()


async def test_migrating_again_changes_nothing(bank: Books) -> None:
    asha = await bank.person(10)
    before = verify(bank.url)

    await asyncio.to_thread(migrate, bank.url)

    assert verify(bank.url) == before
    assert await bank.has(asha) == (10_00, 0)


async def test_two_processes_migrate_an_empty_database_at_once(bank: Books) -> None:
    name = f"empty_{uuid.uuid4().hex}"
    await bank.ask(f"CREATE DATABASE {name}")
    url = make_url(bank.url).set(database=name).render_as_string(hide_password=False)

    await asyncio.gather(asyncio.to_thread(migrate, url), asyncio.to_thread(migrate, url))
    found = await asyncio.to_thread(verify, url)
    await bank.ask(f"DROP DATABASE {name} WITH (FORCE)")

    assert found["ok"]
    assert found["accounts"] == 2 * len(BankAccount) + len(HouseAccount)


# What `verify` is for


def unbalanced(asha: str) -> str:
    return f"""INSERT INTO transfers
        VALUES (gen_random_uuid(), 'x', 'send', '{PROMOTIONS}', '{asha}', NULL, 100, now());
        UPDATE balances SET balance_paise = balance_paise + 100, last_number = 2 WHERE account_id = '{asha}';
        INSERT INTO entries SELECT '{asha}', 2, id, 100, 1100, now() FROM transfers WHERE reference = 'x'"""


def gap(asha: str) -> str:
    return f"""ALTER TABLE entries DISABLE TRIGGER entries_append_only;
        UPDATE entries SET number = 2 WHERE account_id = '{asha}';
        UPDATE balances SET last_number = 2 WHERE account_id = '{asha}'"""


def rewritten_entry(asha: str) -> str:
    return f"""ALTER TABLE entries DISABLE TRIGGER entries_append_only;
        UPDATE entries SET amount_paise = amount_paise * 2, balance_after_paise = 2000 WHERE account_id = '{asha}';
        UPDATE balances SET balance_paise = 2000 WHERE account_id = '{asha}'"""


def success_without_money(asha: str) -> str:
    return f"""INSERT INTO on_ramps (
            id, user_id, bank, amount_paise, status, token, correlation_id, created_at, expires_at,
            version, next_enquiry_at)
        VALUES (gen_random_uuid(), '{asha}', 'hdfc', 100, 'success', 't', 'c', now(), now(), 0, now())"""


def money_without_success(asha: str) -> str:
    return (
        success_without_money(asha).replace("'success'", "'pending'")
        + f""";
        INSERT INTO transfers SELECT gen_random_uuid(), 'on_ramp:' || id, 'on_ramp', '{RECEIVABLE}', user_id, NULL,
            amount_paise, now() FROM on_ramps"""
    )


def paid(asha: str, *, reference: str, amount: int = 100, source: object = RECEIVABLE) -> str:
    """A credit of an on-ramp whose own books are in order: both entries, the balance and the running number."""
    return f"""INSERT INTO transfers
        VALUES ('{PLANTED}', {reference}, 'on_ramp', '{source}', '{asha}', NULL, {amount}, now());
        INSERT INTO entries VALUES
            ('{source}', nextval('house_entry_numbers'), '{PLANTED}', -{amount}, NULL, now()),
            ('{asha}', 2, '{PLANTED}', {amount}, 1000 + {amount}, now());
        UPDATE balances SET balance_paise = 1000 + {amount}, last_number = 2 WHERE account_id = '{asha}'"""


def credit_of_no_row(asha: str) -> str:
    return paid(asha, reference=f"'on_ramp:{uuid.uuid4()}'")


def credit_under_another_name(asha: str) -> str:
    return paid(asha, reference="'test:1'")


OURS = "(SELECT 'on_ramp:' || id FROM on_ramps)"


def credit_of_another_amount(asha: str) -> str:
    return success_without_money(asha) + ";" + paid(asha, reference=OURS, amount=99)


def credit_from_another_bank(asha: str) -> str:
    return success_without_money(asha) + ";" + paid(asha, reference=OURS, source=AT_AXIS)


def credit_of_another_owner(asha: str) -> str:
    """Somebody else began it; Asha was paid."""
    other = uuid.uuid4()
    return f"""INSERT INTO accounts VALUES ('{other}', 'user', 'user', now());
        INSERT INTO balances (account_id, balance_paise, held_paise, last_number) VALUES ('{other}', 0, 0, 0);
        CREATE TEMPORARY TABLE one AS SELECT * FROM users;
        UPDATE one SET id = '{other}', email = 'other@x.example';
        INSERT INTO users SELECT * FROM one;
        {success_without_money(str(other))}; {paid(asha, reference=OURS)}"""


def entries_of_nothing(asha: str) -> str:
    """A transfer that vanished from under its entries."""
    return f"""ALTER TABLE entries DROP CONSTRAINT entries_transfer_id_fkey;
        ALTER TABLE transfers DISABLE TRIGGER transfers_append_only;
        DELETE FROM transfers WHERE target_id = '{asha}'"""


def drifted_balance(asha: str) -> str:
    return f"UPDATE balances SET balance_paise = balance_paise + 1 WHERE account_id = '{asha}'"


def drifted_hold(asha: str) -> str:
    return f"UPDATE balances SET held_paise = 1 WHERE account_id = '{asha}'"


def drifted_number(asha: str) -> str:
    return f"UPDATE balances SET last_number = 7 WHERE account_id = '{asha}'"


def missing_balance(asha: str) -> str:
    return f"DELETE FROM balances WHERE account_id = '{asha}'"


def overdrawn(asha: str) -> str:
    return f"""ALTER TABLE balances DROP CONSTRAINT balances_no_overdraft_check;
        UPDATE balances SET balance_paise = -1 WHERE account_id = '{asha}'"""


async def test_verify_is_content_with_a_credit_that_fits_its_row(bank: Books) -> None:
    asha = await bank.person(10)

    with psycopg.connect(bank.url, autocommit=True) as superuser:
        superuser.execute((success_without_money(str(asha)) + ";" + paid(str(asha), reference=OURS)).encode())

    bank.is_right()


@pytest.mark.parametrize(
    ("plant", "where"),
    [
        (unbalanced, "unbalanced_transfers"),
        (unbalanced, "sum_of_entries_paise"),
        (rewritten_entry, "unbalanced_transfers"),
        (gap, "accounts_out_of_step"),
        (success_without_money, "accounts_out_of_step"),
        (money_without_success, "accounts_out_of_step"),
        (credit_of_no_row, "accounts_out_of_step"),
        (credit_under_another_name, "accounts_out_of_step"),
        (credit_of_another_amount, "accounts_out_of_step"),
        (credit_from_another_bank, "accounts_out_of_step"),
        (credit_of_another_owner, "accounts_out_of_step"),
        (entries_of_nothing, "unbalanced_transfers"),
        (drifted_balance, "accounts_out_of_step"),
        (drifted_hold, "accounts_out_of_step"),
        (drifted_number, "accounts_out_of_step"),
        (missing_balance, "accounts_out_of_step"),
        (overdrawn, "overdrawn_accounts"),
    ],
)
async def test_verify_finds_what_somebody_did_behind_our_back(
    bank: Books, plant: Callable[[str], str], where: str
) -> None:
    asha = await bank.person(10)
    bank.is_right()

    with psycopg.connect(bank.url, autocommit=True) as superuser:
        superuser.execute(plant(str(asha)))

    found = verify(bank.url)
    assert not found["ok"]
    assert found[where]


# A model beside it


ASHA, RAVI, MEERA, HOUSE, FLIGHT = "asha", "ravi", "meera", "house", "in flight"
OWNERS = (ASHA, RAVI, MEERA)


Move = tuple[Kind, str, str, int]


class Model:
    """What the ledger must say, in a dictionary and thirty lines."""

    def __init__(self) -> None:
        self.balance = dict.fromkeys(OWNERS, 0)
        self.held = dict.fromkeys(OWNERS, 0)
        self.numbers = dict.fromkeys(OWNERS, 0)
        self.frozen: set[str] = set()
        self.known: dict[str, Move] = {}

    def post_batch(self, batch: list[tuple[str, Move]]) -> list[Posting]:
        first: dict[str, tuple[Move, Posting]] = {}
        outcomes: list[Posting] = []
        for reference, movement in batch:
            if reference in first:
                known, outcome = first[reference]
                again = Posting.DUPLICATE if outcome in {Posting.POSTED, Posting.CONFLICT} else outcome
                outcomes.append(again if known == movement else Posting.CONFLICT)
                continue
            outcomes.append(self.post(reference, movement))
            known = self.known.get(reference, movement)
            first[reference] = (known, outcomes[-1])
        return outcomes

    def post(self, reference: str, movement: Move) -> Posting:
        kind, source, target, paise = movement
        if reference in self.known:
            return Posting.DUPLICATE if self.known[reference] == movement else Posting.CONFLICT
        if source == target:
            return Posting.UNKNOWN_ACCOUNT
        if source in self.frozen and kind in {Kind.SEND, Kind.PAYMENT, Kind.HOLD}:
            return Posting.FROZEN
        if source in OWNERS and self.balance[source] < paise:
            return Posting.INSUFFICIENT
        if kind is Kind.RELEASE and self.held[target] < paise:
            return Posting.INSUFFICIENT
        self.known[reference] = movement
        for owner, change in ((source, -paise), (target, paise)):
            if owner in OWNERS:
                self.balance[owner] += change
                self.numbers[owner] += 1
        if kind is Kind.HOLD:
            self.held[source] += paise
        if kind is Kind.RELEASE:
            self.held[target] -= paise
        return Posting.POSTED


ONE = some.sampled_from(OWNERS)
PAISE = some.integers(1, 300)
MOVES = some.one_of(
    some.tuples(some.just(Kind.PROMOTION), some.just(HOUSE), ONE, PAISE),
    some.tuples(some.sampled_from([Kind.SEND, Kind.PAYMENT, Kind.REFUND]), ONE, ONE, PAISE),
    some.tuples(some.just(Kind.HOLD), ONE, some.just(FLIGHT), PAISE),
    some.tuples(some.just(Kind.RELEASE), some.just(FLIGHT), ONE, PAISE),
)
REFERENCES = some.integers(1, 40).map("test:{}".format)


def machine(url: str, loop: asyncio.Runner) -> type[RuleBasedStateMachine]:
    class LedgerBesideModel(RuleBasedStateMachine):
        @initialize()
        def open_the_books(self) -> None:
            self.books = Books(url)
            self.model = Model()
            self.run_id = uuid.uuid4().hex
            self.ids = {HOUSE: PROMOTIONS, FLIGHT: IN_FLIGHT}
            for name in OWNERS:
                self.ids[name] = loop.run(self.books.person())

        @rule(batch=some.lists(some.tuples(REFERENCES, MOVES), min_size=1, max_size=12))
        def post_a_batch(self, batch: list[tuple[str, Move]]) -> None:
            expected = self.model.post_batch(batch)
            movements = [
                move(kind, self.ids[source], self.ids[target], paise, reference=f"{self.run_id}:{ref}")
                for ref, (kind, source, target, paise) in batch
            ]

            assert loop.run(self.books.post(*movements)) == expected

        @rule(who=ONE, freeze=some.booleans())
        def freeze_or_thaw(self, who: str, freeze: bool) -> None:  # noqa: FBT001
            (self.model.frozen.add if freeze else self.model.frozen.discard)(who)
            since = "now()" if freeze else "NULL"
            loop.run(
                self.books.ask(
                    f"UPDATE balances SET frozen_at = {since} WHERE account_id = %s", self.ids[who]
                )
            )

        @invariant()
        def the_ledger_says_what_the_model_says(self) -> None:
            for name in OWNERS:
                model = (self.model.balance[name], self.model.held[name])
                assert loop.run(self.books.has(self.ids[name])) == model
                assert len(loop.run(self.books.entries(self.ids[name]))) == self.model.numbers[name]

        def teardown(self) -> None:
            if not hasattr(self, "books"):
                return
            # Closed whatever is found: hundreds of examples follow, and each pool left open takes connections.
            loop.run(self.books.close())
            self.books.is_right()

    return LedgerBesideModel


def test_the_ledger_and_a_dictionary_agree_whatever_is_posted(database_url: str) -> None:
    calm = settings(
        max_examples=30,
        stateful_step_count=20,
        deadline=None,
        print_blob=True,
        suppress_health_check=[HealthCheck.too_slow],
    )

    with asyncio.Runner() as loop:
        run_state_machine_as_test(machine(database_url, loop), settings=calm)
