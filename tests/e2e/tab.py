"""A tab without a browser: speaks to a web app's websocket as Reflex's own script does, or as an attacker would."""

from __future__ import annotations

import json
import subprocess
import sys
import time
import uuid
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlencode, urlsplit

import httpx
import psycopg
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from money.accounts import HouseAccount, house_account_id
from runtime.ports import free_port
from tests.e2e.newcomers import newcomer
from tests.e2e.stack import ROOT, Stack, wait_for

PASSWORD = "horse battery staple"  # of people who live for one test
ROOT_STATE = "reflex___state____state"
NO_ORIGIN = ""
_NAMESPACE = "/_event"
_POST = """
SELECT outcome FROM post_transfers(
    %b::uuid[], %b::text[], %b::text[], %b::uuid[], %b::uuid[], %b::bigint[], ARRAY[NULL]::uuid[])
"""
_TELL = "SELECT pg_notify('batua_owners', encode(uuid_send(%s), 'base64'))"


class Tab:
    """`shown` is what the page would show: every var of every State, by its short State name."""

    def __init__(
        self,
        url: str,
        *,
        cookie: str = "",
        token: str | None = None,
        origin: str | None = None,
        page: str = "/transfer",
    ) -> None:
        self.token = token or str(uuid.uuid4())
        self.page = page
        self.shown: dict[str, dict[str, Any]] = {}
        self.sent_to: list[str] = []
        """Where the server has sent the browser."""
        self.updates: list[dict[str, Any]] = []
        """Everything the server said, as it was said."""
        self._url = url
        address = urlsplit(url)
        self._open = ExitStack()
        self._socket: ClientConnection = self._open.enter_context(
            connect(
                f"ws://{address.netloc}/_event/?EIO=4&transport=websocket&token={self.token}",
                additional_headers={"Cookie": cookie} if cookie else {},
                origin=(url if origin is None else origin) or None,  # pyright: ignore[reportArgumentType] # a plain text will do
                open_timeout=10,
                max_size=None,
            )
        )
        self._socket.send(f"40{_NAMESPACE},")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._open.close()

    @property
    def is_open(self) -> bool:
        return self._socket.close_code is None

    def load(self) -> None:
        """What a browser sends when it opens the page."""
        self.send(f"{ROOT_STATE}.hydrate_and_load")

    def opened(self) -> Self:
        """The page as it stands once it is open."""
        self.load()
        self.waits_until("state", "is_hydrated", value=True)
        return self

    def send(self, name: str, /, **payload: object) -> None:
        """Call a handler by its full name, with any arguments."""
        event = {
            "name": name,
            "payload": payload,
            "router_data": {"pathname": self.page.partition("?")[0], "query": {}, "asPath": self.page},
        }
        self.send_raw(["event", event])

    def send_raw(self, message: object) -> None:
        self.send_frame(f"42{_NAMESPACE}," + json.dumps(message))

    def send_frame(self, frame: str | bytes) -> None:
        """Anything, whether the server can read it or not."""
        self._socket.send(frame)

    def listen(self, seconds: float = 0.5) -> None:
        """Take in what the server says, until it has been quiet for so long."""
        while True:
            try:
                frame = self._socket.recv(timeout=seconds)
            except (TimeoutError, ConnectionClosed):
                return
            self._take(str(frame))

    def settle(self, seconds: float = 20) -> None:
        """Until everything sent so far has been answered; for a page that was opened."""
        self.shown.setdefault("state", {}).pop("is_hydrated", None)
        for value in (False, True):
            self.send(f"{ROOT_STATE}.set_is_hydrated", value=value)
        self.waits_until("state", "is_hydrated", value=True, seconds=seconds)

    def waits_until(self, state: str, name: str, value: object, seconds: float = 10) -> None:
        until = time.monotonic() + seconds
        while time.monotonic() < until and self.is_open:
            self.listen(0.02)
            if self.var(state, name) == value:
                return
        raise AssertionError(f"{state}.{name} is {self.var(state, name)!r}, not {value!r}")

    def var(self, state: str, name: str) -> Any:
        return self.shown.get(state, {}).get(name)

    def was(self, state: str, name: str) -> list[Any]:
        """Every value that a var was given, in order."""
        return [
            changes[var]
            for update in self.updates
            for full_name, changes in (update.get("delta") or {}).items()
            if _short(full_name) == state
            for var in changes
            if var.removesuffix("_rx_state_") == name
        ]

    def everything(self) -> str:
        """All that was ever shown, as one text to search in."""
        return json.dumps(self.updates, ensure_ascii=False)

    def _take(self, frame: str) -> None:
        if frame == "2":
            self._socket.send("3")
            return
        if not frame.startswith(f"42{_NAMESPACE},"):
            return
        kind, *rest = json.loads(frame.partition(",")[2])
        if kind != "event" or not rest:
            return
        update = json.loads(rest[0]) if isinstance(rest[0], str) else rest[0]
        self.updates.append(update)
        for name, changes in (update.get("delta") or {}).items():
            shown = self.shown.setdefault(_short(name), {})
            for var, value in changes.items():
                shown[var.removesuffix("_rx_state_")] = value
        for event in update.get("events") or []:
            if event["name"] == "_redirect":
                self.sent_to.append(event["payload"]["path"])


