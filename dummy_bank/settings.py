"""The bank's own settings; it shares names with Batua's, and nothing else."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from runtime.dev_secrets import fill_in

ROOT = Path(__file__).resolve().parent.parent


class NotInProduction(Exception):
    """BATUA_ENV=prod: the dummy bank does not start. It gives everybody money that is not there."""


class Settings(BaseSettings):
    """Every field is the environment variable of the same name."""

    model_config = SettingsConfigDict(env_ignore_empty=True, extra="ignore", frozen=True)

    batua_env: Literal["dev", "prod"] = "dev"
    batua_data: Path = Path(".batua")
    bind_host: str = "127.0.0.1"
    dummy_bank_port: int = Field(default=3003, ge=1, le=65535)
    user_app_port: int = Field(default=3000, ge=1, le=65535)
    webhook_server_port: int = Field(default=3002, ge=1, le=65535)
    public_bank_url: str = ""
    public_user_url: str = ""
    public_merchant_url: str = ""
    bank_webhook_url: str = ""
    hdfc_bank_api_key: SecretStr = SecretStr("")
    axis_bank_api_key: SecretStr = SecretStr("")
    hdfc_webhook_secrets: SecretStr = SecretStr("")
    axis_webhook_secrets: SecretStr = SecretStr("")

    @property
    def books_path(self) -> Path:
        """A relative BATUA_DATA counts from the project's root."""
        return (ROOT / self.batua_data).resolve() / "dummy_bank" / "books.sqlite3"

    @cached_property
    def public_url(self) -> str:
        return (self.public_bank_url or f"http://localhost:{self.dummy_bank_port}").rstrip("/")

    @cached_property
    def own_origins(self) -> frozenset[str]:
        """Where our own pages stand, as a browser's `Origin` header has it."""
        return _origins(self.public_url, self.dummy_bank_port)

    @cached_property
    def merchant_origins(self) -> frozenset[str]:
        """Where the merchant "Batua" may have our customers sent back to."""
        return _origins(self.public_user_url, self.user_app_port)

    @cached_property
    def merchant_home(self) -> str:
        """A way back for a customer whose payment we do not know."""
        return (self.public_user_url or f"http://localhost:{self.user_app_port}").rstrip("/") + "/"

    def api_key(self, bank: str) -> str:
        secret: SecretStr = getattr(self, f"{bank}_bank_api_key")
        return secret.get_secret_value()

    def newest_webhook_secret(self, bank: str) -> str:
        secrets: SecretStr = getattr(self, f"{bank}_webhook_secrets")
        return secrets.get_secret_value().split(",")[0].strip()

    def webhook_url(self, bank: str) -> str:
        """BANK_WEBHOOK_URL may be an origin, `…/webhooks`, or a text with `{bank}` in it."""
        url = (self.bank_webhook_url or f"http://127.0.0.1:{self.webhook_server_port}").rstrip("/")
        if "{bank}" in url:
            return url.replace("{bank}", bank)
        return f"{url}/{bank}" if urlsplit(url).path else f"{url}/webhooks/{bank}"


def load() -> Settings:
    """The settings of this process. Raises NotInProduction."""
    place = Settings()
    if place.batua_env == "prod":
        raise NotInProduction(NotInProduction.__doc__)
    secrets_file = fill_in((ROOT / place.batua_data).resolve())
    return Settings(_env_file=secrets_file)  # pyright: ignore[reportCallIssue] # pydantic-settings takes it


def origin_of(url: str) -> str | None:
    """`scheme://host[:port]` in lower case, without the scheme's own port; None where a URL has none."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    if parts.scheme not in {"http", "https"} or not parts.hostname or "@" in parts.netloc:
        return None
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    usual = 443 if parts.scheme == "https" else 80
    return f"{parts.scheme}://{host}" + (f":{port}" if port and port != usual else "")


def _origins(public_url: str, port: int) -> frozenset[str]:
    urls = (public_url, f"http://localhost:{port}", f"http://127.0.0.1:{port}")
    return frozenset(origin for url in urls if (origin := origin_of(url)))
