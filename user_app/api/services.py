"""What the routes ask for: the services of the process, and who is calling."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from money.errors import SignedOut
from runtime.addresses import client_address
from user_app.services import Services
from wallet.caller import Caller
from wallet.devices import device_of


async def services(request: Request) -> Services:
    # A dependency that is no coroutine would run in a thread, which costs more than all it does.
    return request.app.state.services


TheServices = Annotated[Services, Depends(services)]
bearer = HTTPBearer(auto_error=False, bearerFormat="JWT")
Credentials = Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)]


async def signed_in(the: TheServices, credentials: Credentials) -> Caller:
    """Who calls. Raises SignedOut for a missing, broken, expired or ended token."""
    if credentials is None:
        raise SignedOut
    return await the.tokens.caller(credentials.credentials)


SignedIn = Annotated[Caller, Depends(signed_in)]


async def address(request: Request, the: TheServices) -> str:
    """The caller's network address, for throttling."""
    return client_address(request.scope, trusted_proxy_hops=the.settings.trusted_proxy_hops)


Address = Annotated[str, Depends(address)]


async def device(request: Request) -> str:
    """A few words about the caller's program."""
    return device_of(request.headers.get("user-agent", ""))


Device = Annotated[str, Depends(device)]
