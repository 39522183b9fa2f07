"""Money on its way out: how fast it is accepted, how fast it leaves, how soon, and whom it keeps waiting.

Real processes: a user_app that accepts, two withdraw_services that send, and a bank of the benchmark's own that answers
at once. In the end the bank's memory is laid beside our books: each payout once, each owner's in order, none at a time
with another.
"""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import httpx

from bench import claims, load, slow_bank
from bench.api_requests import withdrawal
from bench.figures import Row, medians, percentile, say
from bench.instant_bank import InstantBank, open_bank
from bench.pages import put_pages_into
from bench.people import Person, signed_in
from bench.scratch import product_process, scratch_database
from bench.withdrawals import (
    account_number,
    assert_each_was_paid_once_in_order,
    drained_per_second,
    hold_back,
    let_go,
    wait_until_final,
    waits_ms,
    workers,
)
from money.rupees import Paise
from runtime.dev_secrets import fill_in, read
from shared_db.verify import verify

_APP = "user_app"
_OWNERS = 100
_EACH_HAS_PAISE = Paise(10**10)
_CONNECTIONS = 64
_PER_SECOND = 50
_MOST_PER_SECOND = 3_000
_FAST, _SLOW = "hdfc", "axis"


@dataclass(frozen=True)
class _Extent:
    """How much is measured."""

    rounds: int
    backlog: int
    accept_seconds: float
    steady_seconds: float
    slow_bank_seconds: float
    beside_slow_bank: slow_bank.Extent
    claims: int


_WHOLE = _Extent(3, 4_000, 3.0, 10.0, 5.0, slow_bank.Extent(3, 2.0), 60)
_QUICK = _Extent(1, 1_500, 1.5, 3.0, 2.0, slow_bank.Extent(1, 1.0), 10)


@dataclass(frozen=True)
class _House:
    """What is running."""

    url: str
    folder: Path
    settings: Mapping[str, str]
    port: int
    people: Sequence[Person]


def main(quick: bool) -> dict[str, object]:  # noqa: FBT001 # the signature every benchmark has
    """The headline figures and all cells, as in docs/contract.md."""
    extent = _QUICK if quick else _WHOLE
    with scratch_database() as (folder, server), ExitStack() as stack:
        put_pages_into(folder, _APP)
        secrets = read(fill_in(folder))
        people = signed_in(server.url, _OWNERS, each_has_paise=_EACH_HAS_PAISE, secret=secrets["JWT_SECRET"])
        bank = stack.enter_context(open_bank({_FAST: 0.0, _SLOW: extent.slow_bank_seconds}))
        settings = _settings(bank) | {"JWT_SECRET": secrets["JWT_SECRET"]}
        port = stack.enter_context(product_process(_APP, folder=folder, url=server.url, settings=settings))
        house = _House(server.url, folder, settings, port, people)
        rounds = [_accept_and_drain(house, extent) for _ in range(extent.rounds)]
        with workers(folder, server.url, settings):
            steady = _steady(house, extent.steady_seconds)
            beside = slow_bank.measure(
                house.url, house.port, people, (_SLOW, extent.slow_bank_seconds), extent.beside_slow_bank
            )
        stack.close()
        checked = verify(server.url)
        assert checked["ok"], checked
        assert_each_was_paid_once_in_order(server.url, bank.books)
        claimed = claims.measure(server.url, times=extent.claims)
    return _report(medians(rounds), steady, beside, claimed)


def _report(
    rates: Row, steady: Row, beside: Sequence[slow_bank.Cell], claimed: Sequence[claims.Cell]
) -> dict[str, object]:
    headline = claims.headline(claimed)
    return {
        "accept_rps": rates["accept_rps"],
        "drain_rps": rates["drain_rps"],
        "p50_ms": steady["p50_ms"],
        "p95_ms": steady["p95_ms"],
        **headline,
        "page_p95_ratio_with_slow_bank": slow_bank.headline(beside),
        "cells": [
            {"connections": _CONNECTIONS, "shape": "accepted, then drained", "processes": 3} | dict(rates),
            {"connections": 1, "shape": f"steady, {_PER_SECOND} a second", "processes": 3} | dict(steady),
            *({"connections": slow_bank.CONNECTIONS, "processes": 3} | one.written() for one in beside),
            *({"connections": 1, "processes": 1} | one.written() for one in claimed),
        ],
    }


