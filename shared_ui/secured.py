"""What the forms of /settings that the browser itself sends came to: it comes back with a word."""

from __future__ import annotations

from typing import Literal

import reflex as rx

from shared_ui.forms import sentence
from shared_ui.in_browser import FOCUS, FocusedLine
from shared_ui.texts import Text

Part = Literal["password", "freeze", "close", "ways"]
_FIELD_OF = {"WrongPassword": "password", "PasswordRefused": "new_password"}
_NEWS = {
    "password": "Your new password is set. You were logged out everywhere else.",
    "freeze": "Your wallet is unfrozen.",
    "connected": "It is connected. From now on you can log in with it.",
    "disconnected": "It is disconnected. Nobody logs in with it any more.",
}
_NOTHING = "Nothing has changed."


class Secured(rx.State):
    part: str = ""
    """The form that all of this is about."""
    problem: str = ""
    problem_at: str = ""
    """The field's name; empty: the whole form."""
    news: str = ""

    def _read(self) -> None:
        """What the page's address says."""
        asked = self.router.url.query_parameters
        why, done = asked.get("why", ""), asked.get("done", "")
        self.part = asked.get("part", "") or done
        self.problem, self.problem_at = sentence(why), _FIELD_OF.get(why, "")
        self.news = _NEWS.get(done, "")


def problem_at(part: Part, field: str) -> Text:
    """The sentence for one field of one form, empty where it is about something else."""
    is_here = (Secured.part == part) & (Secured.problem_at == field)
    return rx.cond(is_here, Secured.problem, "")


def what_came(part: Part) -> rx.Component:
    """Above the form that was sent: done, or what is wrong. It takes the focus, wherever on the page it is."""
    wrong = rx.cond(Secured.problem_at == "", f"{_NOTHING} " + Secured.problem, _NOTHING)
    return rx.cond(
        Secured.part == part,
        rx.fragment(
            rx.cond(Secured.news != "", _line(Secured.news, "bg-good-soft text-good")),
            rx.cond(Secured.problem != "", _line(wrong, "bg-bad-soft text-bad")),
        ),
    )


def _line(text: Text, colours: str) -> rx.Component:
    return FocusedLine.create(
        text,
        tab_index=-1,
        custom_attrs={"ref": FOCUS},
        class_name=f"mb-3 scroll-mt-24 rounded-card px-4 py-3 text-label font-medium {colours}",
    )
