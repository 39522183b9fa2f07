"""`manage.py reconcile`, `review` and `resolve` as processes of their own, at a real bank and on a real database."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.integration.books_town import Town, opened
from tests.town import free_port

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
async def town(database_url: str, tmp_path: Path) -> AsyncIterator[Town]:
    async with opened(database_url, tmp_path) as town:
        yield town


async def manage(
    town: Town, folder: Path, *arguments: str, **environment: str
) -> subprocess.CompletedProcess[str]:
    """The bank is served by this very process, so its loop goes on meanwhile."""

    def run() -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env={
                "PATH": os.environ["PATH"],
                "BATUA_DATA": str(folder / "wallet"),
                "DATABASE_URL": town.books.url,
                "HDFC_API_URL": town.bank.url,
                "AXIS_API_URL": town.bank.url,
                "HDFC_BANK_API_KEY": "key-of-hdfc",
                "AXIS_BANK_API_KEY": "key-of-axis",
                **environment,
            },
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    return await asyncio.to_thread(run)


def day(town: Town) -> tuple[str, str]:
    return "--date", town.today().isoformat()


async def test_reconcile_prints_one_object_and_says_by_its_code_whether_anything_differs(
    town: Town, tmp_path: Path
) -> None:
    row = await town.adds(await town.books.person(), 20)
    differs = await manage(town, tmp_path, "reconcile", "--bank", "hdfc", *day(town))
    await town.sweeps(row)
    agrees = await manage(town, tmp_path, "reconcile", "--bank", "hdfc", *day(town))

    head = {"bank": "hdfc", "date": town.today().isoformat()}
    exception = {"type": "status", "reference": str(row.id), "ours_paise": None, "theirs_paise": 20_00}
    assert json.loads(differs.stdout) == head | {"matched": 0, "exceptions": [exception]}
    assert json.loads(agrees.stdout) == head | {"matched": 1, "exceptions": []}
    assert (differs.returncode, agrees.returncode) == (1, 0)
    assert (differs.stderr, agrees.stderr) == ("", "")


async def test_reconcile_says_in_a_sentence_why_it_could_not_compare(town: Town, tmp_path: Path) -> None:
    nobody = f"http://127.0.0.1:{free_port()}"
    tried = [
        await manage(town, tmp_path, "reconcile", "--bank", "hdfc", *day(town), HDFC_API_URL=nobody),
        await manage(town, tmp_path, "reconcile", "--bank", "hdfc", *day(town), HDFC_BANK_API_KEY="wrong"),
        await manage(town, tmp_path, "reconcile", "--bank", "hdfc", "--date", "2026-02-30"),
        await manage(town, tmp_path, "reconcile", "--bank", "hdfc", "--date", "2099-01-01"),
        await manage(town, tmp_path, "reconcile", "--bank", "sbi", *day(town)),
        await manage(town, tmp_path, "reconcile", "--bank", "hdfc"),
    ]

    assert [one.returncode for one in tried] == [2] * 6
    assert [one.stdout for one in tried] == [""] * 6
    said = [one.stderr for one in tried]
    assert "no statement that we can read" in said[0]
    assert "401" in said[1]
    assert "YYYY-MM-DD" in said[2]
    assert "has not begun" in said[3]
    assert "no account at a bank of this name" in said[4]
    assert not [one for one in said if "Traceback" in one]


async def test_reconcile_on_a_database_without_tables_does_not_look_like_a_difference(
    town: Town, tmp_path: Path
) -> None:
    empty = town.books.url.rpartition("/")[0] + "/postgres"

    ended = await manage(town, tmp_path, "reconcile", "--bank", "hdfc", *day(town), DATABASE_URL=empty)

    assert (ended.returncode, ended.stdout) == (2, "")


async def test_review_lists_and_resolve_settles(town: Town, tmp_path: Path) -> None:
    asha = await town.books.person(100)
    withdrawal = str(await town.needs_attention(asha, 10))
    listed = await manage(town, tmp_path, "review")
    [item] = json.loads((await manage(town, tmp_path, "review", "--json")).stdout)["waiting"]

    decision = ("resolve", withdrawal, "--paid", "UTR77", "--by", "Meera Nair")
    first, second = [await manage(town, tmp_path, *decision) for _ in range(2)]
    nothing = await manage(town, tmp_path, "review")

    assert [word in listed.stdout for word in (withdrawal, "₹10.00", "hdfc", "--paid UTR")] == [True] * 4
    assert (item["id"], item["kind"], item["amount_paise"], item["bank"]) == (
        withdrawal,
        "withdrawal",
        10_00,
        "hdfc",
    )
    assert item["accepts"] == ["--paid UTR --by NAME", "--failed REASON --by NAME"]
    assert (first.returncode, first.stdout) == (
        0,
        f"{withdrawal}: needs_attention became paid, capture.\n",
    )
    assert (second.returncode, second.stdout) == (1, "")
    assert second.stderr == "This withdrawal is settled already. Nothing has moved.\n"
    assert nothing.stdout == "Nothing waits for a person.\n"
    assert await town.withdrawals.has(asha) == (90, 0)
    assert [one[4] for one in await town.decisions()] == ["Meera Nair"]


async def test_resolve_wants_one_decision_and_one_name(town: Town, tmp_path: Path) -> None:
    withdrawal = str(await town.needs_attention(await town.books.person(100), 10))
    tried = [
        await manage(town, tmp_path, "resolve", withdrawal, *rest)
        for rest in (
            ("--by", "Meera"),
            ("--paid", "UTR1", "--failed", "no", "--by", "Meera"),
            ("--paid", "UTR1"),
            ("--paid", "two\nlines", "--by", "Meera"),
            ("--failed", "", "--by", "Meera"),
            ("--paid", "UTR1", "--by", "\x1b[31m"),
        )
    ]

    assert [one.returncode for one in tried] == [2, 2, 2, 1, 1, 1]
    assert all(one.stdout == "" and one.stderr for one in tried)
    assert await town.withdrawals.status(withdrawal) == "needs_attention"  # pyright: ignore[reportArgumentType] # its text
    assert await town.decisions() == []


async def test_the_three_commands_explain_themselves(town: Town, tmp_path: Path) -> None:
    for command in ("reconcile", "review", "resolve"):
        shown = await manage(town, tmp_path, command, "--help")
        assert (shown.returncode, "Usage" in shown.stdout) == (0, True)
