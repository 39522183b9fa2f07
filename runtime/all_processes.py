"""The five processes of `up`: on which ports, by which commands, and in which order they stop."""

from __future__ import annotations

import sys

from runtime.child import ChildSpec
from runtime.printed_table import print_table
from settings import settings

WEB_APPS = ("user_app", "merchant_app")
# Who stops when, and how long each stage may take: the doors before what stands behind them, 20 s at most. A
# server gives open requests 4 s (runtime.serving); a bank call that is cut off is asked again after its lease.
_STOP_STAGES = {
    "user_app": (0, 6.0),
    "merchant_app": (0, 6.0),
    "webhook_server": (1, 7.0),
    "withdraw_service": (1, 7.0),
    "dummy_bank": (2, 6.0),
}


def ports() -> dict[str, int]:
    """Which process listens where, in the order of their start."""
    here = settings()
    ports = {
        "webhook_server": here.webhook_server_port,
        "withdraw_service": here.withdraw_service_port,
        "user_app": here.user_app_port,
        "merchant_app": here.merchant_app_port,
    }
    # In production the banks are real.
    return ports if here.is_prod else {"dummy_bank": here.dummy_bank_port, **ports}


def spec(name: str, port: int, url: str) -> ChildSpec:
    """How the supervisor runs it."""
    stage, seconds = _STOP_STAGES[name]
    everywhere = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 # we only ask there
    host = everywhere.get(settings().bind_host, settings().bind_host)
    return ChildSpec(
        name=name,
        # Built a moment ago; a restart must not wait for another build because a source changed meanwhile.
        command=(sys.executable, "-m", name, *(("--built",) if name in WEB_APPS else ())),
        ready_at=(host, port),
        # The bank is a foreign company: our database's password is none of its business.
        environment={} if name == "dummy_bank" else {"DATABASE_URL": url},
        stop_stage=stage,
        stop_seconds=seconds,
    )


def print_addresses() -> None:
    """Where everything is, and who can look at it in a demonstration; on standard error."""
    here = settings()
    user, shop, bank = "", "", ""
    if here.demo:
        user = "asha, ravi or meera@batua.example / batua-demo-1"
        shop = "chai@batua.example / batua-demo-1"
        bank = "9876500001, 2 or 3 / bank-demo-1"
    api, banks = ("", ()) if here.is_prod else ("/api/v1/openapi.json", ("HDFC", "Axis"))
    print_table(
        "Batua is up",
        ("what", "where", "demo login"),
        ("Wallet", here.user_url, user),
        ("Merchants", here.merchant_url, shop),
        ("REST API", here.user_url + api, ""),
        *((f"Bank, {name}", f"{here.bank_url}/{name.lower()}", bank) for name in banks),
        ("Webhook server", f"http://localhost:{here.webhook_server_port}/healthz", ""),
        ("Withdraw service", f"http://localhost:{here.withdraw_service_port}/healthz", ""),
    )
