"""Redis and the proxy as children: real ones, from the locked set or the system."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

from runtime.child import Child, ChildSpec
from runtime.ports import free_port
from settings import ROOT

_TOOLS = Path(sys.executable).parent


class ToolMissing(Exception):
    """A program that the fleet needs is not on this machine; the text says how to get it."""


def redis_server(port: int, *, logs: Path, folder: Path) -> Child:
    """With the options of compose.yaml: it keeps nothing."""
    command = (
        _found("redis-server"),
        *("--bind", "127.0.0.1", "--port", str(port), "--save", "", "--appendonly", "no"),
        *("--maxmemory", "256mb", "--maxmemory-policy", "volatile-lru", "--daemonize", "no"),
    )
    return Child(ChildSpec("redis", command, ("127.0.0.1", port)), logs=logs, folder=folder)


def caddy(
    doors: Mapping[str, tuple[int, int]], *, scheme: str, resolver: str, logs: Path, folder: Path
) -> Child:
    """The proxy with deploy/Caddyfile as it stands. `doors`: for each service its port outside and inside."""
    hosts = {"user_app": "USER", "merchant_app": "MERCHANT", "webhook_server": "WEBHOOK"}
    environment = {
        "ACME_EMAIL": "nobody@batua.example",
        "PROXY_RESOLVERS": f"resolvers {resolver}",
        "PROXY_FIGURES": f"http://127.0.0.1:{free_port()}",
        # Certificates of its own authority, which no browser and no system is told to trust.
        "PROXY_OPTIONS": "default_bind 127.0.0.1\nadmin off\nlocal_certs\nskip_install_trust\n"
        "auto_https disable_redirects",
        "XDG_DATA_HOME": str(folder / "proxy"),
        "XDG_CONFIG_HOME": str(folder / "proxy"),
    }
    for name, (outside, inside) in doors.items():
        # Reflex takes a page of https://localhost for one on port 443.
        names = ("localhost", "127.0.0.1") if scheme == "http" else ("127.0.0.1",)
        environment[f"{hosts[name]}_HOST"] = " ".join(f"{scheme}://{host}:{outside}" for host in names)
        environment[f"{name.upper()}_PORT"] = str(inside)
    command = (
        _found("caddy"),
        *("run", "--adapter", "caddyfile", "--config", str(ROOT / "deploy" / "Caddyfile")),
    )
    return Child(ChildSpec("proxy", command, ("127.0.0.1", 0), environment), logs=logs, folder=folder)


def _found(tool: str) -> str:
    path = shutil.which(tool, path=_TOOLS) or shutil.which(tool)
    if path is None:
        raise ToolMissing(f"{tool} is not on this machine: install it with the system's packages.")
    return path
