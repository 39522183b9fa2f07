"""What the tests of downloads share: one wallet's files, asked for by signed-in browsers, and read back."""

from __future__ import annotations

import io
import re
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pypdf

from shared_ui.services import open_for_pages
from tests.town import Books, wallet_settings
from user_app.files import files
from user_app.services import Services
from wallet.passwords import Verified

AMOUNT = re.compile(r"[+-]?₹[0-9,]+\.[0-9]{2}")


class Desk:
    """The wallet's files over HTTP."""

    def __init__(self, services: Services, http: httpx.AsyncClient) -> None:
        self._services = services
        self._http = http

    async def asks(self, owner: uuid.UUID | None, path: str, **params: str) -> httpx.Response:
        cookies = {}
        if owner:
            begun = await self._services.door.sessions.begin(Verified(owner, "-"))
            cookies = {"Cookie": f"{self._services.door.cookie}={begun.token}"}
        return await self._http.get(f"/files/{path}", params=params, headers=cookies)

    async def paper(self, owner: uuid.UUID, path: str, **params: str) -> list[str]:
        """The text of each page."""
        answer = await self.asks(owner, path, **params)
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-type"] == "application/pdf"
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["content-disposition"].startswith("attachment; ")
        return pages_of(answer.content)


@asynccontextmanager
async def desk_of(url: str, folder: Path, **settings: Any) -> AsyncIterator[Desk]:
    services = Services.open(wallet_settings(folder, **({"rate_limit_factor": 1000} | settings)), url)
    open_for_pages(services)
    transport = httpx.ASGITransport(files(), raise_app_exceptions=False)
    try:
        async with httpx.AsyncClient(transport=transport, base_url="http://wallet") as http:
            yield Desk(services, http)
    finally:
        await services.close()


def pages_of(paper: bytes) -> list[str]:
    return [page.extract_text() for page in pypdf.PdfReader(io.BytesIO(paper)).pages]


async def let_months_pass(books: Books, days: int) -> None:
    """All that was posted was posted so many days ago."""
    await books.ask("ALTER TABLE entries DISABLE TRIGGER entries_append_only")
    await books.ask("ALTER TABLE transfers DISABLE TRIGGER USER")
    for table in ("entries", "transfers"):
        await books.ask(
            f"UPDATE {table} SET created_at = created_at - make_interval(days => %s)",
            days,
        )
    await books.ask("ALTER TABLE transfers ENABLE TRIGGER USER")
    await books.ask("ALTER TABLE entries ENABLE TRIGGER entries_append_only")
    # Two steps, so that no day meets another one on the way.
    await books.ask("UPDATE daily_totals SET day = day + 20000")
    await books.ask("UPDATE daily_totals SET day = day - 20000 - %s", days)
