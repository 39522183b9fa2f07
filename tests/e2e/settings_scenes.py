"""/settings in every state of its cards: the name, the password, the sessions, freezing and closing."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from playwright.sync_api import Page, expect

from tests.e2e.tab import sent

if TYPE_CHECKING:
    from tests.e2e.scenes import Stage

NAMES = ("Log out", "First name", "Last name", "Phone")


def name_refused(stage: Stage) -> Page:
    page = stage.newcomer.tab("/settings")
    page.get_by_label("First name").fill(" ")
    page.get_by_role("button", name="Change name").click()
    expect(page.get_by_label("First name")).to_have_attribute("aria-invalid", "true")
    return page


def came_back(query: str, said: str) -> Callable[[Stage], Page]:
    """The page that a form was sent back to."""

    def open_it(stage: Stage) -> Page:
        page = stage.newcomer.tab(f"/settings?{query}")
        expect(page.get_by_text(said).first).to_be_visible()
        return page

    return open_it


def many_sessions(stage: Stage) -> Page:
    """A program, and a browser that says nothing of itself."""
    visitor = stage.signed_up()
    for _ in range(2):
        assert sent(
            stage.stack.user_url, "/auth/login", {"email": visitor.email, "password": "correct horse"}
        ).is_redirect
    stage.stack.sql(
        "INSERT INTO sessions (id, owner_id, audience, device, expires_at)"
        " VALUES (gen_random_uuid(), %s, 'api', 'a-program-with-a-name-of-30-le', now() + interval '1 day')",
        stage.owner(visitor),
    )
    page = visitor.tab("/settings")
    expect(page.get_by_role("button", name="End all others")).to_be_visible()
    return page


def about_to_freeze(stage: Stage) -> Page:
    page = stage.newcomer.tab("/settings")
    page.get_by_role("button", name="Freeze my wallet").click()
    expect(page.get_by_role("heading", name="Freeze it now?")).to_be_visible()
    return page


def frozen(path: str) -> Callable[[Stage], Page]:
    def open_it(stage: Stage) -> Page:
        visitor = stage.signed_up()
        stage.stack.sql("UPDATE balances SET frozen_at = now() WHERE account_id = %s", stage.owner(visitor))
        page = visitor.tab(path)
        expect(page.get_by_text("Your wallet is frozen")).to_be_visible()
        return page

    return open_it


def about_to_close(stage: Stage) -> Page:
    page = stage.signed_up().tab("/settings")
    page.get_by_role("button", name="Close my wallet").click()
    expect(page.get_by_role("heading", name="Close it for good?")).to_be_visible()
    return page


def closing_refused(stage: Stage) -> Page:
    page = stage.newcomer.tab("/settings?why=WrongPassword&part=close")
    expect(page.get_by_label("Password", exact=True)).to_have_attribute("aria-invalid", "true")
    return page


def not_to_be_closed(stage: Stage) -> Page:
    """Money in it, on hold and on its way in, and a withdrawal."""
    page = stage.rich.tab("/settings")
    expect(page.get_by_text("There is still money in your wallet")).to_be_visible()
    return page


_PASSWORD_DONE = "Your new password is set."
SCENES: dict[str, tuple[Callable[[Stage], Page], tuple[str, ...]]] = {
    "settings, name refused": (name_refused, NAMES),
    "settings, password changed": (came_back("done=password", _PASSWORD_DONE), NAMES),
    "settings, password refused": (came_back("why=WrongPassword&part=password", "not right"), NAMES),
    "settings, password too short": (came_back("why=PasswordRefused&part=password", "Choose a"), NAMES),
    "settings, too many tries": (came_back("why=TooManyTries&part=password", "Too many tries"), NAMES),
    "settings, many sessions": (many_sessions, NAMES),
    "settings, about to freeze": (about_to_freeze, (*NAMES, "Confirm")),
    "settings, frozen": (frozen("/settings"), (*NAMES, "Password")),
    "settings, unfreezing refused": (frozen("/settings?why=WrongPassword&part=freeze"), (*NAMES, "Password")),
    "settings, unfrozen": (came_back("done=freeze", "unfrozen"), NAMES),
    "settings, about to close": (about_to_close, (*NAMES, "Password", "Confirm")),
    "settings, closing refused": (closing_refused, (*NAMES, "Password", "Confirm")),
    "settings, not to be closed": (not_to_be_closed, NAMES),
}
