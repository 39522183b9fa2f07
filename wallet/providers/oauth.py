"""The part of OAuth 2.0 that every provider has: the address with its challenge, and the code against a token."""

from __future__ import annotations

from typing import Any, NamedTuple, cast

from authlib.oauth2.client import OAuth2Client
from authlib.oauth2.rfc6749 import parameters

from money.errors import ProviderNotBelieved
from runtime.logs import logger
from wallet.providers.asking import Asking
from wallet.providers.provider import Way

log = logger(__name__)
_FORM = {"Content-Type": "application/x-www-form-urlencoded"}


class Token(NamedTuple):
    """What a provider gives for a code."""

    access_token: str
    id_token: str
    """Empty where it knows of none."""


def address(oauth: OAuth2Client, authorization_endpoint: str, way: Way, **more: str) -> str:
    """Where to send the browser, with state and challenge."""
    client = cast("Any", oauth)  # it has no types
    url, _ = client.create_authorization_url(
        authorization_endpoint, state=way.state, code_verifier=way.code_verifier, **more
    )
    return str(url)


async def the_token(asking: Asking, oauth: OAuth2Client, token_endpoint: str, way: Way, code: str) -> Token:
    """For a code that came back. Raises ProviderAway, or ProviderNotBelieved where the provider gives none for it."""
    grants, client = cast("Any", parameters), cast("Any", oauth)  # they have no types
    body: str = grants.prepare_token_request(
        "authorization_code", code=code, redirect_uri=way.redirect_uri, code_verifier=way.code_verifier
    )
    _, headers, body = client.client_auth(client.token_endpoint_auth_method).prepare(
        "POST", token_endpoint, dict(_FORM), body
    )
    answer = await asking.post(token_endpoint, body, headers=headers)
    access_token, id_token = answer.get("access_token"), answer.get("id_token", "")
    # GitHub says with a 200 that it refuses.
    if not isinstance(access_token, str) or not access_token or not isinstance(id_token, str):
        log.warning("a provider gave no token for a code")
        raise ProviderNotBelieved
    return Token(access_token, id_token)
