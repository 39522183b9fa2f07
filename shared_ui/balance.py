"""What a person has: large what can be spent, small what is on hold, and why."""

from __future__ import annotations

import reflex as rx

from shared_ui.icons import icon
from shared_ui.in_browser import HIDE, HideButton
from shared_ui.parts import size_of
from shared_ui.texts import Text, Truth, given

_NOTHING = "₹0.00"


def balance_card(
    available: Text,
    on_hold: Text,
    is_ready: Truth,
    *,
    why_on_hold: Text = "Set aside for money on its way out",
    note: Text = "",
    hold_href: str = "",
    actions: tuple[rx.Component, ...] = (),
    class_name: str = "",
) -> rx.Component:
    """`available` and `on_hold` are amounts as they are read; `note` says what is special, `actions` stand below.

    `hold_href` leads to what the money on hold is for.
    """
    return rx.el.section(
        rx.el.div(
            rx.el.h2("Available", id="balance-card", class_name="text-label font-medium text-hero-quiet"),
            _switch(),
            class_name="flex items-center justify-between",
        ),
        _available(available, is_ready),
        _on_hold(on_hold, is_ready, why_on_hold, hold_href),
        given(
            note, rx.el.p(icon("lock", "size-5"), note, class_name="mt-2 flex items-center gap-2 text-label")
        ),
        rx.el.div(*actions, class_name="mt-4 flex flex-wrap gap-2") if actions else rx.fragment(),
        aria_labelledby="balance-card",
        class_name="@container rounded-card bg-hero p-4 text-hero-ink shadow-soft wide:p-6 "
        f"bg-[radial-gradient(110%_160%_at_100%_0%,var(--hero-glow),transparent_70%)] {class_name}",
    )


def on_card_link(label: str, href: str) -> rx.Component:
    """What can be done with it, for `actions`."""
    return rx.el.a(
        label,
        href=href,
        class_name="inline-flex min-h-hit items-center rounded-card border border-hero-quiet px-4 text-label "
        "font-strong outline-hero-ink transition-opacity hover:opacity-80",
    )


def _available(amount: Text, is_ready: Truth) -> rx.Component:
    return rx.el.div(
        rx.cond(
            is_ready,
            rx.el.p(_amount(amount, "balance"), class_name=["font-strong", size_of(amount)]),
            _bone("h-8 w-48"),
        ),
        class_name="flex h-12 items-center",
    )


def _on_hold(amount: Text, is_ready: Truth, why: Text, href: str) -> rx.Component:
    return rx.el.div(
        rx.cond(
            is_ready,
            rx.fragment(
                rx.el.p(
                    _amount(amount, "locked"),
                    rx.el.span(" on hold", class_name="text-hero-quiet"),
                    class_name="text-label",
                ),
                rx.cond(
                    amount != _NOTHING,
                    rx.fragment(
                        given(why, rx.el.p(why, class_name="text-note text-hero-quiet")),
                        _what_for(href) if href else rx.fragment(),
                    ),
                    rx.fragment(),
                ),
            ),
            rx.fragment(_bone("h-4 w-32"), _bone("mt-2 h-3 w-48")),
        ),
        class_name="mt-2",
    )


def _what_for(href: str) -> rx.Component:
    return rx.el.a(
        "See what it is for",
        href=href,
        class_name="mt-1 inline-flex min-h-hit items-center text-label font-medium underline underline-offset-4 "
        "outline-hero-ink",
    )


def _amount(amount: Text, test_id: str) -> rx.Component:
    """As it is read, or as dots while amounts are hidden."""
    return rx.el.span(
        rx.el.span(
            amount,
            custom_attrs={"data-testid": test_id},
            class_name="[[data-amounts=hidden]_&]:invisible",
        ),
        rx.el.span(
            "₹ ••••",
            aria_hidden="true",
            class_name="absolute left-0 hidden whitespace-nowrap [[data-amounts=hidden]_&]:inline",
        ),
        class_name="relative",
    )


def _switch() -> rx.Component:
    """Hides the amounts from who looks over a shoulder; remembered until the tab is closed."""
    return HideButton.create(
        rx.el.span(
            icon("shown", "size-5"),
            rx.el.span("Hide", class_name="text-label"),
            class_name="flex items-center gap-2 [[data-amounts=hidden]_&]:hidden",
        ),
        rx.el.span(
            icon("hidden", "size-5"),
            rx.el.span("Show", class_name="text-label"),
            class_name="hidden items-center gap-2 [[data-amounts=hidden]_&]:flex",
        ),
        rx.el.span(" amounts", class_name="sr-only"),
        type="button",
        custom_attrs={"onClick": HIDE},
        class_name="-my-2 -mr-2 flex min-h-hit items-center rounded-card px-2 text-hero-quiet outline-hero-ink",
    )


def _bone(class_name: str) -> rx.Component:
    return rx.el.div(class_name=f"animate-pulse rounded-card bg-hero-quiet opacity-30 {class_name}")
