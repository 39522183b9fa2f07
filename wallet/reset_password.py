"""Reset a forgotten password by a six-digit code sent to one's email. Nobody learns whether an email is known."""

from __future__ import annotations

import functools
import uuid
from datetime import UTC, datetime

from money.errors import CannotSend, CodeRefused, InputRefused
from runtime.logs import logger
from shared_db import codes as kept_codes
from shared_db import people, sessions
from shared_db.connection import Database
from wallet import passwords
from wallet.background import Background
from wallet.codes import Codes, Purpose, clean_code
from wallet.messages import Channel, Message, Nobody, Sender
from wallet.sign_up import SHORTEST_ON_PAGES, clean_email, clean_password
from wallet.throttle import Throttle

log = logger(__name__)


async def ask(
    database: Database,
    sender: Sender,
    throttle: Throttle,
    codes: Codes,
    background: Background,
    *,
    email: str,
    address: str,
) -> None:
    """Send a new code to this email if somebody has it; the answer is the same, and as fast, if nobody does.

    The work is done after the answer. `address` is the caller's network address, as text. Raises InputRefused for
    what is no email, TooManyTries, CannotSend where nothing can be sent at all, or Busy.
    """
    email = clean_email(email)
    await throttle.sending_code(email, address)
    if isinstance(sender, Nobody):
        # Known or not: nobody is told to wait for what will not come.
        raise CannotSend
    background.start(functools.partial(_send, database, sender, codes, email))


async def reset(
    database: Database,
    throttle: Throttle,
    codes: Codes,
    *,
    email: str,
    code: str,
    password: str,
    address: str,
) -> uuid.UUID:
    """Give the person with this email a new password and end every session of theirs, API ones too; who it is.

    The code has proved the email, which counts as verified from now on. `address` is the caller's network address,
    as text. Raises PasswordRefused, TooManyTries, or CodeRefused.
    """
    password = clean_password(password, shortest=SHORTEST_ON_PAGES)
    try:
        email = clean_email(email)
    except InputRefused as error:
        raise CodeRefused from error
    await throttle.trying_code(email, address)
    given = clean_code(code)
    # For everybody and before looking, so that whether an email is known does not show in the time it takes.
    password_hash = await passwords.hashed(password)
    user_id = await _redeem(database, codes, email, given, password_hash)
    if user_id is None:
        raise CodeRefused
    log.info("password reset", user_id=str(user_id))
    return user_id


async def _redeem(
    database: Database, codes: Codes, email: str, given: str, password_hash: str
) -> uuid.UUID | None:
    """Whose code it was, once everything is done; None: it was not right. A wrong try is counted by the commit."""
    async with database.transaction() as session:
        user = await people.held_by_email(session, email)
        if user is None:
            return None
        purpose = Purpose.RESET_PASSWORD
        code_hash = codes.hashed(user.id, purpose, email, given)
        if not await kept_codes.redeem(session, user.id, purpose, contact=email, code_hash=code_hash):
            return None
        await people.change(
            session, user.id, password_hash=password_hash, email_verified_at=datetime.now(UTC)
        )
        await sessions.end_all(session, user.id)
    return user.id


async def _send(database: Database, sender: Sender, codes: Codes, email: str) -> None:
    async with database.transaction() as session:
        user = await people.held_by_email(session, email)
        if user is None:
            return
        code, row = codes.make(user.id, Purpose.RESET_PASSWORD, email)
        await kept_codes.put(session, row)
    await sender.send(_message(email, code))
    log.info("code sent", purpose=row.purpose, user_id=str(user.id))


def _message(email: str, code: str) -> Message:
    text = (
        f"Your Batua code to choose a new password is {code}. It is good for 10 minutes. Tell it to nobody. "
        "If you did not ask for it, your password stays as it is."
    )
    return Message(Channel.EMAIL, email, "Choose a new password", text)
