"""What a provider has published about itself, kept for an hour: asked for once, however many wait for it."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Awaitable, Callable

from money.errors import ProviderAway
from wallet.providers.asking import Json

KEPT_SECONDS = 3600.0
PAUSE_SECONDS = 5.0
"""After a failure, and before something kept is asked for anew: no sooner, whoever wants it."""
Clock = Callable[[], float]


class Remembered:
    """One document. `ask` fetches it, and raises ProviderAway where it cannot."""

    def __init__(self, ask: Callable[[], Awaitable[Json]], clock: Clock = time.monotonic) -> None:
        self._ask = ask
        self._clock = clock
        self._known: Json | None = None
        self._asked_at = -math.inf
        self._one_at_a_time = asyncio.Lock()

    async def get(self, *, anew: bool = False) -> Json:
        """As it was kept, unless that is too old, or somebody needs it `anew`. Raises ProviderAway."""
        async with self._one_at_a_time:
            age = self._clock() - self._asked_at
            if self._known is not None and age < (PAUSE_SECONDS if anew else KEPT_SECONDS):
                return self._known
            if age < PAUSE_SECONDS:
                raise ProviderAway
            self._asked_at = self._clock()
            self._known = None
            self._known = await self._ask()
            return self._known
