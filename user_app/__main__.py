"""`python -m user_app`: the wallet's pages and REST API on USER_APP_PORT."""

from __future__ import annotations

from shared_ui.process import run
from user_app.serve import create_app

if __name__ == "__main__":
    run("user_app", create_app, port_variable="USER_APP_PORT")
