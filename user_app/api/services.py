"""What the routes work with, made once when the API starts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from bank_api.client import BankClient
from money.errors import SignedOut
from runtime.addresses import client_address
from settings import BANKS, Settings
from shared_db.connection import Database
from wallet.bearer_tokens import BearerTokens, Caller
from wallet.throttle import Throttle


@dataclass(frozen=True, slots=True)
class Services:
    """One per process."""

    settings: Settings
    database: Database
    tokens: BearerTokens
    throttle: Throttle
    banks: dict[str, BankClient]

    @classmethod
    def open(cls, settings: Settings, database_url: str) -> Services:
        database = Database(database_url)
        redis_url = settings.redis_url.get_secret_value() if settings.redis_url else None
        banks = {name: settings.bank(name) for name in BANKS}
        return cls(
            settings=settings,
            database=database,
            tokens=BearerTokens(
                database, secret=settings.jwt_secret.get_secret_value(), hours=settings.jwt_hours
            ),
            throttle=Throttle(factor=settings.rate_limit_factor, redis_url=redis_url),
            banks={
                name: BankClient(bank.api_url, bank.api_key.get_secret_value())
                for name, bank in banks.items()
            },
        )

    async def close(self) -> None:
        try:
            for bank in self.banks.values():
                await bank.aclose()
        finally:
            # A pool left open keeps its process alive.
            await self.database.close()


def services(request: Request) -> Services:
    return request.app.state.services


TheServices = Annotated[Services, Depends(services)]
bearer = HTTPBearer(auto_error=False, bearerFormat="JWT")
Credentials = Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)]


async def signed_in(the: TheServices, credentials: Credentials) -> Caller:
    """Who calls. Raises SignedOut for a missing, broken, expired or ended token."""
    if credentials is None:
        raise SignedOut
    return await the.tokens.caller(credentials.credentials)


SignedIn = Annotated[Caller, Depends(signed_in)]


def address(request: Request, the: TheServices) -> str:
    """The caller's network address, for throttling."""
    return client_address(request.scope, trusted_proxy_hops=the.settings.trusted_proxy_hops)


Address = Annotated[str, Depends(address)]
