"""Taking money out, on /transfer."""

from __future__ import annotations

import reflex as rx

from shared_ui.withdraw_state import TakingOut


class TakeOut(TakingOut, rx.State):
    """A person's."""
