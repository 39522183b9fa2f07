"""What development would have sent, as `manage.py outbox` prints it."""

import json
import os
import re
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.integration.code_town import EMAIL, HERE, PHONE, Town, code_town
from wallet.demo import create_demo_accounts
from wallet.messages import sender
from wallet.verify_contact import send_code

ROOT = Path(__file__).resolve().parents[2]
IN_ORDER = {
    "BATUA_ENV": "prod",
    "JWT_SECRET": "j" * 32,
    "HDFC_BANK_API_KEY": "h" * 32,
    "AXIS_BANK_API_KEY": "a" * 32,
    "HDFC_WEBHOOK_SECRETS": "whsec_" + "QkFUVUEt" * 4,
    "AXIS_WEBHOOK_SECRETS": "whsec_" + "QVhJU0FY" * 4,
    "PUBLIC_USER_URL": "https://wallet.example",
    "PUBLIC_MERCHANT_URL": "https://shop.example",
    "HDFC_API_URL": "https://bank.example/hdfc/api",
    "AXIS_API_URL": "https://bank.example/axis/api",
}


@pytest.fixture
async def town(database_url: str) -> AsyncIterator[Town]:
    async with code_town(database_url) as town:
        town.postbox = sender(town.books.database, "dev")  # pyright: ignore[reportAttributeAccessIssue] # the real one
        yield town


def outbox(town: Town, folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "manage.py", "outbox", *arguments],
        cwd=ROOT,
        env={
            "PATH": os.environ["PATH"],
            "BATUA_DATA": str(folder),
            "DATABASE_URL": town.books.url,
            **environment,
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


async def test_the_outbox_shows_what_would_have_been_sent_oldest_first(town: Town, tmp_path: Path) -> None:
    await create_demo_accounts(town.books.url)
    asha, ravi = [
        await town.signed_in(user_id)
        for (user_id,) in await town.books.ask(
            "SELECT id FROM users WHERE first_name <> 'Meera' ORDER BY first_name"
        )
    ]
    for who, contact in ((asha, EMAIL), (ravi, PHONE), (asha, PHONE)):
        await send_code(
            town.books.database,
            town.postbox,
            town.throttle,
            town.codes,
            who,
            contact=contact,
            address=HERE,
        )

    printed = outbox(town, tmp_path)
    filtered = [outbox(town, tmp_path, "--to", to) for to in ("98765 00001", "Asha@Batua.example")]
    strange = outbox(town, tmp_path, "--to", "'; DROP TABLE outbox")

    lines = [json.loads(line) for line in printed.stdout.splitlines()]
    assert [(line["channel"], line["to"]) for line in lines] == [
        ("email", "asha@batua.example"),
        ("sms", "+919876500002"),
        ("sms", "+919876500001"),
    ]
    for line in lines:
        assert set(line) == {"time", "channel", "to", "subject", "text"}
        assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d IST", line["time"])
        assert len(re.findall(r"\d{6}", line["text"])) == 1
        assert len(re.findall(r"\b\d{6}\b", json.dumps(line))) == 1, "nothing else looks like a code"
    assert [json.loads(one.stdout) for one in filtered] == [lines[2], lines[0]]
    assert (strange.returncode, strange.stdout) == (0, "")


async def test_in_production_there_is_no_outbox(town: Town, tmp_path: Path) -> None:
    refused = outbox(town, tmp_path, **IN_ORDER)

    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr == "The outbox is for development: BATUA_ENV=prod writes no messages down.\n"


async def test_emails_and_phones_of_the_demo_count_as_verified(town: Town) -> None:
    await create_demo_accounts(town.books.url)
    await town.books.ask(
        "UPDATE users SET email_verified_at = NULL, phone_verified_at = NULL WHERE first_name = 'Asha'"
    )

    await create_demo_accounts(town.books.url)

    verified = "email_verified_at IS NOT NULL AND phone_verified_at IS NOT NULL"
    assert await town.books.ask(f"SELECT count(*) FROM users WHERE {verified}") == [(3,)]
