"""Adding money through the REST API: what starts, what is refused, and banks that do not answer as they should."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from money.errors import AmountAboveLimit, BankNotReachable
from money.rupees import Paise
from tests.town import Books, Row, bank_clients, free_port, in_process, real_bank, served, wallet_settings
from user_app.api.app import create_api
from wallet import add_money

LIMIT_PAISE = 1_00_00_000
PROBLEM = "application/problem+json"
ON_RAMPS = "/api/v1/account/on-ramps"


class Api:
    """The API of one wallet, with whatever bank a test gives it."""

    def __init__(self, books: Books, folder: Path, stack: AsyncExitStack) -> None:
        self.books = books
        self.folder = folder
        self._stack = stack

    async def opened(self, bank_url: str) -> httpx.AsyncClient:
        app = create_api(self.books.url, wallet_settings(self.folder, bank_url, rate_limit_factor=1000))
        return await self._stack.enter_async_context(in_process(app))

    async def at_real_bank(self) -> httpx.AsyncClient:
        bank = await self._stack.enter_async_context(real_bank(self.folder))
        return await self.opened(bank.url)

    async def at_strange_bank(
        self, answer: Callable[[Request], Awaitable[Response]]
    ) -> tuple[httpx.AsyncClient, str]:
        async def bank(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] == "http":
                await (await answer(Request(scope, receive)))(scope, receive, send)

        url = await self._stack.enter_async_context(served(bank))
        return await self.opened(url), url


@pytest.fixture
async def api(database_url: str, tmp_path: Path) -> AsyncIterator[Api]:
    async with AsyncExitStack() as stack:
        books = Books(database_url)
        yield Api(books, tmp_path, stack)
        await books.close()


async def sign_up(client: httpx.AsyncClient, name: str = "asha") -> dict[str, str]:
    person = {"username": f"{name}@x.example", "firstName": name, "lastName": "Rao", "password": "batua-1"}
    answer = await client.post("/api/v1/user/signup", json=person)
    return {"Authorization": f"Bearer {answer.json()['token']}"}


async def nothing_moved(books: Books) -> None:
    assert await books.ask("SELECT count(*) FROM transfers") == [(0,)]
    assert await books.ask("SELECT sum(balance_paise) FROM balances") == [(0,)]
    books.is_right()


# Starting


async def test_asha_starts_adding_money_and_is_sent_to_her_bank(api: Api) -> None:
    client = await api.at_real_bank()
    asha = await sign_up(client)

    answer = await client.post(ON_RAMPS, json={"bank": "hdfc", "amount": 2000}, headers=asha)

    began = answer.json()
    assert answer.status_code == 201
    assert began == {
        "id": str(uuid.UUID(began["id"])),
        "token": began["token"],
        "status": "pending",
        "bank": "hdfc",
        "amount": 2000,
        "redirectUrl": began["redirectUrl"],
    }
    assert began["redirectUrl"].endswith(f"/hdfc/netbanking?token={began['token']}")
    assert await api.books.ask("SELECT id::text, token, amount_paise, status FROM on_ramps") == [
        (began["id"], began["token"], 2_000_00, "pending")
    ]
    await nothing_moved(api.books)


async def test_asha_looks_at_her_payment_and_ravi_cannot(api: Api) -> None:
    client = await api.at_real_bank()
    asha, ravi = await sign_up(client), await sign_up(client, "ravi")
    began = await client.post(ON_RAMPS, json={"bank": "axis", "amount": "99.50"}, headers=asha)
    path = f"{ON_RAMPS}/{began.json()['id']}"

    hers, his = await client.get(path, headers=asha), await client.get(path, headers=ravi)

    assert hers.status_code == 200
    assert hers.json() == {
        "id": began.json()["id"],
        "status": "pending",
        "amount": 99.5,
        "bank": "axis",
        "bankReference": None,
    }
    assert (his.status_code, his.headers["content-type"]) == (404, PROBLEM)
    assert began.json()["token"] not in hers.text + his.text


@pytest.mark.parametrize(
    ("amount", "paise"),
    [
        ("1", 1_00), ('"1"', 1_00), ("0.01", 1), ('"0.10"', 10), ("1.10", 1_10), ("100000.00", LIMIT_PAISE),
        ('"100000"', LIMIT_PAISE), ("8.29", 8_29), ("1.15", 1_15), ("4.35", 4_35),
    ],
)  # fmt: skip
async def test_an_amount_is_a_number_or_a_decimal_and_never_a_float(
    api: Api, amount: str, paise: int
) -> None:
    client, _ = await api.at_strange_bank(gives_a_token)
    asha = await sign_up(client)

    answer = await client.post(ON_RAMPS, content=f'{{"bank":"hdfc","amount":{amount}}}', headers=asha | JSON)

    assert answer.status_code == 201, answer.text
    assert await api.books.ask("SELECT amount_paise FROM on_ramps") == [(paise,)]


JSON = {"Content-Type": "application/json"}
BAD_AMOUNTS = [
    *("0", "0.00", "-1", "1.005", "0.001", "1e3", "1E3", "10e-1", "NaN", "Infinity", "-Infinity", "+5", ".5", "5."),
    *("1" + "0" * 400, "1" * 5_000, "0." + "1" * 400, "92233720368547758.08", "00", "01", "0x10", "1_000", "true"),
    *("null", "[]", "[5]", "{}", '{"text":"5"}', '{"$gt":0}'),
    *('"0"', '"-1"', '"1.005"', '"1e3"', '"NaN"', '"Infinity"', '"1,00"', '"1,00,000"', '""', '" "', '" 5"', '"5 "'),
    *('"+5"', '".5"', '"5."', '"\uff15\uff10"', '"\u0967\u0968"', '"\\u0967"', '"5\\n"', '"5\\u0000"', '"\\ud800"'),
    '"' + "1" * 400 + '"',
]  # fmt: skip


async def test_whatever_is_no_amount_is_refused_and_leaves_no_row(api: Api) -> None:
    client, _ = await api.at_strange_bank(gives_a_token)
    asha = await sign_up(client)

    found = {}
    for amount in BAD_AMOUNTS:
        body = f'{{"bank":"hdfc","amount":{amount}}}'.encode()
        answer = await client.post(ON_RAMPS, content=body, headers=asha | JSON)
        if (answer.status_code, answer.headers["content-type"]) != (422, PROBLEM):
            found[amount[:20]] = (answer.status_code, answer.text)

    assert found == {}
    assert await api.books.ask("SELECT count(*) FROM on_ramps") == [(0,)]


async def test_a_body_that_is_no_order_is_refused_and_leaves_no_row(api: Api) -> None:
    client, _ = await api.at_strange_bank(gives_a_token)
    asha = await sign_up(client)
    bodies = [
        *("", "null", "[]", "7", '"x"', "{", "{}", '{"amount":5}', '{"bank":"hdfc"}', "[" * 30_000),
        *('{"bank":"sbi","amount":5}', '{"bank":"HDFC","amount":5}', '{"bank":7,"amount":5}'),
        *('{"bank":"","amount":5}', '{"bank":null,"amount":5}', '{"bank":["hdfc"],"amount":5}'),
        *('{"bank":"hdfc","amount":5,"userId":"x"}', '{"bank":"hdfc\\u0000","amount":5}'),
        '{"bank":"hdfc","amount":5,"status":"success"}',
    ]

    answers = [await client.post(ON_RAMPS, content=one, headers=asha | JSON) for one in bodies]

    wrong = [
        (body[:20], one.status_code)
        for body, one in zip(bodies, answers, strict=True)
        if one.status_code != 422
    ]
    assert wrong == []
    assert {one.headers["content-type"] for one in answers} == {PROBLEM}
    assert await api.books.ask("SELECT count(*) FROM on_ramps") == [(0,)]


async def test_a_body_of_a_megabyte_is_too_large(api: Api) -> None:
    client, _ = await api.at_strange_bank(gives_a_token)
    asha = await sign_up(client)

    body = '{"bank":"hdfc","amount":"' + "5" * 1_000_000 + '"}'
    answer = await client.post(ON_RAMPS, content=body, headers=asha | JSON)

    assert (answer.status_code, answer.headers["content-type"]) == (413, PROBLEM)


async def test_one_paisa_above_the_limit_is_refused_with_the_limit(api: Api) -> None:
    client, _ = await api.at_strange_bank(gives_a_token)
    asha = await sign_up(client)

    answer = await client.post(ON_RAMPS, json={"bank": "hdfc", "amount": "100000.01"}, headers=asha)

    assert (answer.status_code, answer.headers["content-type"]) == (422, PROBLEM)
    assert "₹1,00,000.00" in answer.json()["detail"]
    assert await api.books.ask("SELECT count(*) FROM on_ramps") == [(0,)]


@pytest.mark.parametrize(
    "wrong", ["1", "x" * 300, "%00", str(uuid.UUID(int=7)), "..%2Fbalance", "%F0%9F%92%A9"]
)
async def test_an_id_that_is_none_or_nobodys_is_not_found(api: Api, wrong: str) -> None:
    client, _ = await api.at_strange_bank(gives_a_token)
    asha = await sign_up(client)

    answer = await client.get(f"{ON_RAMPS}/{wrong}", headers=asha)

    assert (answer.status_code, answer.headers["content-type"]) == (404, PROBLEM)


async def test_without_a_token_it_is_401_and_a_problem(api: Api) -> None:
    client, _ = await api.at_strange_bank(gives_a_token)

    order = {"bank": "hdfc", "amount": 5}
    answers = [
        await client.post(ON_RAMPS, json=order),
        await client.post(ON_RAMPS, json={}, headers={"Authorization": "Bearer broken"}),
        await client.get(f"{ON_RAMPS}/{uuid.uuid4()}"),
    ]

    bodies = ("{", "[]", '{"bank":7}', "x" * 70_000)
    answers += [await client.post(ON_RAMPS, content=body, headers=JSON) for body in bodies]

    for one in answers:
        assert (one.status_code, one.headers["content-type"]) == (401, PROBLEM)
        assert one.json()["status"] == 401
    assert await api.books.ask("SELECT count(*) FROM on_ramps") == [(0,)]


# Banks that do not answer as they should


async def gives_a_token(_: Request) -> Response:
    token = uuid.uuid4().hex
    return JSONResponse({"token": token, "redirect_url": f"https://bank.example/{token}"}, 201)


def always(body: bytes | str, status: int = 200, kind: str = "application/json"):
    async def answer(_: Request) -> Response:
        return Response(body, status, media_type=kind)

    return answer


STRANGE = {
    "500": always("{}", 500),
    "503": always("no", 503),
    "429": always("{}", 429),
    "403": always("{}", 403),
    "redirect": always("", 302),
    "a page": always("<html>Welcome</html>", 200, "text/html"),
    "nothing": always(b"", 201),
    "half an answer": always('{"token": "a", "redirect_url"', 201),
    "no token": always('{"redirect_url": "https://bank.example/"}', 201),
    "empty token": always('{"token": "", "redirect_url": "https://bank.example/"}', 201),
    "a number for a token": always('{"token": 7, "redirect_url": "https://bank.example/"}', 201),
    "two tokens": always('{"token": "a", "token": "b", "redirect_url": "https://bank.example/"}', 201),
    "NUL": always('{"token": "a\\u0000", "redirect_url": "https://bank.example/"}', 201),
    "half a character": always('{"token": "\\ud800", "redirect_url": "https://bank.example/"}', 201),
    "endless token": always('{"token": "' + "a" * 5_000 + '", "redirect_url": "https://bank.example/"}', 201),
    "deep": always("[" * 100_000, 201),
}


async def test_a_bank_that_answers_nonsense_is_503_and_nothing_moved(api: Api) -> None:
    now: list[str] = [""]

    async def answer(request: Request) -> Response:
        return await STRANGE[now[0]](request)

    client, _ = await api.at_strange_bank(answer)
    asha = await sign_up(client)

    found = {}
    for name in STRANGE:
        now[0] = name
        got = await client.post(ON_RAMPS, json={"bank": "hdfc", "amount": 5}, headers=asha)
        if (got.status_code, got.headers["content-type"]) != (503, PROBLEM):
            found[name] = (got.status_code, got.text)

    rows = await api.books.ask("SELECT status, token, next_enquiry_at FROM on_ramps")
    assert found == {}
    assert rows == [("failure", None, None)] * len(STRANGE)
    await nothing_moved(api.books)


async def test_a_bank_that_gives_one_token_twice_is_not_believed_the_second_time(api: Api) -> None:
    client, _ = await api.at_strange_bank(
        always('{"token": "same", "redirect_url": "https://bank.example/"}', 201)
    )
    asha = await sign_up(client)

    first = await client.post(ON_RAMPS, json={"bank": "hdfc", "amount": 5}, headers=asha)
    second = await client.post(ON_RAMPS, json={"bank": "hdfc", "amount": 7}, headers=asha)

    assert (first.status_code, second.status_code) == (201, 503)
    statuses = await api.books.ask("SELECT status, token FROM on_ramps ORDER BY id")
    assert statuses == [("pending", "same"), ("failure", None)]


async def test_a_bank_that_gives_one_token_to_many_at_once_is_believed_once(api: Api) -> None:
    client, _ = await api.at_strange_bank(
        always('{"token": "same", "redirect_url": "https://bank.example/"}', 201)
    )
    asha, ravi = await sign_up(client), await sign_up(client, "ravi")

    answers = await asyncio.gather(
        *(client.post(ON_RAMPS, json={"bank": "hdfc", "amount": 5}, headers=one) for one in (asha, ravi) * 4)
    )

    assert sorted(one.status_code for one in answers) == [201] + [503] * 7
    statuses = await api.books.ask(
        "SELECT status, token, next_enquiry_at IS NULL FROM on_ramps ORDER BY status"
    )
    assert statuses == [("failure", None, True)] * 7 + [("pending", "same", False)]
    await nothing_moved(api.books)


async def test_a_bank_that_is_down_is_503_and_nothing_moved(api: Api) -> None:
    client = await api.opened(f"http://127.0.0.1:{free_port()}")
    asha = await sign_up(client)

    answer = await client.post(ON_RAMPS, json={"bank": "axis", "amount": 5}, headers=asha)

    assert (answer.status_code, answer.headers["content-type"]) == (503, PROBLEM)
    assert await api.books.ask("SELECT status, token FROM on_ramps") == [("failure", None)]
    await nothing_moved(api.books)


async def test_a_bank_that_drips_its_answer_is_left_after_the_time_we_give_it(api: Api) -> None:
    async def drip(_: Request) -> Response:
        await asyncio.sleep(1.5)
        return await gives_a_token(_)

    _, url = await api.at_strange_bank(drip)
    asha = await api.books.person()

    async with bank_clients(url, timeout_seconds=0.3) as banks:
        with pytest.raises(BankNotReachable):
            await asyncio.wait_for(begin(api.books, banks["hdfc"], asha), 1.2)

    [(on_ramp_id, status)] = await api.books.ask("SELECT id, status FROM on_ramps")
    assert status == "failure"
    assert await api.books.row(on_ramp_id) == Row("failure")
    await nothing_moved(api.books)


async def test_the_limit_is_checked_before_the_bank_hears_of_it(api: Api) -> None:
    asked: list[Request] = []

    async def listen(request: Request) -> Response:
        asked.append(request)
        return await gives_a_token(request)

    _, url = await api.at_strange_bank(listen)
    asha = await api.books.person()

    async with bank_clients(url) as banks:
        with pytest.raises(AmountAboveLimit):
            await begin(api.books, banks["hdfc"], asha, LIMIT_PAISE + 1)

    assert asked == []
    assert await api.books.ask("SELECT count(*) FROM on_ramps") == [(0,)]


async def test_our_reference_and_our_way_back_travel_to_the_bank(api: Api) -> None:
    heard: list[dict[str, object]] = []

    async def listen(request: Request) -> Response:
        heard.append(await request.json())
        return await gives_a_token(request)

    _, url = await api.at_strange_bank(listen)
    asha = await api.books.person()

    async with bank_clients(url) as banks:
        row = await begin(api.books, banks["hdfc"], asha)

    assert heard == [
        {
            "merchant_reference": str(row.id),
            "user_identifier": str(asha),
            "amount_paise": 5_00,
            "return_url": f"http://localhost:3000/?on_ramp={row.id}",
        }
    ]


async def begin(books: Books, bank, owner: uuid.UUID, paise: int = 5_00):
    return await add_money.start(
        books.database,
        bank,
        bank_name="hdfc",
        user_id=owner,
        amount_paise=Paise(paise),
        limit_paise=LIMIT_PAISE,
        return_url="http://localhost:3000/?on_ramp={id}",
    )
