"""How other people are shown: by name, and by so much of their contact as tells them apart."""

from __future__ import annotations

import uuid
from urllib.parse import urlencode

from shared_db.ids import new_id
from shared_db.recipients import Recipient
from shared_ui.history import initials_of
from shared_ui.people import PersonRow
from user_app.masked_contacts import masked_email

PAGE = "/p2ptransfer"


def person_row_of(one: Recipient) -> PersonRow:
    """It leads to sending them something; the key of that stands in the address from the beginning."""
    return PersonRow(
        id=str(one.id),
        name=one.name,
        contact=masked_email(one.email),
        initials=initials_of(one.name),
        href=address_of(one.id, new_id()),
    )


def address_of(to: uuid.UUID, intent: uuid.UUID) -> str:
    """Where one transfer is made. Whoever comes back here finds what became of it, and cannot make it twice."""
    return f"{PAGE}?{urlencode({'to': to, 'intent': intent})}"
