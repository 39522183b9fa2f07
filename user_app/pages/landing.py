"""The first page: what Batua is, in plain words, for somebody who has never seen it."""

from __future__ import annotations

import reflex as rx

from settings import settings
from shared_ui.elements import PlainLink
from shared_ui.parts import Outcome, card, main_link, money_row, point, points, second_link, status_chip
from shared_ui.shell import opening, public_page, section


class Landing(rx.State):
    # Asked when the page is served, never when it is built: one build serves dev and prod.
    @rx.var(initial_value=False)
    def has_open_api(self) -> bool:
        return not settings().is_prod


def _promise() -> rx.Component:
    return rx.el.div(
        rx.el.h1(
            "The wallet that always knows where your money is",
            class_name="text-heading font-strong wide:text-amount",
        ),
        rx.el.p(
            "Add money from your bank, send it to people, pay shops, and take it back to any bank account. "
            "Batua never loses a paisa on the way, and says plainly when something is still pending.",
            class_name="mb-6 mt-4 max-w-words text-body text-quiet wide:text-title wide:font-normal",
        ),
        rx.el.div(
            main_link("Open your wallet", "/signup"),
            second_link("Log in", "/login"),
            class_name="flex flex-wrap gap-3",
        ),
    )


def _example() -> rx.Component:
    return rx.el.figure(
        card(
            rx.el.p("Available", class_name="text-label text-quiet"),
            rx.el.p("₹2,500.00", class_name="text-amount font-strong"),
            rx.el.p("₹1,000.00 on hold for a withdrawal", class_name="mt-1 text-label text-quiet"),
            rx.el.ul(
                money_row("HDFC Bank", "20 Nov 2026, 14:05", "+₹5,000.00", "done"),
                money_row("Meera", "20 Nov 2026, 14:11", "-₹1,500.00", "done"),
                money_row("Axis Bank", "20 Nov 2026, 14:20", "-₹1,000.00", "waiting"),
                class_name="mt-4 divide-y divide-line border-t border-line",
            ),
        ),
        rx.el.figcaption("An example, not an account", class_name="mt-3 text-center text-note text-quiet"),
    )


def _what_you_can_do() -> rx.Component:
    return section(
        points(
            point(
                "add", "Add money", "From your HDFC or Axis account. You approve it on your bank's own page."
            ),
            point("send", "Send", "To a person you choose by name, phone or email. It arrives at once."),
            point("pay", "Pay", "Shops that take Batua, with a receipt you can open again at any time."),
            point(
                "withdraw", "Withdraw", "To any bank account. You may cancel until we have asked the bank."
            ),
            columns=4,
        ),
        title="What you can do",
        lead="In a browser on your phone or at your desk; nothing to install.",
        anchor="what",
    )


def _true_answers() -> rx.Component:
    answers: tuple[tuple[Outcome, str], ...] = (
        ("done", "The amount, to whom, the time and the reference, with a receipt to keep."),
        (
            "waiting",
            "Your bank has not answered yet. Your money is on hold: it will either arrive or come back.",
        ),
        ("refused", "Nothing left your wallet. You read the reason, and what you can do now."),
    )
    return section(
        rx.el.ul(
            *(
                rx.el.li(
                    rx.el.div(status_chip(outcome), class_name="shrink-0 tablet:w-32"),
                    rx.el.p(text),
                    class_name="flex flex-col items-start gap-2 py-4 tablet:flex-row tablet:items-center",
                )
                for outcome, text in answers
            ),
            class_name="divide-y divide-line border-y border-line",
        ),
        title="Three answers, all of them true",
        anchor="answers",
        lead="Banks are sometimes slow. Batua then says so, instead of guessing.",
    )


def _why_nothing_is_lost() -> rx.Component:
    return section(
        points(
            point(
                "books",
                "Written twice",
                "Every movement is booked where it left and where it arrived. The two must agree.",
            ),
            point(
                "once",
                "Moved once",
                "A payment sent twice by a weak connection still moves your money only one time.",
            ),
            point(
                "lock",
                "Held, not spent",
                "Money on its way out is set aside. It cannot be spent a second time.",
            ),
            columns=3,
        ),
        title="Why no paisa is lost",
        anchor="safe",
    )


def _for_developers() -> rx.Component:
    return rx.cond(
        Landing.has_open_api,
        rx.el.p(
            "For developers: ",
            PlainLink.create(
                "the REST API as an OpenAPI document",
                href="/api/v1/openapi.json",
                class_name="text-accent underline underline-offset-4",
            ),
        ),
    )


def landing() -> rx.Component:
    return public_page(
        opening(_promise(), _example()),
        _what_you_can_do(),
        _true_answers(),
        _why_nothing_is_lost(),
        name="Batua",
        notes=_for_developers(),
    )
