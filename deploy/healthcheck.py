"""Whether the process of this container can do its work: exit 0 or 1. Runs by path; the standard library must do.

A worker that may send nothing while our books do not add up can do its work: a release must not go back over it.
"""

from __future__ import annotations

import os
import sys
import urllib.error
import urllib.request
from pathlib import Path

_PORTS = {
    "user_app": ("USER_APP_PORT", "3000"),
    "merchant_app": ("MERCHANT_APP_PORT", "3001"),
    "webhook_server": ("WEBHOOK_SERVER_PORT", "3002"),
    "withdraw_service": ("WITHDRAW_SERVICE_PORT", "3004"),
}
_OUTGOING_STOPPED = b'"outgoing":"stopped"'


def main() -> int:
    """The first process of a container knows what it was started as."""
    words = Path("/proc/1/cmdline").read_text().split("\0")
    named = [name for name in _PORTS if name in words]
    if not named:
        return 0  # a command that ends by itself, such as the migration
    variable, default = _PORTS[named[0]]
    url = f"http://127.0.0.1:{os.environ.get(variable) or default}/readyz"
    try:
        with urllib.request.urlopen(url, timeout=3) as answer:  # a port of our own
            return 0 if answer.status == 200 else 1  # noqa: PLR2004 # OK
    except urllib.error.HTTPError as refused:
        return 0 if _OUTGOING_STOPPED in refused.read() else 1
    except OSError:
        return 1


if __name__ == "__main__":
    sys.exit(main())
