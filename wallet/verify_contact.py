"""Verify one's own email or phone by a six-digit code that is sent there; set or change one's own phone."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum

from money.errors import CodeRefused, NoPhone
from runtime.logs import logger
from shared_db import codes as kept_codes
from shared_db import people, sessions
from shared_db.connection import Database
from shared_db.models import User
from wallet.caller import Caller
from wallet.codes import Codes, Purpose, clean_code
from wallet.messages import Channel, Message, Sender
from wallet.sign_up import clean_phone
from wallet.throttle import Throttle

log = logger(__name__)


class Contact(StrEnum):
    EMAIL = "email"
    PHONE = "phone"


_PURPOSES = {Contact.EMAIL: Purpose.VERIFY_EMAIL, Contact.PHONE: Purpose.VERIFY_PHONE}


async def send_code(
    database: Database,
    sender: Sender,
    throttle: Throttle,
    codes: Codes,
    caller: Caller,
    *,
    contact: Contact,
    address: str,
) -> None:
    """Send a new code to the caller's own email or phone; the one before it is void from now on.

    `address` is the caller's network address, as text. Raises TooManyTries, NoPhone or CannotSend.
    """
    await throttle.sending_code(f"{caller.owner_id}:{contact}", address)
    async with database.transaction() as session:
        recipient = _of(await people.held(session, caller.owner_id), contact)
    if recipient is None:
        raise NoPhone
    await throttle.sending_code_to(recipient)
    code, row = codes.make(caller.owner_id, _PURPOSES[contact], recipient)
    async with database.transaction() as session:
        # Held, so that nobody who is trying the last code meets half of this one. Should the contact have changed
        # meanwhile, the code still goes where we looked and proves nothing about the new one.
        await people.held(session, caller.owner_id)
        await kept_codes.put(session, row)
    await sender.send(_message(contact, recipient, code))
    log.info("code sent", purpose=row.purpose, user_id=str(caller.owner_id))


async def confirm(
    database: Database,
    throttle: Throttle,
    codes: Codes,
    caller: Caller,
    *,
    contact: Contact,
    code: str,
    address: str,
) -> None:
    """The caller's own email or phone counts as verified. `address` is the caller's network address, as text.

    Raises TooManyTries, CodeRefused, SignedOut when the session has just ended, or PhoneTaken when somebody else has
    verified this phone.
    """
    await throttle.trying_code(str(caller.owner_id), address)
    given = clean_code(code)
    async with database.transaction() as session:
        user = await sessions.held_from(session, caller.owner_id, caller.session_id)
        recipient = _of(user, contact) or ""
        purpose = _PURPOSES[contact]
        is_right = await kept_codes.redeem(
            session,
            user.id,
            purpose,
            contact=recipient,
            code_hash=codes.hashed(user.id, purpose, recipient, given),
        )
        if is_right:
            await people.change(session, user.id, **{f"{contact}_verified_at": datetime.now(UTC)})
    # Outside, because a wrong try is counted by the commit.
    if not is_right:
        raise CodeRefused
    log.info("contact verified", contact=contact.value, user_id=str(caller.owner_id))


async def change_phone(database: Database, caller: Caller, *, phone: str) -> None:
    """Set or change the caller's own phone, which is to be verified then; the same one stays as it is.

    A phone that somebody else has verified is no error here and tells nothing. Raises InputRefused, or SignedOut
    when the session has just ended.
    """
    number = clean_phone(phone)
    async with database.transaction() as session:
        user = await sessions.held_from(session, caller.owner_id, caller.session_id)
        if user.phone == number:
            return
        await people.change(session, user.id, phone=number, phone_verified_at=None)
        await kept_codes.forget(session, user.id, Purpose.VERIFY_PHONE)


def _of(user: User, contact: Contact) -> str | None:
    return user.email if contact is Contact.EMAIL else user.phone


def _message(contact: Contact, recipient: str, code: str) -> Message:
    # Nothing of a person's own making stands in it: it may go to somebody they want to deceive.
    text = f"Your Batua code to verify this {contact.value} is {code}. It is good for 10 minutes. Tell it to nobody."
    if contact is Contact.EMAIL:
        return Message(Channel.EMAIL, recipient, "Verify your email", text)
    return Message(Channel.SMS, recipient, "", text)