def _short(full_name: str) -> str:
    return full_name.rpartition(".")[2].rpartition("____")[2]


@dataclass(frozen=True)
class Someone:
    """Somebody who has signed up."""

    owner_id: uuid.UUID
    email: str
    cookie: str
    """As the browser sends it."""


def sent(url: str, path: str, fields: dict[str, str], cookie: str = "") -> httpx.Response:
    """One of the page's own forms, as its browser sends it."""
    headers = {"Origin": url, "Content-Type": "application/x-www-form-urlencoded"}
    if cookie:
        headers["Cookie"] = cookie
    return httpx.post(url + path, content=urlencode(fields), headers=headers, timeout=30)


def session_in(answer: httpx.Response) -> str:
    """The session cookie that an answer gives, as the browser sends it; empty if it gives none."""
    given = [one.partition(";")[0] for one in answer.headers.get_list("set-cookie")]
    return next((one for one in given if one.startswith("user_app_session=") and one[-1] != "="), "")


def signed_up(stack: Stack, first_name: str = "Asha") -> Someone:
    email = f"{first_name.lower()}-{uuid.uuid4().hex[:8]}@people.example"
    new = newcomer(stack, email, first_name, PASSWORD)
    return Someone(new.owner_id, email, f"user_app_session={new.token}")


def signed_in_again(stack: Stack, who: Someone, password: str = PASSWORD) -> str:
    """The cookie of another session of theirs."""
    return session_in(sent(stack.user_url, "/auth/login", {"email": who.email, "password": password}))


def give(stack: Stack, who: Someone, paise: int) -> None:
    """Through the ledger; their open pages are told."""
    with psycopg.connect(stack.database_url) as connection:
        post_gift(connection, who, paise)
    tell(stack, who)


def post_gift(connection: psycopg.Connection, who: Someone, paise: int) -> None:
    """Through the ledger, within a transaction of somebody else's."""
    new, source = uuid.uuid4(), house_account_id(HouseAccount.PROMOTIONS)
    columns = ([new], [f"test:{new}"], ["promotion"], [source], [who.owner_id], [paise])
    assert connection.execute(_POST, columns).fetchall() == [("posted",)]


def tell(stack: Stack, who: Someone) -> None:
    """Their open pages learn that something has changed."""
    stack.rows(_TELL, who.owner_id)


def ended(stack: Stack, who: Someone) -> None:
    """Their sessions are over."""
    stack.rows("UPDATE sessions SET ended_at = now() WHERE owner_id = %s RETURNING 1", who.owner_id)


def expired(stack: Stack, who: Someone) -> None:
    """Nobody has used their sessions for an hour; their open pages are not told of that."""
    stack.rows(
        "UPDATE sessions SET last_seen_at = last_seen_at - interval '1 hour' WHERE owner_id = %s RETURNING 1",
        who.owner_id,
    )


@contextmanager
def strict_app(stack: Stack, log: Path) -> Generator[str]:
    """A second user_app on the same database, with the limits that people have; its address."""
    port = free_port()
    strict = {"USER_APP_PORT": str(port), "RATE_LIMIT_FACTOR": "1", "DATABASE_URL": stack.database_url}
    with log.open("wb") as written:
        process = subprocess.Popen(
            [sys.executable, "-m", "user_app", "--built"],
            cwd=ROOT,
            env=stack.environment() | strict,
            stdout=written,
            stderr=written,
        )
    url = f"http://localhost:{port}"
    try:
        wait_for(lambda: httpx.get(f"{url}/readyz").is_success, "the second app")
        yield url
    finally:
        process.terminate()
        assert process.wait(20) == 0
