"""Fields of a form, and its buttons. What is typed stays in the browser until the form is sent.

A `field_id` must be given where two forms of one page have a field of the same name.
"""

from __future__ import annotations

from typing import Any, Literal

import reflex as rx
from reflex.event import EventType

from money.rupees import format_rupees
from shared_ui.choices import select_field
from shared_ui.icons import icon
from shared_ui.in_browser import FILL, GROUP, REVEAL, AmountInput, FillButton, RevealButton
from shared_ui.labelled import BOX, bound, labelled
from shared_ui.texts import Text, Truth, either, is_given

Kind = Literal["text", "email", "tel", "search", "password"]
InputMode = Literal["text", "email", "tel", "numeric", "decimal", "search"]

QUICK_RUPEES = (100, 500, 1000, 2000)
_LONGEST_PASSWORD = 200
_TYPING_PAUSE_MILLISECONDS = 250
_LONGEST_AMOUNT = 24
_FRAME = (
    "rounded-card border border-edge bg-raised outline-offset-2 outline-accent focus-within:outline-2 "
    "has-aria-invalid:border-bad has-aria-invalid:shadow-[inset_0_0_0_1px_var(--bad)]"
)
_BUTTON = (
    "inline-flex min-h-[48px] w-full items-center justify-center gap-2 rounded-card px-6 py-3 font-strong "
    "transition-opacity enabled:hover:opacity-90 disabled:cursor-default disabled:opacity-60"
)


def text_field(  # noqa: PLR0913 # all but two are named, and few of them at a time
    label: str,
    name: str,
    *,
    kind: Kind = "text",
    value: Text = "",
    hint: Text = "",
    problem: Text = "",
    autocomplete: str = "off",
    input_mode: InputMode = "text",
    is_required: bool = True,
    max_length: int = 100,
    field_id: str = "",
    class_name: str = "",
) -> rx.Component:
    field_id = field_id or f"field-{name}"
    field = rx.el.input(
        type=kind,
        name=name,
        default_value=value,
        auto_complete=autocomplete,
        required=is_required,
        max_length=max_length,
        custom_attrs={
            "inputMode": input_mode,
            **_as_typed(kind),
            **bound(field_id, hint=hint, problem=problem),
        },
        class_name=f"{BOX} {class_name}",
    )
    if kind == "password":
        field = _with_reveal(field, field_id)
    return labelled(
        field, label=label, field_id=field_id, hint=hint, problem=problem, is_required=is_required
    )


def password_field(
    label: str = "Password",
    name: str = "password",
    *,
    autocomplete: Literal["current-password", "new-password"] = "current-password",
    hint: Text = "",
    problem: Text = "",
    field_id: str = "",
) -> rx.Component:
    """With a button that shows what is typed; it works in the browser alone."""
    return text_field(
        label,
        name,
        kind="password",
        hint=hint,
        problem=problem,
        autocomplete=autocomplete,
        max_length=_LONGEST_PASSWORD,
        field_id=field_id,
        class_name="pr-[76px]",
    )


def code_field(
    label: str,
    name: str,
    *,
    digits: int = 6,
    hint: Text = "",
    problem: Text = "",
    field_id: str = "",
) -> rx.Component:
    """A code that was sent to the person; phones offer it from the message."""
    return text_field(
        label,
        name,
        hint=hint,
        problem=problem,
        autocomplete="one-time-code",
        input_mode="numeric",
        max_length=digits,
        field_id=field_id,
        class_name="text-title font-strong tracking-[0.3em]",
    )


def amount_field(
    *,
    words: Text,
    problem: Text,
    limit: Text,
    on_typed: EventType[str],
    name: str = "amount",
    value: Text = "",
    quick: tuple[int, ...] | rx.Component = QUICK_RUPEES,
    field_id: str = "field-amount",
) -> rx.Component:
    """How many rupees. Grouped while typed; the form and `on_typed` get it without the commas.

    `words` says the amount in words, `limit` is a sentence said in advance. What is no amount stays as typed.
    `quick` are amounts to fill in by one press, or a `fill_button`.
    """
    field = AmountInput.create(
        type="text",
        name=name,
        default_value=value,
        auto_complete="off",
        required=True,
        max_length=_LONGEST_AMOUNT,
        placeholder="0",
        on_change=_after_a_pause(on_typed),
        custom_attrs={
            "inputMode": "decimal",
            "enterKeyHint": "done",
            "onInput": GROUP,
            **bound(field_id, hint=limit, problem=problem),
        },
        class_name="w-full min-w-0 bg-transparent text-amount font-strong outline-none placeholder:text-quiet",
    )
    box = rx.el.div(
        rx.el.div(
            rx.el.span("₹", class_name="text-heading text-quiet", aria_hidden="true"),
            field,
            class_name="flex items-center gap-2",
        ),
        # The limit makes room for the words, and stays for a screen reader.
        rx.el.p(
            limit,
            custom_attrs={"id": f"{field_id}-hint"},
            class_name=["text-label text-quiet", either(is_given(words), "sr-only", "")],
        ),
        rx.el.p(words, aria_live="polite", class_name="text-label font-medium text-accent"),
        class_name=f"{_FRAME} min-h-[94px] px-4 py-3",
    )
    return rx.el.div(
        labelled(
            box,
            _quick_amounts(quick) if isinstance(quick, tuple) else quick,
            label="Amount",
            field_id=field_id,
            hint="",
            problem=problem,
        ),
        custom_attrs={"data-amount": "true"},
    )


