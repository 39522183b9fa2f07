"""What an owner had at the end of days and months, and what moved in them: by the days' totals, never by entries."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from money.balance_history import CAME_BACK, TO_BANKS, Figures, Span, Totals, figures_of
from shared_db.connection import Connection

# A day without a row has the balance of the last one before it that has; before the first it is 0. Of a day's rows
# the one with the highest number was written last.
_TOTALS = """
SELECT s.first_day, s.last_day,
       coalesce((SELECT t.closing_paise FROM daily_totals t
                  WHERE t.account_id = %(owner)s AND t.day <= s.last_day
                  ORDER BY t.day DESC, t.last_number DESC LIMIT 1), 0),
       m.credits, m.debits, m.came_back, m.to_banks
  FROM unnest(%(firsts)s::date[], %(lasts)s::date[]) AS s (first_day, last_day)
 CROSS JOIN LATERAL (
       SELECT coalesce(sum(t.credits_paise), 0) AS credits, coalesce(sum(t.debits_paise), 0) AS debits,
              coalesce(sum(t.credits_paise) FILTER (WHERE t.kind = ANY (%(came_back)s)), 0) AS came_back,
              coalesce(sum(t.debits_paise) FILTER (WHERE t.kind = ANY (%(to_banks)s)), 0) AS to_banks
         FROM daily_totals t
        WHERE t.account_id = %(owner)s AND t.day BETWEEN s.first_day AND s.last_day) m
 ORDER BY s.first_day
"""


async def balance_history(
    connection: Connection, owner_id: uuid.UUID, spans: Sequence[Span]
) -> list[Figures]:
    """Of spans that follow one another, the oldest first (`money.balance_history`); all as of one moment."""
    values = {
        "owner": owner_id,
        "firsts": [span.first_day for span in spans],
        "lasts": [span.last_day for span in spans],
        "came_back": [kind.value for kind in CAME_BACK],
        "to_banks": [kind.value for kind in TO_BANKS],
    }
    cursor = await connection.execute(_TOTALS, values)
    # Sums may be larger than one amount can be; they come as decimals without a fraction.
    return figures_of(
        [
            Totals(Span(first, last), closing, int(credits_), int(debits), int(came_back), int(to_banks))
            for first, last, closing, credits_, debits, came_back, to_banks in await cursor.fetchall()
        ]
    )
