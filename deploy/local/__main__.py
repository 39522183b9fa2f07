"""`python -m deploy.local`: two of each behind the proxy, in the foreground until Ctrl-C; data in BATUA_DATA/fleet."""

from __future__ import annotations

import signal
import sys
import threading

from deploy.local.children import FleetRefused
from deploy.local.fleet import running_fleet
from deploy.local.tools import ToolMissing
from runtime.page_build import PageBuildFailed
from runtime.printed_table import print_table
from settings import data_folder
from shared_db.embedded_postgres import DatabaseRefused
from wallet.demo import PASSWORD


def main() -> None:
    """Until SIGINT or SIGTERM; what keeps it from starting is said in a sentence."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with running_fleet(data_folder() / "fleet", demo=True) as fleet:
            login = f"asha@batua.example / {PASSWORD}"
            print_table(
                "Two of each are up",
                ("what", "where", "demo login"),
                ("Wallet", fleet.user_url, login),
                ("Merchants", fleet.merchant_url, login.replace("asha", "chai")),
                ("Webhook server", fleet.webhook_url, ""),
                ("Bank, HDFC", f"{fleet.bank_url}/hdfc", "9876500001 / bank-demo-1"),
            )
            threading.Event().wait()
    except KeyboardInterrupt:
        pass
    except (FleetRefused, ToolMissing, DatabaseRefused, PageBuildFailed) as refused:
        sys.exit(str(refused))


if __name__ == "__main__":
    main()
