"""Receipts and statements as PDFs, for their owner alone; drawn in a thread, so that nobody else waits for them."""

from __future__ import annotations

import asyncio
import uuid
from datetime import UTC, datetime

from money.errors import NotFound
from shared_db.connection import Connection, with_retries
from shared_db.screens import Owner, owner
from shared_ui.services import the_services
from shared_ui.statement_file import drawing, statement_file
from shared_ui.statement_paper import Holder
from user_app.history_words import WORDS
from user_app.masked_contacts import masked_email, masked_phone
from user_app.receipt_paper import receipt_paper
from user_app.receipt_reading import Receipt, receipt_of
from wallet.caller import Caller


async def receipt_file(caller: Caller, happened_id: str) -> tuple[bytes, str]:
    """The file and its name. Raises NotFound for what is not the caller's, as for what never was."""
    try:
        wanted = uuid.UUID(happened_id)
    except ValueError as error:
        raise NotFound from error
    the = the_services()
    await the.throttle.paper(str(caller.owner_id))

    async def read(connection: Connection) -> tuple[Receipt | None, Owner]:
        return await receipt_of(connection, caller.owner_id, wanted), await owner(connection, caller.owner_id)

    found, person = await with_retries(the.database, read)
    if found is None:
        raise NotFound
    own_name = f"{person.first_name} {person.last_name}"
    async with drawing:
        paper = await asyncio.to_thread(receipt_paper, found, own_name, printed=datetime.now(UTC))
    return paper, f"batua-receipt-{wanted}.pdf"


async def own_statement(caller: Caller, month: str) -> tuple[bytes, str]:
    """The file and its name. Raises DayRefused for what is no month up to this one, and StatementTooLong."""

    async def holder_of(connection: Connection) -> Holder:
        person = await owner(connection, caller.owner_id)
        contact = masked_email(person.email)
        if person.phone and person.phone_verified_at:
            contact += f", {masked_phone(person.phone)}"
        return Holder(f"{person.first_name} {person.last_name}", contact)

    return await statement_file(caller, month, holder_of=holder_of, words=WORDS)