def bank_picker(
    banks: list[tuple[str, str]],
    *,
    name: str = "bank",
    note: Text = "",
    problem: Text = "",
    field_id: str = "field-bank",
) -> rx.Component:
    """`banks` are pairs of what is sent and what is read, the first of them chosen; `note` says how they are."""
    return select_field("Bank", name, banks, note=note, problem=problem, field_id=field_id)


def submit_button(label: Text, *, is_busy: Truth = False) -> rx.Component:
    """The one thing to press on this form."""
    return _button(label, is_busy, kind="submit", colours="bg-accent text-accent-ink shadow-soft")


def danger_button(label: Text, *, is_busy: Truth = False) -> rx.Component:
    """Sends a form whose effect cannot be taken back."""
    return _button(label, is_busy, kind="submit", colours="bg-bad text-bad-ink")


def quiet_button(
    label: Text,
    *,
    on_click: EventType[()] | None = None,
    is_busy: Truth = False,
    is_off: Truth = False,
) -> rx.Component:
    """The second thing to press. It sends the form it stands in, unless it does something of its own.

    One that `is_off` cannot be pressed; what stands beside it says why.
    """
    colours = "border border-edge text-ink"
    if on_click is None:
        return _button(label, is_busy, kind="submit", colours=colours, is_off=is_off)
    return _button(label, is_busy, kind="button", colours=colours, is_off=is_off, on_click=on_click)


def action_bar(*buttons: rx.Component) -> rx.Component:
    """The buttons of a form. While somebody types on a phone they stay in sight, above the keyboard."""
    return rx.el.div(*buttons, class_name="action-bar flex flex-col gap-2 bg-raised py-2")


def _button(
    label: Text,
    is_busy: Truth,
    *,
    kind: Literal["submit", "button"],
    colours: str,
    is_off: Truth = False,
    **events: Any,  # noqa: ANN401 # Reflex's own type of an event
) -> rx.Component:
    return rx.el.button(
        rx.cond(is_busy, icon("busy", "size-4 animate-spin"), rx.fragment()),
        rx.el.span(label, class_name="min-w-0 [overflow-wrap:anywhere]"),
        type=kind,
        disabled=is_busy if is_off is False else is_off,
        class_name=f"{_BUTTON} {colours}",
        **events,
    )


def fill_button(label: Text, amount: Text) -> rx.Component:
    """Fills this amount into the `amount_field` it belongs to."""
    return FillButton.create(
        label,
        type="button",
        value=amount,
        custom_attrs={"onClick": FILL},
        class_name="mt-1 min-h-hit self-start rounded-chip border border-edge px-4 text-label font-medium "
        "transition-colors hover:bg-accent-soft",
    )


def _quick_amounts(rupees: tuple[int, ...]) -> rx.Component:
    if not rupees:
        return rx.fragment()
    return rx.el.div(
        *(
            FillButton.create(
                format_rupees(amount * 100).removesuffix(".00"),
                type="button",
                value=str(amount),
                custom_attrs={"onClick": FILL},
                class_name="min-h-hit rounded-chip border border-edge text-label font-medium "
                "transition-colors hover:bg-accent-soft",
            )
            for amount in rupees
        ),
        class_name="mt-1 grid grid-cols-4 gap-1 min-[360px]:gap-2 tablet:max-w-form",
    )


def _with_reveal(field: rx.Component, field_id: str) -> rx.Component:
    return rx.el.div(
        field,
        RevealButton.create(
            rx.el.span("Show", class_name="group-has-[[type=text]]:hidden"),
            rx.el.span("Hide", class_name="hidden group-has-[[type=text]]:inline"),
            type="button",
            custom_attrs={"onClick": REVEAL, "aria-controls": field_id},
            class_name="absolute inset-y-0 right-0 min-w-[68px] rounded-card px-3 text-label font-medium text-accent",
        ),
        class_name="group relative",
    )


def _as_typed(kind: Kind) -> dict[str, str]:
    """No capital letters and no corrections in what is no prose."""
    return {"autoCapitalize": "none", "spellCheck": "false"} if kind in {"email", "password"} else {}


def _after_a_pause(on_typed: Any) -> Any:  # noqa: ANN401 # Reflex's own type of an event
    return on_typed.debounce(_TYPING_PAUSE_MILLISECONDS)
