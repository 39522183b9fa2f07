"""An OpenID server that lies in whatever way a test tells it to, and the way of one browser to it."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from joserfc.jwk import KeySet, RSAKey
from joserfc.jws import JWSRegistry, serialize_compact
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.town import served
from wallet.providers.openid import OpenId
from wallet.providers.provider import Answer, Client, Vouched, Way

CLIENT = Client("client-of-the-tests", "secret-of-the-tests-that-is-long-enough")
WAY = Way("http://shop.example/auth/google/callback", "state", "nonce-of-this-way", "v" * 43)
KEY, OTHER_KEY = (RSAKey.generate_key(2048, parameters={"kid": "one", "use": "sig"}) for _ in range(2))
_EVERY_ALGORITHM = JWSRegistry(algorithms=["none", "HS256", "RS256", "RS512", "PS256"])
Claims = dict[str, Any]


class EvilOpenId:
    """Honest until told otherwise."""

    def __init__(self) -> None:
        self.issuer = ""
        self.key = KEY
        """It publishes this one."""
        self.lie: Callable[[Claims], Claims] = dict
        """What becomes of the claims before they are signed."""
        self.sign: Callable[[Claims], str] = signed
        self.answers: dict[str, Callable[[], Any]] = {}
        """Instead of its own, by path: a Response, or something to be sent as JSON."""
        self.asked: list[str] = []
        self.forms: list[dict[str, str]] = []

    @property
    def claims(self) -> Claims:
        now = int(time.time())
        return {
            "iss": self.issuer,
            "aud": CLIENT.id,
            "sub": "1234",
            "iat": now,
            "exp": now + 300,
            "nonce": WAY.nonce,
            "email": "asha@example.com",
            "email_verified": True,
            "name": "Asha Rao",
        }

    def app(self) -> Starlette:
        paths = ("/.well-known/openid-configuration", "/keys", "/token", "/me")
        return Starlette(routes=[Route(path, self._answer, methods=["GET", "POST"]) for path in paths])

    async def _answer(self, request: Request) -> Response:
        path = request.url.path
        self.asked.append(path)
        if request.method == "POST":
            self.forms.append({name: str(value) for name, value in (await request.form()).items()})
        found = self.answers.get(path, getattr(self, f"_{path.rpartition('/')[2].replace('-', '_')}"))()
        if asyncio.iscoroutine(found):
            found = await found
        return found if isinstance(found, Response) else JSONResponse(found)

    def _openid_configuration(self) -> Claims:
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/auth",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            "userinfo_endpoint": f"{self.issuer}/me",
            # Whatever it would like us to believe.
            "id_token_signing_alg_values_supported": ["none", "HS256", "RS256"],
        }

    def _keys(self) -> Any:
        return KeySet([self.key]).as_dict(private=False)

    def _token(self) -> Claims:
        claims = self.lie(self.claims)
        return {"access_token": "an-access-token", "token_type": "Bearer", "id_token": self.sign(claims)}

    def _me(self) -> Claims:
        return {"sub": "1234", "email": "asha@example.com", "email_verified": True, "name": "Asha Rao"}


def signed(claims: Claims, *, key: Any = KEY, **header: Any) -> str:
    """As the honest one signs it, unless the header or the key are other ones."""
    payload = json.dumps(claims).encode()
    return serialize_compact({"alg": "RS256", "kid": "one"} | header, payload, key, registry=_EVERY_ALGORITHM)


@asynccontextmanager
async def evil_openid() -> AsyncIterator[EvilOpenId]:
    evil = EvilOpenId()
    async with served(evil.app()) as evil.issuer:
        yield evil


@asynccontextmanager
async def we(evil: EvilOpenId, **how: Any) -> AsyncIterator[OpenId]:
    """Our side of it."""
    provider = OpenId("google", "Google", evil.issuer, CLIENT, **how)
    try:
        yield provider
    finally:
        await provider.aclose()


async def who_comes(provider: OpenId, *, issuer: str = "") -> Vouched:
    """Whom we believe to come back."""
    return await provider.vouches_for(WAY, Answer("a-code", issuer))
