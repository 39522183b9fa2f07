"""What a provider has not signed for us, for this browser and just now is no identity, however well it is made."""

from __future__ import annotations

import base64
import json
import math
import time
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from joserfc.jwk import OctKey

from money.errors import ProviderNotBelieved
from tests.integration.evil_openid import (
    CLIENT,
    KEY,
    OTHER_KEY,
    WAY,
    Claims,
    EvilOpenId,
    evil_openid,
    signed,
    we,
    who_comes,
)
from wallet.providers.openid import OpenId


@pytest.fixture
async def evil() -> AsyncIterator[EvilOpenId]:
    async with evil_openid() as evil:
        yield evil


@pytest.fixture
async def google(evil: EvilOpenId) -> AsyncIterator[OpenId]:
    async with we(evil) as provider:
        yield provider


async def test_what_is_signed_for_us_is_believed(evil: EvilOpenId, google: OpenId) -> None:
    found = await who_comes(google)

    assert (found.issuer, found.subject) == (evil.issuer, "1234")
    assert (found.name, found.email, found.shown_as) == ("Asha Rao", "asha@example.com", "asha@example.com")
    [form] = evil.forms
    assert (form["code"], form["code_verifier"]) == ("a-code", WAY.code_verifier)
    assert (form["redirect_uri"], form["client_id"]) == (WAY.redirect_uri, CLIENT.id)


async def test_an_audience_may_be_a_list_that_is_ours_alone(evil: EvilOpenId, google: OpenId) -> None:
    evil.lie = lambda claims: claims | {"aud": [CLIENT.id]}

    assert (await who_comes(google)).subject == "1234"


async def is_believed(google: OpenId) -> bool:
    try:
        await who_comes(google)
    except ProviderNotBelieved:
        return False
    return True


def without(name: str) -> Callable[[Claims], Claims]:
    return lambda claims: {key: value for key, value in claims.items() if key != name}


def but(**other: Any) -> Callable[[Claims], Claims]:
    return lambda claims: claims | other


LIES = {
    "another issuer": but(iss="https://accounts.google.com"),
    "a list of issuers": but(iss=["x"]),
    "another audience": but(aud="another-client"),
    "other audiences": but(aud=["another-client", "a-third"]),
    "us and another audience": but(aud=[CLIENT.id, "another-client"]),
    "us and another party": but(aud=[CLIENT.id, "another-client"], azp="another-client"),
    "another party": but(azp="another-client"),
    "no audience that can be read": but(aud={}),
    "another nonce": but(nonce="another-nonce"),
    "an empty nonce": but(nonce=None),
    "a list of nonces": but(nonce=[WAY.nonce]),
    "expired": but(exp=int(time.time()) - 120),
    "an end that is no time": but(exp="tomorrow"),
    "issued tomorrow": but(iat=int(time.time()) + 3600),
    "not yet good": but(nbf=int(time.time()) + 3600),
    "another access token": but(at_hash="AAAAAAAAAAAAAAAAAAAAAA"),
    "an empty subject": but(sub=""),
    "a number for a subject": but(sub=1234),
    "a null subject": but(sub=None),
    "an endless subject": but(sub="x" * 256),
    "an end that is no number": but(exp=math.nan),
    "an end that never comes": but(exp=math.inf),
    "a null byte in a subject": but(sub="12\x0034"),
    "half a letter in a subject": but(sub="\ud800"),
    "another script in a subject": but(sub="१२३४"),
    "an object for a subject": but(sub={"sub": "1234"}),
    **{f"without {name}": without(name) for name in ("iss", "aud", "sub", "exp", "iat", "nonce")},
}


async def test_claims_that_are_not_meant_for_this_browser_and_now_are_nobody(
    evil: EvilOpenId, google: OpenId
) -> None:
    believed: list[str] = []
    for name, evil.lie in LIES.items():
        if await is_believed(google):
            believed.append(name)

    assert believed == []


def unsigned(claims: Claims, algorithm: str = "none") -> str:
    parts = (json.dumps({"alg": algorithm, "kid": "one"}), json.dumps(claims))
    return ".".join([*(base64.urlsafe_b64encode(part.encode()).decode().rstrip("=") for part in parts), ""])


def changed_after_signing(claims: Claims) -> str:
    header, _, signature = signed(claims).split(".")
    payload = base64.urlsafe_b64encode(json.dumps(claims | {"sub": "1"}).encode()).decode().rstrip("=")
    return f"{header}.{payload}.{signature}"


