"""What the pages of signing in read about the form that was just turned back."""

from __future__ import annotations

import reflex as rx

from shared_ui.forms import kept_fields, sentence
from shared_ui.guarded import guard
from shared_ui.local_path import local_path
from shared_ui.services import the_door

_FIELD_OF = {
    "EmailRefused": "email",
    "EmailTaken": "email",
    "FirstNameRefused": "first_name",
    "LastNameRefused": "last_name",
    "PhoneRefused": "phone",
    "ShopNameRefused": "name",
    "HandleRefused": "handle",
    "HandleTaken": "handle",
    "PasswordRefused": "password",
    "CodeRefused": "code",
}


_NEWS = {
    "sent": "If somebody has a wallet with this email, a code is on its way there. It is good for 10 minutes.",
    "changed": "Your new password is set, and you were logged out everywhere. Log in with it.",
    "closed": "Your wallet is closed, and you were logged out everywhere.",
}


LINK = "inline-flex min-h-hit items-center text-accent underline underline-offset-4"


class TurnedBack(rx.State):
    """One sentence, at the field it is about or above the form, and what was typed."""

    problem: str = ""
    problem_at: str = ""
    """The field's name; empty: the whole form."""
    news: str = ""
    """What has just been done."""
    email: str = ""
    first_name: str = ""
    last_name: str = ""
    phone: str = ""
    name: str = ""
    """Of a shop."""
    handle: str = ""
    next_page: str = ""

    @guard.anybody
    async def open(self) -> None:
        asked = self.router.url.query_parameters
        why = asked.get("why", "")
        self.problem = sentence(why)
        self.problem_at = _FIELD_OF.get(why, "")
        self.news = next((text for word, text in _NEWS.items() if word in asked), "")
        self.next_page = local_path(asked.get("next", ""), "")
        # Shown to the one who typed it, and only on the page it was turned back to.
        kept = kept_fields(the_door(), self.router.headers.cookie) if why or self.news else {}
        self.email = kept.get("email", "")
        self.first_name = kept.get("first_name", "")
        self.last_name = kept.get("last_name", "")
        self.phone = kept.get("phone", "")
        self.name = kept.get("name", "")
        self.handle = kept.get("handle", "")


def problem_at(field: str) -> rx.Var[str]:
    """The sentence for one field, empty where it is about something else."""
    return rx.cond(TurnedBack.problem_at == field, TurnedBack.problem, "")


def problem_of_form() -> rx.Var[str]:
    """The sentence about the whole form."""
    return rx.cond(TurnedBack.problem_at == "", TurnedBack.problem, "")


def form_problem() -> rx.Component:
    """The same, where it is read first."""
    return rx.el.div(
        rx.cond(
            TurnedBack.news != "",
            rx.el.p(
                TurnedBack.news,
                class_name="rounded-card bg-good-soft px-4 py-3 text-label font-medium text-good",
            ),
        ),
        rx.cond(
            problem_of_form() != "",
            rx.el.p(
                problem_of_form(),
                class_name="rounded-card bg-bad-soft px-4 py-3 text-label font-medium text-bad",
            ),
        ),
        role="alert",
        class_name="empty:hidden",
    )
