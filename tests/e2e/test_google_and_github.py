"""Merchants come by Google and GitHub: a shop opens, its keeper comes back, and no other way in is made by an email."""

from __future__ import annotations

from collections.abc import Callable, Generator

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e import test_pages_for_everybody as everybody
from tests.e2e.door_visitors import PASSWORD, SESSION, WAY, Caller, Shopkeeper
from tests.e2e.github_like import GitHubPerson
from tests.e2e.shop_door import ShopDoor, shop_door
from tests.e2e.stack import Stack
from tests.e2e.tab import ROOT_STATE, Tab, sent

Keepers = Callable[[], Shopkeeper]
SESSIONS = f"{ROOT_STATE}.shared_ui___sessions_card____sessions"
OVER, NOT_BELIEVED = "/login?why=VisitOver", "/login?why=ProviderNotBelieved"


@pytest.fixture(scope="module")
def door(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Generator[ShopDoor]:
    with shop_door(stack, tmp_path_factory.mktemp("door")) as door:
        yield door


@pytest.fixture
def keepers(door: ShopDoor, browser: Browser) -> Generator[Keepers]:
    made: list[Shopkeeper] = []

    def keeper() -> Shopkeeper:
        made.append(Shopkeeper(door, browser))
        return made[-1]

    yield keeper
    for one in made:
        one.leave()
    assert [one.complaints for one in made if one.complaints] == []


def somebody_at_github(
    door: ShopDoor, number: int, *emails: tuple[str, bool], name: str | None = "Asha"
) -> None:
    door.github.person = GitHubPerson(number, f"asha-{number}", name, list(emails))


def is_for_everybody(page: Page) -> None:
    """Nothing for axe, nothing too wide, nothing too small for a finger; by day and by night."""
    page.emulate_media(reduced_motion="reduce")
    page.evaluate(everybody._AXE)
    for width, height in (everybody.PHONE, everybody.DESKTOP):
        page.set_viewport_size({"width": width, "height": height})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.evaluate(everybody._TOO_SMALL, 44) == []
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            found = page.evaluate("rules => axe.run(document, rules)", everybody._RULES)
            assert [(one["id"], one["help"]) for one in found["violations"]] == []
    page.emulate_media(color_scheme="light")


def test_a_shop_opens_by_google_and_its_keeper_comes_back(door: ShopDoor, keepers: Keepers) -> None:
    keeper = keepers()
    page = keeper.open("/signup")
    is_for_everybody(page)

    keeper.press("Continue with Google")
    keeper.is_somebody_at_google()
    keeper.is_at("/open-shop")
    keeper.says(f"{keeper.email} at Google")
    expect(page.get_by_label("Email", exact=True)).to_have_value(keeper.email)
    expect(page.get_by_label("Business name", exact=True)).to_have_value(
        keeper.email.split("@")[0].replace("-", " ")
    )
    is_for_everybody(page)
    keeper.fill(Business_name="चाय घर", Handle="x")
    keeper.press("Sign up")
    expect(page.get_by_label("Handle", exact=True)).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_label("Business name", exact=True)).to_have_value("चाय घर")
    keeper.fill(Handle=keeper.handle)
    keeper.press("Sign up")
    keeper.is_at("/dashboard")
    keeper.press("Log out")
    keeper.is_at("/")

    keeper.open("/login?next=/settings")
    keeper.press("Continue with Google")
    keeper.is_at("/settings")

    expect(page.get_by_label("Business name", exact=True)).to_have_value("चाय घर")
    assert keeper.identities() == [(door.issuer, keeper.email)]
    assert door.stack.rows("SELECT password_hash FROM merchants WHERE email = %s", keeper.email) == [(None,)]


def test_github_does_the_same_once_it_is_allowed(door: ShopDoor, keepers: Keepers) -> None:
    keeper = keepers()
    somebody_at_github(door, 4711, (keeper.email, False), name=None)
    page = keeper.open("/login")

    keeper.press("Continue with GitHub")
    keeper.press("Cancel")
    keeper.says("You did not allow it there, so nothing has happened.")
    keeper.press("Continue with GitHub")
    keeper.press("Authorize")
    keeper.says("asha-4711 at GitHub")
    expect(page.get_by_label("Email", exact=True)).to_have_value("")
    expect(page.get_by_label("Business name", exact=True)).to_have_value("asha-4711")
    keeper.fill(Email=keeper.email, Handle=keeper.handle)
    keeper.press("Sign up")
    keeper.is_at("/dashboard")
    keeper.press("Log out")
    keeper.is_at("/")
    keeper.open("/login")
    keeper.press("Continue with GitHub")
    keeper.press("Authorize")

    keeper.is_at("/dashboard")
    assert keeper.identities() == [(door.github.url, "4711")]
    assert door.github.asked[-1]["code_challenge_method"] == "S256"


