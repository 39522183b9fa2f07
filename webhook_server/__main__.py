"""`python -m webhook_server`."""

from __future__ import annotations

from runtime.logs import configure
from runtime.serving import serve
from settings import settings_or_exit
from shared_db.address import database_address
from webhook_server.app import create_app


def main() -> None:
    configure("webhook_server")
    chosen = settings_or_exit()
    with database_address() as url:
        serve(
            create_app(chosen, url),
            host=chosen.bind_host,
            port=chosen.webhook_server_port,
            port_variable="WEBHOOK_SERVER_PORT",
            is_behind_proxy=chosen.trusted_proxy_hops > 0,
        )


if __name__ == "__main__":
    main()
