"""Providers that are slow, silent, talkative or mad: a sentence within the time we give them, and no hammering."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

from money.errors import ProviderAway, ProviderNotBelieved
from tests.integration.evil_openid import CLIENT, WAY, EvilOpenId, evil_openid, we, who_comes
from tests.town import free_port, served
from wallet.providers.asking import LARGEST_BYTES
from wallet.providers.github import GitHub
from wallet.providers.openid import OpenId
from wallet.providers.provider import Answer

DESCRIPTION = "/.well-known/openid-configuration"


@pytest.fixture
async def evil() -> AsyncIterator[EvilOpenId]:
    async with evil_openid() as evil:
        yield evil


async def _drops() -> AsyncIterator[bytes]:
    while True:
        yield b" "
        await asyncio.sleep(0.05)


async def _silence() -> Response:
    await asyncio.sleep(5)
    return JSONResponse({})


ODD: dict[str, Callable[[], Any]] = {
    "silence": _silence,
    "a byte now and then": lambda: StreamingResponse(_drops(), media_type="application/json"),
    "without end": lambda: PlainTextResponse(" " * (LARGEST_BYTES + 1)),
    "elsewhere": lambda: RedirectResponse("http://localhost:1/"),
    "an error": lambda: PlainTextResponse("", 500),
    "busy": lambda: PlainTextResponse("", 429),
    "a page": lambda: PlainTextResponse("<html>"),
    "a list": lambda: [1],
    "a depth": lambda: PlainTextResponse("[" * 100_000),
    "packed": lambda: PlainTextResponse("{}", headers={"Content-Encoding": "gzip"}),
    "half a letter": lambda: Response(b'{"a": "\xff"}'),
}


async def test_whatever_a_provider_does_is_a_sentence_in_time(evil: EvilOpenId) -> None:
    for path in (DESCRIPTION, "/keys", "/token"):
        for name, answer in ODD.items():
            evil.answers = {path: answer}
            async with we(evil, timeout_seconds=0.6) as google:
                begun = time.monotonic()
                with pytest.raises((ProviderAway, ProviderNotBelieved)):
                    await who_comes(google)
                assert time.monotonic() - begun < 3, (path, name)


async def test_a_provider_that_is_not_there_costs_no_wait(evil: EvilOpenId) -> None:
    google = OpenId("google", "Google", f"http://127.0.0.1:{free_port()}", CLIENT)

    with pytest.raises(ProviderAway):
        await google.address_for(WAY)

    await google.aclose()


async def test_a_crowd_asks_once_and_after_a_failure_there_is_a_pause(evil: EvilOpenId) -> None:
    now = [0.0]
    async with we(evil, clock=lambda: now[0]) as google:
        evil.answers[DESCRIPTION] = ODD["an error"]
        failed = await asyncio.gather(*(google.address_for(WAY) for _ in range(50)), return_exceptions=True)
        assert {type(one) for one in failed} == {ProviderAway}
        assert len(evil.asked) == 1

        evil.answers, now[0] = {}, now[0] + 6
        addresses = await asyncio.gather(*(google.address_for(WAY) for _ in range(50)))
        assert len(set(addresses)) == 1
        assert len(evil.asked) == 2

        now[0] += 3601
        await google.address_for(WAY)
        assert len(evil.asked) == 3


async def test_who_says_to_be_another_issuer_is_not_asked_for_anybody(evil: EvilOpenId) -> None:
    honest = evil._openid_configuration()
    async with we(evil) as google:
        evil.answers[DESCRIPTION] = lambda: honest | {"issuer": "https://accounts.google.com"}

        with pytest.raises(ProviderAway):
            await google.address_for(WAY)


async def test_a_safe_issuer_has_no_unsafe_addresses() -> None:
    google = OpenId("google", "Google", "https://accounts.example", CLIENT)

    for url in ("http://accounts.example/token", "file:///etc/passwd", "", None, 5, ["https://x"]):
        with pytest.raises(ProviderAway):
            google._endpoint({"token_endpoint": url}, "token_endpoint")
    assert google._endpoint({"token_endpoint": "https://t.example"}, "token_endpoint") == "https://t.example"
    await google.aclose()


async def test_the_address_carries_state_nonce_and_challenge_and_never_the_verifier(
    evil: EvilOpenId,
) -> None:
    async with we(evil) as google:
        address = await google.address_for(WAY)

    for part in (
        "response_type=code",
        "code_challenge_method=S256",
        "code_challenge=",
        f"nonce={WAY.nonce}",
        "state=state",
    ):
        assert part in address
    assert WAY.code_verifier not in address
    assert CLIENT.secret not in address


# GitHub, which signs nothing: its API is asked


ASHA: dict[str, Any] = {
    "/login/oauth/access_token": {"access_token": "t", "token_type": "bearer"},
    "/api/v3/user": {"id": 17, "login": "asha", "name": None},
    "/api/v3/user/emails": [
        {"email": "other@example.com", "primary": False, "verified": True},
        {"email": "asha@example.com", "primary": True, "verified": True},
    ],
}


async def from_github(**other: Any) -> Any:
    """Whom we believe to come back, where some answers are other ones."""
    answers = {path: other.get(path.rpartition("/")[2], known) for path, known in ASHA.items()}

    async def answer(request: Request) -> Response:
        return JSONResponse(answers[request.url.path])

    app = Starlette(routes=[Route(path, answer, methods=["GET", "POST"]) for path in answers])
    async with served(app) as url:
        github = GitHub(url + "/", CLIENT)
        try:
            return await github.vouches_for(WAY, Answer("a-code", ""))
        finally:
            await github.aclose()


async def test_github_is_believed_by_its_number_and_its_first_verified_email() -> None:
    found = await from_github()

    assert (found.subject, found.shown_as, found.name) == ("17", "asha", "asha")
    assert found.email == "asha@example.com"
    assert found.issuer.startswith("http://127.0.0.1")


@pytest.mark.parametrize(
    "emails",
    [
        [],
        [{"email": "asha@example.com", "primary": True, "verified": False}],
        [{"email": "asha@example.com", "primary": True}],
        [5, None, {"email": ["x"], "primary": True, "verified": True}],
    ],
    ids=["none", "not verified", "nothing said", "nonsense"],
)
async def test_an_email_that_github_has_not_verified_is_none(emails: list[Any]) -> None:
    assert (await from_github(emails=emails)).email == ""


async def test_a_number_that_is_none_is_nobody() -> None:
    for number in (True, 0, -1, 2**63, "17", 1.5, None, [17]):
        with pytest.raises(ProviderNotBelieved):
            await from_github(user={"id": number, "login": "asha"})


async def test_a_refusal_with_a_200_is_a_refusal() -> None:
    for answer in ({"error": "bad_verification_code"}, {"access_token": ""}, {"access_token": 5}, {}):
        with pytest.raises(ProviderNotBelieved):
            await from_github(access_token=answer)
