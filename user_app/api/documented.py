"""The OpenAPI document, and what it says of each route's refusals. A test holds every answer against it."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from pydantic import BaseModel

from user_app.api.answers import OLDER_REFUSED, PROBLEM, TITLES
from user_app.api.shapes import Message

Answers = dict[int | str, dict[str, Any]]
_CAN_SAY_WHEN_AGAIN = {429, 503}
_RETRY_AFTER = {
    "Retry-After": {"description": "Seconds.", "schema": {"type": "string", "pattern": "^[0-9]+$"}}
}
_FASTAPIS_OWN = ("HTTPValidationError", "ValidationError")


class Problem(BaseModel):
    """RFC 9457."""

    type: str
    title: str
    status: int
    detail: str


class DocumentedApi(FastAPI):
    """FastAPI takes it for granted that whatever has parameters answers 422 in its own words; ours has its own."""

    def openapi(self) -> dict[str, Any]:
        document = super().openapi()
        for path in document["paths"].values():
            for operation in path.values():
                told = operation["responses"].get("422", {}).get("content", {})
                if "application/json" in told:
                    del operation["responses"]["422"]
        for name in _FASTAPIS_OWN:
            document["components"]["schemas"].pop(name, None)
        return document


def problems(*statuses: int) -> Answers:
    """Refusals as problems; whatever works with our database may be busy as well."""
    return {status: _problem(status) for status in (*statuses, 503)}


def older(refused: int | None = None) -> Answers:
    """How routes of the older API refuse: with a message, under this status."""
    return ({refused: _message("Refused.")} if refused else {}) | problems()


def _problem(status: int) -> dict[str, Any]:
    told: dict[str, Any] = {
        "description": TITLES[status],
        "content": {PROBLEM: {"schema": Problem.model_json_schema()}},
    }
    return told | {"headers": _RETRY_AFTER} if status in _CAN_SAY_WHEN_AGAIN else told


def _message(description: str) -> dict[str, Any]:
    return {"description": description, "model": Message}


STRANGER: Answers = {
    403: {
        "description": "No token, or one that is broken, expired or ended.",
        "content": {"application/json": {"schema": {"type": "object", "maxProperties": 0}}},
    }
}
"""The older API's answer to whoever is not signed in."""
OFTEN: Answers = {429: {"description": TITLES[429], "model": Message, "headers": _RETRY_AFTER}}
"""Its answer to whoever asks too often."""
ENTRY = older(OLDER_REFUSED) | OFTEN
"""Of the two routes that give tokens."""
