"""What the forms of a shop's page send."""

from __future__ import annotations

from shared_ui.guard import FormData


class PayForm(FormData):
    amount: str
    note: str


class ConfirmForm(FormData):
    """What was shown, as the page brings it back; it is the visitor's own claim, like everything else."""

    look: str
    intent: str
    handle: str
    amount: str
    note: str
