"""How the bank is set up, and where it does not start."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from bank_api.signing import sign
from dummy_bank.settings import Settings, load
from tests.integration.dummy_bank_town import free_port


def test_the_dummy_bank_does_not_start_in_production(tmp_path: Path) -> None:
    environment = os.environ | {
        "BATUA_ENV": "prod",
        "BATUA_DATA": str(tmp_path),
        "DUMMY_BANK_PORT": str(free_port()),
        "PYTHONPATH": os.pathsep.join(sys.path),
    }

    ended = subprocess.run(
        [sys.executable, "-m", "dummy_bank"],
        env=environment,
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )

    assert ended.returncode == 1
    assert "does not start" in ended.stderr


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("", "http://127.0.0.1:3002/webhooks/axis"),
        ("https://hooks.example", "https://hooks.example/webhooks/axis"),
        ("https://hooks.example/webhooks/", "https://hooks.example/webhooks/axis"),
        ("https://hooks.example/{bank}/in", "https://hooks.example/axis/in"),
    ],
)
def test_the_webhook_address_may_be_written_in_three_ways(given: str, expected: str) -> None:
    assert Settings(bank_webhook_url=given, webhook_server_port=3002).webhook_url("axis") == expected


def test_secrets_that_nobody_set_are_made_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BATUA_DATA", str(tmp_path))
    monkeypatch.setenv("BATUA_ENV", "dev")
    for bank in ("HDFC", "AXIS"):
        monkeypatch.delenv(f"{bank}_BANK_API_KEY", raising=False)
        monkeypatch.delenv(f"{bank}_WEBHOOK_SECRETS", raising=False)

    settings = load()

    assert settings.api_key("hdfc") != settings.api_key("axis")
    assert settings.api_key("hdfc") == load().api_key("hdfc")
    assert sign(settings.newest_webhook_secret("axis"), event_id="e", timestamp=1_795_000_000, body=b"{}")
