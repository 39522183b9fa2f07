"""What a shop's counter says aloud when money has arrived."""

from __future__ import annotations

from money.hindi_words import in_hindi
from money.words import in_words


def received_in_english(paise: int) -> str:
    """`Received one hundred twenty rupees`."""
    return f"Received {in_words(paise).lower()}"


def received_in_hindi(paise: int) -> str:
    """`एक सौ बीस रुपये प्राप्त हुए`; one rupee or one paisa alone is spoken of as one."""
    amount = in_hindi(paise)
    is_one = amount in {in_hindi(1), in_hindi(10**2)}
    return f"{amount} प्राप्त {'हुआ' if is_one else 'हुए'}"
