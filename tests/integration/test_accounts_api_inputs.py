"""The REST API of accounts and whatever strangers send it: hostile bodies, the directory, and other sites' pages."""

import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import httpx
import pytest
from pydantic import SecretStr

from tests.town import Books, in_process, wallet_settings
from user_app.api.app import create_api

REFUSALS = {
    "/api/v1/user/signup": "Email already taken / Incorrect inputs",
    "/api/v1/user/signin": "Error while logging in",
    "/api/v1/user": "Error while updating information",
}
FIELDS = {
    "/api/v1/user/signup": ("username", "firstName", "lastName", "password"),
    "/api/v1/user/signin": ("username", "password"),
    "/api/v1/user": ("firstName", "lastName", "password"),
}
EVERY_FIELD = [(path, field) for path, fields in FIELDS.items() for field in fields]
GOOD = {"username": "new@x.example", "firstName": "New", "lastName": "Person", "password": "batua-1"}


class Api:
    """The API of one wallet, with Asha signed in."""

    def __init__(self, url: str, folder: Path, stack: AsyncExitStack) -> None:
        self.books = Books(url)
        self._folder = folder
        self._stack = stack

    async def opened(self, **settings: object) -> httpx.AsyncClient:
        given = {"rate_limit_factor": 100_000} | settings
        app = create_api(self.books.url, wallet_settings(self._folder, **given))
        return await self._stack.enter_async_context(in_process(app))


@pytest.fixture
async def api(database_url: str, tmp_path: Path) -> AsyncIterator[Api]:
    async with AsyncExitStack() as stack:
        api = Api(database_url, tmp_path, stack)
        yield api
        await api.books.close()


async def token_of(client: httpx.AsyncClient, **changes: str) -> str:
    answer = await client.post("/api/v1/user/signup", json=GOOD | {"username": "asha@x.example"} | changes)
    assert answer.status_code == 200, answer.text
    return answer.json()["token"]


@pytest.fixture
async def client(api: Api) -> httpx.AsyncClient:
    client = await api.opened()
    client.headers["Authorization"] = f"Bearer {await token_of(client)}"
    return client


async def send(client: httpx.AsyncClient, path: str, content: bytes | str, **headers: str) -> httpx.Response:
    method = "PUT" if path == "/api/v1/user" else "POST"
    given = {"Content-Type": "application/json"} | headers
    return await client.request(method, path, content=content, headers=given)


async def refused_all(
    api: Api, client: httpx.AsyncClient, bodies: dict[str, tuple[str, bytes | str]]
) -> None:
    """Every body, by its name and path, gets the route's own refusal, and nothing is written."""
    before = await api.books.ask("SELECT id, email, first_name, last_name FROM users")

    found = {}
    for name, (path, body) in bodies.items():
        answer = await send(client, path, body)
        if (answer.status_code, answer.text) != (411, json_text({"message": REFUSALS[path]})):
            found[name] = (answer.status_code, answer.text[:200])

    assert found == {}
    assert await api.books.ask("SELECT id, email, first_name, last_name FROM users") == before


def json_text(body: object) -> str:
    return json.dumps(body, separators=(",", ":"), ensure_ascii=False)


# Bodies


NO_OBJECTS = [
    *(b"", b" ", b"null", b"true", b"7", b"1.5", b'"text"', b"[]", b"[{}]", b"{", b"{}}", b"NaN"),
    *(b"{'username': 'a'}", b'{"username"}', b'{"username": NaN}', b'{"username": "\x00"}'),
    *(b"\xff\xfe{}", b'{"username": "\xff"}', b"\xef\xbb\xbf{}", "{}".encode("utf-16")),
    *(b"[" * 30_000, b'{"a":' * 10_000 + b"1" + b"}" * 10_000),
    *(b"9" * 5_000, b'{"username": ' + b"9" * 5_000 + b"}"),
]


async def test_a_body_that_is_no_such_object_is_the_routes_own_refusal(
    api: Api, client: httpx.AsyncClient
) -> None:
    bodies = {f"{path} {body[:20]!r}": (path, body) for path in REFUSALS for body in NO_OBJECTS}

    await refused_all(api, client, bodies)


async def test_a_body_of_a_megabyte_is_the_routes_own_refusal_too(
    api: Api, client: httpx.AsyncClient
) -> None:
    large = (b"x" * 1_000_000, b'{"username": "' + b"x" * 1_000_000 + b'"}')

    bodies = {f"{path} {body[:20]!r}": (path, body) for path in REFUSALS for body in large}

    await refused_all(api, client, bodies)


