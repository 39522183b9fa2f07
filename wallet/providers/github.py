"""GitHub, and servers shaped like it: OAuth without OpenID, so its API says who somebody is."""

from __future__ import annotations

from authlib.oauth2.client import OAuth2Client

from money.errors import ProviderNotBelieved
from wallet.providers.asking import TIMEOUT_SECONDS, Asking, Json
from wallet.providers.oauth import address, the_token
from wallet.providers.provider import Answer, Client, Vouched, Way, readable, verified_email

_PUBLIC = "https://github.com"
_LARGEST_NUMBER = 2**63


class GitHub:
    """`base_url` is https://github.com, or an Enterprise server's address; its number for a person never changes."""

    key = "github"
    title = "GitHub"

    def __init__(self, base_url: str, client: Client, *, timeout_seconds: float = TIMEOUT_SECONDS) -> None:
        self.issuer = base_url.rstrip("/")
        self._api = "https://api.github.com" if self.issuer == _PUBLIC else f"{self.issuer}/api/v3"
        self._client = client
        self._asking = Asking(timeout_seconds=timeout_seconds)

    @property
    def is_ready(self) -> bool:
        return bool(self._client.id and self._client.secret)

    async def address_for(self, way: Way) -> str:
        return address(self._oauth(way), f"{self.issuer}/login/oauth/authorize", way)

    async def vouches_for(self, way: Way, answer: Answer) -> Vouched:
        async with self._asking.in_time():
            token = await the_token(
                self._asking, self._oauth(way), f"{self.issuer}/login/oauth/access_token", way, answer.code
            )
            person = await self._asking.get(f"{self._api}/user", token=token.access_token)
            emails = await self._asking.get_list(f"{self._api}/user/emails", token=token.access_token)
        number = person.get("id")
        if type(number) is not int or not 0 < number < _LARGEST_NUMBER:
            raise ProviderNotBelieved
        login = readable(person.get("login"))
        return Vouched(
            issuer=self.issuer,
            subject=str(number),
            shown_as=login or f"number {number}",
            name=readable(person.get("name")) or login,
            email=_primary(emails),
        )

    async def aclose(self) -> None:
        await self._asking.aclose()

    def _oauth(self, way: Way) -> OAuth2Client:
        return OAuth2Client(
            None,
            client_id=self._client.id,
            client_secret=self._client.secret,
            token_endpoint_auth_method="client_secret_post",  # noqa: S106 # the name of a method
            scope="read:user user:email",
            redirect_uri=way.redirect_uri,
            code_challenge_method="S256",
        )


def _primary(emails: list[object]) -> str:
    for one in emails:
        entry: Json = one if isinstance(one, dict) else {}  # pyright: ignore[reportUnknownVariableType] # of whatever it is
        if entry.get("primary") is True:
            return verified_email(entry.get("email"), entry.get("verified"))
    return ""
