"""What a person calls themselves, and what they write to another, is text wherever it is shown."""

from __future__ import annotations

import uuid
from collections.abc import Callable

import httpx
from playwright.sync_api import Page, expect

from tests.e2e.stack import Stack
from tests.e2e.tab import Someone, give
from tests.e2e.wallet_page import Visitor

SCRIPT = '<img src=x onerror="window.ran=1">'
_LINK = "[a](javascript:window.ran=1) {{7*7}} ${7*7}"


def test_a_script_for_a_name_is_text_on_every_page(stack: Stack, visitors: Callable[..., Visitor]) -> None:
    asha, thief = visitors(), Thief(stack)
    asha.sign_up_elsewhere()
    asha_id = stack.rows("SELECT id FROM users WHERE email = %s", asha.email)[0][0]
    give(stack, Someone(thief.id, thief.email, ""), 100_00)
    sent = thief.sends(str(asha_id), SCRIPT + _LINK)
    stack.sql("UPDATE users SET first_name = %s WHERE email = %s", SCRIPT, asha.email)
    asked: list[str] = []

    for path in ("/transfer", "/transactions", f"/transactions/{sent}", "/settings"):
        page = asha.tab(path)
        page.on("request", lambda request: asked.append(request.url))
        page.on("dialog", lambda dialog: asked.append(dialog.message))
        if path != "/settings":
            expect(page.get_by_text(SCRIPT).first).to_be_attached()
        page.wait_for_timeout(500)
        nothing_ran(page)
        page.close()

    page = asha.tab("/transactions?words=" + SCRIPT)
    page.get_by_label("Search").fill(SCRIPT)
    page.get_by_role("button", name="Show", exact=True).click()
    expect(page.get_by_test_id("transaction")).to_have_count(1)
    nothing_ran(page)
    assert not [one for one in asked if one.endswith("/x")]


class Thief:
    """Somebody whose name is a script."""

    def __init__(self, stack: Stack) -> None:
        self.email = f"{uuid.uuid4().hex}@people.example"
        self._api = httpx.Client(base_url=f"{stack.user_url}/api/v1", timeout=20)
        body = {"username": self.email, "firstName": SCRIPT, "lastName": "Rao", "password": "correct horse"}
        answer = self._api.post("/user/signup", json=body)
        assert answer.status_code == 200, answer.text
        self._api.headers["Authorization"] = f"Bearer {answer.json()['token']}"
        self.id = stack.rows("SELECT id FROM users WHERE email = %s", self.email)[0][0]

    def sends(self, to: str, note: str) -> str:
        answer = self._api.post("/account/transfer", json={"to": to, "amount": 1, "note": note})
        assert answer.status_code == 200, answer.text
        self._api.close()
        return answer.json()["id"]


def nothing_ran(page: Page) -> None:
    assert page.evaluate("window.ran") is None
    assert page.locator("img[src='x'], a[href^='javascript:']").count() == 0
