"""What we ask of every provider, and what one says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from wallet.written import hides_something

LONGEST_SUBJECT = 255
_LONGEST_WORDS = 50
_LONGEST_EMAIL = 254


@dataclass(frozen=True, slots=True)
class Way:
    """What a browser takes along to a provider, and has to bring back."""

    redirect_uri: str
    """Exactly as it is registered there."""
    state: str
    nonce: str
    code_verifier: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What it brings back, as it stood in the address."""

    code: str
    issuer: str
    """Who says that it has sent it (RFC 9207), empty where nobody does."""


@dataclass(frozen=True, slots=True)
class Vouched:
    """Somebody a provider vouches for. `issuer` and `subject` say who; all else is only how they call themselves."""

    issuer: str
    subject: str
    shown_as: str
    name: str
    email: str
    """Empty unless the provider has verified it. Never a proof of anything here."""


@dataclass(frozen=True, slots=True)
class Client:
    """How a provider knows us: what it gave us when we were registered there."""

    id: str
    secret: str


class Provider(Protocol):
    """One that we send browsers to. A new one is a class like this and one entry in merchant_app/providers.py."""

    key: str
    """Its part of our addresses, `/auth/{key}/callback`."""
    title: str
    issuer: str
    """Under which its identities are kept. Of a provider without one, the base of its addresses."""

    @property
    def is_ready(self) -> bool:
        """Whether it is set up here."""
        ...

    async def address_for(self, way: Way) -> str:
        """Where to send the browser. Raises ProviderAway."""
        ...

    async def vouches_for(self, way: Way, answer: Answer) -> Vouched:
        """Whose code this is. Raises ProviderAway or ProviderNotBelieved."""
        ...

    async def aclose(self) -> None: ...


def readable(text: object, longest: int = _LONGEST_WORDS) -> str:
    """What a provider says of a person, as far as it can be shown; empty where it is nothing of the kind."""
    if not isinstance(text, str):
        return ""
    return "".join(one for one in text if not hides_something(one)).strip()[:longest].strip()


def verified_email(email: object, is_verified: object) -> str:
    """Empty unless the provider says that it has verified it."""
    return readable(email, _LONGEST_EMAIL) if is_verified is True else ""
