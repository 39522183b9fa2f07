"""The REST API of accounts as older clients know it: exact codes, bodies and texts."""

import asyncio
import threading
import uuid
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import jwt
import pytest

from money.errors import WrongSignIn
from money.movements import Kind
from tests.town import IN_FLIGHT, JWT_SECRET, RECEIVABLE, Books, in_process, move, wallet_settings
from user_app.api.app import create_api
from wallet import passwords
from wallet.bearer_tokens import BearerTokens

SIGNED_UP = "User created successfully"
TAKEN = {"message": "Email already taken / Incorrect inputs"}
NOT_IN = {"message": "Error while logging in"}
NOT_UPDATED = {"message": "Error while updating information"}


class Api:
    """The API of one wallet, and clients at any address."""

    def __init__(self, url: str, folder: Path, stack: AsyncExitStack) -> None:
        self.books = Books(url)
        self._folder = folder
        self._stack = stack

    async def opened(self, *, address: str = "127.0.0.1", **settings: object) -> httpx.AsyncClient:
        given = {"rate_limit_factor": 1000} | settings
        app = create_api(self.books.url, wallet_settings(self._folder, **given))
        return await self._stack.enter_async_context(in_process(app, address))


@pytest.fixture
async def api(database_url: str, tmp_path: Path) -> AsyncIterator[Api]:
    async with AsyncExitStack() as stack:
        api = Api(database_url, tmp_path, stack)
        yield api
        await api.books.close()


@pytest.fixture
async def client(api: Api) -> httpx.AsyncClient:
    return await api.opened()


def asha(**changes: object) -> dict[str, object]:
    person = {
        "username": "asha@x.example",
        "firstName": "Asha",
        "lastName": "Rao",
        "password": "batua-1",
    }
    return person | changes


async def signed_up(client: httpx.AsyncClient, **changes: object) -> str:
    answer = await client.post("/api/v1/user/signup", json=asha(**changes))
    assert answer.status_code == 200, answer.text
    return answer.json()["token"]


async def signed_in(client: httpx.AsyncClient, password: str = "batua-1", **changes: str) -> httpx.Response:
    body = {"username": "asha@x.example", "password": password} | changes
    return await client.post("/api/v1/user/signin", json=body)


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


async def balance(client: httpx.AsyncClient, token: str) -> httpx.Response:
    return await client.get("/api/v1/account/balance", headers=bearer(token))


# Sign up


async def test_asha_signs_up_and_has_a_wallet_of_nothing(api: Api, client: httpx.AsyncClient) -> None:
    answer = await client.post("/api/v1/user/signup", json=asha())

    assert answer.status_code == 200
    assert answer.json() == {"message": SIGNED_UP, "token": answer.json()["token"]}
    assert (await balance(client, answer.json()["token"])).json() == {"balance": 0, "locked": 0}
    assert await api.books.ask("SELECT balance_paise, held_paise, last_number FROM balances") == [(0, 0, 0)]
    [(stored,)] = await api.books.ask("SELECT password_hash FROM users")
    assert "batua-1" not in stored
    api.books.is_right()


async def test_the_token_says_who_until_when_and_since_when(api: Api, client: httpx.AsyncClient) -> None:
    token = await signed_up(client)

    claims = jwt.decode(token, JWT_SECRET, algorithms=["HS256"])

    assert set(claims) == {"userId", "exp", "iat", "jti"}
    assert claims["exp"] - claims["iat"] == 24 * 3600
    assert await api.books.ask("SELECT id::text FROM users") == [(claims["userId"],)]


