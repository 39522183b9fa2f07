"""Forms that the browser itself sends: sign-in, sign-up, sign-out. What is typed there never becomes a Reflex event."""

from __future__ import annotations

import base64
import binascii
import inspect
import json
from collections.abc import Awaitable, Callable, Iterator, Mapping
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from money.errors import Refusal, SignedOut, TooManyTries
from runtime.addresses import client_address
from runtime.batcher import Busy, Unavailable
from runtime.logs import correlated, logger, new_correlation_id
from shared_db.connection import CONNECTION_ERRORS
from shared_ui.door import Door, TheDoor, read_cookie
from wallet.caller import Caller
from wallet.devices import device_of
from wallet.passwords import Verified

log = logger(__name__)
_LARGEST_BYTES = 16 * 1024
_MOST_FIELDS = 12
_OUR_FAULT = "unavailable"


class Form:
    """One form as it was sent: its fields, and the browser it came from."""

    def __init__(
        self,
        fields: Mapping[str, str],
        *,
        address: str,
        token: str,
        next_page: str,
        door: Door,
        device: str = "",
        cookies: str = "",
    ) -> None:
        self._fields = fields
        self.next_page = next_page
        """Where they were going, as they claim; see `local_path`."""
        self.address = address
        self.token = token
        """The session cookie that came with it, empty if none."""
        self.door = door
        self.device = device
        """A few words about that browser."""
        self._cookies = cookies

    def __getitem__(self, name: str) -> str:
        """A field's text, empty where it is missing."""
        return self._fields.get(name, "")

    def cookie(self, what: str) -> str:
        """The short cookie of this use that came with it, empty if none."""
        return read_cookie(self._cookies, self.door.name_of(what))


Answer = Callable[[Form], Awaitable[Response]]


def form_route(
    path: str, answer: Answer, *, door: TheDoor, page: str, kept: tuple[str, ...] = (), part: str = ""
) -> Route:
    """A POST below `/auth/`. A refusal sends the browser back to `page` with `why`, and with what stood in the
    `kept` fields, which is never a password. `part` tells the page which of its forms it was."""

    async def endpoint(request: Request) -> Response:
        here = door()
        host = request.headers.get("host", "")
        if not here.is_own_origin(request.headers.get("origin", ""), host):
            log.warning("a form was sent by a foreign page", path=path)
            return PlainTextResponse("This form can only be sent from our own page.", 403)
        form = await _read(request, here)
        return await _answered(answer, form, page=page, kept=kept, part=part)

    return Route(path, endpoint, methods=["POST"])


def arrival_route(path: str, answer: Answer, *, door: TheDoor, page: str) -> Route:
    """A GET below `/auth/` to which another site sends the browser back; the address's fields are its claim."""

    async def endpoint(request: Request) -> Response:
        here = door()
        try:
            fields = dict(parse_qsl(request.url.query, keep_blank_values=True, max_num_fields=_MOST_FIELDS))
        except ValueError:
            fields = {}
        return await _answered(answer, _form(request, here, fields), page=page)

    return Route(path, endpoint, methods=["GET"])


def for_caller(answer: Callable[[Form, Caller], Awaitable[Response]]) -> Answer:
    """Whoever is not signed in, or no longer, is sent to log in and then to /settings; nothing was done."""

    async def answer_caller(form: Form) -> Response:
        try:
            return await answer(form, await form.door.sessions.caller(form.token))
        except SignedOut:
            return go("/login?next=/settings")

    return answer_caller


