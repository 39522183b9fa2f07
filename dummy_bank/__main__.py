"""`python -m dummy_bank`: serve both banks until told to stop."""

from __future__ import annotations

import sys

from dummy_bank.app import create_app
from dummy_bank.settings import NotInProduction, load
from runtime import logs
from runtime.serving import serve


def main() -> None:
    logs.configure("dummy_bank")
    try:
        settings = load()
    except NotInProduction as refusal:
        sys.exit(str(refusal))
    serve(
        create_app(settings),
        host=settings.bind_host,
        port=settings.dummy_bank_port,
        port_variable="DUMMY_BANK_PORT",
    )


if __name__ == "__main__":
    main()
