"""Reads a page again when a new day begins in Kolkata, for a counter that stands open over night."""

from __future__ import annotations

from typing import Any

import reflex as rx
from reflex_components_core.el.element import Element

# Kolkata is five and a half hours ahead of UTC, the whole year.
_WAITING = """
const pressAtMidnight = (button) => {
  if (!button) return;
  const day = 86_400_000, ahead = 19_800_000;
  const left = day - ((Date.now() + ahead) % day) + 1_000;
  setTimeout(() => {
    if (!button.isConnected) return;
    button.click();
    pressAtMidnight(button);
  }, left);
};
"""


class _MidnightButton(Element):
    tag = "button"

    type: rx.Var[str]

    def add_custom_code(self) -> list[str]:
        return [_WAITING]


def at_midnight(on_midnight: Any) -> rx.Component:  # noqa: ANN401 # Reflex's own type of an event
    return _MidnightButton.create(
        "Read again",
        type="button",
        on_click=on_midnight,
        custom_attrs={"ref": rx.Var("pressAtMidnight")},
        class_name="hidden",
    )