async def _answered(
    answer: Answer, form: Form, *, page: str, kept: tuple[str, ...] = (), part: str = ""
) -> Response:
    with correlated(new_correlation_id()):
        try:
            return await answer(form)
        except Refusal as refusal:
            why = type(refusal).__name__
            wait = refusal.retry_after_seconds if isinstance(refusal, TooManyTries) else None
        except (Busy, Unavailable, *CONNECTION_ERRORS):
            why, wait = _OUR_FAULT, None
        query = {"why": why} | ({"next": form.next_page} if form.next_page else {})
        query |= {"part": part} if part else {}
        turned_back = go(f"{page}?{urlencode(query)}")
        if wait is not None:
            turned_back.headers["Retry-After"] = str(wait)
        return keeping(turned_back, form.door, {name: form[name] for name in kept})


def go(address: str) -> RedirectResponse:
    """Send the browser on by a GET."""
    return RedirectResponse(address, 303, {"Cache-Control": "no-store"})


def keeping(response: Response, door: Door, fields: Mapping[str, str]) -> Response:
    """Let the browser keep these fields for its next page."""
    written = json.dumps({name: text[:100] for name, text in fields.items()}, ensure_ascii=False)
    response.headers.append(
        "Set-Cookie", door.keep_cookie(base64.urlsafe_b64encode(written.encode()).decode())
    )
    return response


def kept_fields(door: Door, cookies: str) -> dict[str, str]:
    """What the browser has kept from a form before this page; it is the visitor's own claim and nothing more."""
    try:
        found = json.loads(base64.urlsafe_b64decode(read_cookie(cookies, door.kept_cookie)))
    except (ValueError, binascii.Error, RecursionError):
        return {}
    if not isinstance(found, dict):
        return {}
    return {name: text for name, text in found.items() if isinstance(text, str) and _can_be_sent(text)}


def _can_be_sent(text: str) -> bool:
    """Half a character cannot, and would end the page's socket."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def sentence(why: str) -> str:
    """What to tell somebody whose form was turned back; empty for a word that is none of ours."""
    return _SENTENCES.get(why, "")


def _every_refusal(base: type[Refusal]) -> Iterator[type[Refusal]]:
    for one in base.__subclasses__():
        yield one
        yield from _every_refusal(one)


_SENTENCES = {one.__name__: inspect.cleandoc(one.__doc__ or "") for one in _every_refusal(Refusal)} | {
    _OUR_FAULT: "We cannot do this just now. Please try again in a moment.",
}


async def let_in(form: Form, who: Verified, address: str) -> Response:
    """A new session for somebody who has just shown their password, and on to a page of ours."""
    begun = await form.door.sessions.begin(who, instead_of=form.token, device=form.device)
    if begun.before:
        form.door.changed(begun.before)
    response = go(address)
    response.headers.append("Set-Cookie", form.door.session_cookie(begun.token))
    response.headers.append("Set-Cookie", form.door.keep_cookie(""))
    return response


def _next_page(fields: Mapping[str, str], referer: str) -> str:
    """The form's own field, which is filled a moment after the page is there, or what stood in the page's address."""
    try:
        asked = parse_qs(urlsplit(referer).query).get("next", [""])[0]
    except ValueError:
        asked = ""
    return fields.get("next") or asked


async def _read(request: Request, door: Door) -> Form:
    if not request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        raise HTTPException(415)
    received = b""
    try:
        async for chunk in request.stream():
            received += chunk
            if len(received) > _LARGEST_BYTES:
                raise HTTPException(413)
    except ClientDisconnect:
        raise HTTPException(400) from None
    try:
        fields = dict(parse_qsl(received.decode(), keep_blank_values=True, max_num_fields=_MOST_FIELDS))
    except ValueError:
        raise HTTPException(400) from None
    return _form(request, door, fields)


def _form(request: Request, door: Door, fields: Mapping[str, str]) -> Form:
    cookies = request.headers.get("cookie", "")
    return Form(
        fields,
        address=client_address(request.scope, trusted_proxy_hops=door.trusted_proxy_hops),
        token=read_cookie(cookies, door.cookie),
        next_page=_next_page(fields, request.headers.get("referer", "")),
        door=door,
        device=device_of(request.headers.get("user-agent", "")),
        cookies=cookies,
    )
