"""Who may vouch for a merchant: one entry for each provider."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from settings import Settings
from shared_ui.services import the_door
from wallet.providers.github import GitHub
from wallet.providers.openid import OpenId
from wallet.providers.provider import Client, Provider


@dataclass(frozen=True, slots=True)
class Entry:
    """What pages say of a provider, whether it is set up or not, and how it is made of the settings."""

    key: str
    title: str
    make: Callable[[Settings], Provider]


def _google(given: Settings) -> Provider:
    client = Client(given.google_client_id, given.google_client_secret.get_secret_value())
    return OpenId("google", "Google", given.google_issuer, client)


def _github(given: Settings) -> Provider:
    client = Client(given.github_client_id, given.github_client_secret.get_secret_value())
    return GitHub(given.github_base_url, client)


ENTRIES = (Entry("google", "Google", _google), Entry("github", "GitHub", _github))


class _Open:
    providers: dict[str, Provider] = {}


def open_providers(settings: Settings) -> None:
    """From now on `the_providers()` are these."""
    _Open.providers = {entry.key: entry.make(settings) for entry in ENTRIES}


async def close_providers() -> None:
    for one in _Open.providers.values():
        await one.aclose()


def the_providers() -> dict[str, Provider]:
    """Those of this process, by key; opened with it, closed with it."""
    return _Open.providers


def ready_issuers() -> set[str]:
    """Those whose identities are a way in."""
    return {one.issuer for one in the_providers().values() if one.is_ready}


def redirect_uri(key: str) -> str:
    """Where this provider sends browsers back to: exactly what is registered there."""
    return f"{the_door().public_url}/auth/{key}/callback"
