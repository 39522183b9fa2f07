"""Which pages are for whom; the contract's section 7."""

from __future__ import annotations

from shared_db.connection import with_retries
from shared_db.history import is_owners
from shared_db.settlement_screens import is_settlement_of
from shared_db.withdrawal_history import is_of
from shared_ui.gate import Rules
from shared_ui.services import the_services
from wallet.caller import Caller

_ASKS = {"/withdrawal": is_of}
_ASKS_BELOW = {"/transactions/": is_owners, "/settlements/": is_settlement_of}
"""By the beginning of a path that ends in an id."""


async def _may_see(caller: Caller, path: str, query: dict[str, list[str]]) -> bool:
    """What happened to a shop's money is its own alone to see; to others it is as if it had never been."""
    asks, wanted = _ASKS.get(path), query.get("id", [""])[0]
    for beginning, asks_below in _ASKS_BELOW.items():
        if path.startswith(beginning):
            asks, wanted = asks_below, path.removeprefix(beginning)
    if asks is None:
        return True
    return await with_retries(
        the_services().database, lambda connection: asks(connection, wanted, caller.owner_id)
    )


RULES = Rules(
    private=frozenset(
        {"/counter", "/dashboard", "/qr", "/transactions", "/withdraw", "/settlements", "/settings", *_ASKS}
    ),
    for_strangers=frozenset({"/", "/login", "/signup", "/open-shop"}),
    may_see=_may_see,
    private_below=tuple(_ASKS_BELOW),
)
