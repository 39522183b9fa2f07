"""The guard for handlers of this process's web app, and its open pages."""

from __future__ import annotations

from shared_ui.guard import Guard
from shared_ui.live import Live
from shared_ui.services import the_door

guard = Guard(the_door)
live = Live(the_door)
