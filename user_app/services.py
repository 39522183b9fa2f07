"""What the wallet's pages, forms and REST API work with."""

from __future__ import annotations

from dataclasses import dataclass, fields

from settings import Settings
from shared_ui.services import WebApp, WebServices, open_services
from wallet.bearer_tokens import BearerTokens

_APP = WebApp(name="user_app", home="/transfer", public_url=lambda given: given.user_url)


@dataclass(frozen=True, slots=True)
class Services(WebServices):
    """Those of every web app, and the API's tokens."""

    tokens: BearerTokens

    @classmethod
    def open(cls, settings: Settings, database_url: str) -> Services:
        shared = open_services(_APP, settings, database_url)
        tokens = BearerTokens(
            shared.database, secret=settings.jwt_secret.get_secret_value(), hours=settings.jwt_hours
        )
        return cls(**{one.name: getattr(shared, one.name) for one in fields(shared)}, tokens=tokens)

    async def close(self) -> None:
        await self.tokens.drain()
        # `super()` does not know a class that was made anew for its slots.
        await WebServices.close(self)
