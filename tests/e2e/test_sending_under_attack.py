"""Whoever speaks to /p2ptransfer by websocket can send their own money, once for each key, and nothing else."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.e2e.stack import Stack
from tests.e2e.tab import ROOT_STATE, Someone, Tab, give, signed_up, strict_app

PAGE = "/p2ptransfer"
SENDING = f"{ROOT_STATE}.user_app___send_state____sending"
FINDING = f"{ROOT_STATE}.user_app___find_state____finding"
REFUSED = "That could not be done. Nothing has happened."
NOBODY = "There is nobody here whom you could send this to."
NO_AMOUNT = "Enter an amount in rupees above 0 with at most 2 decimals, such as 500 or 99.50."
NO_NOTE = "Write a note of at most 140 characters on one line, each of them to be seen."


@pytest.fixture
def mallory(stack: Stack) -> Someone:
    mallory = signed_up(stack, "Mallory")
    give(stack, mallory, 1_000_00)
    return mallory


@pytest.fixture
def ravi(stack: Stack) -> Someone:
    return signed_up(stack, "Ravi")


def opened(stack: Stack, who: Someone, to: Someone | None = None, intent: str = "") -> Tab:
    query = f"?to={to.owner_id}&intent={intent or uuid.uuid4()}" if to else ""
    tab = Tab(stack.user_url, cookie=who.cookie, page=PAGE + query)
    tab.load()
    tab.waits_until("state", "is_hydrated", value=True)
    return tab


def sent_to(stack: Stack, who: Someone) -> list[tuple[uuid.UUID, int]]:
    rows = stack.rows(
        "SELECT source_id, amount_paise FROM transfers WHERE target_id = %s AND kind = 'send'", who.owner_id
    )
    return [(row[0], row[1]) for row in rows]


def confirmation(recipient: Someone, /, **changes: Any) -> dict[str, Any]:
    form = {
        "look": "x",
        "intent": str(uuid.uuid4()),
        "to": str(recipient.owner_id),
        "amount": "100",
        "note": "",
    }
    return {"form_data": form | changes}


def looked_at(tab: Tab, amount: str, note: str = "") -> str:
    """From the form to one look more; which look it is."""
    tab.send(f"{SENDING}.look", form_data={"amount": amount, "note": note})
    tab.settle()
    return tab.var("sending", "review")["look"]


FORGED: dict[str, list[dict[str, Any]]] = {
    NO_AMOUNT: [
        {"amount": wrong}
        for wrong in (
            "",
            "-1",
            "0",
            "1.001",
            "1e3",
            "9" * 60,
            "NaN",
            "१००",
            "1,00",
            "'; DROP TABLE users; --",
        )
    ],
    NOBODY: [
        *({"to": wrong} for wrong in ("", "x", str(uuid.uuid4()), "0" * 32, "'--", "<b>")),
        *({"intent": wrong} for wrong in ("", "x", "page:1:transfer:2")),
    ],
    NO_NOTE: [{"note": wrong} for wrong in ("x" * 141, "a\nb", "\u202e", "\x00", "\ud800")],
    REFUSED: [
        *(
            {name: wrong}
            for name in ("look", "intent", "to", "amount", "note")
            for wrong in (1, None, [], {})
        ),
        {"user_id": "another"},
        {"source": "another"},
    ],
}


@pytest.mark.parametrize("sentence", FORGED)
def test_a_forged_confirmation_is_refused_in_words(
    stack: Stack, mallory: Someone, ravi: Someone, sentence: str
) -> None:
    with opened(stack, mallory) as tab:
        for number, changes in enumerate(FORGED[sentence], 1):
            tab.send(f"{SENDING}.confirm", **confirmation(ravi, **changes))
            tab.settle()

            assert (tab.var("said", "text"), tab.var("said", "number")) == (sentence, number), changes
        assert sent_to(stack, ravi) == []


def test_a_confirmation_of_what_was_never_looked_at_is_shown_first_and_sent_once(
    stack: Stack, mallory: Someone, ravi: Someone
) -> None:
    forged = confirmation(ravi, note="<b>hello</b>")
    with opened(stack, mallory) as tab:
        tab.send(f"{SENDING}.confirm", **forged)
        tab.settle()
        assert sent_to(stack, ravi) == []
        assert tab.var("sending", "is_reviewed") is True
        for look in ("x", tab.var("sending", "review")["look"]):
            assert sent_to(stack, ravi) == []
            for _ in range(20):
                forged["form_data"]["look"] = look
                tab.send(f"{SENDING}.confirm", **forged)
            tab.settle()

        assert tab.var("sending", "outcome") == "done"
        assert sent_to(stack, ravi) == [(mallory.owner_id, 100_00)]


def test_what_is_confirmed_is_what_was_shown_whatever_the_form_brings_back(
    stack: Stack, mallory: Someone, ravi: Someone
) -> None:
    intent = str(uuid.uuid4())
    with opened(stack, mallory, ravi, intent) as tab:
        look = looked_at(tab, "100")
        tab.send(
            f"{SENDING}.confirm",
            **confirmation(mallory, look=look, intent=intent, amount="999", note="other"),
        )
        tab.settle()

        assert sent_to(stack, ravi) == [(mallory.owner_id, 100_00)]


def test_anothers_key_opens_nothing_of_theirs(stack: Stack, mallory: Someone, ravi: Someone) -> None:
    asha = signed_up(stack)
    give(stack, asha, 1_000_00)
    intent = str(uuid.uuid4())
    with opened(stack, asha, ravi, intent) as hers:
        look = looked_at(hers, "777", "a secret")
        hers.send(f"{SENDING}.confirm", **confirmation(ravi, look=look, intent=intent, amount="777"))
        hers.settle()
        assert hers.var("sending", "outcome") == "done"

    with opened(stack, mallory, ravi, intent) as tab:
        assert tab.var("sending", "outcome") == ""
        assert "a secret" not in tab.everything()
        look = looked_at(tab, "5")
        tab.send(f"{SENDING}.confirm", **confirmation(ravi, look=look, intent=intent, amount="5"))
        tab.settle()
        assert tab.var("sending", "outcome") == "done"

    assert sorted(sent_to(stack, ravi)) == sorted([(asha.owner_id, 777_00), (mallory.owner_id, 5_00)])


def test_handlers_out_of_turn_do_nothing(stack: Stack, mallory: Someone, ravi: Someone) -> None:
    with opened(stack, mallory) as tab:
        for handler in ("change", "find_out", "come_back", "open"):
            tab.send(f"{SENDING}.{handler}")
        tab.send(f"{SENDING}.look", form_data={"amount": "100", "note": ""})
        tab.send(f"{SENDING}.typed", amount="\ud800" * 50)
        tab.settle()

        assert tab.var("said", "text") == ""
        assert tab.var("sending", "is_reviewed") is False
        assert sent_to(stack, ravi) == []


def test_nothing_that_would_help_to_write_to_people_is_shown(
    stack: Stack, mallory: Someone, ravi: Someone
) -> None:
    stack.sql("UPDATE users SET phone = '+919123456789' WHERE id = %s", ravi.owner_id)
    with opened(stack, mallory, ravi) as tab:
        tab.send(f"{FINDING}.typed", text="ravi")
        tab.settle()

        assert ravi.email not in tab.everything()
        assert "9123456789" not in tab.everything()


def test_thirty_searches_a_minute_are_enough_for_anybody(
    stack: Stack, mallory: Someone, ravi: Someone, tmp_path: Path
) -> None:
    with strict_app(stack, tmp_path / "user_app.log") as url:
        with Tab(url, cookie=mallory.cookie, page=PAGE).opened() as tab:
            for _ in range(30):
                tab.send(f"{FINDING}.typed", text="Ravi")
            tab.settle()
            assert tab.var("finding", "problem") == ""
            tab.send(f"{FINDING}.typed", text="Ravi")
            tab.settle()
            assert tab.var("finding", "problem") == "Too many tries. Please wait a little and try again."
        with Tab(url, cookie=ravi.cookie, page=PAGE).opened() as his:
            his.send(f"{FINDING}.typed", text="Mallory")
            his.settle()
            assert his.var("finding", "problem") == ""


def test_after_all_this_the_books_are_right(stack: Stack) -> None:
    assert httpx.get(f"{stack.inside('user_app')}/readyz").is_success
    assert stack.verify()["ok"] is True
