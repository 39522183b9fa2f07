"""A provider of OpenID Connect, such as Google: it describes itself, and signs who somebody is."""

from __future__ import annotations

from typing import Any, cast
from urllib.parse import urlsplit

from authlib.integrations.base_client.async_openid import AsyncOpenIDMixin
from authlib.oauth2.client import OAuth2Client
from joserfc.errors import JoseError

from money.errors import ProviderAway, ProviderNotBelieved
from runtime.logs import logger
from wallet.providers.asking import TIMEOUT_SECONDS, Asking, Json
from wallet.providers.oauth import Token, address, the_token
from wallet.providers.provider import LONGEST_SUBJECT, Answer, Client, Vouched, Way, readable, verified_email
from wallet.providers.remembered import Clock, Remembered

log = logger(__name__)
_ALGORITHMS = ["RS256", "PS256", "ES256", "EdDSA"]
"""Signed by a key that only the provider has: never `none`, and nothing that our own secret would sign."""
_LEEWAY_SECONDS = 60


class OpenId:
    """One issuer, by its address; a slash at its end is nobody else."""

    def __init__(
        self,
        key: str,
        title: str,
        issuer: str,
        client: Client,
        *,
        timeout_seconds: float = TIMEOUT_SECONDS,
        clock: Clock | None = None,
    ) -> None:
        self.key = key
        self.title = title
        self.issuer = issuer.rstrip("/")
        self._client = client
        self._asking = Asking(timeout_seconds=timeout_seconds)
        kept = {"clock": clock} if clock else {}
        self._description = Remembered(self._describe, **kept)
        self._keys = Remembered(self._ask_for_keys, **kept)

    @property
    def is_ready(self) -> bool:
        return bool(self._client.id and self._client.secret)

    async def address_for(self, way: Way) -> str:
        async with self._asking.in_time():
            description = await self._description.get()
        return address(
            self._oauth(way), self._endpoint(description, "authorization_endpoint"), way, nonce=way.nonce
        )

    async def vouches_for(self, way: Way, answer: Answer) -> Vouched:
        async with self._asking.in_time():
            description = await self._description.get()
            says_so = description.get("authorization_response_iss_parameter_supported") is True
            issuer = str(description["issuer"])
            if answer.issuer != issuer and (answer.issuer or says_so):
                # Another provider's code, brought here so that this one gets it to see.
                raise ProviderNotBelieved
            endpoint = self._endpoint(description, "token_endpoint")
            token = await the_token(self._asking, self._oauth(way), endpoint, way, answer.code)
            claims = await self._believed(token, issuer, way.nonce)
            if "email" not in claims and description.get("userinfo_endpoint"):
                url = self._endpoint(description, "userinfo_endpoint")
                told = await self._asking.get(url, token=token.access_token)
                if told.get("sub") != claims["sub"]:
                    raise ProviderNotBelieved
                claims = told | claims
        email = readable(claims.get("email"))
        return Vouched(
            issuer=self.issuer,
            subject=str(claims["sub"]),
            shown_as=email or readable(claims.get("name")) or self.title,
            name=readable(claims.get("name")),
            email=verified_email(claims.get("email"), claims.get("email_verified")),
        )

    async def aclose(self) -> None:
        await self._asking.aclose()

    async def _believed(self, token: Token, issuer: str, nonce: str) -> Json:
        """What a signed id_token says, if all of it is meant for us and for this very way."""
        try:
            reader = cast("Any", _Reader(self._client.id, self._keys))  # it has no types
            claims = await reader.parse_id_token(
                token._asdict(),
                nonce,
                claims_options={
                    # Authlib looks at the audience only where it is told to.
                    "iss": {"essential": True, "value": issuer},
                    "aud": {"essential": True, "value": self._client.id},
                },
                leeway=_LEEWAY_SECONDS,
            )
        except (JoseError, ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            log.warning("an id_token was not believed", provider=self.key, error=type(error).__name__)
            raise ProviderNotBelieved from error
        found: Json = dict(cast("Json", claims or {}))
        subject = found.get("sub")
        # As OpenID has it: letters of ASCII, and so nothing that a database could not keep.
        is_name = (
            isinstance(subject, str)
            and 1 <= len(subject) <= LONGEST_SUBJECT
            and subject.isascii()
            and subject.isprintable()
        )
        if not is_name or found.get("nonce") != nonce:
            raise ProviderNotBelieved
        return found

    async def _describe(self) -> Json:
        found = await self._asking.get(f"{self.issuer}/.well-known/openid-configuration")
        if str(found.get("issuer")).rstrip("/") != self.issuer:
            log.error("a provider says that it is another one", provider=self.key)
            raise ProviderAway
        return found

    async def _ask_for_keys(self) -> Json:
        return await self._asking.get(self._endpoint(await self._description.get(), "jwks_uri"))

    def _endpoint(self, description: Json, name: str) -> str:
        """As safe as the issuer's own address."""
        url = description.get(name)
        if not isinstance(url, str) or urlsplit(url).scheme not in {"https", urlsplit(self.issuer).scheme}:
            log.error("a provider has no such address", provider=self.key, address=name)
            raise ProviderAway
        return url

    def _oauth(self, way: Way) -> OAuth2Client:
        return OAuth2Client(
            None,
            client_id=self._client.id,
            client_secret=self._client.secret,
            token_endpoint_auth_method="client_secret_post",  # noqa: S106 # the name of a method
            scope="openid email profile",
            redirect_uri=way.redirect_uri,
            code_challenge_method="S256",
        )


class _Reader(AsyncOpenIDMixin):
    """Authlib's reader of id_tokens, with the keys that we keep and the algorithms that we believe."""

    def __init__(self, client_id: str, keys: Remembered) -> None:
        self.client_id = client_id
        self._keys = keys

    async def load_server_metadata(self) -> dict[str, Any]:
        return {"id_token_signing_alg_values_supported": list(_ALGORITHMS)}

    async def fetch_jwk_set(self, force: bool = False) -> Json:  # noqa: FBT001, FBT002 # as Authlib calls it
        return await self._keys.get(anew=force)