@pytest.mark.parametrize(
    "username", ["asha@x.example", "ASHA@X.EXAMPLE", "  Asha@x.example  ", "\tasha@X.example\n"]
)
async def test_an_email_is_taken_in_any_case_and_with_any_blanks(
    api: Api, client: httpx.AsyncClient, username: str
) -> None:
    await signed_up(client)

    answer = await client.post("/api/v1/user/signup", json=asha(username=username, firstName="Other"))

    assert (answer.status_code, answer.json()) == (411, TAKEN)
    assert await api.books.ask("SELECT first_name FROM users") == [("Asha",)]
    assert await api.books.ask("SELECT count(*) FROM balances") == [(1,)]


async def test_twenty_sign_ups_for_one_email_at_once_make_one_person(
    api: Api, client: httpx.AsyncClient
) -> None:
    answers = await asyncio.gather(
        *(client.post("/api/v1/user/signup", json=asha(firstName=f"Asha {n}")) for n in range(20))
    )

    assert sorted(one.status_code for one in answers) == [200] + [411] * 19
    assert await api.books.ask(
        "SELECT (SELECT count(*) FROM users), (SELECT count(*) FROM balances),"
        " (SELECT count(*) FROM accounts WHERE kind = 'user'), (SELECT sum(balance_paise) FROM balances)"
    ) == [(1, 1, 1, 0)]
    api.books.is_right()


@pytest.mark.parametrize("name", ["आशा", "Ὀδυσσεύς", "O'Brien-Śmith", "n", "x" * 50, "👩🏽 Asha", "क्‍ष"])
async def test_a_name_may_be_of_any_script(client: httpx.AsyncClient, name: str) -> None:
    token = await signed_up(client, firstName=name)

    assert (await balance(client, token)).status_code == 200


@pytest.mark.parametrize("password", ["six-6s", "x" * 256, "प" * 100, "🔑" * 80, "nul\x00nul", "      "])
async def test_any_password_of_6_to_256_characters_signs_up_and_in(
    client: httpx.AsyncClient, password: str
) -> None:
    await signed_up(client, password=password)

    right, wrong = await signed_in(client, password), await signed_in(client, password + "!")

    assert right.status_code == 200
    assert set(right.json()) == {"token"}
    assert (wrong.status_code, wrong.json()) == (411, NOT_IN)


# Sign in


async def test_asha_signs_in_with_her_email_in_any_case(client: httpx.AsyncClient) -> None:
    await signed_up(client, username="Asha@X.Example")

    answer = await signed_in(client, username=" ASHA@x.example ")

    assert answer.status_code == 200
    assert (await balance(client, answer.json()["token"])).status_code == 200


async def test_an_unknown_email_and_a_wrong_password_look_alike(client: httpx.AsyncClient) -> None:
    await signed_up(client)

    wrong = await signed_in(client, "batua-2")
    unknown = await signed_in(client, username="nobody@x.example")
    no_email = await signed_in(client, username="nobody")

    for one in (wrong, unknown, no_email):
        assert (one.status_code, one.json()) == (411, NOT_IN)
    assert wrong.headers.keys() == unknown.headers.keys()


async def test_a_damaged_hash_in_the_database_is_a_wrong_password_and_no_error(
    api: Api, client: httpx.AsyncClient
) -> None:
    await signed_up(client)
    await api.books.ask("UPDATE users SET password_hash = 'sha256-bcrypt:damaged'")

    answer = await signed_in(client)

    assert (answer.status_code, answer.json()) == (411, NOT_IN)


# Throttling


async def test_the_sixth_wrong_password_is_not_even_tried(api: Api) -> None:
    client = await api.opened(rate_limit_factor=1)
    await signed_up(client)
    for _ in range(5):
        assert (await signed_in(client, "batua-2")).status_code == 411

    async with busy_hashers():
        sixth = await asyncio.wait_for(signed_in(client), 2)
    ravi = await signed_in(client, username="ravi@x.example")

    assert sixth.status_code == 429
    assert 1 <= int(sixth.headers["retry-after"]) <= 15 * 60
    assert "token" not in sixth.text
    assert ravi.status_code == 411


