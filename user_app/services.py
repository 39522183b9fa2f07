"""What the wallet's pages, forms and routes work with, made once when the process starts."""

from __future__ import annotations

from dataclasses import dataclass

from bank_api.adapters import ADAPTERS
from bank_api.client import BankClient
from settings import BANKS, Settings
from shared_db.balances import Balances
from shared_db.connection import Database
from shared_db.ledger import Ledger
from shared_db.notices import Notices
from shared_ui.door import Door
from wallet.background import Background
from wallet.bearer_tokens import BearerTokens
from wallet.browser_sessions import BrowserSessions
from wallet.codes import Codes
from wallet.messages import Sender, sender
from wallet.settle_withdrawal import WithdrawalSettlement
from wallet.throttle import Throttle
from wallet.withdraw import Withdrawals


@dataclass(frozen=True, slots=True)
class Services:
    """One per process."""

    settings: Settings
    database: Database
    ledger: Ledger
    balances: Balances
    withdrawals: Withdrawals
    settlement: WithdrawalSettlement
    notices: Notices
    tokens: BearerTokens
    throttle: Throttle
    codes: Codes
    sender: Sender
    background: Background
    banks: dict[str, BankClient]
    door: Door

    @classmethod
    def open(cls, settings: Settings, database_url: str) -> Services:
        database = Database(database_url)
        redis_url = settings.redis_url.get_secret_value() if settings.redis_url else None
        notices = Notices(database)
        throttle = Throttle(factor=settings.rate_limit_factor, redis_url=redis_url)
        banks = {name: settings.bank(name) for name in BANKS}
        settlement = WithdrawalSettlement(
            database, notices, {name: ADAPTERS[name].payout_contract for name in BANKS}
        )
        return cls(
            settings=settings,
            database=database,
            ledger=Ledger(database),
            balances=Balances(database),
            withdrawals=Withdrawals(database, notices, settlement),
            settlement=settlement,
            notices=notices,
            tokens=BearerTokens(
                database, secret=settings.jwt_secret.get_secret_value(), hours=settings.jwt_hours
            ),
            throttle=throttle,
            codes=Codes(secret=settings.jwt_secret.get_secret_value()),
            sender=sender(database, settings.batua_env),
            background=Background(),
            banks={
                name: BankClient(bank.api_url, bank.api_key.get_secret_value())
                for name, bank in banks.items()
            },
            door=Door(
                name="user_app",
                sessions=BrowserSessions(database, "user_app"),
                throttle=throttle,
                public_url=settings.user_url,
                is_prod=settings.is_prod,
                trusted_proxy_hops=settings.trusted_proxy_hops,
                home="/transfer",
                changed=lambda person: notices.about([person]),
            ),
        )

    async def close(self) -> None:
        try:
            for bank in self.banks.values():
                await bank.aclose()
            await self.tokens.drain()
            await self.balances.drain()
            await self.ledger.drain()
            await self.withdrawals.drain()
            await self.settlement.drain()
            await self.background.drain()
            await self.notices.drain()
        finally:
            # A pool left open keeps its process alive.
            await self.database.close()


class _Open:
    services: Services | None = None


def open_for_pages(services: Services) -> None:
    """From now on `the_services()` are these: Reflex makes States by itself and hands them nothing."""
    _Open.services = services


def the_services() -> Services:
    """Those of this process."""
    assert _Open.services is not None, "pages are served after the services are open"
    return _Open.services


def the_door() -> Door:
    """The same process's door."""
    return the_services().door
