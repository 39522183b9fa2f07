"""A merchant at a browser of their own, by the names that a screen reader reads; and one without a browser."""

from __future__ import annotations

import html
import re
import uuid
from dataclasses import dataclass, field
from typing import Self
from urllib.parse import parse_qs, urlsplit

import httpx
from playwright.sync_api import Browser, ConsoleMessage, Page, expect

from tests.e2e.shop_door import ShopDoor
from tests.e2e.tab import sent
from tests.e2e.wallet_page import PATIENCE_MILLISECONDS

PASSWORD = "correct horse"
SESSION, WAY = "merchant_app_session", "merchant_app_way"


class Shopkeeper:
    """Signed out at first."""

    def __init__(self, door: ShopDoor, browser: Browser) -> None:
        self.door = door
        self.email = f"chai-{uuid.uuid4().hex[:8]}@shops.example"
        self.handle = f"chai{uuid.uuid4().hex[:8]}"
        self.complaints: list[str] = []
        self.context = browser.new_context(color_scheme="light")
        self.context.set_default_timeout(PATIENCE_MILLISECONDS)
        self.context.on("weberror", lambda error: self.complaints.append(str(error.error)))
        self.context.on("console", self._listen)
        self.page = self.context.new_page()

    def open(self, path: str) -> Page:
        self.page.goto(self.door.url + path)
        return self.page

    def press(self, name: str) -> None:
        self.page.get_by_role("button", name=name, exact=True).click()

    def fill(self, **fields: str) -> None:
        for label, text in fields.items():
            self.page.get_by_label(label.replace("_", " "), exact=True).fill(text)

    def says(self, text: str) -> None:
        expect(self.page.get_by_text(text).first).to_be_visible(timeout=PATIENCE_MILLISECONDS)

    def is_at(self, path: str) -> None:
        self.page.wait_for_url(re.compile(re.escape(self.door.url + path) + r"(\?|$)"))

    def sign_up_elsewhere(self) -> None:
        """With a password; this browser has the session from now on."""
        fields = {"name": "Chai Palace", "handle": self.handle, "email": self.email, "password": PASSWORD}
        answer = self.context.request.post(
            self.door.url + "/auth/signup", form=fields, headers={"Origin": self.door.url}, max_redirects=0
        )
        assert (answer.status, answer.headers["location"]) == (303, "/dashboard")

    def is_somebody_at_google(self, email: str = "") -> None:
        """What they do there: log in, and allow it where they are asked."""
        self.page.get_by_placeholder("Enter any login").fill(email or self.email)
        self.page.get_by_placeholder("and password").fill("x")
        self.page.get_by_role("button", name="Sign-in").click()
        self.page.get_by_role("button", name="Continue").click()

    def merchant_id(self) -> uuid.UUID:
        return self.door.stack.rows("SELECT id FROM merchants WHERE email = %s", self.email)[0][0]

    def identities(self) -> list[tuple[str, str]]:
        rows = self.door.stack.rows(
            "SELECT issuer, subject FROM merchant_identities WHERE merchant_id = %s ORDER BY created_at",
            self.merchant_id(),
        )
        return [(row[0], row[1]) for row in rows]

    def leave(self) -> None:
        self.context.close()

    def _listen(self, message: ConsoleMessage) -> None:
        # The OpenID server's own pages ask for a font and an icon.
        if message.type == "error" and message.location["url"].startswith(self.door.url):
            self.complaints.append(message.text)


@dataclass
class Caller:
    """Without a browser: each step of the way by itself, in the right order or in another one."""

    door: ShopDoor
    cookies: dict[str, str] = field(default_factory=dict)

    @property
    def header(self) -> str:
        return "; ".join(f"{name}={value}" for name, value in self.cookies.items())

    def posts(self, path: str, **fields: str) -> httpx.Response:
        return self._kept(sent(self.door.url, path, fields, self.header))

    def begins(self, provider: str = "github", **fields: str) -> str:
        """The address at the provider."""
        answer = self.posts(f"/auth/{provider}/begin", **fields)
        found = re.search(r'url=([^"]+)"', answer.text)
        assert answer.status_code == 200, answer.headers.get("location")
        assert found
        return html.unescape(found[1])

    def allowed(self, address: str) -> dict[str, str]:
        """What GitHub sends back to us."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        answer = httpx.post(f"{self.door.github.url}/decide", data={**asked, "decision": "yes"}, timeout=20)
        return {
            name: values[0] for name, values in parse_qs(urlsplit(answer.headers["location"]).query).items()
        }

    def comes_back(self, provider: str = "github", **answer: str) -> str:
        """Where we send the browser then."""
        response = httpx.get(
            f"{self.door.url}/auth/{provider}/callback",
            params=answer,
            headers={"Cookie": self.header} if self.cookies else {},
            timeout=30,
        )
        assert response.status_code == 303, response.text
        return self._kept(response).headers["location"]

    def signed_up(self) -> Self:
        name = uuid.uuid4().hex[:8]
        fields = {"name": "Tea", "handle": f"tea{name}", "email": f"{name}@shops.example"}
        self.posts("/auth/signup", password=PASSWORD, **fields)
        return self

    @property
    def is_signed_in(self) -> bool:
        answer = httpx.get(self.door.url + "/dashboard", headers={"Cookie": self.header}, timeout=20)
        return answer.status_code == 200

    def _kept(self, answer: httpx.Response) -> httpx.Response:
        for one in answer.headers.get_list("set-cookie"):
            name, _, value = one.partition(";")[0].partition("=")
            self.cookies[name] = value
        self.cookies = {name: value for name, value in self.cookies.items() if value}
        return answer
