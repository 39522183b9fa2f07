"""Who is calling: the socket's peer, or what our own proxies saw; never what the caller writes."""

from __future__ import annotations

import functools
import ipaddress
from typing import TypeAlias

from starlette.types import Scope

Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network


def client_address(scope: Scope, *, trusted_proxy_hops: int) -> str:
    """The address of the one who spoke to our outermost proxy.

    Each proxy of ours appends the address it saw to `X-Forwarded-For`, so with n proxies the n-th from the
    right is true and everything to its left is the caller's own claim. Without proxies, or when the header is
    shorter than it must be, it is the socket's peer.
    """
    peer = scope.get("client")
    address: str = peer[0] if peer else ""
    if trusted_proxy_hops:
        lines = [value.decode("latin-1") for name, value in scope["headers"] if name == b"x-forwarded-for"]
        seen = [one.strip() for one in ",".join(lines).split(",")] if lines else []
        if len(seen) >= trusted_proxy_hops:
            address = seen[-trusted_proxy_hops]
    return address


@functools.lru_cache(maxsize=4096)
def neighbourhood(address: str) -> str:
    """What tries are counted by: an IPv4 address, or the /64 that one IPv6 customer has to himself."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv4Address):
        return address
    if parsed.ipv4_mapped:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.ip_network((parsed, 64), strict=False))


def networks(listed: str) -> tuple[Network, ...]:
    """A comma list of CIDR ranges. Raises ValueError for what is none."""
    return tuple(ipaddress.ip_network(one.strip()) for one in listed.split(",") if one.strip())


@functools.lru_cache(maxsize=1024)
def is_within(address: str, allowed: tuple[Network, ...]) -> bool:
    """Whether the address lies in one of the ranges; text that is no address lies in none."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped:
        parsed = parsed.ipv4_mapped
    return any(parsed in network for network in allowed)
