"""Tokens of payments that were written again after a restore: the bank's own word about one brings its token along."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import NamedTuple

from shared_db.connection import Connection

_WRITING_AGAIN = 7_022_000_221
_ALONE = "SELECT pg_advisory_xact_lock(%s)"
_BESIDE_OTHER_WORDS = "SELECT pg_advisory_xact_lock_shared(%s)"
# A success without a token is one that was written again. Looked up among its owner's payments, which are few.
_KEEP = """
UPDATE on_ramps o SET token = %(token)s
 WHERE o.id = (SELECT x.id FROM on_ramps x
                WHERE x.user_id = %(user_id)s AND x.bank = %(bank)s AND x.bank_reference = %(utr)s
                  AND x.amount_paise = %(amount_paise)s AND x.status = 'success' AND x.token IS NULL
                ORDER BY x.id LIMIT 1)
   AND o.token IS NULL
   AND NOT EXISTS (SELECT FROM on_ramps t WHERE t.token = %(token)s AND t.bank = %(bank)s)
"""


class PaidWord(NamedTuple):
    """A bank's signed word that it has a payment, under a token that we do not know."""

    bank: str
    token: str
    utr: str
    user_id: uuid.UUID
    amount_paise: int


async def write_alone(connection: Connection) -> None:
    """Until the transaction ends nobody else writes a row again, and no word of a bank about a strange token is judged.

    Else a payment could be written while we refuse the bank's word of it, and the bank gives it back.
    """
    await connection.execute(_ALONE, (_WRITING_AGAIN,))


async def keep_late_tokens(connection: Connection, words: Sequence[PaidWord]) -> None:
    """Where such a word is about a payment that was written again, the row has its token from now on.

    Within a transaction, in which they are judged as well: until it ends, nothing is written again.
    """
    await connection.execute(_BESIDE_OTHER_WORDS, (_WRITING_AGAIN,))
    for word in words:
        await connection.execute(_KEEP, word._asdict())
