"""Every setting of Batua, read from the environment once.

The names are those of docs/contract.md, section 2. In dev, secrets that are not set are generated once into
`BATUA_DATA/secrets.env`; in prod a weak or generated one is a reason not to start (`ConfigurationRefused`).
"""

from __future__ import annotations

import functools
import sys
from pathlib import Path
from typing import Literal, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from runtime.addresses import networks
from runtime.dev_secrets import fill_in, read

ROOT = Path(__file__).resolve().parent
BANKS = ("hdfc", "axis")
_SECRETS = ("jwt_secret", *(f"{bank}_{key}" for bank in BANKS for key in ("bank_api_key", "webhook_secrets")))
_SHORTEST_SECRET_CHARACTERS = 24
_LOOPBACK = "127.0.0.0/8,::1/128"


class ConfigurationRefused(Exception):
    """A setting is missing, wrong or too weak for this environment; the text names it."""


class BankSettings(BaseModel, frozen=True):
    """How we and one bank reach and know each other."""

    name: str
    api_url: str
    """The address under which `/payments`, `/payouts` and so on stand; no slash at the end."""
    api_key: SecretStr
    webhook_secrets: tuple[SecretStr, ...]
    """`whsec_…`, newest first; any of them verifies."""
    allowed_ips: str
    """Comma list of CIDR ranges the bank calls from."""


class _Place(BaseSettings):
    """The two settings that say where the others are."""

    model_config = SettingsConfigDict(env_ignore_empty=True, extra="ignore")
    batua_env: Literal["dev", "prod"] = "dev"
    batua_data: Path = Path(".batua")

    @property
    def folder(self) -> Path:
        return (ROOT / self.batua_data).resolve()


class Settings(BaseSettings):
    """One object for the whole process; every field is the environment variable of the same name."""

    model_config = SettingsConfigDict(env_ignore_empty=True, extra="ignore", frozen=True)

    batua_env: Literal["dev", "prod"] = "dev"
    batua_data: Path = Path(".batua")
    batua_demo: bool | None = None

    bind_host: str = "127.0.0.1"
    user_app_port: int = Field(default=3000, ge=1, le=65535)
    merchant_app_port: int = Field(default=3001, ge=1, le=65535)
    webhook_server_port: int = Field(default=3002, ge=1, le=65535)
    dummy_bank_port: int = Field(default=3003, ge=1, le=65535)
    withdraw_service_port: int = Field(default=3004, ge=1, le=65535)

    database_url: SecretStr | None = None
    database_port: int | None = Field(default=None, ge=1, le=65535)
    database_password: SecretStr = SecretStr("")
    redis_url: SecretStr | None = None

    public_user_url: str = ""
    public_merchant_url: str = ""
    public_bank_url: str = ""

    hdfc_api_url: str = ""
    axis_api_url: str = ""
    hdfc_bank_api_key: SecretStr = SecretStr("")
    axis_bank_api_key: SecretStr = SecretStr("")
    hdfc_webhook_secrets: SecretStr = SecretStr("")
    axis_webhook_secrets: SecretStr = SecretStr("")
    hdfc_allowed_ips: str = ""
    axis_allowed_ips: str = ""
    jwt_secret: SecretStr = SecretStr("")
    metrics_token: SecretStr | None = None
    trusted_proxy_hops: int = Field(default=0, ge=0, le=8)

    rate_limit_factor: int = Field(default=1, ge=1, le=1_000_000)
    on_ramp_limit_paise: int = Field(default=1_00_00_000, ge=1)
    transfer_limit_paise: int = Field(default=1_00_00_000, ge=1)
    transfer_day_limit_paise: int = Field(default=2_00_00_000, ge=1)
    jwt_hours: int = Field(default=24, ge=1, le=24 * 90)

    api_allowed_origins: str = ""
    api_open_directory: bool = False

    google_client_id: str = ""
    google_client_secret: SecretStr = SecretStr("")
    google_issuer: str = "https://accounts.google.com"
    github_client_id: str = ""
    github_client_secret: SecretStr = SecretStr("")
    github_base_url: str = "https://github.com"

    @property
    def is_prod(self) -> bool:
        return self.batua_env == "prod"

    @property
    def folder(self) -> Path:
        """BATUA_DATA as an absolute path; a relative one counts from the project's root."""
        return (ROOT / self.batua_data).resolve()

    @property
    def demo(self) -> bool:
        return self.batua_demo if self.batua_demo is not None else not self.is_prod

    @property
    def user_url(self) -> str:
        return (self.public_user_url or f"http://localhost:{self.user_app_port}").rstrip("/")

    @property
    def merchant_url(self) -> str:
        return (self.public_merchant_url or f"http://localhost:{self.merchant_app_port}").rstrip("/")

    @property
    def bank_url(self) -> str:
        return (self.public_bank_url or f"http://localhost:{self.dummy_bank_port}").rstrip("/")

    @property
    def allowed_origins(self) -> tuple[str, ...]:
        """Who may call the REST API from a page of their own."""
        listed = self.api_allowed_origins or ("" if self.is_prod else "http://localhost:5173")
        return tuple(origin.strip().rstrip("/") for origin in listed.split(",") if origin.strip())

    def bank(self, name: str) -> BankSettings:
        """The settings of one of `BANKS`; a new bank is its adapter file and five fields here."""
        secrets: str = getattr(self, f"{name}_webhook_secrets").get_secret_value()
        return BankSettings(
            name=name,
            api_url=_api_url(getattr(self, f"{name}_api_url"), name, self.dummy_bank_port),
            api_key=getattr(self, f"{name}_bank_api_key"),
            webhook_secrets=tuple(SecretStr(one.strip()) for one in secrets.split(",") if one.strip()),
            allowed_ips=getattr(self, f"{name}_allowed_ips") or ("" if self.is_prod else _LOOPBACK),
        )

    @field_validator("hdfc_allowed_ips", "axis_allowed_ips")
    @classmethod
    def _is_a_list_of_networks(cls, given: str) -> str:
        networks(given)
        return given

    @model_validator(mode="after")
    def _fit_for_production(self) -> Self:
        if self.is_prod:
            faults = list(_production_faults(self))
            if faults:
                raise ConfigurationRefused("BATUA_ENV=prod refuses to start: " + "; ".join(faults))
        return self


