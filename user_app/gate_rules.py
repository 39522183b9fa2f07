"""Which pages are for whom; the contract's section 6."""

from __future__ import annotations

from money.errors import ShopNotFound
from shared_db.connection import with_retries
from shared_db.history import is_owners
from shared_db.on_ramp_history import belongs_to
from shared_db.withdrawal_history import is_of
from shared_ui.gate import Rules
from shared_ui.services import the_services
from user_app.pay_words import PAGES
from wallet.caller import Caller
from wallet.pay_merchant import shop_with

_RECEIPTS = "/transactions/"
_ASKS = {"/on-ramp": belongs_to, "/withdrawal": is_of}


async def _may_see(caller: Caller, path: str, query: dict[str, list[str]]) -> bool:
    """What happened to somebody's money is theirs alone to see; to others it is as if it had never been."""
    asks, wanted = _ASKS.get(path), query.get("id", [""])[0]
    if path.startswith(_RECEIPTS):
        asks, wanted = is_owners, path.removeprefix(_RECEIPTS)
    if asks is None:
        return True
    return await with_retries(
        the_services().database, lambda connection: asks(connection, wanted, caller.owner_id)
    )


async def _is_there(path: str) -> bool:
    """A shop's page is for everybody; where there is no such shop, there is no page."""
    try:
        await shop_with(the_services().database, path.removeprefix(PAGES))
    except ShopNotFound:
        return False
    return True


RULES = Rules(
    private=frozenset(
        {"/dashboard", "/transfer", "/p2ptransfer", "/transactions", "/settings", "/scan", *_ASKS}
    ),
    for_strangers=frozenset({"/", "/login", "/signup", "/reset", "/new-password"}),
    may_see=_may_see,
    private_below=(_RECEIPTS,),
    public_below=(PAGES,),
    is_there=_is_there,
)
