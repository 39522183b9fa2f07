"""What stands around a field: its label above, the hint and the problem below, bound to it for a screen reader."""

from __future__ import annotations

import reflex as rx

from shared_ui.icons import icon
from shared_ui.texts import Text, either, given, is_given

BOX = (
    "w-full min-w-0 min-h-[48px] rounded-card border border-edge bg-raised px-3 text-body text-ink "
    "transition-colors placeholder:text-quiet aria-invalid:border-bad "
    "aria-invalid:shadow-[inset_0_0_0_1px_var(--bad)]"
)


def labelled(
    field: rx.Component,
    *below: rx.Component,
    label: str,
    field_id: str,
    hint: Text,
    problem: Text,
    is_required: bool = True,
) -> rx.Component:
    return rx.el.div(
        rx.el.div(
            rx.el.label(label, html_for=field_id, class_name="text-label font-medium"),
            rx.fragment() if is_required else rx.el.span("Optional", class_name="text-note text-quiet"),
            class_name="flex items-baseline justify-between",
        ),
        field,
        _lines_below(field_id, hint=hint, problem=problem),
        *below,
        class_name="flex flex-col gap-1",
    )


def bound(field_id: str, *, hint: Text, problem: Text) -> dict[str, object]:
    """The attributes that bind a field to what stands around it.

    The id is an attribute like others: Reflex's own `id` would add the field to a form's values a second time.
    """
    lines = " ".join(
        f"{either(is_given(text), f'{field_id}-{line}', '')}"
        for line, text in (("hint", hint), ("problem", problem))
    ).strip()
    attributes: dict[str, object] = {
        "id": field_id,
        "aria-invalid": either(is_given(problem), "true", "false"),
    }
    return attributes | ({"aria-describedby": lines} if lines else {})


def _lines_below(field_id: str, *, hint: Text, problem: Text) -> rx.Component:
    """A problem is read out as soon as it is there."""
    return rx.el.div(
        given(
            hint, rx.el.p(hint, custom_attrs={"id": f"{field_id}-hint"}, class_name="text-label text-quiet")
        ),
        rx.el.div(
            given(
                problem,
                rx.el.p(
                    icon("warning", "mt-[2px] size-4"),
                    rx.el.span(problem),
                    custom_attrs={"id": f"{field_id}-problem"},
                    class_name="flex gap-1 text-label font-medium text-bad",
                ),
            ),
            aria_live="polite",
        ),
        class_name="flex flex-col gap-1",
    )
