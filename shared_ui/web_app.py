"""One Reflex app in our look, to which each web app adds its pages."""

from __future__ import annotations

import logging

import reflex as rx

from shared_ui.not_found import not_found
from shared_ui.shell import while_server_is_away
from shared_ui.theme import DARK, LIGHT

# With a level of their own they do not print past our log.
for name in ("engineio.server", "socketio.server"):
    logging.getLogger(name).setLevel(logging.WARNING)

_OVERLAY = (5, "Overlay")


def new_web_app(name: str, *, icon_file: str) -> rx.App:
    """An app without pages. `name` is what people read, `icon_file` stands in assets/."""
    app = rx.App(
        html_lang="en-IN",
        reset_style=False,  # Tailwind's own reset does it
        toaster=None,
        head_components=[
            rx.el.meta(
                name="viewport",
                # The keyboard makes the page smaller, so that what sticks to its bottom stays in sight.
                content="width=device-width, initial-scale=1, viewport-fit=cover, interactive-widget=resizes-content",
            ),
            rx.el.link(rel="icon", href=f"/{icon_file}", type="image/svg+xml"),
            *(
                rx.el.meta(
                    name="theme-color",
                    content=colours["surface"],
                    custom_attrs={"media": f"(prefers-color-scheme: {scheme})"},
                )
                for scheme, colours in (("light", LIGHT), ("dark", DARK))
            ),
        ],
    )
    # Reflex's own overlay would show visitors the address of our server.
    assert _OVERLAY in app.app_wraps, "this Reflex names its overlay differently"
    app.app_wraps[_OVERLAY] = while_server_is_away
    app.add_page(not_found(name), route="404", title=f"Page not found | {name}", image=icon_file)
    return app