def test_an_email_links_nothing_until_its_owner_connects_it_from_within(
    door: ShopDoor, keepers: Keepers
) -> None:
    keeper, thief = keepers(), keepers()
    keeper.sign_up_elsewhere()
    thief.open("/login")
    thief.press("Continue with Google")
    thief.is_somebody_at_google(keeper.email)
    thief.says("There is a shop with this email already.")
    assert keeper.identities() == []

    page = keeper.open("/settings")
    keeper.press("Connect Google")
    keeper.is_somebody_at_google()
    keeper.says("It is connected.")
    is_for_everybody(page)
    thief.open("/login")
    thief.press("Continue with Google")
    thief.is_at("/dashboard")
    # It was the owner after all, who now sees the other browser and ends it.
    keeper.open("/settings")
    keeper.press("End all others")
    expect(thief.page.get_by_role("heading", name="Your session has ended")).to_be_visible()
    keeper.press("Disconnect Google")
    keeper.says("It is disconnected.")

    assert keeper.identities() == []


def test_the_last_way_in_stays_until_there_is_a_password(door: ShopDoor, keepers: Keepers) -> None:
    keeper = keepers()
    somebody_at_github(door, 4712, (keeper.email, True))
    keeper.open("/signup")
    keeper.press("Continue with GitHub")
    keeper.press("Authorize")
    keeper.fill(Handle=keeper.handle)
    keeper.press("Sign up")
    keeper.is_at("/dashboard")

    page = keeper.open("/settings")
    keeper.press("Disconnect GitHub")
    keeper.says("This is your only way in.")
    keeper.fill(New_password=PASSWORD)
    keeper.press("Set password")
    keeper.says("Your new password is set.")
    keeper.press("Disconnect GitHub")
    keeper.says("It is disconnected.")
    keeper.fill(Business_name=" ")
    keeper.press("Change name")
    expect(page.get_by_label("Business name", exact=True)).to_have_attribute("aria-invalid", "true")
    keeper.fill(Business_name="Chai <b>Palace</b> " + "x" * 30)
    keeper.press("Change name")
    keeper.says("Your shop has its new name.")
    keeper.press("Log out")
    keeper.is_at("/")
    keeper.open("/login")
    keeper.fill(Email=keeper.email, Password=PASSWORD)
    keeper.press("Log in")

    keeper.is_at("/dashboard")


def test_without_client_ids_the_buttons_are_off_and_say_so(stack: Stack, browser: Browser) -> None:
    page = browser.new_page()
    page.goto(stack.merchant_url + "/login")

    for title in ("Google", "GitHub"):
        expect(page.get_by_text(f"Logging in with {title} is not configured here.")).to_be_visible()
        expect(page.get_by_role("button", name=f"Continue with {title}")).to_be_disabled()
        answer = sent(stack.merchant_url, f"/auth/{title.lower()}/begin", {})
        assert answer.headers["location"] == "/login?why=ProviderNotSetUp"
    is_for_everybody(page)
    page.close()


# By an attacker


def test_a_code_that_another_browser_has_stolen_is_worthless(door: ShopDoor) -> None:
    somebody_at_github(door, 4713)
    asha, thief, stranger = (Caller(door) for _ in range(3))
    hers = asha.allowed(asha.begins())

    assert stranger.comes_back(**hers) == OVER
    state = thief.begins().partition("state=")[2].partition("&")[0]
    assert thief.comes_back(**hers) == OVER
    # With a state of his own he gets as far as GitHub, which has seen another challenge.
    assert thief.comes_back(code=hers["code"], state=state) == NOT_BELIEVED
    assert not thief.is_signed_in


def test_nobody_is_logged_in_as_the_attacker(door: ShopDoor) -> None:
    somebody_at_github(door, 4714)
    mallory, asha = Caller(door), Caller(door)
    his = mallory.allowed(mallory.begins())
    asha.begins()

    assert asha.comes_back(**his) == OVER
    for forged in ({}, {"state": "x"}, {"state": "é" * 43, "code": "c"}, {"code": his["code"]}):
        assert asha.comes_back(**forged) == OVER
    foreign = httpx.post(
        door.url + "/auth/github/begin",
        content="",
        headers={"Origin": "https://evil.example", "Content-Type": "application/x-www-form-urlencoded"},
    )
    assert foreign.status_code == 403
    # What he has begun himself still leads him on.
    assert mallory.comes_back(**his) == "/open-shop"


