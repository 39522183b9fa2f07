"""What a phone folds away until it is asked for, and a desktop always shows."""

from __future__ import annotations

from typing import Any

import reflex as rx

from shared_ui.icons import icon
from shared_ui.texts import Text, Truth, either, given


def folded(
    word: str,
    *content: rx.Component,
    part: str,
    is_open: Truth,
    on_press: Any,  # noqa: ANN401 # Reflex's own type of an event
    count: Text = "",
) -> rx.Component:
    """`word` is on the button that unfolds it; `count` says beside it how much in there is in use.

    `part` names it on its page. What is folded away keeps what was typed into it.
    """
    return rx.fragment(
        rx.el.button(
            rx.el.span(word),
            given(count, _count(count)),
            icon("down", "ml-auto size-5 transition-transform group-aria-expanded:rotate-180"),
            type="button",
            on_click=on_press,
            aria_expanded=either(is_open, "true", "false"),
            aria_controls=f"fold-{part}",
            class_name="group flex min-h-[48px] w-full items-center gap-2 rounded-card border border-edge px-3 "
            "text-label font-medium transition-colors hover:bg-accent-soft wide:hidden",
        ),
        rx.el.div(
            *content,
            custom_attrs={"id": f"fold-{part}", "data-open": either(is_open, "yes", "no")},
            class_name="flex flex-col gap-3 max-wide:data-[open=no]:hidden",
        ),
    )


def _count(count: Text) -> rx.Component:
    return rx.el.span(
        count,
        rx.el.span(" chosen", class_name="sr-only"),
        class_name="min-w-6 rounded-chip bg-accent px-2 py-[2px] text-center text-note font-strong text-accent-ink",
    )
