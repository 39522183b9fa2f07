"""What surrounds every page: skip link, top bar and footer, and what is shown while the server is away."""

from __future__ import annotations

import reflex as rx
from reflex_components_core.core.banner import has_too_many_connection_errors

from shared_ui.elements import PlainLink
from shared_ui.icons import icon, mark

_WIDTH = "mx-auto w-full max-w-page px-4 wide:px-6"


def public_page(*sections: rx.Component, name: str, notes: rx.Component | None = None) -> rx.Component:
    """A page anybody may read. `name` stands in the top bar, `notes` at the left of the footer."""
    return rx.el.div(
        skip_link(),
        _top_bar(name),
        rx.el.main(*sections, id="main", tab_index=-1, class_name="grow outline-none"),
        _footer(notes),
        class_name="flex min-h-dvh flex-col",
    )


def skip_link() -> rx.Component:
    """The first stop of the keyboard: past the bars, to what the page is about."""
    return PlainLink.create(
        "Skip to content",
        href="#main",
        class_name="fixed left-4 top-2 z-20 -translate-y-16 rounded-card bg-accent px-4 py-3 text-label "
        "font-strong text-accent-ink focus:translate-y-0",
    )


def section(*content: rx.Component, title: str, anchor: str, lead: str = "") -> rx.Component:
    """One part of a public page under its heading."""
    return rx.el.section(
        rx.el.h2(title, id=anchor, class_name="text-heading font-strong"),
        rx.el.p(lead, class_name="mt-2 max-w-words text-quiet") if lead else rx.fragment(),
        rx.el.div(*content, class_name="mt-6"),
        aria_labelledby=anchor,
        class_name=f"{_WIDTH} py-8",
    )


def opening(*columns: rx.Component) -> rx.Component:
    """The first screen of a public page: words on the left, what they mean on the right."""
    return rx.el.div(
        *columns,
        class_name=f"{_WIDTH} grid items-center gap-8 py-8 wide:grid-cols-[7fr_5fr] wide:gap-12 wide:py-12",
    )


def while_server_is_away(_stateful: bool) -> rx.Component:  # noqa: FBT001 # Reflex calls it so
    """Says that the page is not live at the moment; the page itself stays readable."""
    notice = rx.el.p(
        "Connecting again. What you see may be a moment old.",
        class_name="fixed inset-x-4 bottom-[calc(var(--bar)+16px)] z-20 mx-auto max-w-words rounded-card border "
        "border-line bg-waiting-soft px-4 py-3 text-label text-waiting shadow-soft",
    )
    # Reflex puts the whole page into what is returned here: a fragment keeps it out of the live region.
    return rx.fragment(rx.el.div(rx.cond(has_too_many_connection_errors, notice), role="status"))


def colour_switch() -> rx.Component:
    return rx.el.button(
        icon("dark", "size-6 dark:hidden"),
        icon("light", "hidden size-6 dark:block"),
        rx.el.span("Light or dark", class_name="sr-only"),
        title="Light or dark",
        type="button",
        on_click=rx.toggle_color_mode,
        class_name="grid size-hit place-items-center rounded-chip text-quiet transition-colors "
        "hover:bg-accent-soft hover:text-ink",
    )


def _top_bar(name: str) -> rx.Component:
    return rx.el.header(
        rx.el.div(
            rx.el.a(
                mark(),
                rx.el.span(name, class_name="text-title font-strong"),
                href="/",
                class_name="flex min-h-hit items-center gap-3 rounded-card",
            ),
            rx.el.div(colour_switch(), class_name="-mr-3"),
            class_name=f"{_WIDTH} flex items-center justify-between py-2",
        ),
        class_name="sticky top-0 z-10 border-b border-line bg-surface pt-[env(safe-area-inset-top)]",
    )


def _footer(notes: rx.Component | None) -> rx.Component:
    return rx.el.footer(
        rx.el.div(
            notes or rx.fragment(),
            rx.el.p("Batua is Hindi for wallet. Amounts are in Indian rupees, times in IST."),
            class_name=f"{_WIDTH} flex flex-col gap-2 py-6 text-label text-quiet",
        ),
        class_name="border-t border-line pb-[env(safe-area-inset-bottom)]",
    )
