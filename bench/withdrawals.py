"""Withdrawals for a measurement, as their rows tell of them: how many are open, how fast they became final."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Generator, Iterable, Mapping
from pathlib import Path

import psycopg
from psycopg.rows import TupleRow

from bench.instant_bank import Books
from bench.scratch import product_process

_WORKERS = 2
_LOOK_EVERY_SECONDS = 0.1


@contextlib.contextmanager
def workers(folder: Path, url: str, settings: Mapping[str, str]) -> Generator[list[int]]:
    """Two real withdraw_services, ready; their ports."""
    with contextlib.ExitStack() as stack:
        yield [
            stack.enter_context(
                product_process("withdraw_service", folder=folder, url=url, settings=settings)
            )
            for _ in range(_WORKERS)
        ]


def account_number(person: int) -> str:
    """Each owner's own, so that the bank can tell whose payouts it sees."""
    return f"{100_000_000_000 + person}"


def hold_back(url: str) -> None:
    """Nobody's turn comes before `let_go`."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("UPDATE lanes SET next_at = clock_timestamp() + interval '1 hour'")


def let_go(url: str) -> None:
    """Everybody's turn has come."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("UPDATE lanes SET next_at = clock_timestamp()")


def wait_until_final(url: str, *, within_seconds: float) -> None:
    """Until none is open."""
    until = time.monotonic() + within_seconds
    while _ask(url, "SELECT coalesce(sum(pending), 0) FROM lanes")[0][0]:
        assert time.monotonic() < until, f"withdrawals are still open after {within_seconds:g} seconds"
        time.sleep(_LOOK_EVERY_SECONDS)


def drained_per_second(url: str, *, last: int) -> float:
    """How many of the last ones became final in a second, from the first call to the last outcome."""
    [(per_second,)] = _ask(
        url,
        "SELECT count(*) / extract(epoch FROM max(settled_at) - min(first_sent_at)) FROM"
        " (SELECT * FROM withdrawals ORDER BY id DESC LIMIT %s) w",
        (last,),
    )
    return float(per_second)


def waits_ms(url: str, *, last: int) -> list[float]:
    """From acceptance to the outcome, of each of the last ones, by the database's clock."""
    rows = _ask(
        url,
        "SELECT extract(epoch FROM settled_at - created_at) * 1000 FROM"
        " (SELECT * FROM withdrawals ORDER BY id DESC LIMIT %s) w",
        (last,),
    )
    return [float(milliseconds) for (milliseconds,) in rows]


def assert_each_was_paid_once_in_order(url: str, books: Books) -> None:
    """What the bank remembers, beside our rows."""
    rows = _ask(url, "SELECT id::text, account_number, status FROM withdrawals ORDER BY owner_id, number")
    assert {status for _, _, status in rows} == {"paid"}, "every withdrawal is paid"
    assert books.sent_again == 0, f"{books.sent_again} payouts were sent again"
    assert books.overlaps == 0, f"{books.overlaps} payouts came while their owner's last was under way"
    ours = _by_account((reference, account) for reference, account, _ in rows)
    theirs = _by_account(books.paid.items())
    assert ours == theirs, "the bank has paid what we asked, once each, in each owner's order"


def _by_account(payouts: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for reference, account in payouts:
        found.setdefault(account, []).append(reference)
    return found


def _ask(url: str, query: str, values: tuple[object, ...] = ()) -> list[TupleRow]:
    with psycopg.connect(url, autocommit=True) as connection:
        return connection.execute(query.encode(), values).fetchall()
