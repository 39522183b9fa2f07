"""To whom, on /p2ptransfer: the people of late, the first by name, and whoever is found by what is typed."""

from __future__ import annotations

import reflex as rx

from shared_ui.elements import PlainLink
from shared_ui.icons import icon
from shared_ui.parts import SECOND, card
from shared_ui.people import finding_field, person_rows
from shared_ui.states import empty_state
from shared_ui.texts import Text, given
from user_app.find_state import Finding
from user_app.scan_words import PAGE as SCAN

_HINT = "A name, or a whole phone number or email."
_NOBODY = (
    "Names are found by their beginning. A phone number or an email is found once it is complete, "
    "and once its owner has verified it."
)


# The link is followed by the browser: only a page that was loaded as such may use the camera.
def people_card(*, notice: Text) -> rx.Component:
    return card(
        PlainLink.create(
            icon("scan"), "Scan or pay a shop", href=SCAN, class_name=f"{SECOND} mb-4 w-full gap-2"
        ),
        given(notice, rx.el.p(notice, role="alert", class_name="mb-3 font-medium text-waiting")),
        rx.el.form(
            finding_field("To", "to", hint=_HINT, problem=Finding.problem, on_typed=Finding.typed),
            on_submit=Finding.look,
            no_validate=True,
            role="search",
        ),
        rx.cond(Finding.is_sought, _found(), _offered()),
    )


def _offered() -> rx.Component:
    return rx.fragment(
        rx.cond(Finding.recent, _group("Recent", person_rows(Finding.recent))),
        rx.cond(
            Finding.people,
            _group("People", person_rows(Finding.people)),
            rx.cond(
                Finding.recent,
                rx.fragment(),
                empty_state("Nobody else is here yet", "Whoever opens a wallet can be sent money here."),
            ),
        ),
    )


def _found() -> rx.Component:
    return rx.fragment(
        rx.el.p(
            rx.Var.create(Finding.people).length().to_string() + " found", role="status", class_name="sr-only"
        ),
        rx.cond(
            Finding.people,
            _group("Found", person_rows(Finding.people)),
            empty_state("Nobody is found", _NOBODY),
        ),
    )


def _group(title: str, rows: rx.Component) -> rx.Component:
    return rx.el.div(
        rx.el.h2(title, class_name="pt-4 text-label font-medium text-quiet"),
        rows,
    )
