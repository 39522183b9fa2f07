"""Who is calling: nothing a caller writes may make him somebody else."""

import pytest

from runtime.addresses import client_address, is_within, neighbourhood, networks

LOOPBACK = networks("127.0.0.0/8, ::1/128")
STRANGER = "203.0.113.9"


def address(*forwarded: str, hops: int, peer: str | None = STRANGER) -> str:
    headers = [(b"host", b"wallet.example"), *((b"x-forwarded-for", one.encode()) for one in forwarded)]
    client = (peer, 55_000) if peer is not None else None
    return client_address({"type": "http", "client": client, "headers": headers}, trusted_proxy_hops=hops)


@pytest.mark.parametrize("forwarded", [(), ("127.0.0.1",), ("127.0.0.1, 10.0.0.1",), ("127.0.0.1", "::1")])
def test_without_proxies_a_stranger_cannot_write_himself_onto_the_list(forwarded: tuple[str, ...]) -> None:
    found = address(*forwarded, hops=0)

    assert found == STRANGER


@pytest.mark.parametrize(
    "forwarded",
    [
        (STRANGER,),
        (f"127.0.0.1, {STRANGER}",),
        (f"127.0.0.1,127.0.0.1,{STRANGER}",),
        ("127.0.0.1", STRANGER),
        ("127.0.0.1, 127.0.0.1", f" {STRANGER} "),
    ],
)
def test_behind_one_proxy_only_what_the_proxy_saw_counts(forwarded: tuple[str, ...]) -> None:
    found = address(*forwarded, hops=1, peer="127.0.0.1")

    assert found == STRANGER


@pytest.mark.parametrize(
    "forwarded",
    [
        (f"{STRANGER}, 10.0.0.1",),
        (f"127.0.0.1, {STRANGER}, 10.0.0.1",),
        (f"127.0.0.1, {STRANGER}", "10.0.0.1"),
        (f"127.0.0.1,::1,127.0.0.1,{STRANGER},10.0.0.1",),
    ],
)
def test_behind_two_proxies_it_is_the_second_from_the_right(forwarded: tuple[str, ...]) -> None:
    found = address(*forwarded, hops=2, peer="10.0.0.2")

    assert found == STRANGER


@pytest.mark.parametrize(("forwarded", "hops"), [((), 1), ((), 2), (("127.0.0.1",), 2), (("127.0.0.1",), 8)])
def test_a_header_shorter_than_our_proxies_make_it_is_not_believed(
    forwarded: tuple[str, ...], hops: int
) -> None:
    found = address(*forwarded, hops=hops)

    assert found == STRANGER


@pytest.mark.parametrize(
    ("forwarded", "hops"), [("", 1), ("127.0.0.1,", 1), ("127.0.0.1,,10.0.0.1", 2), ("x" * 9_000, 1)]
)
def test_an_empty_or_endless_place_in_the_header_is_nobody_on_the_list(forwarded: str, hops: int) -> None:
    found = address(forwarded, hops=hops, peer="127.0.0.1")

    assert not is_within(found, LOOPBACK)


def test_a_caller_without_an_address_is_nobody_on_the_list() -> None:
    found = address(hops=0, peer=None)

    assert not is_within(found, LOOPBACK)


@pytest.mark.parametrize("text", ["127.0.0.1", "127.255.255.254", "::1", "::ffff:127.0.0.1", "::ffff:7f00:1"])
def test_loopback_is_recognised_in_each_of_its_spellings(text: str) -> None:
    assert is_within(text, LOOPBACK)


@pytest.mark.parametrize(
    "text",
    [
        *(
            "128.0.0.1",
            "::2",
            "::ffff:128.0.0.1",
            "",
            "localhost",
            "127.0.0.1:80",
            "[::1]",
            "127.1",
            "0x7f000001",
        ),
        *(
            "127.0.0.1 ",
            "\uff11\uff12\uff17.0.0.1",
            "127.0.0.01",
            "2130706433",
            "::127.0.0.1",
            "127.0.0.1\x00",
        ),
    ],
)
def test_what_is_no_address_of_the_list_lies_in_none_of_its_ranges(text: str) -> None:
    assert not is_within(text, LOOPBACK)


def test_an_empty_list_lets_nobody_in() -> None:
    assert not is_within("127.0.0.1", networks(""))
    assert not is_within("127.0.0.1", networks(" , "))


@pytest.mark.parametrize("listed", ["localhost", "10.0.0.0/33", "10.0.0.1/8", "10.0.0.0/8 10.1.0.0/16"])
def test_a_range_that_is_none_is_found_at_the_start_and_not_ignored(listed: str) -> None:
    with pytest.raises(ValueError, match=r"does not appear|has host bits"):
        networks(listed)


def test_one_bank_may_call_from_both_families() -> None:
    allowed = networks("198.51.100.0/24,2001:db8::/32")

    assert is_within("198.51.100.7", allowed)
    assert is_within("2001:db8::7", allowed)
    assert is_within("::ffff:198.51.100.7", allowed)
    assert not is_within("2001:db9::7", allowed)


@pytest.mark.parametrize(
    ("address", "counted_by"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::", "2001:db8:1:2::/64"),
        ("nobody", "nobody"),
        ("", ""),
    ],
)
def test_one_ipv6_customer_is_counted_once(address: str, counted_by: str) -> None:
    assert neighbourhood(address) == counted_by
