"""Where `next` may lead: to a page of ours, whatever is written into it."""

from __future__ import annotations

from urllib.parse import urljoin, urlsplit

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from shared_ui.local_path import local_path

HOME = "/transfer"


@pytest.mark.parametrize(
    "ours",
    [
        "/",
        "/transfer",
        "/on-ramp?id=1",
        "/pay/chaipoint",
        "/transactions?type=send&from=2026-11-01",
        "/a#b",
        "/@x",
    ],
)
def test_a_page_of_ours_is_followed(ours: str) -> None:
    assert local_path(ours, HOME) == ours


@pytest.mark.parametrize(
    "foreign",
    [
        "",
        "transfer",
        "//evil.example",
        "///evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "/transfer\\..\\evil",
        "https://evil.example",
        "https:/evil.example",
        "https:evil.example",
        "javascript:alert(1)",
        "data:text/html,x",
        " //evil.example",
        "/ /evil.example",
        "/\t/evil.example",
        "\t//evil.example",
        "/transfer\r\nSet-Cookie: a=b",
        "/transfer\nx",
        "/\x00",
        "/\x7f",
        "/\u2028x",
        "/ü",
        "/\uff0fevil.example",
        "//[",
        "/" + "a" * 500,
    ],
)
def test_everything_else_leads_home(foreign: str) -> None:
    assert local_path(foreign, HOME) == HOME


@pytest.mark.parametrize("inside", ["/api/v1/user/bulk", "/auth/logout"])
def test_what_is_no_page_is_not_followed(inside: str) -> None:
    assert local_path(inside, HOME) == HOME


@example("/.//evil.example")
@example("/..//evil.example")
@example("/;//evil.example")
@example("/%2f/evil.example")
@example("/?//evil.example")
@given(
    st.text(alphabet="/\\:@.?#%;=&[] \t\r\n\x00evilhtps2f5c", max_size=30).map(lambda text: "/" + text)
    | st.text(max_size=30)
)
@settings(max_examples=400, deadline=None)
def test_wherever_it_leads_is_our_own_host_and_one_line(text: str) -> None:
    chosen = local_path(text, HOME)

    landed = urlsplit(urljoin("https://wallet.example/auth/login", _as_a_browser_reads(chosen)))
    assert (landed.scheme, landed.netloc) == ("https", "wallet.example")
    assert chosen.isascii()
    assert chosen.isprintable()


def _as_a_browser_reads(address: str) -> str:
    """Browsers drop tabs and line ends, and take a backslash for a slash."""
    return "".join(one for one in address if one not in "\t\r\n").strip().replace("\\", "/")