async def test_a_field_of_another_kind_is_refused_wherever_it_stands(
    api: Api, client: httpx.AsyncClient
) -> None:
    wrong = (7, 1.5, True, ["x"], {"x": "y"}, {"$ne": ""}, {"text": "x"}, [], "")

    bodies = {
        f"{path} {field} {one}": body_with(path, field, one) for path, field in EVERY_FIELD for one in wrong
    }

    await refused_all(api, client, bodies)


def body_with(path: str, field: str, wrong: object) -> tuple[str, str]:
    return path, json.dumps({name: GOOD[name] for name in FIELDS[path]} | {field: wrong})


HALVES = ("\\ud800", "\\udfff", "ab\\ud83dcdefg", "\\udc00\\ud800", "x\\ud800@x.example")


async def test_half_a_character_is_refused_in_every_field_that_is_shown(
    api: Api, client: httpx.AsyncClient
) -> None:
    bodies = {
        f"{path} {field} {half}": (path, body_with(path, field, "HALF")[1].replace("HALF", half))
        for path, field in EVERY_FIELD
        for half in HALVES
        if field != "password"
    }

    await refused_all(api, client, bodies)


async def test_half_a_character_in_a_password_is_never_our_error(client: httpx.AsyncClient) -> None:
    sent = [
        await send(client, path, body_with(path, "password", "HALF")[1].replace("HALF", half))
        for path in FIELDS
        for half in HALVES
    ]

    assert {one.status_code for one in sent} <= {200, 411}


async def test_a_field_outside_its_limits_is_refused(api: Api, client: httpx.AsyncClient) -> None:
    outside = {
        "username": ("asha", "@x.example", "a@", "a b@x.example", "a@x", "a@x.example\x00", "<a@x.example>"),
        "firstName": (" ", "x" * 51, "a\x00b", "a\nb", "a\u202eb", "\u200b", "\u200b\u2060", "\x1b[31m"),
        "lastName": ("x" * 51, "\x00" * 6),
        "password": ("five5", "x" * 257, "x" * 60_000),
    }
    outside["username"] += ("a@" + "x" * 250 + ".example", "a@x.example\r\nBcc: b@x.example")

    path = "/api/v1/user/signup"
    bodies = {f"{name} {one[:12]!r}": body_with(path, name, one) for name in outside for one in outside[name]}

    await refused_all(api, client, bodies)


@pytest.mark.parametrize("path", ["/api/v1/user/signup", "/api/v1/user/signin"])
async def test_null_and_missing_fields_are_refused(api: Api, client: httpx.AsyncClient, path: str) -> None:
    good = {name: GOOD[name] for name in FIELDS[path]}
    nulls = {f"null {name}": (path, json.dumps(good | {name: None})) for name in good}
    missing = {
        f"no {name}": (path, json.dumps({other: text for other, text in good.items() if other != name}))
        for name in good
    }

    await refused_all(api, client, nulls | missing | {"none": (path, "{}")})


@pytest.mark.parametrize("path", REFUSALS)
async def test_a_field_we_do_not_know_is_refused(api: Api, client: httpx.AsyncClient, path: str) -> None:
    good = {name: GOOD[name] for name in FIELDS[path]}
    extras = ("balance", "_id", "isAdmin", "first_name", "", "__proto__")

    await refused_all(api, client, {one: (path, json.dumps(good | {one: "x"})) for one in extras})


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"]
)
async def test_a_form_of_another_sites_page_is_no_sign_up(
    api: Api, client: httpx.AsyncClient, kind: str
) -> None:
    answer = await send(client, "/api/v1/user/signup", json.dumps(GOOD), **{"Content-Type": kind})

    assert (answer.status_code, answer.json()) == (411, {"message": REFUSALS["/api/v1/user/signup"]})
    assert await api.books.ask("SELECT count(*) FROM users WHERE email = 'new@x.example'") == [(0,)]


async def test_a_chunked_body_without_a_length_is_counted_too(api: Api, client: httpx.AsyncClient) -> None:
    async def endless():
        for _ in range(200):
            yield b" " * 1_000

    answer = await client.post(
        "/api/v1/user/signup", content=endless(), headers={"Content-Type": "application/json"}
    )

    assert (answer.status_code, answer.json()) == (411, {"message": REFUSALS["/api/v1/user/signup"]})


