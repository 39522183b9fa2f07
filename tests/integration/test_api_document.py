"""The OpenAPI document under attack: whatever is sent, the answer is one that the document tells, and none is a 500.

Requests are made up from the document itself, right ones and wrong ones, by the seed that each test names.
"""

from __future__ import annotations

import asyncio
import itertools
import sys
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis import Case, GenerationMode
from schemathesis.generation.meta import ParameterLocation
from schemathesis.specs.openapi import checks

from tests.integration.transfer_town import Town, opened
from tests.town import real_bank, served, wallet_settings
from user_app.api.app import create_api

SEED = 20_261_125
_EXAMPLES = 40
_PEOPLE = 2 * _EXAMPLES
_OUTCOMES = [
    schemathesis.checks.not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
]
# A word too much in an address is passed over, as the web does, and whoever calls has their token whatever was made up
# for it; in a body, what is wrong is refused.
_OUTCOMES_OF_A_WRONG_BODY = [*_OUTCOMES, checks.negative_data_rejection]
_REFUSED = {"checks": {"negative_data_rejection": {"expected-statuses": ["4XX", "503"]}}}
OPERATIONS = (
    "POST /api/v1/user/signup",
    "POST /api/v1/user/signin",
    "PUT /api/v1/user",
    "GET /api/v1/user/bulk",
    "GET /api/v1/account/balance",
    "POST /api/v1/account/transfer",
    "POST /api/v1/account/payments",
    "POST /api/v1/account/on-ramps",
    "GET /api/v1/account/on-ramps/{on_ramp_id}",
    "POST /api/v1/account/withdrawals",
    "GET /api/v1/account/withdrawals/{withdrawal_id}",
    "DELETE /api/v1/account/withdrawals/{withdrawal_id}",
    "GET /api/v1/account/transactions",
)
_HASHES = {OPERATIONS[0], OPERATIONS[1], OPERATIONS[2]}
"""These take a fifth of a second for each password that could be right."""
_SERVED_IN_THE_SAME_PROCESS = pytest.mark.filterwarnings("ignore:Do not use the `random` module")
"""The server uses it while requests are made up, which looks as if these were random."""


class Api:
    """The wallet on a real port, with a real bank behind it, and people who may call it."""

    def __init__(self, url: str, town: Town, document: Any) -> None:
        self.url = url
        self.town = town
        self.document = document

    def operation(self, name: str) -> Any:
        method, path = name.split()
        return self.document[path][method]


@pytest.fixture
async def api(database_url: str, tmp_path: Path) -> AsyncIterator[Api]:
    async with AsyncExitStack() as stack:
        town = await stack.enter_async_context(opened(database_url, tmp_path))
        bank = await stack.enter_async_context(real_bank(tmp_path))
        app = create_api(database_url, wallet_settings(tmp_path, bank.url, rate_limit_factor=100_000))
        url = await stack.enter_async_context(served(app))
        document = await asyncio.to_thread(
            schemathesis.openapi.from_url,
            f"{url}/api/v1/openapi.json",
            config=schemathesis.Config.from_dict(_REFUSED),
        )
        yield Api(url, town, document)


def test_every_operation_of_the_document_is_attacked(tmp_path: Path) -> None:
    document = create_api("postgresql://nowhere", wallet_settings(tmp_path)).document()

    told = {f"{method.upper()} {path}" for path, ways in document["paths"].items() for method in ways}

    assert told == set(OPERATIONS)


@_SERVED_IN_THE_SAME_PROCESS
@pytest.mark.parametrize("name", OPERATIONS)
async def test_whatever_is_sent_the_answer_is_one_of_the_document(api: Api, name: str) -> None:
    people = [await api.town.person(1_000) for _ in range(_PEOPLE if name.startswith("PUT") else 1)]
    # Whoever changes a password has no token any more, so each change has a person of its own.
    callers = itertools.cycle([one.headers["Authorization"] for one in people])
    most = _EXAMPLES // 3 if name in _HASHES else _EXAMPLES

    answered = await asyncio.to_thread(_attack, api, name, lambda: next(callers), most)

    sys.stdout.write(f"seed {SEED}, {name}: {dict(answered)}\n")
    assert answered.total() >= most


@_SERVED_IN_THE_SAME_PROCESS
async def test_a_stranger_gets_nowhere_whatever_he_sends(api: Api) -> None:
    for name in OPERATIONS[2:]:
        answered = await asyncio.to_thread(_attack, api, name, lambda: "Bearer not-a-token", _EXAMPLES // 4)

        assert set(answered) <= {401, 403}, (name, answered)


def _attack(api: Api, name: str, caller: Callable[[], str], most: int) -> Counter[int]:
    """How often each status was the answer. Raises AssertionError for an answer that the document does not tell."""
    answered: Counter[int] = Counter()
    for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):

        @seed(SEED)
        @settings(
            max_examples=most,
            deadline=None,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=api.operation(name).as_strategy(generation_mode=mode))
        def attack(case: Case) -> None:
            answer = case.call(base_url=api.url, headers={"Authorization": caller()})
            answered[answer.status_code] += 1
            outcomes = _OUTCOMES_OF_A_WRONG_BODY if _has_wrong_body(case) else _OUTCOMES
            case.validate_response(answer, checks=outcomes)

        attack()
    return answered


def _has_wrong_body(case: Case) -> bool:
    body = case.meta.components.get(ParameterLocation.BODY) if case.meta else None
    return body is not None and body.mode.is_negative
