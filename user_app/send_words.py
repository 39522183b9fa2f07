"""How sending money speaks."""

from __future__ import annotations

from money.errors import AmountAboveLimit, InvalidAccount, NotEnoughMoney, TooManyTries
from shared_db.recipients import Recipient
from user_app.masked_contacts import masked_email
from user_app.spending_words import Words

SENDING_WORDS = Words[Recipient](
    done="Sent",
    refused="It was not sent",
    unknown="We do not know yet whether it was sent",
    done_before="This was sent already, and was not sent again.",
    not_done_yet="Nothing has been sent here yet. If you had confirmed it, do so once more: it goes out once.",
    stood_long="This has stood here for a while, so it was not sent. Please look once more and confirm.",
    again="You sent {name} {amount} at {when} already. This would send it again.",
    advice={
        NotEnoughMoney: "Add money to your wallet, or send less.",
        AmountAboveLimit: "Send less.",
        InvalidAccount: "Their wallet may have been closed. Choose somebody else.",
        TooManyTries: "You can confirm it again in a minute.",
    },
    known_as=lambda person: f"{person.name}, {masked_email(person.email)}",
)
