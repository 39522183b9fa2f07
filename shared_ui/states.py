"""What a page shows when it has nothing to show: not yet, nothing there, went wrong, said in passing, ended."""

from __future__ import annotations

import reflex as rx

from shared_ui.elements import PlainLink
from shared_ui.icons import icon, mark
from shared_ui.in_browser import FOCUS, FocusedTitle
from shared_ui.parts import CARD, MAIN
from shared_ui.texts import Text, Truth, given


def bone(class_name: str) -> rx.Component:
    """A grey block as large as what will stand in its place."""
    return rx.el.div(class_name=f"animate-pulse rounded-card bg-line {class_name}")


def skeleton_card(class_name: str = "") -> rx.Component:
    return rx.el.div(
        bone("h-4 w-1/3"),
        bone("h-12"),
        bone("h-4 w-2/3"),
        bone("h-12"),
        class_name=f"{CARD} flex flex-col gap-4 p-4 wide:p-6 {class_name}",
    )


def skeleton_rows(count: int = 4) -> rx.Component:
    row = rx.el.div(
        bone("size-hit shrink-0 !rounded-chip"),
        rx.el.div(bone("h-4 w-1/2"), bone("h-3 w-1/3"), class_name="flex grow flex-col gap-2"),
        bone("h-4 w-16 shrink-0"),
        class_name="flex items-center gap-3 py-3",
    )
    return rx.el.div(*[row] * count, class_name="divide-y divide-line")


def loading(*bones: rx.Component, class_name: str = "") -> rx.Component:
    """Skeletons with the word for those who do not see them."""
    return rx.el.div(
        rx.el.span("Loading", class_name="sr-only"),
        *bones,
        custom_attrs={"aria-busy": "true"},
        class_name=class_name,
    )


def empty_state(
    title: Text, text: Text, action: rx.Component | None = None, *, sign: str = "nothing"
) -> rx.Component:
    """Nothing here yet, and the next step."""
    return _notice(sign, "bg-accent-soft text-accent", title, text, action)


def error_state(title: Text, text: Text, action: rx.Component | None = None) -> rx.Component:
    """Something went wrong, and what to do now."""
    return rx.el.div(_notice("warning", "bg-bad-soft text-bad", title, text, action), role="alert")


def toast(text: Text, *, number: int | rx.Var[int] = 0) -> rx.Component:
    """A word in passing that goes away by itself. Never the only place where money is spoken of.

    `number` changes each time, so that the same word said twice is shown twice.
    """
    said = rx.el.p(
        text,
        key=f"{number} {text}",
        class_name="fade-later pointer-events-auto rounded-card bg-ink px-4 py-3 "
        "text-label font-medium text-surface shadow-soft [overflow-wrap:anywhere]",
    )
    return rx.el.div(
        given(text, said),
        role="status",
        class_name="pointer-events-none fixed inset-x-4 bottom-[calc(var(--bar)+env(safe-area-inset-bottom)+16px)] "
        "z-20 flex justify-center wide:left-[256px]",
    )


def ended(is_ended: Truth, *, href: str = "/login") -> rx.Component:
    """Covers the whole page once its session is over."""
    return rx.cond(is_ended, ended_cover(href), rx.fragment())


def ended_cover(href: str) -> rx.Component:
    return rx.el.div(
        rx.el.div(
            mark("size-12"),
            FocusedTitle.create(
                "Your session has ended",
                tab_index=-1,
                custom_attrs={"ref": FOCUS, "id": "ended"},
                class_name="mt-2 text-heading font-strong outline-none",
            ),
            rx.el.p(
                "You were logged out, here or in another tab. Nothing happened to your money.",
                class_name="text-quiet",
            ),
            PlainLink.create("Log in again", href=href, class_name=f"{MAIN} mt-4"),
            class_name="flex max-w-form flex-col items-center gap-2 text-center",
        ),
        role="alertdialog",
        aria_modal="true",
        aria_labelledby="ended",
        class_name="fixed inset-0 z-30 grid place-items-center bg-surface p-6",
    )


def _notice(sign: str, colours: str, title: Text, text: Text, action: rx.Component | None) -> rx.Component:
    return rx.el.div(
        rx.el.span(icon(sign), class_name=f"grid size-12 place-items-center rounded-chip {colours}"),
        rx.el.h2(title, class_name="mt-2 text-title font-strong"),
        rx.el.p(text, class_name="max-w-form text-quiet"),
        rx.el.div(action, class_name="mt-4") if action else rx.fragment(),
        class_name="flex flex-col items-center gap-1 px-4 py-8 text-center",
    )