async def test_a_stranger_elsewhere_does_not_lock_asha_out(api: Api) -> None:
    app = create_api(api.books.url, wallet_settings(api._folder))
    async with in_process(app) as client:
        await signed_up(client)
        transport = httpx.ASGITransport(app, client=("203.0.113.9", 1))
        async with httpx.AsyncClient(transport=transport, base_url="http://wallet") as stranger:
            tries = [(await signed_in(stranger, "batua-2")).status_code for _ in range(7)]

        at_home = await signed_in(client)

    assert tries == [411] * 5 + [429] * 2
    assert at_home.status_code == 200


async def test_the_right_password_forgives_the_wrong_ones(api: Api) -> None:
    client = await api.opened(rate_limit_factor=1)
    await signed_up(client)

    words = ["wrong-1"] * 4 + ["batua-1"] + ["wrong-1"] * 4 + ["batua-1"]
    codes = [(await signed_in(client, word)).status_code for word in words]

    assert codes == [411] * 4 + [200] + [411] * 4 + [200]


async def test_one_address_tries_twenty_accounts_a_minute_and_no_more(api: Api) -> None:
    client = await api.opened(rate_limit_factor=1)

    answers = await asyncio.gather(*(signed_in(client, username=f"{n}@x.example") for n in range(22)))

    assert sorted(one.status_code for one in answers) == [411] * 20 + [429] * 2
    waits = [int(one.headers["retry-after"]) for one in answers if one.status_code == 429]
    assert all(1 <= one <= 60 for one in waits)


async def test_an_address_signs_up_ten_people_an_hour_and_then_hashes_nothing(api: Api) -> None:
    client = await api.opened(rate_limit_factor=1)
    for number in range(10):
        await signed_up(client, username=f"{number}@x.example")

    async with busy_hashers():
        eleventh = await asyncio.wait_for(client.post("/api/v1/user/signup", json=asha()), 2)

    assert eleventh.status_code == 429
    assert 1 <= int(eleventh.headers["retry-after"]) <= 3600
    assert await api.books.ask("SELECT count(*) FROM users") == [(10,)]


async def test_a_forged_forwarded_header_does_not_make_a_new_address(api: Api) -> None:
    client = await api.opened(rate_limit_factor=1)

    async def try_from(number: int) -> int:
        headers = {"X-Forwarded-For": f"198.51.100.{number}"}
        body = {"username": f"{number}@x.example", "password": "batua-1"}
        return (await client.post("/api/v1/user/signin", json=body, headers=headers)).status_code

    codes = await asyncio.gather(*(try_from(number) for number in range(21)))

    assert sorted(codes) == [411] * 20 + [429]


class busy_hashers:  # noqa: N801 # it reads as a block
    """Inside, both hashing threads are taken, so whoever asks for a hash waits."""

    async def __aenter__(self) -> None:
        self._let_go = threading.Event()
        for _ in range(2):
            passwords._workers.submit(self._let_go.wait, 10)

    async def __aexit__(self, *_: object) -> None:
        self._let_go.set()


# Change oneself


async def test_asha_changes_her_name_and_nothing_else(api: Api, client: httpx.AsyncClient) -> None:
    token = await signed_up(client)
    await signed_up(client, username="ravi@x.example", firstName="Ravi")

    answer = await client.put("/api/v1/user", json={"firstName": " आशा "}, headers=bearer(token))

    assert (answer.status_code, answer.json()) == (200, {"message": "Updated successfully"})
    names = await api.books.ask("SELECT first_name, last_name FROM users ORDER BY email")
    assert names == [("आशा", "Rao"), ("Ravi", "Rao")]
    assert (await signed_in(client)).status_code == 200


