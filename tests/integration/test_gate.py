"""In front of the private pages: however an address is spelled, a stranger gets no byte of what is not theirs."""

from __future__ import annotations

import asyncio
import gzip
import itertools
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import quote

import pytest
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles
from starlette.types import Message, Scope

from shared_ui.built_pages import BuiltPages
from shared_ui.door import Door
from shared_ui.gate import Gate, Rules
from tests.town import Books
from wallet.browser_sessions import BrowserSessions
from wallet.caller import Caller
from wallet.passwords import Verified
from wallet.throttle import Throttle

PRIVATE, PUBLIC, UNKNOWN = "what only its owner may see", "for everybody", "no such page"
HERE = "http://localhost:3000"


@pytest.fixture
async def books(database_url: str) -> AsyncIterator[Books]:
    async with Books(database_url) as books:
        yield books


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """As Reflex builds it: each page twice, and each file packed beside itself."""
    pages = {"index": PUBLIC, "login": PUBLIC, "transfer": PRIVATE, "on-ramp": PRIVATE, "404": UNKNOWN}
    pages |= {"pay/chaipoint": PUBLIC, "pay/nobody": PUBLIC}
    for name, text in pages.items():
        files = ["404.html"] if name == "404" else [f"{name}.html", f"{name}/index.html"]
        for file in files if name != "index" else ["index.html"]:
            (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / file).write_text(text)
            (tmp_path / f"{file}.gz").write_bytes(gzip.compress(text.encode()))
            (tmp_path / f"{file}.br").write_bytes(b"packed: " + text.encode())
    return tmp_path


@pytest.fixture
def gate(books: Books, folder: Path) -> Gate:
    door = Door(
        name="user_app",
        sessions=BrowserSessions(books.database, "user_app"),
        throttle=Throttle(factor=1000),
        public_url=HERE,
        is_prod=False,
        trusted_proxy_hops=0,
        home="/transfer",
        changed=lambda _person: None,
    )

    async def may_see(_caller: Caller, path: str, query: dict[str, list[str]]) -> bool:
        return path != "/on-ramp" or query.get("id") == ["mine"]

    async def is_there(path: str) -> bool:
        return path == "/pay/chaipoint"

    rules = Rules(
        frozenset({"/transfer", "/on-ramp"}),
        frozenset({"/", "/login"}),
        may_see,
        public_below=("/pay/",),
        is_there=is_there,
    )
    files = Starlette(routes=[Mount("/", StaticFiles(directory=folder, html=True))])
    return Gate(BuiltPages(files, folder=folder), door=lambda: door, rules=rules)


@pytest.fixture
async def asha(books: Books) -> str:
    """Her cookie."""
    owner = Verified(await books.person(), "-")
    return f"user_app_session={(await BrowserSessions(books.database, 'user_app').begin(owner)).token}"


class Answer:
    """What came of one request, asked for by the very bytes of its path."""

    def __init__(self) -> None:
        self.status = 0
        self.headers: dict[str, str] = {}
        self.body = b""

    @property
    def text(self) -> str:
        """Unpacked, whatever way it was packed."""
        return (gzip.decompress(self.body) if self.body[:2] == b"\x1f\x8b" else self.body).decode()

    async def take(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = {name.decode(): value.decode() for name, value in message["headers"]}
        else:
            self.body += message.get("body", b"")


async def ask(gate: Gate, path: str, *, cookie: str = "", query: str = "", method: str = "GET") -> Answer:
    """`path` as the server hands it on: decoded once."""
    headers = [(b"host", b"localhost:3000"), (b"accept-encoding", b"gzip, br")]
    scope: Scope = {
        "type": "http",
        "method": method,
        "path": path,
        "raw_path": quote(path).encode(),
        "root_path": "",
        "scheme": "http",
        "query_string": query.encode(),
        "headers": [*headers, *([(b"cookie", cookie.encode())] if cookie else [])],
        "server": ("localhost", 3000),
    }
    answer = Answer()

    async def stays_there() -> Message:
        await asyncio.Event().wait()
        raise AssertionError

    await gate(scope, stays_there, answer.take)
    return answer


_PARTS = [
    "transfer",
    "on-ramp",
    "index",
    "login",
    "404",
    "..",
    ".",
    "",
    "%2e%2e",
    "%2f",
    "transfer%2f",
    ";x",
    "\x00",
]
_ENDS = ["", ".html", "/", "/index.html", "/index", ".HTML", "/.", "//", ".html/", "%00", "\\", " ", "?", "#"]


async def test_no_spelling_of_an_address_shows_a_stranger_a_private_page(gate: Gate) -> None:
    shown = [
        path
        for one, two, end in itertools.product(_PARTS, _PARTS, _ENDS)
        if PRIVATE in (await ask(gate, path := f"/{one}/{two}{end}")).text
    ]

    assert shown == []


@pytest.mark.parametrize("file", ["transfer.html", "transfer/index.html", "on-ramp.html"])
@pytest.mark.parametrize("packed", [".gz", ".br"])
async def test_the_packed_copy_of_a_private_page_is_as_private(gate: Gate, file: str, packed: str) -> None:
    answer = await ask(gate, f"/{file}{packed}")

    assert PRIVATE not in answer.text


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "OPTIONS", "TRACE", "get", "X"])
async def test_no_method_opens_the_gate(gate: Gate, method: str) -> None:
    answer = await ask(gate, "/transfer", method=method)

    assert (answer.status, answer.headers["location"]) == (303, "/login?next=/transfer")
    assert answer.body == b""


