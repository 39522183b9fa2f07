"""Settings: production says what is wrong before it starts, a laptop needs none, the environment wins."""

import itertools
import stat
import threading
from pathlib import Path

import pytest
from pydantic import SecretStr, ValidationError

from runtime.dev_secrets import fill_in, read
from settings import ConfigurationRefused, Settings, settings

WEBHOOK_SECRET = "whsec_" + "QkFUVUEt" * 4
GOOD = {
    "BATUA_ENV": "prod",
    "JWT_SECRET": "j" * 32,
    "HDFC_BANK_API_KEY": "h" * 32,
    "AXIS_BANK_API_KEY": "a" * 32,
    "HDFC_WEBHOOK_SECRETS": WEBHOOK_SECRET,
    "AXIS_WEBHOOK_SECRETS": WEBHOOK_SECRET[:-2] + "==",
    "PUBLIC_USER_URL": "https://wallet.example",
    "PUBLIC_MERCHANT_URL": "https://shop.example",
    "HDFC_API_URL": "https://bank.example/hdfc/api",
    "AXIS_API_URL": "https://bank.example/axis/api",
}


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setenv("BATUA_DATA", str(tmp_path / "data"))
    settings.cache_clear()


def environment(monkeypatch: pytest.MonkeyPatch, **names: str | None) -> None:
    for name, text in names.items():
        if text is None:
            monkeypatch.delenv(name, raising=False)
        else:
            monkeypatch.setenv(name, text)


# Production


