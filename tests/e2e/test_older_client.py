"""A web client that was written for the older API finds all that it expects, unchanged: tests/e2e/older_client.html.

It stands on an address of its own, as such clients do, and speaks to the real wallet across origins.
"""

from __future__ import annotations

import contextlib
import subprocess
import sys
import threading
import uuid
from collections.abc import Callable, Generator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Page

from runtime.ports import free_port
from tests.e2e.stack import ROOT, Person, Stack, wait_for
from tests.e2e.tab import Someone, give

_CLIENT = Path(__file__).with_name("older_client.html").read_bytes()
Told = dict[str, Any]


class _Page(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.end_headers()
        self.wfile.write(_CLIENT)

    def log_message(self, *_: object) -> None:
        """Nobody reads it."""


@contextlib.contextmanager
def client_served() -> Generator[str]:
    """An address of the client's own."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Page) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://localhost:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture(scope="module")
def home() -> Generator[str]:
    with client_served() as address:
        yield address


@pytest.fixture(scope="module")
def elsewhere() -> Generator[str]:
    with client_served() as address:
        yield address


@pytest.fixture(scope="module")
def open_wallet(stack: Stack, home: str) -> Generator[str]:
    """A second wallet over the same books that knows the client's address, and whose list of people is open."""
    port = free_port()
    wallet = subprocess.Popen(
        [sys.executable, "-m", "user_app"],
        cwd=ROOT,
        env=stack.environment()
        | {
            "USER_APP_PORT": str(port),
            "DATABASE_URL": stack.database_url,
            "API_OPEN_DIRECTORY": "1",
            "API_ALLOWED_ORIGINS": home,
        },
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_for(lambda: httpx.get(f"http://127.0.0.1:{port}/readyz").is_success, "the second wallet", 60)
        yield f"http://localhost:{port}"
    finally:
        wallet.terminate()
        assert wallet.wait(20) == 0


class Client:
    """The older client in a browser, on its own address, speaking to this wallet."""

    def __init__(self, page: Page, wallet: str, home: str) -> None:
        self.page = page
        page.goto(f"{home}/?wallet={wallet}")

    def does(self, what: str, *words: str) -> Told:
        """What a button of it does: the status, the body as the client reads it, or why there was none."""
        return self.page.evaluate("([what, words]) => window[what](...words)", [what, list(words)])


@pytest.fixture
def client(browser: Browser, home: str) -> Generator[Callable[..., Client]]:
    with contextlib.ExitStack() as opened:

        def made(wallet: str, address: str = home) -> Client:
            context = browser.new_context()
            opened.callback(context.close)
            return Client(context.new_page(), wallet, address)

        yield made


def test_the_older_client_signs_up_finds_people_and_pays(
    stack: Stack, open_wallet: str, client: Callable[..., Client]
) -> None:
    ravi = Person(stack, "Ravindra")
    asha = client(open_wallet)
    email = f"{uuid.uuid4().hex}@people.example"

    assert (
        asha.does("signup", email, "Asha", "Rao", "123456")["body"]["message"] == "User created successfully"
    )
    assert asha.does("signin", email, "123456")["status"] == 200
    assert asha.does("balance") == {"status": 200, "body": {"balance": 0, "locked": 0}}
    found = asha.does("bulk", "avindr")
    people = [one for one in found["body"]["user"] if one["_id"] == ravi_id(stack, ravi)]
    assert [sorted(one) for one in people] == [["_id", "firstName", "lastName"]]
    give_rupees(stack, email, 500)
    paid = asha.does("transfer", people[0]["_id"], "120.50")
    assert (paid["status"], paid["body"]["message"]) == (200, "Transfer successful")
    assert asha.does("balance")["body"]["balance"] == 379.5
    assert ravi.balance() == 120.5
    assert asha.does("transfer", people[0]["_id"], "5000")["body"] == {"message": "Insufficient balance"}
    assert asha.does("transfer", people[0]["_id"], "-5")["body"] == {"message": "Invalid amount"}
    assert asha.does("transfer", "nobody", "5")["body"] == {"message": "Invalid account"}
    assert asha.does("update", "Aisha")["body"] == {"message": "Updated successfully"}
    assert asha.does("signup", email, "Asha", "Rao", "123456") == {
        "status": 411,
        "body": {"message": "Email already taken / Incorrect inputs"},
    }
    assert asha.does("signin", email, "654321") == {
        "status": 411,
        "body": {"message": "Error while logging in"},
    }


def test_the_browser_asks_first_and_is_told_what_it_may_send_and_read(
    open_wallet: str, client: Callable[..., Client]
) -> None:
    asha = client(open_wallet)
    email = f"{uuid.uuid4().hex}@people.example"
    asha.does("signup", email, "Asha", "Rao", "123456")

    told = asha.does("repeated", "nobody", "5", uuid.uuid4().hex)

    assert [one["status"] for one in told["both"]] == [400, 400]
    assert [one["replayed"] for one in told["both"]] == [None, "true"]
    assert all(len(one["correlation"]) == 16 for one in told["both"])


def test_the_list_is_closed_unless_somebody_opens_it(stack: Stack) -> None:
    answer = httpx.get(f"{stack.user_url}/api/v1/user/bulk?filter=a")

    assert (answer.status_code, answer.json()) == (403, {})


def test_a_page_from_elsewhere_reads_nothing_and_does_nothing(
    stack: Stack, open_wallet: str, elsewhere: str, client: Callable[..., Client]
) -> None:
    before = stack.rows("SELECT count(*) FROM users")
    foreign = client(open_wallet, elsewhere)

    assert "failed" in foreign.does("bulk", "a")
    assert "failed" in foreign.does("signup", "evil@people.example", "E", "Vil", "123456")

    assert stack.rows("SELECT count(*) FROM users") == before


def give_rupees(stack: Stack, email: str, rupees: int) -> None:
    [(owner,)] = stack.rows("SELECT id FROM users WHERE email = %s", email)
    give(stack, Someone(owner, email, ""), rupees * 10**2)


def ravi_id(stack: Stack, ravi: Person) -> str:
    [(owner,)] = stack.rows("SELECT id::text FROM users WHERE email = %s", ravi.email)
    return owner
