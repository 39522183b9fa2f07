"""What surrounds a signed-in page: on a phone a top and a bottom bar, on a desktop a rail with the same words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import reflex as rx

from shared_ui.icons import icon, mark
from shared_ui.in_browser import NativeForm
from shared_ui.parts import CARD
from shared_ui.parts import initials as letters
from shared_ui.shell import colour_switch, public_page, skip_link
from shared_ui.states import bone, ended_cover, loading, skeleton_card, skeleton_rows
from shared_ui.states import toast as toast_line
from shared_ui.texts import Text, Truth, given

LOG_OUT_ADDRESS = "/auth/logout"
_SHORT_NAME = 10


@dataclass(frozen=True)
class Place:
    """One item of the navigation: its word, its address and its drawing (shared_ui/icons.py)."""

    word: str
    href: str
    sign: str


def private_page(  # noqa: PLR0913 # all of them named: they are what differs between pages
    *content: rx.Component,
    title: Text,
    active: str,
    navigation: tuple[Place, ...],
    name: str,
    greeting: Text,
    initials: Text,
    is_ready: Truth,
    lead: Text = "",
    toast: Text = "",
    toast_number: int | rx.Var[int] = 0,
    is_ended: Truth = False,
    skeleton: rx.Component | None = None,
    log_out_to: str = LOG_OUT_ADDRESS,
) -> rx.Component:
    """A page of one person. Until `is_ready` it shows skeletons, once `is_ended` nothing of it any more.

    `active` is the address of the navigation's item that this page belongs to; `content` stands in a grid of
    twelve columns (`columns`).
    """
    page = rx.el.div(
        skip_link(),
        _header(name, navigation, active, greeting, initials, is_ready, log_out_to),
        rx.el.main(
            rx.el.div(
                rx.el.h1(title, class_name="text-heading font-strong [overflow-wrap:anywhere]"),
                given(lead, rx.el.p(lead, class_name="mt-1 max-w-words text-quiet")),
                class_name="mb-4 wide:mb-6",
            ),
            # Not merely hidden: whatever looks for a field finds it once it can be used, and not before.
            rx.cond(
                is_ready,
                rx.el.div(*content, class_name=_GRID),
                loading(skeleton or _usual_skeleton(), class_name=_GRID),
            ),
            id="main",
            tab_index=-1,
            class_name="mx-auto w-full max-w-page px-4 py-4 outline-none wide:px-6 wide:py-8",
        ),
        toast_line(toast, number=toast_number),
        class_name="framed min-h-dvh wide:grid wide:grid-cols-[240px_minmax(0,1fr)]",
    )
    if is_ended is False:
        return page
    return rx.cond(is_ended, ended_cover("/login"), page)


_GRID = "columns grid gap-4 wide:grid-cols-12 wide:gap-6"
_SPANS = {
    4: "wide:col-span-4",
    5: "wide:col-span-5",
    6: "wide:col-span-6",
    7: "wide:col-span-7",
    8: "wide:col-span-8",
    12: "wide:col-span-12",
}


def columns(width: Literal[4, 5, 6, 7, 8, 12], *content: rx.Component) -> rx.Component:
    """Some of the twelve columns on a desktop, all of them on a phone."""
    return rx.el.div(*content, class_name=f"flex min-w-0 flex-col gap-4 wide:gap-6 {_SPANS[width]}")


def form_page(title: str, lead: Text, *content: rx.Component, name: str) -> rx.Component:
    """One task for somebody who is not signed in: log in, sign up, a new password."""
    return public_page(
        rx.el.div(
            rx.el.h1(title, class_name="text-heading font-strong"),
            given(lead, rx.el.p(lead, class_name="mt-1 text-quiet")),
            rx.el.div(*content, class_name="mt-6 flex flex-col gap-4"),
            class_name="mx-auto w-full max-w-form px-4 py-6 tablet:my-12 tablet:rounded-card tablet:border "
            "tablet:border-line tablet:bg-raised tablet:p-8 tablet:shadow-soft",
        ),
        name=name,
    )


def _header(
    name: str,
    navigation: tuple[Place, ...],
    active: str,
    greeting: Text,
    initials: Text,
    is_ready: Truth,
    log_out_to: str,
) -> rx.Component:
    return rx.el.header(
        rx.el.a(
            mark(),
            rx.el.span(name, class_name=f"font-strong {_name_size(name)}"),
            href=navigation[0].href if navigation else "/",
            class_name="flex min-h-hit items-center gap-3 rounded-card wide:px-3",
        ),
        _navigation(navigation, active),
        rx.el.div(
            rx.el.div(
                rx.cond(
                    is_ready,
                    rx.fragment(
                        letters(initials),
                        rx.el.span(greeting, class_name="hidden min-w-0 truncate text-label wide:block"),
                    ),
                    bone("size-hit shrink-0 !rounded-chip"),
                ),
                class_name="hidden min-w-0 items-center gap-3 min-[360px]:flex wide:mb-2 wide:px-3",
            ),
            rx.el.div(
                colour_switch(),
                NativeForm.create(
                    rx.el.button(
                        icon("leave", "hidden size-6 wide:block"),
                        "Log out",
                        type="submit",
                        class_name="flex min-h-hit items-center gap-3 whitespace-nowrap rounded-card px-2 text-label "
                        "font-medium text-quiet transition-colors hover:bg-accent-soft hover:text-ink wide:px-3",
                    ),
                    action=log_out_to,
                    method="post",
                ),
                class_name="flex items-center gap-1 wide:flex-row-reverse wide:justify-between",
            ),
            class_name="flex min-w-0 shrink-0 flex-row-reverse items-center gap-2 wide:mt-auto wide:flex-col "
            "wide:items-stretch wide:border-t wide:border-line wide:pt-4",
        ),
        class_name="sticky top-0 z-10 flex items-center justify-between gap-2 border-b border-line bg-surface px-4 "
        "py-2 pt-[calc(8px+env(safe-area-inset-top))] wide:h-dvh wide:flex-col wide:items-stretch wide:justify-start "
        "wide:border-b-0 wide:border-r wide:bg-raised wide:p-3 wide:pt-4",
    )


def _name_size(name: str) -> str:
    """A long name stands in two lines on a phone, between the mark and the switches."""
    return "text-title" if len(name) <= _SHORT_NAME else "text-label tablet:text-title"


def _navigation(places: tuple[Place, ...], active: str) -> rx.Component:
    """One copy of each link: fixed at the bottom of a phone, in the rail of a desktop."""
    return rx.el.nav(
        rx.el.ul(
            *(_item(place, is_active=place.href == active) for place in places),
            class_name="flex wide:flex-col wide:gap-1",
        ),
        aria_label="Main",
        class_name="bottom-bar fixed inset-x-0 bottom-0 z-10 border-t border-line bg-raised px-2 "
        "pb-[env(safe-area-inset-bottom)] wide:static wide:mt-4 wide:border-t-0 wide:p-0",
    )


def _item(place: Place, *, is_active: bool) -> rx.Component:
    pill = "bg-accent-soft wide:bg-transparent" if is_active else ""
    bar = "before:absolute before:left-0 before:hidden before:h-6 before:w-1 before:rounded-chip before:bg-accent"
    link = (
        f"font-strong text-accent wide:bg-accent-soft {bar} wide:before:block"
        if is_active
        else "text-quiet hover:text-ink wide:hover:bg-accent-soft"
    )
    return rx.el.li(
        rx.el.a(
            rx.el.span(
                icon(place.sign),
                class_name=f"grid h-8 w-16 place-items-center rounded-chip wide:w-8 {pill}",
            ),
            place.word,
            href=place.href,
            custom_attrs={"aria-current": "page"} if is_active else {},
            class_name="relative flex min-h-16 flex-col items-center justify-center gap-[2px] rounded-card text-note "
            "transition-colors wide:min-h-hit wide:flex-row wide:justify-start wide:gap-3 wide:px-3 wide:text-body "
            f"{link}",
        ),
        class_name="min-w-0 flex-1",
    )


def _usual_skeleton() -> rx.Component:
    return rx.fragment(
        columns(5, skeleton_card(), skeleton_card()),
        columns(7, rx.el.div(skeleton_rows(), class_name=f"{CARD} px-4")),
    )