def test_production_starts_when_everything_is_in_order(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    environment(monkeypatch, **GOOD)

    given = settings()

    assert given.is_prod
    assert not given.demo
    assert given.allowed_origins == ()
    assert given.bank("hdfc").allowed_ips == ""
    assert not (tmp_path / "data").exists(), "production makes no secrets"


@pytest.mark.parametrize(
    ("name", "text", "sentence"),
    [
        *(
            (name, text, name)
            for name in GOOD
            if name.endswith(("SECRET", "SECRETS", "KEY"))
            for text in (None, "", "hunter-2", "x" * 23)
        ),
        ("HDFC_WEBHOOK_SECRETS", f"{WEBHOOK_SECRET},hunter-2", "HDFC_WEBHOOK_SECRETS"),
        ("API_ALLOWED_ORIGINS", "*", "API_ALLOWED_ORIGINS"),
        ("API_ALLOWED_ORIGINS", "https://wallet.example, *", "API_ALLOWED_ORIGINS"),
        ("API_ALLOWED_ORIGINS", "null", "API_ALLOWED_ORIGINS"),
        ("API_ALLOWED_ORIGINS", "https://wallet.example,null/", "API_ALLOWED_ORIGINS"),
        ("PUBLIC_USER_URL", None, "PUBLIC_USER_URL"),
        ("PUBLIC_USER_URL", "http://wallet.example", "PUBLIC_USER_URL"),
        ("PUBLIC_MERCHANT_URL", "http://shop.example", "PUBLIC_MERCHANT_URL"),
        ("HDFC_API_URL", None, "HDFC_API_URL"),
        ("HDFC_API_URL", "http://bank.example", "HDFC_API_URL"),
        ("AXIS_API_URL", "http://bank.example/axis", "AXIS_API_URL"),
        ("GOOGLE_ISSUER", "http://google.example", "GOOGLE_ISSUER"),
        ("GITHUB_BASE_URL", "http://github.example", "GITHUB_BASE_URL"),
        ("BATUA_DEMO", "1", "BATUA_DEMO"),
        ("API_OPEN_DIRECTORY", "1", "API_OPEN_DIRECTORY"),
        ("RATE_LIMIT_FACTOR", "100", "RATE_LIMIT_FACTOR"),
    ],
)
def test_production_refuses_to_start_and_names_the_setting(
    name: str, text: str | None, sentence: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    environment(monkeypatch, **(GOOD | {name: text}))

    with pytest.raises(ConfigurationRefused) as refused:
        settings()

    assert sentence in str(refused.value)
    assert "hunter-2" not in str(refused.value)


SECRET_SETTINGS = [name for name in GOOD if name.endswith(("SECRET", "SECRETS", "KEY"))]


@pytest.mark.parametrize(("one", "other"), list(itertools.combinations(SECRET_SETTINGS, 2)))
def test_production_refuses_one_secret_in_two_places(
    one: str, other: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    same = "the-very-same-secret-twice-over"
    environment(monkeypatch, **(GOOD | {one: same, other: same}))

    with pytest.raises(ConfigurationRefused) as refused:
        settings()

    assert "one secret stands in two" in str(refused.value)
    assert same not in str(refused.value)


@pytest.mark.parametrize("name", ["HDFC_ALLOWED_IPS", "AXIS_ALLOWED_IPS"])
@pytest.mark.parametrize("text", ["bank.example", "10.0.0.0/33", "10.0.0.1/8", "127.0.0.1, nobody", "*"])
def test_an_allow_list_that_is_no_list_of_networks_is_found_at_the_start(
    name: str, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    environment(monkeypatch, **{name: text})

    with pytest.raises(ValidationError, match=f"(?i){name}"):
        settings()


def test_production_names_every_fault_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    environment(monkeypatch, BATUA_ENV="prod", BATUA_DEMO="1", RATE_LIMIT_FACTOR="5")

    with pytest.raises(ConfigurationRefused) as refused:
        settings()

    for name in (*GOOD, "BATUA_DEMO", "RATE_LIMIT_FACTOR"):
        assert name in str(refused.value)


@pytest.mark.parametrize(
    "name",
    ["JWT_SECRET", "HDFC_BANK_API_KEY", "AXIS_BANK_API_KEY", "HDFC_WEBHOOK_SECRETS", "AXIS_WEBHOOK_SECRETS"],
)
def test_production_refuses_a_secret_that_was_generated_for_a_laptop(
    name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    generated = read(fill_in(tmp_path / "data"))
    environment(monkeypatch, **(GOOD | {name: generated[name]}))

    with pytest.raises(ConfigurationRefused, match=f"{name} was generated for development"):
        settings()


def test_production_never_reads_the_secrets_of_a_laptop(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    fill_in(tmp_path / "data")
    environment(monkeypatch, **(GOOD | {"JWT_SECRET": None}))

    with pytest.raises(ConfigurationRefused, match="JWT_SECRET is missing"):
        settings()


# A laptop


def test_a_laptop_makes_its_secrets_once_and_shows_them_to_nobody_else(tmp_path: Path) -> None:
    first = settings()
    settings.cache_clear()
    second = settings()

    path = tmp_path / "data" / "secrets.env"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert first == second
    for name, text in read(path).items():
        assert len(text) >= 24
        assert getattr(first, name.lower()).get_secret_value() == text
        assert text not in repr(first)
    assert len(set(read(path).values())) == len(read(path)) == 6


def test_two_laptops_have_different_secrets(tmp_path: Path) -> None:
    one, other = read(fill_in(tmp_path / "one")), read(fill_in(tmp_path / "other"))

    assert not set(one.values()) & set(other.values())


def test_five_processes_start_at_once_and_agree_on_the_secrets(tmp_path: Path) -> None:
    found: list[dict[str, str]] = []
    starters = [threading.Thread(target=lambda: found.append(read(fill_in(tmp_path)))) for _ in range(5)]

    for one in starters:
        one.start()
    for one in starters:
        one.join()

    assert len(found) == 5
    assert all(one == found[0] for one in found)


def test_a_secret_that_was_added_by_hand_stays(tmp_path: Path) -> None:
    (tmp_path / "secrets.env").write_text("JWT_SECRET=my-own\nGOOGLE_CLIENT_ID=x=y\n")

    kept = read(fill_in(tmp_path))

    assert (kept["JWT_SECRET"], kept["GOOGLE_CLIENT_ID"]) == ("my-own", "x=y")
    assert len(kept) == 7
    assert stat.S_IMODE((tmp_path / "secrets.env").stat().st_mode) == 0o600


def test_what_the_environment_says_wins(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    fill_in(tmp_path / "data")
    environment(monkeypatch, JWT_SECRET="from-the-environment", USER_APP_PORT="4000")

    given = settings()

    assert given.jwt_secret == SecretStr("from-the-environment")
    assert given.user_app_port == 4000
    assert given.user_url == "http://localhost:4000"


def test_an_empty_variable_counts_as_unset(monkeypatch: pytest.MonkeyPatch) -> None:
    environment(monkeypatch, JWT_SECRET="", USER_APP_PORT="", BATUA_DEMO="", DATABASE_URL="")

    given = settings()

    assert len(given.jwt_secret.get_secret_value()) >= 24
    assert (given.user_app_port, given.demo, given.database_url) == (3000, True, None)


def test_a_laptop_has_the_contracts_defaults() -> None:
    given = settings()

    assert given.allowed_origins == ("http://localhost:5173",)
    assert (given.on_ramp_limit_paise, given.transfer_limit_paise) == (1_00_00_000, 1_00_00_000)
    assert (given.transfer_day_limit_paise, given.jwt_hours, given.trusted_proxy_hops) == (2_00_00_000, 24, 0)
    assert not given.api_open_directory
    assert given.bank("axis").allowed_ips == "127.0.0.0/8,::1/128"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("BATUA_ENV", "production"),
        ("USER_APP_PORT", "0"),
        ("USER_APP_PORT", "65536"),
        ("USER_APP_PORT", "three thousand"),
        ("TRUSTED_PROXY_HOPS", "-1"),
        ("RATE_LIMIT_FACTOR", "0"),
        ("ON_RAMP_LIMIT_PAISE", "0"),
        ("JWT_HOURS", "0"),
        ("API_OPEN_DIRECTORY", "perhaps"),
    ],
)
def test_nonsense_in_a_setting_is_found_at_the_start(
    name: str, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    environment(monkeypatch, **{name: text})

    with pytest.raises(ValidationError, match=f"(?i){name}"):
        settings()


@pytest.mark.parametrize(
    ("given", "used"),
    [
        (None, "http://127.0.0.1:3003/hdfc/api"),
        ("https://bank.example", "https://bank.example/hdfc/api"),
        ("https://bank.example/", "https://bank.example/hdfc/api"),
        ("https://bank.example/hdfc", "https://bank.example/hdfc/api"),
        ("https://bank.example/hdfc/", "https://bank.example/hdfc/api"),
        ("https://bank.example/hdfc/api", "https://bank.example/hdfc/api"),
        ("https://bank.example/hdfc/api/", "https://bank.example/hdfc/api"),
        ("https://api.bank.example/v2/collect", "https://api.bank.example/v2/collect"),
    ],
)
def test_the_address_of_a_bank_may_be_written_in_three_ways(
    given: str | None, used: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    environment(monkeypatch, HDFC_API_URL=given)

    assert settings().bank("hdfc").api_url == used


def test_a_bank_that_changes_its_secret_has_two_newest_first(monkeypatch: pytest.MonkeyPatch) -> None:
    environment(monkeypatch, AXIS_WEBHOOK_SECRETS=" whsec_new , whsec_old ,")

    secrets = settings().bank("axis").webhook_secrets

    assert [one.get_secret_value() for one in secrets] == ["whsec_new", "whsec_old"]


def test_origins_are_read_with_blanks_and_slashes(monkeypatch: pytest.MonkeyPatch) -> None:
    environment(monkeypatch, API_ALLOWED_ORIGINS=" https://a.example/ ,https://b.example,")

    assert settings().allowed_origins == ("https://a.example", "https://b.example")


def test_two_data_folders_are_two_stacks(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    environment(monkeypatch, BATUA_DATA=str(tmp_path / "other"))

    given = settings()

    assert given.folder == tmp_path / "other"
    assert (tmp_path / "other" / "secrets.env").exists()
