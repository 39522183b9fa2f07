"""What the pages, forms and routes of one web app work with, made once when its process starts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bank_api.adapters import ADAPTERS
from bank_api.client import BankClient
from settings import BANKS, Settings
from shared_db.balances import Balances
from shared_db.connection import Database
from shared_db.ledger import Ledger
from shared_db.notices import Notices
from shared_db.sessions import Browser
from shared_ui.door import Door
from wallet.background import Background
from wallet.browser_sessions import BrowserSessions
from wallet.codes import Codes
from wallet.messages import Sender, sender
from wallet.pay_merchant import Handles
from wallet.settle_withdrawal import WithdrawalSettlement
from wallet.throttle import Throttle
from wallet.withdraw import Withdrawals


@dataclass(frozen=True, slots=True)
class WebApp:
    """What tells the two apart."""

    name: Browser
    home: str
    """Where somebody who is signed in begins."""
    public_url: Callable[[Settings], str]


@dataclass(frozen=True, slots=True)
class WebServices:
    """One per process."""

    settings: Settings
    database: Database
    ledger: Ledger
    balances: Balances
    handles: Handles
    withdrawals: Withdrawals
    settlement: WithdrawalSettlement
    notices: Notices
    throttle: Throttle
    codes: Codes
    sender: Sender
    background: Background
    banks: dict[str, BankClient]
    door: Door

    async def close(self) -> None:
        try:
            for bank in self.banks.values():
                await bank.aclose()
            await self.balances.drain()
            await self.ledger.drain()
            await self.withdrawals.drain()
            await self.settlement.drain()
            await self.background.drain()
            await self.notices.drain()
        finally:
            await self.throttle.close()
            # A pool left open keeps its process alive.
            await self.database.close()


def open_services(app: WebApp, settings: Settings, database_url: str) -> WebServices:
    """Those of this web app; to be closed by whoever has opened them."""
    database = Database(database_url)
    redis_url = settings.redis_url.get_secret_value() if settings.redis_url else None
    notices = Notices(database)
    throttle = Throttle(factor=settings.rate_limit_factor, redis_url=redis_url)
    banks = {name: settings.bank(name) for name in BANKS}
    settlement = WithdrawalSettlement(
        database, notices, {name: ADAPTERS[name].payout_contract for name in BANKS}
    )
    return WebServices(
        settings=settings,
        database=database,
        ledger=Ledger(database),
        balances=Balances(database),
        handles=Handles(database),
        withdrawals=Withdrawals(database, notices, settlement),
        settlement=settlement,
        notices=notices,
        throttle=throttle,
        codes=Codes(secret=settings.jwt_secret.get_secret_value()),
        sender=sender(database, settings.batua_env),
        background=Background(),
        banks={
            name: BankClient(bank.api_url, bank.api_key.get_secret_value()) for name, bank in banks.items()
        },
        door=Door(
            name=app.name,
            sessions=BrowserSessions(database, app.name),
            throttle=throttle,
            public_url=app.public_url(settings),
            is_prod=settings.is_prod,
            trusted_proxy_hops=settings.trusted_proxy_hops,
            home=app.home,
            changed=lambda owner: notices.about([owner]),
        ),
    )


class _Open:
    services: WebServices | None = None


def open_for_pages(services: WebServices) -> None:
    """From now on `the_services()` are these: Reflex makes States by itself and hands them nothing."""
    _Open.services = services


def the_services() -> WebServices:
    """Those of this process."""
    assert _Open.services is not None, "pages are served after the services are open"
    return _Open.services


def the_door() -> Door:
    """The same process's door."""
    return the_services().door
