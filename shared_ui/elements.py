"""Plain HTML elements where Reflex's own do more than is wanted."""

from __future__ import annotations

import reflex as rx
from reflex_components_core.el.element import Element


class PlainLink(Element):
    """A link the browser itself follows: to a place on this page, or to what is not one of the app's pages."""

    tag = "a"

    href: rx.Var[str]
