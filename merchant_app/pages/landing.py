"""The first page for merchants: what they get, in plain words."""

from __future__ import annotations

import reflex as rx

from shared_ui.parts import Outcome, card, main_link, point, points, second_link, status_chip
from shared_ui.shell import opening, public_page, section


def _promise() -> rx.Component:
    return rx.el.div(
        rx.el.h1(
            "Get paid, and see where every rupee is",
            class_name="text-heading font-strong wide:text-amount",
        ),
        rx.el.p(
            "Customers pay your shop from their Batua wallet. You see what came in today and this month, "
            "give money back where needed, and withdraw to your bank.",
            class_name="mb-6 mt-4 max-w-words text-body text-quiet wide:text-title wide:font-normal",
        ),
        rx.el.div(
            main_link("Open your shop", "/signup"),
            second_link("Log in", "/login"),
            class_name="flex flex-wrap gap-3",
        ),
    )


def _example() -> rx.Component:
    return rx.el.figure(
        card(
            rx.el.dl(
                _figure("Income today", "₹4,280.00"),
                _figure("Income in November", "₹1,12,640.00"),
                class_name="grid grid-cols-2 gap-4",
            ),
            rx.el.table(
                rx.el.caption("Last payments", class_name="sr-only"),
                rx.el.thead(
                    rx.el.tr(
                        *(
                            rx.el.th(title, scope="col", class_name=f"py-2 font-medium {place}")
                            for title, place in (
                                ("Time", ""),
                                ("From", ""),
                                ("Amount", "text-right"),
                                ("Status", "text-right"),
                            )
                        ),
                    ),
                    class_name="text-left text-note text-quiet",
                ),
                rx.el.tbody(
                    _payment("14:05", "Asha", "+₹120.00", "done"),
                    _payment("13:52", "Ravi", "+₹340.00", "done"),
                    _payment("13:40", "Refund, Meera", "-₹60.00", "done"),
                    _payment("13:31", "To your bank", "-₹2,000.00", "waiting"),
                    class_name="divide-y divide-line border-t border-line",
                ),
                class_name="mt-4 w-full text-label",
            ),
        ),
        rx.el.figcaption("An example, not an account", class_name="mt-3 text-center text-note text-quiet"),
    )


def _figure(name: str, amount: str) -> rx.Component:
    return rx.el.div(
        rx.el.dt(name, class_name="text-label text-quiet"),
        rx.el.dd(amount, class_name="mt-1 text-title font-strong"),
    )


def _payment(time: str, who: str, amount: str, outcome: Outcome) -> rx.Component:
    colour = "text-good" if amount.startswith("+") else ""
    return rx.el.tr(
        rx.el.td(time, class_name="py-2 pr-3 text-quiet"),
        rx.el.td(who, class_name="py-2"),
        rx.el.td(amount, class_name=f"whitespace-nowrap py-2 text-right font-medium {colour}"),
        rx.el.td(status_chip(outcome), class_name="whitespace-nowrap py-2 pl-3 text-right"),
    )


def _what_you_get() -> rx.Component:
    return section(
        points(
            point(
                "pay",
                "Get paid",
                "By your QR code or your payment link. The money is in your balance at once.",
            ),
            point(
                "income", "See your income", "By day and by month, with refunds taken off on their own day."
            ),
            point("refund", "Give money back", "In part or in full, never more than was paid."),
            point(
                "withdraw",
                "Withdraw",
                "To your bank account, by hand or by itself each day or week, and follow every step until it is there.",
            ),
            columns=4,
        ),
        title="What you get",
        lead="Free, and ready in a minute: a name, a handle, and your QR code to print.",
        anchor="what",
    )


def _why_books_agree() -> rx.Component:
    return section(
        points(
            point(
                "books",
                "Written twice",
                "Every movement is booked where it left and where it arrived, and the two must agree.",
            ),
            point(
                "once", "Paid once", "A customer who presses twice on a weak connection still pays one time."
            ),
            point(
                "waiting",
                "Never a guess",
                "Until a bank has answered, a withdrawal is on its way: not done, and not failed.",
            ),
            columns=3,
        ),
        title="Why your books agree",
        anchor="books",
    )


def landing() -> rx.Component:
    return public_page(
        opening(_promise(), _example()),
        _what_you_get(),
        _why_books_agree(),
        name="Batua for merchants",
    )