async def test_a_caller_without_a_token_is_told_so_before_his_body_is_judged(
    client: httpx.AsyncClient,
) -> None:
    del client.headers["Authorization"]

    for body in ('{"firstName": 7}', "{}", '{"firstName": "New"}', "{", "[]", "x" * 70_000):
        answer = await send(client, "/api/v1/user", body)
        assert (answer.status_code, answer.json()) == (403, {})


@pytest.mark.parametrize("method", ["GET", "DELETE", "PATCH"])
async def test_an_unknown_address_or_method_is_a_problem_and_no_error(
    client: httpx.AsyncClient, method: str
) -> None:
    answers = [
        await client.request(method, path) for path in ("/api/v1/user/signup", "/api/v1/nothing", "/api/v2")
    ]

    assert [one.status_code for one in answers] == [405, 404, 404]
    for one in answers:
        assert one.headers["content-type"] == "application/problem+json"


# The directory


async def people(client: httpx.AsyncClient, text: str, **more: str) -> list[str]:
    answer = await client.get("/api/v1/user/bulk", params={"filter": text} | more)
    assert answer.status_code == 200, answer.text
    assert answer.json()["users"] == answer.json()["user"]
    return [f"{one['firstName']} {one['lastName']}" for one in answer.json()["users"]]


async def test_ravi_is_found_with_a_masked_name_and_an_id_one_can_pay_to(
    api: Api, client: httpx.AsyncClient
) -> None:
    ravi = await api.books.person(first_name="Ravi", last_name="Kumar")
    await api.books.ask("UPDATE users SET email = 'ravi.kumar@x.example' WHERE id = %s", ravi)

    answer = await client.get("/api/v1/user/bulk?filter=ravi")

    one = {"username": "r***@x.example", "firstName": "Ravi", "lastName": "Kumar", "_id": str(ravi)}
    assert answer.json() == {"users": [one], "user": [one]}


async def test_a_name_is_matched_literally_within_first_or_last_name_in_any_case(
    api: Api, client: httpx.AsyncClient
) -> None:
    for first, last in (
        ("Ravi", "Kumar"), ("Ravindra", "Nair"), ("Meera", "TRAVIS"), ("100%", "Sure"), ("a_b", "Under"),
        ("axb", "Cross"), ("back\\slash", "Odd"), ("sl/ash", "Odd"), ("आशा", "राव"), ("ÉLODIE", "Ärger"),
    ):  # fmt: skip
        await api.books.person(first_name=first, last_name=last)

    found = {
        text: await people(client, text)
        for text in (
            "rAvI",
            "%",
            "_",
            "\\",
            "/",
            "a_b",
            ".*",
            "Ravi Kumar",
            "शा",
            "élo",
            "ärg",
            " nair ",
            "'; --",
        )
    }

    assert found == {
        "rAvI": ["Meera TRAVIS", "Ravi Kumar", "Ravindra Nair"],
        "%": ["100% Sure"],
        "_": ["a_b Under"],
        "\\": ["back\\slash Odd"],
        "/": ["sl/ash Odd"],
        "a_b": ["a_b Under"],
        ".*": [],
        "Ravi Kumar": [],
        "शा": ["आशा राव"],
        "élo": ["ÉLODIE Ärger"],
        "ärg": ["ÉLODIE Ärger"],
        " nair ": ["Ravindra Nair"],
        "'; --": [],
    }


async def test_asha_never_finds_herself(client: httpx.AsyncClient) -> None:
    assert await people(client, "New") == []
    assert await people(client, "") == []


async def test_an_empty_filter_gives_the_first_twenty_and_no_filter_more_than_twenty(
    api: Api, client: httpx.AsyncClient
) -> None:
    for number in range(25):
        await api.books.person(first_name=f"Ravi {number:02}")

    expected = [f"Ravi {number:02} Rao" for number in range(20)]
    assert await people(client, "") == expected
    assert await people(client, "ravi") == expected
    assert (await client.get("/api/v1/user/bulk")).json()["users"][19]["firstName"] == "Ravi 19"


@pytest.mark.parametrize("text", ["%00", "x" * 10_000, "%ff%fe", "%ed%a0%80", "(" * 99, "%F0%9F%92%A9"])
async def test_a_hostile_filter_finds_nobody_and_breaks_nothing(
    api: Api, client: httpx.AsyncClient, text: str
) -> None:
    await api.books.person()

    answer = await client.get(f"/api/v1/user/bulk?filter={text}")

    assert (answer.status_code, answer.json()) == (200, {"users": [], "user": []})


