"""What a shop took in, by days, months or any stretch of them: by the days' totals, never by entries."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from money.balance_history import Span
from money.income import DayIncome, Income
from money.income import income_of as summed
from money.movements import Kind
from shared_db.connection import Connection

# A shop is paid and gives back, never the other way about: that there is a credit makes it a payment.
_BY_DAY = """
SELECT day, coalesce(sum(credits_paise) FILTER (WHERE kind = %(payment)s), 0),
       coalesce(sum(debits_paise) FILTER (WHERE kind = %(refund)s), 0),
       coalesce(sum(transfers) FILTER (WHERE kind = %(payment)s), 0),
       coalesce(sum(transfers) FILTER (WHERE kind = %(refund)s), 0)
  FROM daily_totals
 WHERE account_id = %(merchant)s AND day BETWEEN %(first)s AND %(last)s
   AND kind IN (%(payment)s, %(refund)s)
 GROUP BY day ORDER BY day
"""


async def income_of(connection: Connection, merchant_id: uuid.UUID, spans: Sequence[Span]) -> list[Income]:
    """Of each span, in their order, all as of one moment; what nothing happened in is zero."""
    values = {
        "merchant": merchant_id,
        "first": min(span.first_day for span in spans),
        "last": max(span.last_day for span in spans),
        "payment": Kind.PAYMENT.value,
        "refund": Kind.REFUND.value,
    }
    cursor = await connection.execute(_BY_DAY, values)
    # Sums may be larger than one amount can be; they come as decimals without a fraction.
    days = [DayIncome(day, *map(int, figures)) for day, *figures in await cursor.fetchall()]
    return summed(days, spans)
