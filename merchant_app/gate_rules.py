"""Which pages are for whom; the contract's section 6."""

from __future__ import annotations

from shared_ui.gate import Rules
from wallet.caller import Caller


async def _may_see(_caller: Caller, _path: str, _query: dict[str, list[str]]) -> bool:
    return True


RULES = Rules(
    private=frozenset({"/dashboard", "/settings"}),
    for_strangers=frozenset({"/", "/login", "/signup", "/open-shop"}),
    may_see=_may_see,
)