async def test_an_open_directory_tells_strangers_names_and_ids_only(api: Api) -> None:
    ravi = await api.books.person(first_name="Ravi", last_name="Kumar")
    client = await api.opened(api_open_directory=True)

    stranger = (await client.get("/api/v1/user/bulk?filter=ravi")).json()
    broken = await client.get("/api/v1/user/bulk?filter=ravi", headers={"Authorization": "Bearer x"})
    token = await token_of(client)
    asha = (
        await client.get("/api/v1/user/bulk?filter=", headers={"Authorization": f"Bearer {token}"})
    ).json()

    one = {"firstName": "Ravi", "lastName": "Kumar", "_id": str(ravi)}
    assert stranger == broken.json() == {"users": [one], "user": [one]}
    assert [person["firstName"] for person in asha["users"]] == ["Ravi"]
    assert asha["users"][0]["username"].startswith(f"{str(ravi)[0]}***@")
    assert (await client.get("/api/v1/account/balance")).status_code == 403


# Other sites, and the description


async def test_the_description_names_every_path_in_full(client: httpx.AsyncClient) -> None:
    described = (await client.get("/api/v1/openapi.json")).json()

    assert {
        "/api/v1/user/signup",
        "/api/v1/user/signin",
        "/api/v1/user",
        "/api/v1/user/bulk",
        "/api/v1/account/balance",
        "/api/v1/account/on-ramps",
        "/api/v1/account/on-ramps/{on_ramp_id}",
    } <= set(described["paths"])
    assert all(path.startswith("/api/v1/") for path in described["paths"])


async def test_production_describes_nothing(api: Api) -> None:
    client = await api.opened(
        batua_env="prod",
        rate_limit_factor=1,
        public_user_url="https://wallet.example",
        public_merchant_url="https://shop.example",
        hdfc_api_url="https://bank.example",
        axis_api_url="https://bank.example",
        hdfc_bank_api_key=SecretStr("h" * 32),
        axis_bank_api_key=SecretStr("a" * 32),
    )

    paths = ("/api/v1/openapi.json", "/openapi.json", "/docs", "/redoc", "/api/v1/docs")
    assert [(await client.get(path)).status_code for path in paths] == [404] * 5


async def preflight(client: httpx.AsyncClient, origin: str, path: str, method: str) -> httpx.Response:
    headers = {
        "Origin": origin,
        "Access-Control-Request-Method": method,
        "Access-Control-Request-Headers": "authorization,content-type",
    }
    return await client.options(path, headers=headers)


@pytest.mark.parametrize(("method", "path"), [("POST", "/api/v1/user/signup"), ("PUT", "/api/v1/user")])
async def test_the_older_web_client_may_call_from_its_own_page(
    client: httpx.AsyncClient, method: str, path: str
) -> None:
    answer = await preflight(client, "http://localhost:5173", path, method)
    after = await client.get("/api/v1/account/balance", headers={"Origin": "http://localhost:5173"})

    assert answer.status_code == 200
    for one in (answer, after):
        assert one.headers["access-control-allow-origin"] == "http://localhost:5173"
        assert "access-control-allow-credentials" not in one.headers
    assert method in answer.headers["access-control-allow-methods"]


@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example",
        "null",
        "http://localhost:5173.evil.example",
        "http://localhost:51730",
        "https://localhost:5173",
    ],
)
async def test_a_page_of_a_stranger_may_not(client: httpx.AsyncClient, origin: str) -> None:
    answer = await preflight(client, origin, "/api/v1/user/signup", "POST")
    after = await client.get("/api/v1/account/balance", headers={"Origin": origin})
    refused = await client.get("/api/v1/nothing", headers={"Origin": origin})

    assert answer.status_code == 400
    for one in (answer, after, refused):
        assert "access-control-allow-origin" not in one.headers


async def test_a_refusal_can_be_read_by_the_allowed_page_too(client: httpx.AsyncClient) -> None:
    answer = await send(client, "/api/v1/user/signin", "{}", Origin="http://localhost:5173")

    assert answer.status_code == 411
    assert answer.headers["access-control-allow-origin"] == "http://localhost:5173"


async def test_no_answer_is_kept_by_a_cache_and_each_has_a_correlation_id(client: httpx.AsyncClient) -> None:
    mine = await client.get("/api/v1/account/balance", headers={"X-Correlation-Id": "my-own-id-1234"})
    hostile = await client.get("/api/v1/account/balance", headers={"X-Correlation-Id": "a b\x1b[31m{}" * 20})

    assert mine.headers["cache-control"] == "no-store"
    assert mine.headers["x-correlation-id"] == "my-own-id-1234"
    assert hostile.headers["x-correlation-id"].isalnum()