FORGERIES: dict[str, Callable[[Claims], Any]] = {
    "unsigned": unsigned,
    "unsigned, in another case": lambda claims: unsigned(claims, "None"),
    "without a signature": lambda claims: unsigned(claims, "RS256"),
    "changed after signing": changed_after_signing,
    "another key": lambda claims: signed(claims, key=OTHER_KEY),
    "its own key in the header": lambda claims: signed(
        claims, key=OTHER_KEY, jwk=OTHER_KEY.as_dict(private=False)
    ),
    "our secret": lambda claims: signed(claims, key=OctKey.import_key(CLIENT.secret), alg="HS256"),
    "its public key as a secret": lambda claims: signed(
        claims, key=OctKey.import_key(KEY.as_pem(private=False)[27:-25]), alg="HS256"
    ),
    "another algorithm": lambda claims: signed(claims, alg="RS512"),
    "an unknown key": lambda claims: signed(claims, kid="another"),
    "one letter more": lambda claims: signed(claims) + "x",
    "cut short": lambda claims: signed(claims)[:-20],
    "empty": lambda claims: "",
    "three letters": lambda claims: "a.b.c",
    "dots": lambda claims: "." * 100_000,
    "letters that are none": lambda claims: "é" * 50,
    "a number": lambda claims: 5,
    "null": lambda claims: None,
    "an object": lambda claims: {"a": 1},
}


async def test_what_the_provider_has_not_signed_is_nobody(evil: EvilOpenId, google: OpenId) -> None:
    believed: list[str] = []
    for name, evil.sign in FORGERIES.items():
        if await is_believed(google):
            believed.append(name)

    assert believed == []


async def test_a_token_without_an_identity_in_it_is_nobody(evil: EvilOpenId, google: OpenId) -> None:
    evil.answers["/token"] = lambda: {"access_token": "x", "token_type": "Bearer"}

    with pytest.raises(ProviderNotBelieved):
        await who_comes(google)


async def test_another_issuers_answer_is_not_taken_to_this_one(evil: EvilOpenId, google: OpenId) -> None:
    with pytest.raises(ProviderNotBelieved):
        await who_comes(google, issuer="https://accounts.evil.example")

    assert "/token" not in evil.asked
    assert (await who_comes(google, issuer=evil.issuer)).subject == "1234"


async def test_an_email_that_the_provider_has_not_verified_is_none(evil: EvilOpenId, google: OpenId) -> None:
    for verified in (False, "true", 1, None):
        evil.lie = but(email_verified=verified)

        found = await who_comes(google)

        assert (found.email, found.shown_as) == ("", "asha@example.com")


async def test_a_profile_of_somebody_else_is_not_mixed_in(evil: EvilOpenId, google: OpenId) -> None:
    evil.lie = without("email")
    assert (await who_comes(google)).email == "asha@example.com"
    evil.answers["/me"] = lambda: {"sub": "999", "email": "victim@example.com", "email_verified": True}

    with pytest.raises(ProviderNotBelieved):
        await who_comes(google)


async def test_names_with_hidden_letters_or_of_other_kinds_are_made_readable(
    evil: EvilOpenId, google: OpenId
) -> None:
    for name, shown in (("A\u202esha\x00", "Asha"), ("x" * 500, "x" * 50), (5, ""), (["a"], ""), ("  ", "")):
        evil.lie = but(name=name)

        assert (await who_comes(google)).name == shown


async def test_a_key_that_was_changed_is_fetched_once_and_forged_ones_cost_no_fetch(
    evil: EvilOpenId,
) -> None:
    now = [0.0]
    async with we(evil, clock=lambda: now[0]) as google:
        await who_comes(google)
        for _ in range(5):
            evil.sign = lambda claims: signed(claims, key=OTHER_KEY, kid="new")
            with pytest.raises(ProviderNotBelieved):
                await who_comes(google)
        assert evil.asked.count("/keys") == 1

        now[0] += 6
        evil.key = OTHER_KEY
        evil.answers["/keys"] = lambda: {"keys": [OTHER_KEY.as_dict(private=False) | {"kid": "new"}]}

        assert (await who_comes(google)).subject == "1234"
        assert evil.asked.count("/keys") == 2
        assert evil.asked.count("/.well-known/openid-configuration") == 1
