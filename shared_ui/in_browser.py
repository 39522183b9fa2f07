"""The few lines of our own that run in the browser: amounts grouped while typed, passwords and balances shown or not.

They stand in the pages' own script files, so that no page needs leave to run anything else.
"""

from __future__ import annotations

from typing import Any

import reflex as rx
from reflex_components_core.el.element import Element

GROUPING = r"""
const isAmount = (text) => /^([0-9]*|[1-9][0-9]?(,[0-9]{2})*,[0-9]{3})(\.[0-9]{0,2})?$/.test(text);
const withoutSigns = (text) => text.trim().replace(/^₹\s*/, "");
const plainAmount = (text) => isAmount(withoutSigns(text)) ? withoutSigns(text).replaceAll(",", "") : text;
const putIn = (was, typed) => {
  let start = 0, end = 0;
  const same = Math.min(was.length, typed.length);
  while (start < same && was[start] === typed[start]) start++;
  while (end < same - start && was.at(-1 - end) === typed.at(-1 - end)) end++;
  return typed.slice(start, typed.length - end);
};
const groupAmount = (event) => {
  const field = event.currentTarget;
  const typed = field.value;
  const was = field.dataset.was ?? "";
  field.dataset.was = typed;
  // Commas that stood there are ours and may move; a comma the person puts in stays, right or wrong.
  const areOurs = isAmount(was) && !(event.nativeEvent.data ?? putIn(was, typed)).includes(",");
  const text = areOurs ? typed.replaceAll(",", "") : typed;
  if (event.nativeEvent.isComposing || !isAmount(withoutSigns(text))) return;
  const [whole, ...paise] = plainAmount(text).split(".");
  const grouped = [whole.replace(/(\d)(?=(\d\d)+\d$)/g, "$1,"), ...paise].join(".");
  if (grouped === typed) return;
  let left = typed.slice(0, field.selectionStart).replace(/[^0-9.]/g, "").length;
  let caret = 0;
  while (left > 0) if (grouped[caret++] !== ",") left--;
  if (event.nativeEvent.inputType === "deleteContentForward" && grouped[caret] === ",") caret++;
  field.value = field.dataset.was = grouped;
  field.setSelectionRange(caret, caret);
};
const fillAmount = (event) => {
  const button = event.currentTarget;
  const field = button.closest("[data-amount]").querySelector("input");
  field.setRangeText(button.value, 0, field.value.length, "end");
  field.dispatchEvent(new Event("input", { bubbles: true }));
};
if (typeof document !== "undefined")
  document.addEventListener("formdata", (event) => {
    for (const field of event.target.querySelectorAll("[data-amount] input"))
      if (field.name) event.formData.set(field.name, plainAmount(field.value));
  });
"""
_REVEALING = """
const revealTyped = (event) => {
  const field = event.currentTarget.parentElement.querySelector("input");
  field.type = field.type === "password" ? "text" : "password";
};
"""
_HIDING = """
const showAmounts = (word) => { document.documentElement.dataset.amounts = word; };
const toggleAmounts = () => {
  const word = document.documentElement.dataset.amounts === "hidden" ? "shown" : "hidden";
  showAmounts(word);
  try { sessionStorage.setItem("amounts", word); } catch {}
};
if (typeof document !== "undefined") {
  try { showAmounts(sessionStorage.getItem("amounts") ?? "shown"); } catch {}
}
"""
_FOCUSING = """
const takeFocus = (element) => element?.focus();
"""

_SENDING = """
const sendOnce = (event) => {
  const form = event.currentTarget;
  if (form.dataset.sent) event.preventDefault();
  form.dataset.sent = "yes";
};
if (typeof window !== "undefined")
  window.addEventListener("pageshow", () => {
    for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
  });
"""

_DOWNLOADING = """
// As a navigation it would end the page's socket, though the page stays.
const downloadInstead = (event) => {
  event.preventDefault();
  const form = event.currentTarget;
  const link = document.createElement("a");
  link.href = form.action + "?" + new URLSearchParams(new FormData(form));
  link.download = "";
  link.click();
};
"""
_SEEING = """
const pressWhenSeen = (element) => {
  if (!element || element.dataset.watched) return;
  element.dataset.watched = "yes";
  new IntersectionObserver(([seen]) => {
    if (seen.isIntersecting) element.querySelector("button:not(:disabled)")?.click();
  }).observe(element);
};
"""
_PRINTING = """
const printPage = () => window.print();
"""

SEND_ONCE = rx.Var("sendOnce")
GROUP = rx.Var("groupAmount")
FILL = rx.Var("fillAmount")
REVEAL = rx.Var("revealTyped")
HIDE = rx.Var("toggleAmounts")
FOCUS = rx.Var("takeFocus")
PRESS_WHEN_SEEN = rx.Var("pressWhenSeen")
PRINT = rx.Var("printPage")


def plain_amount(event: rx.Var[object]) -> tuple[rx.Var[str]]:
    """What was typed into an amount, without commas that stand where they belong."""
    return (rx.Var(f"plainAmount({event}.target.value)", _var_type=str),)


class NativeForm(Element):
    """A form the browser itself sends, once, with its cookies and its page change. Reflex's own prevents that."""

    tag = "form"

    action: rx.Var[str]
    method: rx.Var[str]
    auto_complete: rx.Var[str]
    no_validate: rx.Var[bool]

    @classmethod
    def create(cls, *children: Any, **props: Any) -> Element:  # noqa: ANN401 # Reflex's own types
        return super().create(*children, custom_attrs={"onSubmit": SEND_ONCE}, **props)

    def add_custom_code(self) -> list[str]:
        return [_SENDING]


class DownloadForm(Element):
    """A form whose answer is a file, as often as one likes; the page stays."""

    tag = "form"

    action: rx.Var[str]
    method: rx.Var[str]

    @classmethod
    def create(cls, *children: Any, **props: Any) -> Element:  # noqa: ANN401 # Reflex's own types
        return super().create(*children, custom_attrs={"onSubmit": rx.Var("downloadInstead")}, **props)

    def add_custom_code(self) -> list[str]:
        return [_DOWNLOADING]


class Sentinel(Element):
    """Presses the button in it as soon as somebody has come so far down."""

    tag = "div"

    def add_custom_code(self) -> list[str]:
        return [_SEEING]


class _Button(Element):
    tag = "button"

    type: rx.Var[str]
    value: rx.Var[str]


class AmountInput(Element):
    tag = "input"

    type: rx.Var[str]
    name: rx.Var[str]
    default_value: rx.Var[str]
    auto_complete: rx.Var[str]
    required: rx.Var[bool]
    max_length: rx.Var[int]
    placeholder: rx.Var[str]
    on_change: rx.EventHandler[plain_amount]

    def add_custom_code(self) -> list[str]:
        return [GROUPING]


class FillButton(_Button):
    def add_custom_code(self) -> list[str]:
        return [GROUPING]


class RevealButton(_Button):
    def add_custom_code(self) -> list[str]:
        return [_REVEALING]


class HideButton(_Button):
    def add_custom_code(self) -> list[str]:
        return [_HIDING]


class PrintButton(_Button):
    def add_custom_code(self) -> list[str]:
        return [_PRINTING]


class Focused(Element):
    """A heading that takes the focus when it comes, so that a screen reader reads it."""

    tag = "h2"

    tab_index: rx.Var[int]

    def add_custom_code(self) -> list[str]:
        return [_FOCUSING]


class FocusedTitle(Focused):
    tag = "h1"


class FocusedLine(Focused):
    tag = "p"
