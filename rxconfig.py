"""How Reflex builds and serves one of the two web apps; WALLET_APP says which.

Both apps name the same packages, versions included, because they share `reflex.lock/`. A build knows no
settings: one build serves every host, port and environment. They are read when the built pages are served.
"""

from __future__ import annotations

import os
from typing import Any

import reflex as rx
from reflex.environment import environment

from settings import settings
from shared_ui.one_build import AnyHostPlugin
from shared_ui.theme import MERCHANT, USER, plugins

APPS = {"user_app": USER, "merchant_app": MERCHANT}
app_name = os.environ.get("WALLET_APP", "user_app")
if app_name not in APPS:
    raise SystemExit(f"WALLET_APP must be one of {', '.join(APPS)}, not {app_name!r}.")


def _where_served() -> dict[str, Any]:
    if not environment.REFLEX_SKIP_COMPILE.get():
        return {}
    given = settings()
    port, public = (
        (given.user_app_port, given.user_url)
        if app_name == "user_app"
        else (given.merchant_app_port, given.merchant_url)
    )
    local = (f"http://localhost:{port}", f"http://127.0.0.1:{port}")
    redis_url = given.redis_url.get_secret_value() if given.redis_url else None
    return {
        "frontend_port": port,
        "backend_port": port,
        "api_url": public,
        "deploy_url": public,
        "cors_allowed_origins": (public,) if given.is_prod else tuple(dict.fromkeys((public, *local))),
        "trusted_proxy_hops": given.trusted_proxy_hops,
        "redis_url": redis_url,
        "state_manager_mode": (
            rx.constants.StateManagerMode.REDIS if redis_url else rx.constants.StateManagerMode.MEMORY
        ),
    }


config = rx.Config(
    app_name=app_name,
    app_module_import=f"{app_name}.{app_name}",
    # The first is loaded by user_app/scanner.py alone; both apps name it, because they share a lock.
    frontend_packages=["jsqr@1.4.0"],
    frontend_compression_formats=["brotli", "gzip"],
    telemetry_enabled=False,
    show_built_with_reflex=False,
    plugins=[*plugins(APPS[app_name]), AnyHostPlugin()],
    disable_plugins=[rx.plugins.SitemapPlugin],
    **_where_served(),
)
