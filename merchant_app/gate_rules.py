"""Which pages are for whom; the contract's section 6."""

from __future__ import annotations

from shared_db.connection import with_retries
from shared_db.history import is_owners
from shared_ui.gate import Rules
from shared_ui.services import the_services
from wallet.caller import Caller

_RECEIPTS = "/transactions/"


async def _may_see(caller: Caller, path: str, _query: dict[str, list[str]]) -> bool:
    """What happened to a shop's money is its own alone to see; to others it is as if it had never been."""
    if not path.startswith(_RECEIPTS):
        return True
    wanted = path.removeprefix(_RECEIPTS)
    return await with_retries(
        the_services().database, lambda connection: is_owners(connection, wanted, caller.owner_id)
    )


RULES = Rules(
    private=frozenset({"/counter", "/dashboard", "/qr", "/transactions"}),
    for_strangers=frozenset({"/", "/login", "/signup"}),
    may_see=_may_see,
    private_below=(_RECEIPTS,),
)
