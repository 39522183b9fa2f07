"""Which pages are for whom; the contract's section 6."""

from __future__ import annotations

from shared_db.connection import with_retries
from shared_db.on_ramp_history import belongs_to
from shared_ui.gate import Rules
from user_app.services import the_services
from wallet.caller import Caller

ON_RAMP_PAGE = "/on-ramp"


async def _may_see(caller: Caller, path: str, query: dict[str, list[str]]) -> bool:
    """A payment's page is its owner's alone; to everybody else it is as if it had never been."""
    if path != ON_RAMP_PAGE:
        return True
    wanted = query.get("id", [""])[0]
    database = the_services().database
    return await with_retries(database, lambda connection: belongs_to(connection, wanted, caller.user_id))


RULES = Rules(
    private=frozenset({"/transfer", "/settings", ON_RAMP_PAGE}),
    for_strangers=frozenset({"/", "/login", "/signup", "/reset", "/new-password"}),
    may_see=_may_see,
)
