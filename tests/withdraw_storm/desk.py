"""`python -m tests.withdraw_storm.desk`: user_app's REST API over HTTP, without the pages beside it."""

from __future__ import annotations

from runtime.logs import configure
from runtime.probes import Probes
from runtime.serving import serve
from settings import settings_or_exit
from shared_db.address import database_address
from user_app.api.app import create_api


def main() -> None:
    configure("user_app")
    chosen = settings_or_exit()
    with database_address() as url:
        api = create_api(url, chosen)

        async def is_ready() -> bool:
            return await api.services.database.is_reachable()

        serve(
            Probes(api, is_ready=is_ready, is_prod=False, metrics_token=None),
            host=chosen.bind_host,
            port=chosen.user_app_port,
            port_variable="USER_APP_PORT",
        )


if __name__ == "__main__":
    main()
