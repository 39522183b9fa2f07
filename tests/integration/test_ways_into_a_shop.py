"""Ways into a shop: to a provider and back once, an identity that is nobody else's, and never without a last way in."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator
from urllib.parse import parse_qs, urlsplit

import pytest

from money.errors import (
    EmailTaken,
    HandleTaken,
    IdentityTaken,
    KnownOtherwise,
    LogInAgain,
    OnlyWayIn,
    PasswordRefused,
    ProviderAway,
    ProviderDeclined,
    ProviderNotBelieved,
    ProviderNotSetUp,
    Refusal,
    ShopNameRefused,
    SignedOut,
    TooManyTries,
    VisitOver,
    WrongPassword,
    WrongSignIn,
)
from shared_db.provider_visits import Visit
from tests.shop_town import shop
from tests.town import Books
from wallet.browser_sessions import BrowserSessions
from wallet.caller import Caller
from wallet.change_shop import change_shop_password, rename_shop
from wallet.connect_provider import connect, disconnect
from wallet.end_session import end_other_sessions
from wallet.open_shop import free_handle, open_shop, open_vouched_shop
from wallet.passwords import Verified
from wallet.providers.provider import Answer, Vouched, Way
from wallet.sign_in_by_provider import newcomer, receive, sign_in_by_provider
from wallet.sign_in_to_shop import sign_in_to_shop
from wallet.throttle import Throttle
from wallet.visit_provider import CameBack, SentOff, send_off, welcome_back

HERE, REDIRECT = "192.0.2.1", "https://shop.example/auth/friend/callback"
ISSUER, OTHER_ISSUER = "https://friend.example", "https://other.example"
PASSWORD, ANOTHER = "correct horse", "another horse"


def asha(subject: str = "17", *, email: str = "", issuer: str = ISSUER) -> Vouched:
    return Vouched(issuer, subject, "asha", "Chai Point", email)


class Friend:
    """A provider that vouches for Asha, and keeps what it is asked."""

    def __init__(self, key: str = "friend", *, is_ready: bool = True) -> None:
        self.key, self.title, self.issuer, self.is_ready = key, "A friend", ISSUER, is_ready
        self.asked: list[tuple[Way, Answer]] = []

    async def address_for(self, way: Way) -> str:
        return f"{self.issuer}/auth?state={way.state}"

    async def vouches_for(self, way: Way, answer: Answer) -> Vouched:
        self.asked.append((way, answer))
        return asha()

    async def aclose(self) -> None: ...


class Town:
    def __init__(self, url: str) -> None:
        self.books = Books(url)
        self.database = self.books.database
        self.browsers = BrowserSessions(self.database, "merchant_app")
        self.throttle = Throttle(factor=100)
        self.friend = Friend()

    async def sent(self, *, caller: Caller | None = None) -> SentOff:
        return await send_off(
            self.database,
            self.throttle,
            self.friend,
            redirect_uri=REDIRECT,
            next_page="/qr",
            address=HERE,
            caller=caller,
        )

    async def back(
        self,
        sent: SentOff,
        *,
        code: str = "a-code",
        error: str = "",
        provider: Friend | None = None,
        token: str = "",
    ) -> tuple[Visit, Vouched]:
        came = CameBack(token or sent.token, state_of(sent), Answer(code, ""), error)
        return await welcome_back(
            self.database, self.throttle, provider or self.friend, came, redirect_uri=REDIRECT, address=HERE
        )

    async def by_friend(self, vouched: Vouched | None = None, *, handle: str = "chaipoint") -> Caller:
        """A shop without a password, and its session."""
        vouched = vouched or asha()
        who = await open_vouched_shop(
            self.database,
            await receive(self.database, vouched),
            email=f"{handle}@x.example",
            name="Chai",
            handle=handle,
        )
        return await self.signed_in(who)

    async def by_password(self, email: str = "chai@x.example", handle: str = "teapoint") -> Caller:
        return await self.signed_in(
            await open_shop(self.database, email=email, name="Tea", handle=handle, password=PASSWORD)
        )

    async def signed_in(self, who: Verified) -> Caller:
        return await self.browsers.caller((await self.browsers.begin(who)).token)

    async def is_live(self, one: Caller) -> bool:
        return one.session_id in await self.browsers.still_live([one.session_id])

    async def age(self, one: Caller, minutes: int) -> None:
        await self.books.ask(
            "UPDATE sessions SET created_at = created_at - make_interval(mins => %s) WHERE id = %s",
            minutes,
            one.session_id,
        )

    async def identities(self) -> list[tuple[str, str, uuid.UUID]]:
        rows = await self.books.ask(
            "SELECT issuer, subject, merchant_id FROM merchant_identities ORDER BY 1, 2"
        )
        return [(row[0], row[1], row[2]) for row in rows]


@pytest.fixture
async def town(database_url: str) -> AsyncIterator[Town]:
    town = Town(database_url)
    yield town
    await town.books.close()


def state_of(sent: SentOff) -> str:
    return parse_qs(urlsplit(sent.address).query)["state"][0]


# To a provider and back


async def test_who_was_sent_comes_back_once(town: Town) -> None:
    sent = await town.sent()

    visit, vouched = await town.back(sent)

    assert (visit.next_page, visit.session_id, vouched.subject) == ("/qr", None, "17")
    [(way, answer)] = town.friend.asked
    assert (way.nonce, way.code_verifier) == (visit.nonce, visit.code_verifier)
    assert len({way.state, way.nonce, way.code_verifier, sent.token}) == 4
    assert answer.code == "a-code"
    with pytest.raises(VisitOver):
        await town.back(sent)
    assert len(town.friend.asked) == 1


async def test_of_twenty_that_come_back_at_once_one_is_let_in(town: Town) -> None:
    sent = await town.sent()

    came = await asyncio.gather(*(town.back(sent) for _ in range(20)), return_exceptions=True)

    assert [type(one) for one in came].count(VisitOver) == 19
    assert len(town.friend.asked) == 1


async def test_another_browser_another_state_and_another_provider_are_sent_away(town: Town) -> None:
    mine, hers = await town.sent(), await town.sent()

    for token in (hers.token, "", "x", "é" * 43, mine.token + "x", mine.token.swapcase(), "a" * 43):
        with pytest.raises(VisitOver):
            await town.back(mine, token=token or " ")
    with pytest.raises(VisitOver):
        await town.back(hers, provider=Friend("another"))
    with pytest.raises(VisitOver):
        # The mix-up has used it up.
        await town.back(hers)
    assert (await town.back(mine))[1].subject == "17"


async def test_it_is_over_after_ten_minutes_and_forgotten_after_that(town: Town) -> None:
    sent = await town.sent()
    await town.books.ask(
        "UPDATE provider_visits SET expires_at = expires_at - interval '10 minutes 1 second'"
    )
    with pytest.raises(VisitOver):
        await town.back(sent)

    for _ in range(3):
        await town.sent()
    await town.books.ask("UPDATE provider_visits SET expires_at = now() - interval '1 second'")
    await town.sent()

    assert await town.books.ask("SELECT count(*) FROM provider_visits") == [(1,)]


async def test_a_refusal_over_there_is_said_and_used_up(town: Town) -> None:
    for error, refusal in (("access_denied", ProviderDeclined), ("server_error", ProviderAway)):
        sent = await town.sent()
        with pytest.raises(refusal):
            await town.back(sent, error=error)
        with pytest.raises(VisitOver):
            await town.back(sent)
    for code in ("", "x" * 5000):
        with pytest.raises(ProviderNotBelieved):
            await town.back(await town.sent(), code=code)
    assert town.friend.asked == []


async def test_who_reads_the_database_cannot_come_back(town: Town) -> None:
    sent = await town.sent()
    token = await receive(town.database, asha())

    [(visits,)] = await town.books.ask("SELECT json_agg(v)::text FROM provider_visits v")
    [(waiting,)] = await town.books.ask("SELECT json_agg(n)::text FROM newcomers n")

    assert sent.token not in visits
    assert token not in waiting


async def test_a_provider_that_is_not_set_up_and_too_many_tries_lead_nowhere(town: Town) -> None:
    town.friend = Friend(is_ready=False)
    with pytest.raises(ProviderNotSetUp):
        await town.sent()
    town.friend, town.throttle = Friend(), Throttle(factor=1)
    for _ in range(30):
        await town.sent()

    with pytest.raises(TooManyTries):
        await town.sent()


# Who it is


async def test_a_newcomer_opens_a_shop_and_is_known_from_then_on(town: Town) -> None:
    assert await sign_in_by_provider(town.database, asha()) is None

    one = await town.by_friend()

    assert await sign_in_by_provider(town.database, asha()) == Verified(one.owner_id, None)
    assert await sign_in_by_provider(town.database, asha("18")) is None
    assert await sign_in_by_provider(town.database, asha(issuer=OTHER_ISSUER)) is None
    with pytest.raises(WrongSignIn):
        await sign_in_to_shop(
            town.database, town.throttle, email="chaipoint@x.example", password="", address=HERE
        )


async def test_the_email_of_a_shop_links_nothing(town: Town) -> None:
    await town.by_password()

    for email in ("chai@x.example", " CHAI@X.example "):
        with pytest.raises(KnownOtherwise):
            await sign_in_by_provider(town.database, asha(email=email))
    token = await receive(town.database, asha(email="chai@x.example"))
    with pytest.raises(EmailTaken):
        await open_vouched_shop(town.database, token, email="chai@x.example", name="Chai", handle="chai")

    assert await town.identities() == []


async def test_a_refused_second_step_may_be_tried_again_and_a_done_one_may_not(town: Town) -> None:
    await town.by_password()
    token = await receive(town.database, asha())
    fields = {"email": "new@x.example", "name": "Chai", "handle": "chai"}

    for refusal, wrong in ((HandleTaken, {"handle": "teapoint"}), (ShopNameRefused, {"name": "\u202e"})):
        with pytest.raises(refusal):
            await open_vouched_shop(town.database, token, **(fields | wrong))
    await open_vouched_shop(town.database, token, **fields)

    with pytest.raises(VisitOver):
        await open_vouched_shop(
            town.database, token, **(fields | {"handle": "chai2", "email": "n@x.example"})
        )
    assert len(await town.identities()) == 1


async def test_two_presses_and_two_windows_open_one_shop(town: Town) -> None:
    tokens = [await receive(town.database, asha()) for _ in range(2)]

    opened = await asyncio.gather(
        *(
            open_vouched_shop(
                town.database, token, email=f"{number}@x.example", name="Chai", handle=f"chai{number}"
            )
            for number, token in enumerate(tokens * 5)
        ),
        return_exceptions=True,
    )

    assert [type(one) for one in opened].count(Verified) == 1
    assert {type(one) for one in opened} <= {Verified, VisitOver, IdentityTaken}
    assert await town.books.ask("SELECT count(*) FROM merchants") == [(1,)]
    assert await town.books.ask("SELECT count(*) FROM accounts WHERE kind = 'merchant'") == [(1,)]


async def test_a_newcomer_waits_for_half_an_hour(town: Town) -> None:
    token = await receive(town.database, asha())
    assert await newcomer(town.database, token)
    await town.books.ask("UPDATE newcomers SET expires_at = expires_at - interval '30 minutes 1 second'")

    assert await newcomer(town.database, token) is None
    with pytest.raises(VisitOver):
        await open_vouched_shop(town.database, token, email="a@x.example", name="Chai", handle="chai")


async def test_a_handle_is_proposed_that_the_shop_can_have(town: Town) -> None:
    await shop(town.books, handle="chaipoint")

    for name, proposed in (
        ("Chai Point", "chaipoint2"),
        ("7 Hills Café & Co.", "hillscafeco"),
        ("चाय", ""),
        ("Batua", "batua2"),
        ("x", ""),
        ("A" * 50, "a" * 29),
    ):
        assert await free_handle(town.database, name) == proposed


# Other ways in, from within


async def test_another_way_is_connected_and_leads_in(town: Town) -> None:
    one = await town.by_password()

    await connect(town.database, one, asha())
    await connect(town.database, one, asha())

    assert await sign_in_by_provider(town.database, asha()) == Verified(one.owner_id, None)


async def test_an_identity_is_one_shops_and_a_shop_has_one_of_each_provider(town: Town) -> None:
    one, other = await town.by_password(), await town.by_password("b@x.example", "bteapoint")
    await connect(town.database, one, asha())

    for caller, vouched in ((other, asha()), (one, asha("18"))):
        with pytest.raises(IdentityTaken):
            await connect(town.database, caller, vouched)
    await disconnect(town.database, other, ISSUER, ready_issuers={ISSUER})

    assert await town.identities() == [(ISSUER, "17", one.owner_id)]


async def test_the_last_way_in_stays_even_when_two_are_taken_at_once(town: Town) -> None:
    one = await town.by_friend()
    ready = {ISSUER, OTHER_ISSUER}
    with pytest.raises(OnlyWayIn):
        await disconnect(town.database, one, ISSUER, ready_issuers=ready)
    await connect(town.database, one, asha("5", issuer=OTHER_ISSUER))
    with pytest.raises(OnlyWayIn):
        # The other one is not set up here, so nobody could come in by it.
        await disconnect(town.database, one, ISSUER, ready_issuers={ISSUER})

    ended = await asyncio.gather(
        *(disconnect(town.database, one, issuer, ready_issuers=ready) for issuer in (ISSUER, OTHER_ISSUER)),
        return_exceptions=True,
    )

    assert sorted(str(type(each)) for each in ended) == sorted([str(type(None)), str(OnlyWayIn)])
    assert len(await town.identities()) == 1


async def test_whoever_came_in_by_a_way_that_is_disconnected_is_logged_out(town: Town) -> None:
    one = await town.by_password()
    await connect(town.database, one, asha())
    thief = await town.signed_in(await sign_in_by_provider(town.database, asha()))

    await disconnect(town.database, one, ISSUER, ready_issuers={ISSUER})

    assert (await town.is_live(one), await town.is_live(thief)) == (True, False)


async def test_an_open_session_that_somebody_finds_makes_no_way_in(town: Town) -> None:
    one = await town.by_friend()
    await town.age(one, 16)

    for tried in (
        connect(town.database, one, asha("5", issuer=OTHER_ISSUER)),
        disconnect(town.database, one, ISSUER, ready_issuers={ISSUER}),
        change_shop_password(town.database, town.throttle, one, current="", chosen=PASSWORD, address=HERE),
    ):
        with pytest.raises(LogInAgain):
            await tried
    [(password_hash,)] = await town.books.ask("SELECT password_hash FROM merchants")
    assert (password_hash, len(await town.identities())) == (None, 1)


async def test_a_session_that_has_ended_changes_nothing(town: Town) -> None:
    one = await town.by_password()
    await town.books.ask("UPDATE sessions SET ended_at = now()")

    for tried in (
        connect(town.database, one, asha()),
        disconnect(town.database, one, ISSUER, ready_issuers={ISSUER}),
        rename_shop(town.database, one, name="Mine"),
        change_shop_password(
            town.database, town.throttle, one, current=PASSWORD, chosen=ANOTHER, address=HERE
        ),
        end_other_sessions(town.database, one, "merchant_app"),
    ):
        with pytest.raises(SignedOut):
            await tried


# The shop's name and password


async def test_a_first_password_and_then_another_end_the_other_sessions(town: Town) -> None:
    one = await town.by_friend()
    password_of = {"email": "chaipoint@x.example", "address": HERE}
    for current, chosen in (("", PASSWORD), (PASSWORD, ANOTHER)):
        elsewhere = await town.signed_in(Verified(one.owner_id, None))

        await change_shop_password(
            town.database, town.throttle, one, current=current, chosen=chosen, address=HERE
        )

        assert (await town.is_live(one), await town.is_live(elsewhere)) == (True, False)
        who = await sign_in_to_shop(town.database, town.throttle, password=chosen, **password_of)
        assert who.owner_id == one.owner_id


async def test_a_wrong_password_changes_nothing_and_five_have_to_wait(town: Town) -> None:
    one = await town.by_password()
    strict = Throttle(factor=1)

    async def tried(current: str, chosen: str) -> type[Refusal] | None:
        try:
            await change_shop_password(
                town.database, strict, one, current=current, chosen=chosen, address=HERE
            )
        except Refusal as refusal:
            return type(refusal)
        return None

    assert await tried(PASSWORD, "short") is PasswordRefused
    assert [await tried("wrong", ANOTHER) for _ in range(5)] == [WrongPassword] * 5
    assert await tried(PASSWORD, ANOTHER) is TooManyTries
    who = await sign_in_to_shop(
        town.database, town.throttle, email="chai@x.example", password=PASSWORD, address=HERE
    )
    assert who.owner_id == one.owner_id


async def test_of_two_first_passwords_at_once_one_holds(town: Town) -> None:
    one = await town.by_friend()

    done = await asyncio.gather(
        *(
            change_shop_password(town.database, town.throttle, one, current="", chosen=chosen, address=HERE)
            for chosen in (PASSWORD, ANOTHER)
        ),
        return_exceptions=True,
    )

    assert sorted(str(type(each)) for each in done) == sorted([str(type(None)), str(WrongPassword)])


async def test_the_name_is_changed_for_customers_and_the_handle_never(town: Town) -> None:
    one = await town.by_password()

    await rename_shop(town.database, one, name="  चाय घर ")
    for name in ("", " ", "x" * 51, "a\u202eb", "\u200d", "a\nb"):
        with pytest.raises(ShopNameRefused):
            await rename_shop(town.database, one, name=name)

    assert await town.books.ask("SELECT name, handle FROM merchants") == [("चाय घर", "teapoint")]


async def test_a_merchant_ends_its_own_other_sessions_and_nobody_elses(town: Town) -> None:
    one, other = await town.by_password(), await town.by_password("b@x.example", "bteapoint")
    elsewhere = await town.signed_in(Verified(one.owner_id, None))

    await end_other_sessions(town.database, one, "merchant_app")

    assert [await town.is_live(each) for each in (one, elsewhere, other)] == [True, False, True]
