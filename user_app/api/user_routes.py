"""`/api/v1/user`: sign up, sign in, change oneself, find people."""

from __future__ import annotations

import uuid

from fastapi import APIRouter

from money.errors import SignedOut
from shared_db.models import User
from shared_db.people import find_by_name
from user_app.api.answers import OLDER_REFUSED
from user_app.api.bodies import JsonRoute, ProfileBody, SignInBody, SignUpBody
from user_app.api.documented import ENTRY, STRANGER, older
from user_app.api.services import Address, Credentials, Device, SignedIn, TheServices, signed_in
from user_app.api.shapes import Message, MessageAndToken, People, Person, Token
from user_app.masked_contacts import masked_email
from wallet.sign_in import sign_in as check_password
from wallet.sign_up import sign_up as open_account
from wallet.update_profile import update_profile as change_profile

router = APIRouter(prefix="/api/v1/user", route_class=JsonRoute, tags=["user"])
_LONGEST_FILTER = 100


@router.post("/signup", responses=ENTRY)
async def sign_up(body: SignUpBody, the: TheServices, address: Address, device: Device) -> MessageAndToken:
    await the.throttle.sign_up(address)
    person = await open_account(
        the.database,
        email=body.username,
        first_name=body.first_name,
        last_name=body.last_name,
        password=body.password,
    )
    token = await the.tokens.issue(person, device=device)
    return MessageAndToken(message="User created successfully", token=token)


@router.post("/signin", responses=ENTRY)
async def sign_in(body: SignInBody, the: TheServices, address: Address, device: Device) -> Token:
    person = await check_password(
        the.database, the.throttle, email=body.username, password=body.password, address=address
    )
    return Token(token=await the.tokens.issue(person, device=device))


@router.put("", responses=STRANGER | older(OLDER_REFUSED))
async def update_profile(body: ProfileBody, the: TheServices, caller: SignedIn) -> Message:
    await change_profile(
        the.database,
        caller,
        first_name=body.first_name,
        last_name=body.last_name,
        password=body.password,
    )
    return Message(message="Updated successfully")


@router.get("/bulk", response_model_exclude_none=True, responses=STRANGER | older())
async def find_people(
    the: TheServices,
    credentials: Credentials,
    filter: str = "",  # noqa: A002 # the contract's word
) -> People:
    """At most 20 people whose first or last name holds the filter, in any case; never the caller."""
    caller_id = await _caller_unless_open(the, credentials)
    text = filter.strip()
    people: list[User] = []
    if len(text) <= _LONGEST_FILTER and "\x00" not in text:
        async with the.database.transaction() as session:
            people = await find_by_name(session, text, but=caller_id)
    found = [_person(one, masked=caller_id is not None) for one in people]
    return People(users=found, user=found)


async def _caller_unless_open(the: TheServices, credentials: Credentials) -> uuid.UUID | None:
    try:
        return (await signed_in(the, credentials)).owner_id
    except SignedOut:
        if the.settings.api_open_directory:
            return None
        raise


def _person(user: User, *, masked: bool) -> Person:
    username = masked_email(user.email) if masked else None
    return Person(username=username, first_name=user.first_name, last_name=user.last_name, id=str(user.id))