def test_an_answer_counts_once_and_at_its_own_provider(door: ShopDoor) -> None:
    somebody_at_github(door, 4715)
    asha = Caller(door)
    hers = asha.allowed(asha.begins())
    kept = dict(asha.cookies)

    assert asha.comes_back("google", **hers) == OVER
    asha.cookies = kept
    assert asha.comes_back(**hers) == OVER

    hers = asha.allowed(asha.begins())
    kept = dict(asha.cookies)
    assert asha.comes_back(**hers) == "/open-shop"
    assert WAY not in asha.cookies
    asha.cookies = kept
    assert asha.comes_back(**hers) == OVER


def test_after_the_login_one_goes_to_our_own_pages_only(door: ShopDoor) -> None:
    asha = Caller(door).signed_up()
    somebody_at_github(door, 4716)
    connecting = asha.posts("/auth/github/connect").text
    asha.comes_back(**asha.allowed(connecting.partition("url=")[2].partition('"')[0].replace("&amp;", "&")))

    for wanted, leads_to in (
        ("//evil.example", "/dashboard"),
        ("https://evil.example", "/dashboard"),
        ("/\\evil.example", "/dashboard"),
        ("/auth/logout", "/dashboard"),
        ("/settings", "/settings"),
    ):
        again = Caller(door)
        assert again.comes_back(**again.allowed(again.begins(next=wanted))) == leads_to
        assert again.is_signed_in


def test_what_one_session_began_no_other_one_finishes(door: ShopDoor) -> None:
    somebody_at_github(door, 4717)
    asha, mallory = Caller(door).signed_up(), Caller(door).signed_up()
    connecting = mallory.posts("/auth/github/connect").text
    his = mallory.allowed(connecting.partition("url=")[2].partition('"')[0].replace("&amp;", "&"))

    # His cookie and his answer in her browser would connect his account to her shop.
    asha.cookies[WAY] = mallory.cookies[WAY]

    assert asha.comes_back(**his) == "/settings?why=VisitOver&part=ways"
    assert door.stack.rows("SELECT 1 FROM merchant_identities WHERE subject = '4717'") == []


def test_a_session_of_one_app_is_nothing_to_the_other(door: ShopDoor) -> None:
    merchant = Caller(door).signed_up().cookies[SESSION]
    fields = {"email": "x", "first_name": "Asha", "last_name": "Rao", "password": PASSWORD, "phone": ""}
    answer = sent(door.stack.user_url, "/auth/signup", fields | {"email": "two-apps@people.example"})
    user = answer.headers["set-cookie"].partition("user_app_session=")[2].partition(";")[0]

    for url, name, token, is_in in (
        (door.url, SESSION, merchant, True),
        (door.stack.user_url, "user_app_session", user, True),
        (door.url, SESSION, user, False),
        (door.stack.user_url, "user_app_session", merchant, False),
        (door.url, "user_app_session", merchant, False),
    ):
        page = httpx.get(url + "/settings", headers={"Cookie": f"{name}={token}"}, timeout=20)
        assert (page.status_code == 200) is is_in
    programs = httpx.get(
        door.stack.user_url + "/api/v1/account/balance", headers={"Authorization": f"Bearer {merchant}"}
    )
    assert programs.status_code == 403


def test_another_merchants_session_cannot_be_ended_over_the_socket(door: ShopDoor) -> None:
    asha, mallory = Caller(door).signed_up(), Caller(door).signed_up()
    rows = door.stack.rows(
        "SELECT id::text FROM sessions WHERE audience = 'merchant_app' AND ended_at IS NULL"
    )

    with Tab(door.url, cookie=mallory.header, page="/settings").opened() as tab:
        for (wanted,) in rows[:20]:
            tab.send(f"{SESSIONS}.end", session_id=wanted)
        tab.send(f"{SESSIONS}.end", session_id="%")
        tab.send(f"{SESSIONS}.end_others")
        tab.settle()

    assert asha.is_signed_in
    assert mallory.is_signed_in


def test_without_a_session_no_form_of_the_settings_does_anything(door: ShopDoor) -> None:
    for path in (
        "change-password",
        "google/connect",
        "github/connect",
        "google/disconnect",
        "github/disconnect",
    ):
        for cookie in ("", f"{SESSION}={'a' * 43}"):
            answer = sent(door.url, f"/auth/{path}", {"new_password": PASSWORD}, cookie)

            assert (answer.status_code, answer.headers["location"]) == (303, "/login?next=/settings")
    assert sent(door.url, "/auth/open-shop", {"name": "x"}).headers["location"] == "/open-shop?why=VisitOver"
