"""One page, one address: the spellings a browser or an attacker may try."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

from shared_ui.built_pages import BuiltPages, plain


@pytest.mark.parametrize(
    "spelling",
    [
        "/transfer",
        "/transfer/",
        "//transfer",
        "///transfer//",
        "/transfer.html",
        "/transfer/index.html",
        "/./transfer",
        "/login/../transfer",
        "/../transfer",
    ],
)
def test_a_page_has_one_plain_address(spelling: str):
    assert plain(spelling) == "/transfer"


@pytest.mark.parametrize("spelling", ["/", "//", "", "/index.html", "/.", "/.."])
def test_the_first_page_is_a_slash(spelling: str):
    assert plain(spelling) == "/"


@pytest.mark.parametrize("other", ["/.transfer", "/transfer.", "/myindex.html", "/Transfer"])
def test_what_only_looks_alike_is_another_address(other: str):
    assert plain(other) not in {"/transfer", "/my"}


@pytest.fixture
def site(tmp_path: Path) -> httpx.AsyncClient:
    (tmp_path / "transfer").mkdir()
    for file, text in {
        "index.html": "first",
        "transfer/index.html": "<script>start()</script><script src='/a.js'></script>",
        "transfer.html": "<script>start()</script><script src='/a.js'></script>",
        "404.html": "unknown",
    }.items():
        (tmp_path / file).write_text(text)
    files = Starlette(routes=[Mount("/", StaticFiles(directory=tmp_path, html=True))])
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(BuiltPages(files, folder=tmp_path)), base_url="http://batua.example"
    )


async def test_a_page_answers_at_its_address_without_sending_elsewhere(site: httpx.AsyncClient):
    answers = [await site.get(path) for path in ("/transfer", "/transfer/", "/transfer/index.html")]

    assert [answer.status_code for answer in answers] == [200, 200, 200]


async def test_a_page_may_run_its_own_scripts_and_no_others(site: httpx.AsyncClient):
    own = base64.b64encode(hashlib.sha256(b"start()").digest()).decode()

    with_script = (await site.get("/transfer")).headers["content-security-policy"]
    without = (await site.get("/")).headers["content-security-policy"]

    assert f"script-src 'self' 'sha256-{own}';" in with_script
    assert "script-src 'self';" in without


async def test_an_unknown_address_stays_unknown(site: httpx.AsyncClient):
    answers = [await site.get(path) for path in ("/nothing", "/404", "/404.html/x")]

    assert {answer.status_code for answer in answers} == {404}