@pytest.mark.parametrize(
    "cookie",
    [
        "",
        "user_app_session=",
        f"user_app_session={'a' * 43}",
        f"merchant_app_session={'a' * 43}",
        f"__Host-user_app_session={'a' * 43}",
        "user_app_session=' OR 1=1 --",
        pytest.param("user_app_session=" + "a" * 100_000, id="a hundred thousand characters"),
        "user_app_session=a; user_app_session=b",
        'user_app_session="',
    ],
)
async def test_a_forged_cookie_is_a_strangers(gate: Gate, cookie: str) -> None:
    answer = await ask(gate, "/transfer", cookie=cookie)

    assert answer.status == 303


@pytest.mark.parametrize(
    ("query", "next_page"),
    [
        ("", "/transfer"),
        ("id=1&x=2", "/transfer%3Fid%3D1%26x%3D2"),
        ("\r\nSet-Cookie: a=b", "/transfer%3F%0D%0ASet-Cookie%3A%20a%3Db"),
        ("next=//evil.example", "/transfer%3Fnext%3D//evil.example"),
    ],
)
async def test_a_stranger_is_sent_to_log_in_and_back(gate: Gate, query: str, next_page: str) -> None:
    answer = await ask(gate, "//transfer/", query=query)

    assert answer.headers["location"] == f"/login?next={next_page}"
    assert answer.headers["cache-control"] == "no-store"


async def test_the_owner_sees_the_page_and_nobody_keeps_it(gate: Gate, asha: str) -> None:
    answer = await ask(gate, "/transfer", cookie=asha)

    assert (answer.status, answer.text) == (200, PRIVATE)
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("path", ["/", "/login", "/index.html", "//login/"])
async def test_whoever_is_signed_in_begins_at_home(gate: Gate, asha: str, path: str) -> None:
    answer = await ask(gate, path, cookie=asha)

    assert (answer.status, answer.headers["location"]) == (303, "/transfer")


@pytest.mark.parametrize(
    "query", ["", "id=", "id=another", "id=mine&id=another", "ID=mine", "id[]=mine", "&" * 5_000]
)
async def test_what_is_not_the_callers_own_is_as_if_it_had_never_been(
    gate: Gate, asha: str, query: str
) -> None:
    never = await ask(gate, "/never-was", cookie=asha)

    for path in ("/on-ramp", "/on-ramp.html", "/on-ramp/index.html", "//on-ramp"):
        answer = await ask(gate, path, cookie=asha, query=query)
        assert (answer.status, answer.body) == (never.status, never.body) == (404, UNKNOWN.encode())


async def test_what_is_the_callers_own_opens(gate: Gate, asha: str) -> None:
    answer = await ask(gate, "/on-ramp", cookie=asha, query="id=mine")

    assert (answer.status, answer.text) == (200, PRIVATE)


async def test_a_shops_page_is_for_everybody_and_where_there_is_no_shop_there_is_no_page(
    gate: Gate, asha: str
) -> None:
    for cookie in ("", asha):
        shop = [await ask(gate, f"/{way}", cookie=cookie) for way in ("pay/chaipoint", "/pay//chaipoint/")]
        nobody = [
            await ask(gate, f"/{way}", cookie=cookie)
            for way in ("pay/nobody", "pay//nobody", "pay/nobody.html", "x/../pay/nobody/index.html")
        ]

        assert {(one.status, one.text) for one in shop} == {(200, PUBLIC)}
        assert {(one.status, one.text) for one in nobody} == {(404, UNKNOWN)}


async def test_a_session_that_has_ended_opens_nothing(books: Books, gate: Gate, asha: str) -> None:
    await books.ask("UPDATE sessions SET ended_at = now()")

    answer = await ask(gate, "/transfer", cookie=asha)

    assert answer.status == 303


async def test_while_the_database_is_away_the_gate_stays_shut(books: Books, gate: Gate, asha: str) -> None:
    async with books.away():
        private = await ask(gate, "/transfer", cookie=asha)
        stranger = await ask(gate, "/login")

    assert private.status == 503
    assert PRIVATE not in private.text
    assert stranger.status == 200
