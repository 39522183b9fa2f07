"""What the forms of /settings that the browser itself sends came to: it comes back with a word."""

from __future__ import annotations

from typing import Literal

import reflex as rx

from shared_ui.fields import password_field
from shared_ui.forms import sentence
from shared_ui.in_browser import FOCUS, Focused, FocusedLine, NativeForm
from shared_ui.texts import Text

Part = Literal["password", "freeze", "close", "ways"]
_FIELD_OF = {"WrongPassword": "password", "PasswordRefused": "new_password"}
_NEWS = {
    "password": "Your new password is set. You were logged out everywhere else.",
    "freeze": "Your wallet is unfrozen.",
    "connected": "It is connected. From now on you can log in with it.",
    "disconnected": "It is disconnected. Nobody logs in with it any more, and you are logged out everywhere else.",
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


def look_once_more(title: str, *sentences: str, form: rx.Component) -> rx.Component:
    """What is about to happen, said in full before it is confirmed."""
    return rx.el.div(
        Focused.create(
            title, tab_index=-1, custom_attrs={"ref": FOCUS}, class_name="font-strong outline-none"
        ),
        rx.el.ul(
            *map(rx.el.li, sentences),
            class_name="flex list-disc flex-col gap-1 pl-5 text-label text-quiet",
        ),
        form,
        class_name="flex flex-col gap-3",
    )


def password_form(part: Part, *buttons: rx.Component, action: str) -> rx.Component:
    """The password and nothing else; the browser sends it to `action`."""
    return NativeForm.create(
        password_field(field_id=f"{part}-password", problem=problem_at(part, "password")),
        *buttons,
        action=action,
        method="post",
        class_name="flex flex-col gap-3",
    )


def _line(text: Text, colours: str) -> rx.Component:
    return FocusedLine.create(
        text,
        tab_index=-1,
        custom_attrs={"ref": FOCUS},
        class_name=f"mb-3 scroll-mt-24 rounded-card px-4 py-3 text-label font-medium {colours}",
    )