async def test_a_new_password_ends_every_other_token_but_not_this_one(client: httpx.AsyncClient) -> None:
    first = await signed_up(client)
    second = (await signed_in(client)).json()["token"]
    ravi = await signed_up(client, username="ravi@x.example")

    answer = await client.put("/api/v1/user", json={"password": "batua-2"}, headers=bearer(second))

    assert answer.status_code == 200
    codes = [(await balance(client, one)).status_code for one in (first, second, ravi)]
    assert codes == [403, 200, 200]
    assert (await signed_in(client, "batua-1")).status_code == 411
    assert (await signed_in(client, "batua-2")).status_code == 200


async def test_a_change_that_is_half_wrong_changes_nothing(api: Api, client: httpx.AsyncClient) -> None:
    token = await signed_up(client)

    for body in ({"firstName": "New", "password": "short"}, {"lastName": "", "password": "long-enough"}):
        answer = await client.put("/api/v1/user", json=body, headers=bearer(token))
        assert (answer.status_code, answer.json()) == (411, NOT_UPDATED)

    assert await api.books.ask("SELECT first_name, last_name FROM users") == [("Asha", "Rao")]
    assert (await signed_in(client)).status_code == 200


@pytest.mark.parametrize("field", ["username", "balance", "id", "_id", "userId", "role", "phone", "email"])
async def test_nobody_gives_himself_another_email_or_a_balance(
    api: Api, client: httpx.AsyncClient, field: str
) -> None:
    token = await signed_up(client)
    ravi = await api.books.person(7)

    body = {"firstName": "New", field: str(ravi)}
    answer = await client.put("/api/v1/user", json=body, headers=bearer(token))

    assert (answer.status_code, answer.json()) == (411, NOT_UPDATED)
    assert await api.books.ask("SELECT count(*) FROM users WHERE first_name = 'New'") == [(0,)]


async def test_a_sign_in_that_began_before_a_new_password_opens_nothing(
    api: Api, client: httpx.AsyncClient
) -> None:
    token = await signed_up(client)
    change = {"password": "batua-2"}

    async with busy_hashers():
        # All wait for a hash: the sign-ins with the old password were first, and read the old hash.
        signing_in = [asyncio.create_task(signed_in(client)) for _ in range(3)]
        await asyncio.sleep(0.2)
        changing = asyncio.create_task(client.put("/api/v1/user", json=change, headers=bearer(token)))
        await asyncio.sleep(0.1)
    changed, *answers = await asyncio.gather(changing, *signing_in)

    assert changed.status_code == 200
    assert {one.status_code for one in answers} <= {200, 411}
    given = [one.json()["token"] for one in answers if one.status_code == 200]
    assert [(await balance(client, one)).status_code for one in given] == [403] * len(given)
    live = "SELECT count(*) FROM sessions WHERE ended_at IS NULL"
    assert await api.books.ask(live) == [(1,)], "the one that changed the password"
    assert (await balance(client, token)).status_code == 200


async def test_who_was_verified_with_a_password_that_has_changed_gets_no_token(
    api: Api, client: httpx.AsyncClient
) -> None:
    token = await signed_up(client)
    [(user_id, old_hash)] = await api.books.ask("SELECT id, password_hash FROM users")
    tokens = BearerTokens(api.books.database, secret=JWT_SECRET, hours=1)
    verified = passwords.Verified(user_id, old_hash)
    assert await tokens.caller(await tokens.issue(verified))

    await client.put("/api/v1/user", json={"password": "batua-2"}, headers=bearer(token))

    for stranger in (verified, passwords.Verified(uuid.uuid4(), old_hash)):
        with pytest.raises(WrongSignIn):
            await tokens.issue(stranger)
    assert await api.books.ask("SELECT count(*) FROM sessions WHERE ended_at IS NULL") == [(1,)]


# Balance and tokens


async def test_the_balance_is_what_can_be_spent_and_what_is_on_hold(
    api: Api, client: httpx.AsyncClient
) -> None:
    token = await signed_up(client)
    [(user_id,)] = await api.books.ask("SELECT id FROM users")
    await api.books.post(
        move(Kind.ON_RAMP, RECEIVABLE, user_id, 1_234_56), move(Kind.HOLD, user_id, IN_FLIGHT, 200_06)
    )

    answer = await balance(client, token)

    assert answer.text.replace(" ", "") == '{"balance":1034.5,"locked":200.06}'


