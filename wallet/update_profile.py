"""Change one's own name or password. A new password ends every other session."""

from __future__ import annotations

from money.errors import FirstNameRefused, LastNameRefused, SignedOut
from shared_db import people, sessions
from shared_db.connection import Database
from wallet import passwords
from wallet.caller import Caller
from wallet.sign_up import clean_name, clean_password


async def update_profile(
    database: Database,
    caller: Caller,
    *,
    first_name: str | None = None,
    last_name: str | None = None,
    password: str | None = None,
) -> None:
    """Change what is given, all or nothing. Raises InputRefused, or SignedOut when the session has just ended."""
    fields: dict[str, str] = {}
    if first_name is not None:
        fields["first_name"] = clean_name(first_name, FirstNameRefused)
    if last_name is not None:
        fields["last_name"] = clean_name(last_name, LastNameRefused)
    if password is not None:
        fields["password_hash"] = await passwords.hashed(clean_password(password))
    if not fields:
        return
    async with database.transaction() as session:
        await people.change(session, caller.owner_id, **fields)
        # Asked again under the row's lock: a session that another change has ended meanwhile changes nothing.
        if not await sessions.is_live_within(session, caller.session_id):
            raise SignedOut
        if password is not None:
            await sessions.end_others(session, caller.owner_id, but=caller.session_id)
