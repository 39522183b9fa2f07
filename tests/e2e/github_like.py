"""A server shaped like GitHub: a consent page, codes that count once and only with their challenge, and an API."""

from __future__ import annotations

import base64
import hashlib
import html
import secrets
import socket
import threading
import time
from dataclasses import dataclass, field
from typing import Any, Self
from urllib.parse import urlencode

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

CLIENT_ID, CLIENT_SECRET = "github-client-of-the-tests", "github-secret-of-the-tests"


@dataclass
class GitHubPerson:
    """Whoever sits at the browser."""

    id: int
    login: str
    name: str | None
    emails: list[tuple[str, bool]] = field(default_factory=list)
    """The primary one first; whether each is verified."""


class GitHubLike:
    """Runs in a thread between `with`."""

    def __init__(self) -> None:
        self.person = GitHubPerson(1, "asha", "Asha Rao")
        self.asked: list[dict[str, str]] = []
        """What browsers were sent here with."""
        self._codes: dict[str, tuple[dict[str, str], GitHubPerson]] = {}
        self._tokens: dict[str, GitHubPerson] = {}
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://localhost:{self._listener.getsockname()[1]}"
        self._server = uvicorn.Server(uvicorn.Config(self._app(), log_config=None, ws="none"))
        self._thread = threading.Thread(target=self._server.run, args=([self._listener],))

    def __enter__(self) -> Self:
        self._thread.start()
        until = time.monotonic() + 10
        while not self._server.started and time.monotonic() < until:
            time.sleep(0.02)
        return self

    def __exit__(self, *_: object) -> None:
        self._server.should_exit = True
        self._thread.join(10)
        self._listener.close()

    def _app(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/login/oauth/authorize", self._consent),
                Route("/decide", self._decide, methods=["POST"]),
                Route("/login/oauth/access_token", self._token, methods=["POST"]),
                Route("/api/v3/user", self._user),
                Route("/api/v3/user/emails", self._emails),
            ]
        )

    async def _consent(self, request: Request) -> Response:
        asked = dict(request.query_params)
        self.asked.append(asked)
        hidden = "".join(
            f'<input type="hidden" name="{html.escape(name)}" value="{html.escape(value)}">'
            for name, value in asked.items()
        )
        return HTMLResponse(
            f'<!doctype html><title>GitHub</title><form method="post" action="/decide">{hidden}'
            '<button name="decision" value="yes">Authorize</button>'
            '<button name="decision" value="no">Cancel</button></form>'
        )

    async def _decide(self, request: Request) -> Response:
        form = {name: str(value) for name, value in (await request.form()).items()}
        if form["decision"] == "no":
            answer = {"error": "access_denied", "state": form["state"]}
        else:
            code = secrets.token_hex(10)
            self._codes[code] = (form, self.person)
            answer = {"code": code, "state": form["state"]}
        return RedirectResponse(f"{form['redirect_uri']}?{urlencode(answer)}", 303)

    async def _token(self, request: Request) -> Response:
        form = {name: str(value) for name, value in (await request.form()).items()}
        asked, person = self._codes.pop(form.get("code", ""), ({}, None))
        challenge = base64.urlsafe_b64encode(hashlib.sha256(form.get("code_verifier", "").encode()).digest())
        is_right = (
            person is not None
            and (form.get("client_id"), form.get("client_secret")) == (CLIENT_ID, CLIENT_SECRET)
            and form.get("redirect_uri") == asked["redirect_uri"]
            and asked.get("code_challenge_method") == "S256"
            and challenge.decode().rstrip("=") == asked.get("code_challenge")
        )
        if not is_right or person is None:
            # As GitHub does: with a 200.
            return JSONResponse({"error": "bad_verification_code"})
        token = secrets.token_hex(10)
        self._tokens[token] = person
        return JSONResponse({"access_token": token, "token_type": "bearer", "scope": "read:user,user:email"})

    async def _user(self, request: Request) -> Response:
        person = self._whose(request)
        if person is None:
            return JSONResponse({"message": "Bad credentials"}, 401)
        found: dict[str, Any] = {"id": person.id, "login": person.login, "name": person.name, "email": None}
        return JSONResponse(found)

    async def _emails(self, request: Request) -> Response:
        person = self._whose(request)
        if person is None:
            return JSONResponse({"message": "Bad credentials"}, 401)
        return JSONResponse(
            [
                {"email": email, "verified": is_verified, "primary": number == 0}
                for number, (email, is_verified) in enumerate(person.emails)
            ]
        )

    def _whose(self, request: Request) -> GitHubPerson | None:
        return self._tokens.get(request.headers.get("authorization", "").removeprefix("Bearer "))