def data_folder() -> Path:
    """BATUA_DATA alone, for what needs no secret; nothing is read or generated there."""
    return _Place().folder


@functools.cache
def settings() -> Settings:
    """The settings of this process. Raises ConfigurationRefused or pydantic's ValidationError."""
    place = _Place()
    if place.batua_env == "prod":
        return Settings()
    secrets_file = fill_in(place.folder)
    return Settings(_env_file=secrets_file)  # pyright: ignore[reportCallIssue] # pydantic-settings takes it


def settings_or_exit() -> Settings:
    """For the first line of a process: what is wrong ends it with sentences instead of a traceback."""
    try:
        return settings()
    except ConfigurationRefused as refused:
        sys.exit(str(refused))
    except ValidationError as error:
        sys.exit(
            "\n".join(f"{'.'.join(map(str, one['loc'])).upper()}: {one['msg']}" for one in error.errors())
        )


def _api_url(given: str, bank: str, dummy_bank_port: int) -> str:
    """Accept an origin, `…/hdfc` or the whole `…/hdfc/api`: what operators write differs."""
    url = (given or f"http://127.0.0.1:{dummy_bank_port}").rstrip("/")
    path = urlsplit(url).path
    if not path:
        return f"{url}/{bank}/api"
    return f"{url}/api" if path == f"/{bank}" else url


def _listed(given: Settings, name: str) -> list[str]:
    """The secrets a setting holds: webhook secrets are a comma list, in every other one a comma is a character."""
    text: str = getattr(given, name).get_secret_value()
    return [one.strip() for one in text.split(",")] if name.endswith("_webhook_secrets") else [text]


def _production_faults(given: Settings) -> list[str]:
    faults: list[str] = []
    generated = set(read(given.folder / "secrets.env").values())
    for name in (
        "jwt_secret",
        *(f"{bank}_{key}" for bank in BANKS for key in ("bank_api_key", "webhook_secrets")),
    ):
        for secret in _listed(given, name):
            if len(secret) < _SHORTEST_SECRET_CHARACTERS:
                faults.append(
                    f"{name.upper()} is missing or shorter than {_SHORTEST_SECRET_CHARACTERS} characters"
                )
            elif secret in generated:
                faults.append(f"{name.upper()} was generated for development")
    named = [
        secret for name in _SECRETS for secret in getattr(given, name).get_secret_value().split(",") if secret
    ]
    if len(set(named)) < len(named):
        faults.append("one secret stands in two of " + ", ".join(name.upper() for name in _SECRETS))
    if {"*", "null"} & set(given.allowed_origins):
        faults.append("API_ALLOWED_ORIGINS must not be * or null")
    public = {
        "PUBLIC_USER_URL (Secure cookies)": given.user_url,
        "PUBLIC_MERCHANT_URL (Secure cookies)": given.merchant_url,
        "GOOGLE_ISSUER": given.google_issuer,
        "GITHUB_BASE_URL": given.github_base_url,
    } | {f"{bank.upper()}_API_URL": given.bank(bank).api_url for bank in BANKS}
    faults += [f"{name} must be https" for name, url in public.items() if not url.startswith("https://")]
    if given.batua_demo:
        faults.append("BATUA_DEMO must not be 1")
    if given.api_open_directory:
        faults.append("API_OPEN_DIRECTORY must not be 1")
    if given.rate_limit_factor != 1:
        faults.append("RATE_LIMIT_FACTOR must be 1")
    return faults
