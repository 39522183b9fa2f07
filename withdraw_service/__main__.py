"""`python -m withdraw_service`."""

from __future__ import annotations

from runtime.logs import configure
from runtime.serving import serve
from settings import settings_or_exit
from shared_db.address import database_address
from withdraw_service.app import create_app


def main() -> None:
    configure("withdraw_service")
    chosen = settings_or_exit()
    with database_address() as url:
        serve(
            create_app(chosen, url),
            host=chosen.bind_host,
            port=chosen.withdraw_service_port,
            port_variable="WITHDRAW_SERVICE_PORT",
        )


if __name__ == "__main__":
    main()
