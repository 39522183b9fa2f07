"""`python -m merchant_app`: the merchants' pages on MERCHANT_APP_PORT."""

from __future__ import annotations

from merchant_app.serve import create_app
from shared_ui.process import run

if __name__ == "__main__":
    run("merchant_app", create_app, port_variable="MERCHANT_APP_PORT")
