"""The merchants' app with Google and GitHub set up: a certified OpenID server, one like GitHub, a door to both."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from runtime.ports import free_port
from tests.e2e import github_like
from tests.e2e.github_like import GitHubLike
from tests.e2e.stack import ROOT, Stack, wait_for
from tests.npm_packages import installed, node

_PATIENCE_SECONDS = 120
_GOOGLE = {
    "GOOGLE_CLIENT_ID": "batua-tests",
    "GOOGLE_CLIENT_SECRET": "a-secret-of-the-tests-that-is-long-enough",
}


@dataclass
class ShopDoor:
    """Addresses have no slash at the end."""

    stack: Stack
    url: str
    """Of the merchants' app."""
    issuer: str
    """Of who plays Google."""
    github: GitHubLike


@contextmanager
def shop_door(stack: Stack, folder: Path) -> Generator[ShopDoor]:
    """A second merchant_app on the same database; its log lies in `folder`."""
    port, google_port = free_port(), free_port()
    url, issuer = f"http://localhost:{port}", f"http://localhost:{google_port}"
    settings = {
        **_GOOGLE,
        "GOOGLE_ISSUER": issuer,
        "MERCHANT_APP_PORT": str(port),
        "DATABASE_URL": stack.database_url,
        "GITHUB_CLIENT_ID": github_like.CLIENT_ID,
        "GITHUB_CLIENT_SECRET": github_like.CLIENT_SECRET,
    }
    openid = [node(), "server.mjs", str(google_port), f"{url}/auth/google/callback"]
    with (
        GitHubLike() as github,
        _process(
            openid, folder / "openid.log", cwd=installed(ROOT / "tests" / "oidc"), ends_with=-signal.SIGTERM
        ),
        _process(
            [sys.executable, "-m", "merchant_app", "--built"],
            folder / "merchant_app.log",
            cwd=ROOT,
            environment=stack.environment() | settings | {"GITHUB_BASE_URL": github.url},
        ),
    ):
        wait_for(lambda: httpx.get(f"{issuer}/jwks").is_success, "the OpenID server", _PATIENCE_SECONDS)
        wait_for(lambda: httpx.get(f"{url}/readyz").is_success, "the merchants' app", _PATIENCE_SECONDS)
        yield ShopDoor(stack, url, issuer, github)


@contextmanager
def _process(
    command: list[str],
    log: Path,
    *,
    cwd: Path,
    environment: dict[str, str] | None = None,
    ends_with: int = 0,
) -> Generator[None]:
    with log.open("wb") as written:
        process = subprocess.Popen(
            command, cwd=cwd, env=environment or {**os.environ}, stdout=written, stderr=written
        )
    try:
        yield
    finally:
        process.terminate()
        assert process.wait(20) == ends_with, log.read_text()[-2000:]
