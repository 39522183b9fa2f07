"""The wallet's guard for handlers, and its open pages."""

from __future__ import annotations

import reflex as rx

from shared_ui.guard import Guard
from shared_ui.live import Live
from user_app.services import the_door

guard = Guard(the_door)


def _app() -> rx.App:
    from user_app.user_app import app

    return app


live = Live(_app, the_door)