def _settings(bank: InstantBank) -> dict[str, str]:
    return {
        "PUBLIC_USER_URL": "",
        "REDIS_URL": "",
        "JWT_HOURS": "24",
        "HDFC_API_URL": bank.address("hdfc"),
        "AXIS_API_URL": bank.address("axis"),
        "TRANSFER_LIMIT_PAISE": str(10**15),
        "TRANSFER_DAY_LIMIT_PAISE": str(10**15),
    }


def _accept_and_drain(house: _House, extent: _Extent) -> Row:
    requests = _requests(house, _FAST, round(_MOST_PER_SECOND * extent.accept_seconds))
    accepted = _send(house, requests, extent.accept_seconds)
    asked = accepted.statuses[201]
    # As many as it takes to a full backlog: these are not timed.
    more = _requests(house, _FAST, extent.backlog - asked)
    asked += _send(house, more, 60).statuses[201] if more else 0
    hold_back(house.url)
    with workers(house.folder, house.url, house.settings) as ports:
        before = sum(map(_cpu_seconds, ports))
        let_go(house.url)
        wait_until_final(house.url, within_seconds=120)
        used = sum(map(_cpu_seconds, ports)) - before
    row = {
        "accept_rps": round(accepted.statuses[201] / accepted.seconds, 1),
        "accept_p50_ms": accepted.percentile(0.5),
        "accept_p95_ms": accepted.percentile(0.95),
        "drained": asked,
        "drain_rps": round(drained_per_second(house.url, last=asked), 1),
        "worker_cpu_ms": round(used / asked * 1000, 2),
    }
    say("accepted, then drained", row)
    return row


def _steady(house: _House, seconds: float) -> Row:
    """Withdrawals at an even pace, while nothing else goes on."""
    count = round(_PER_SECOND * seconds)
    asyncio.run(_ask_evenly(house, count))
    wait_until_final(house.url, within_seconds=30)
    waits = waits_ms(house.url, last=count)
    row = {"p50_ms": percentile(waits, 0.5), "p95_ms": percentile(waits, 0.95)}
    say(f"steady, {_PER_SECOND} a second", row)
    return row


async def _ask_evenly(house: _House, count: int) -> None:
    began = time.monotonic()
    reader, writer = await asyncio.open_connection("127.0.0.1", house.port)
    try:
        for place, request in enumerate(_requests(house, _FAST, count)):
            await asyncio.sleep(began + place / _PER_SECOND - time.monotonic())
            writer.write(request)
            head = await reader.readuntil(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 201"), head
            await reader.readexactly(load.content_length(head))
    finally:
        writer.close()


def _requests(house: _House, bank: str, count: int) -> list[bytes]:
    owners = itertools.cycle(enumerate(house.people))
    return [
        withdrawal(house.port, owner, bank, account_number(place))
        for place, owner in itertools.islice(owners, max(0, count))
    ]


def _send(house: _House, requests: Sequence[bytes], seconds: float) -> load.Measured:
    sent = load.run(load.Load(house.port, _CONNECTIONS, seconds, requests))
    assert set(sent.statuses) == {201}, sent.statuses
    return sent


def _cpu_seconds(port: int) -> float:
    """Of a process of ours, as it says itself."""
    text = httpx.get(f"http://127.0.0.1:{port}/metrics", trust_env=False).text
    [line] = [one for one in text.splitlines() if one.startswith("process_cpu_seconds_total ")]
    return float(line.split()[1])