def broken_tokens(token: str, user_id: str, session_id: str) -> dict[str, str | None]:
    now = datetime.now(UTC)
    claims = {"userId": user_id, "jti": session_id, "iat": now, "exp": now + timedelta(hours=1)}

    def made(secret: str = JWT_SECRET, algorithm: str = "HS256", **changes: object) -> str:
        given = {name: text for name, text in (claims | changes).items() if text is not None}
        return "Bearer " + jwt.encode(given, secret, algorithm=algorithm)

    head, body, signature = token.split(".")
    return {
        "missing": None,
        "empty": "Bearer ",
        "no scheme": token,
        "basic": f"Basic {token}",
        "broken": "Bearer not.a.token",
        "not ASCII": "Bearer tökén",
        "cut": f"Bearer {token[:-4]}",
        "unsigned": f"Bearer {head}.{body}.",
        "another's body": f"Bearer {head}.{body[:-6]}AAAAAA.{signature}",
        "alg none": made(secret="", algorithm="none"),
        "another secret": made(secret="another-secret-that-nobody-told-us"),
        "HS512": made(algorithm="HS512"),
        "expired": made(exp=now - timedelta(seconds=1)),
        "without exp": made(exp=None),
        "without jti": made(jti=None),
        "without iat": made(iat=None),
        "without userId": made(userId=None),
        "no such user": made(userId=str(uuid.uuid4())),
        "userId is a number": made(userId=7),
        "userId is a list": made(userId=[user_id]),
        "no such session": made(jti=str(uuid.uuid4())),
        "session is no id": made(jti="1"),
        "from tomorrow": made(iat=now + timedelta(days=1)),
    }


ROUTES = [
    ("GET", "/api/v1/account/balance"),
    ("GET", "/api/v1/user/bulk?filter=a"),
    ("PUT", "/api/v1/user"),
]


async def test_a_token_that_does_not_count_is_403_and_an_empty_object(client: httpx.AsyncClient) -> None:
    token = await signed_up(client)
    claims = jwt.decode(token, JWT_SECRET, algorithms=["HS256"])
    wrong = broken_tokens(token, claims["userId"], claims["jti"])

    found = {}
    for why, text in wrong.items():
        headers = {"Authorization": text.encode()} if text is not None else {}
        for method, path in ROUTES:
            body = {"json": {"firstName": "X"}} if method == "PUT" else {}
            answer = await client.request(method, path, headers=headers, **body)
            if (answer.status_code, answer.text) != (403, "{}"):
                found[why, path] = (answer.status_code, answer.text)

    assert found == {}
    assert (await balance(client, token)).status_code == 200


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE sessions SET ended_at = now()",
        "UPDATE sessions SET expires_at = now()",
        "DELETE FROM sessions",
    ],
)
async def test_a_session_that_has_ended_ends_its_token(
    api: Api, client: httpx.AsyncClient, statement: str
) -> None:
    token = await signed_up(client)

    await api.books.ask(statement)

    answer = await balance(client, token)
    assert (answer.status_code, answer.json()) == (403, {})


async def test_one_persons_session_does_not_carry_another_persons_name(client: httpx.AsyncClient) -> None:
    asha_token = await signed_up(client)
    ravi = jwt.decode(await signed_up(client, username="ravi@x.example"), JWT_SECRET, algorithms=["HS256"])
    mine = jwt.decode(asha_token, JWT_SECRET, algorithms=["HS256"])

    forged = jwt.encode(mine | {"userId": ravi["userId"]}, JWT_SECRET, algorithm="HS256")

    assert (await balance(client, forged)).status_code == 403
