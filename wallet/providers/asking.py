"""How we ask a provider's server: JSON over one call that may neither take long nor answer at length."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from http import HTTPStatus

import httpx

from money.errors import ProviderAway, ProviderNotBelieved
from runtime.logs import logger

log = logger(__name__)
TIMEOUT_SECONDS = 8.0
LARGEST_BYTES = 256 * 1024
_HEADERS = {"Accept": "application/json", "Accept-Encoding": "identity", "User-Agent": "Batua"}
Json = dict[str, object]


class Asking:
    """One provider's server; made once per event loop and closed with `aclose`."""

    def __init__(self, *, timeout_seconds: float = TIMEOUT_SECONDS) -> None:
        self._timeout_seconds = timeout_seconds
        self._http = httpx.AsyncClient(
            headers=_HEADERS,
            timeout=timeout_seconds,
            # A provider that sends us elsewhere is none that we have been told of.
            follow_redirects=False,
            trust_env=False,
            limits=httpx.Limits(max_connections=20, max_keepalive_connections=2, keepalive_expiry=2),
        )

    @asynccontextmanager
    async def in_time(self) -> AsyncGenerator[None]:
        """All calls within it together may take so long, and no longer. Raises ProviderAway."""
        try:
            # httpx counts its timeout anew for every read; a server that drips bytes would hold us for ever.
            async with asyncio.timeout(self._timeout_seconds):
                yield
        except TimeoutError as error:
            log.warning("a provider took too long", seconds=self._timeout_seconds)
            raise ProviderAway from error

    async def get(self, url: str, *, token: str = "") -> Json:
        """A JSON object. Raises ProviderAway, or ProviderNotBelieved where it refuses us."""
        return _an_object(await self._asked("GET", url, headers=_bearer(token)))

    async def get_list(self, url: str, *, token: str = "") -> list[object]:
        """The same, of a list."""
        found = await self._asked("GET", url, headers=_bearer(token))
        if not isinstance(found, list):
            raise ProviderAway
        return list[object](found)  # pyright: ignore[reportUnknownArgumentType] # of whatever it is

    async def post(self, url: str, body: str, *, headers: Mapping[str, str]) -> Json:
        """Answered by a JSON object."""
        return _an_object(await self._asked("POST", url, headers=headers, body=body))

    async def aclose(self) -> None:
        await self._http.aclose()

    async def _asked(
        self, method: str, url: str, *, headers: Mapping[str, str], body: str | None = None
    ) -> object:
        try:
            async with self._http.stream(method, url, headers=headers, content=body) as answer:
                said = await _read(answer)
        except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
            log.warning("a provider cannot be reached", error=type(error).__name__)
            raise ProviderAway from error
        if answer.is_client_error and answer.status_code != HTTPStatus.TOO_MANY_REQUESTS:
            # It knows the code not, or has given it out to somebody else's challenge.
            log.warning("a provider refused", status=answer.status_code)
            raise ProviderNotBelieved
        if not answer.is_success:
            log.warning("a provider does not answer", status=answer.status_code)
            raise ProviderAway
        try:
            return json.loads(said)
        except (ValueError, RecursionError) as error:
            log.warning("a provider's answer cannot be read")
            raise ProviderAway from error


async def _read(answer: httpx.Response) -> bytes:
    body = b""
    async for part in answer.aiter_raw():
        body += part
        if len(body) > LARGEST_BYTES:
            raise httpx.DecodingError("too long", request=answer.request)
    return body


def _bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"} if token else {}


def _an_object(found: object) -> Json:
    if not isinstance(found, dict):
        raise ProviderAway
    return {str(name): value for name, value in found.items()}  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType] # of whatever it is
