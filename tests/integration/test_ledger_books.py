"""The ledger's books as a whole: migrations, and `verify` with what it finds."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Callable

import psycopg
import pytest
from alembic import command
from sqlalchemy import create_engine
from sqlalchemy.engine import make_url

from money.accounts import BankAccount, HouseAccount, bank_account_id
from shared_db.migrate import alembic_config, migrate
from shared_db.verify import verify
from tests.databases import LET_GO
from tests.town import PROMOTIONS, RECEIVABLE, Books


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
    await bank.ask(LET_GO, name)
    await bank.ask(f"DROP DATABASE {name}")

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
        INSERT INTO posted_batches (transfer_ids, source_numbers, target_numbers)
            VALUES (ARRAY['{PLANTED}'::uuid], ARRAY[currval('house_entry_numbers')], ARRAY[2]);
        INSERT INTO daily_totals VALUES ('{asha}', (now() AT TIME ZONE 'Asia/Kolkata')::date, 'on_ramp',
            1, {amount}, 0, 1000 + {amount}, 2);
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
    return f"""ALTER TABLE transfers DISABLE TRIGGER transfers_append_only;
        DELETE FROM transfers WHERE target_id = '{asha}'"""


def paid_to_nobody(asha: str) -> str:
    """Both sides in order, the one who paid too; the account it went to does not exist."""
    return f"""INSERT INTO transfers
        VALUES ('{PLANTED}', 'x', 'send', '{asha}', '{PLANTED}', NULL, 100, now());
        INSERT INTO entries VALUES
            ('{asha}', 2, '{PLANTED}', -100, 900, now()), ('{PLANTED}', 1, '{PLANTED}', 100, 100, now());
        UPDATE balances SET balance_paise = 900, last_number = 2 WHERE account_id = '{asha}'"""


def drifted_day(asha: str) -> str:
    return f"UPDATE daily_totals SET credits_paise = credits_paise + 1 WHERE account_id = '{asha}'"


def missing_day(asha: str) -> str:
    return f"DELETE FROM daily_totals WHERE account_id = '{asha}'"


def drifted_closing(asha: str) -> str:
    return f"UPDATE daily_totals SET closing_paise = closing_paise + 1 WHERE account_id = '{asha}'"


def invented_day(asha: str) -> str:
    return f"INSERT INTO daily_totals VALUES ('{asha}', '2020-01-01', 'send', 1, 1, 0, 1, 1)"


def unknown_to_the_watch(asha: str) -> str:
    """In order in itself, but not written by the ledger's one writer."""
    return f"{success_without_money(asha)};{paid(asha, reference=OURS)}; DELETE FROM posted_batches"


def drifted_house(_asha: str) -> str:
    return f"INSERT INTO house_totals VALUES ('{RECEIVABLE}', 0, 1, -100)"


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
        (paid_to_nobody, "accounts_out_of_step"),
        (drifted_day, "accounts_out_of_step"),
        (missing_day, "accounts_out_of_step"),
        (drifted_closing, "accounts_out_of_step"),
        (invented_day, "accounts_out_of_step"),
        (unknown_to_the_watch, "accounts_out_of_step"),
        (drifted_house, "accounts_out_of_step"),
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
