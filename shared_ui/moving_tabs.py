"""With a Redis a tab that loses its process comes back to another one, and finds there what it had begun.

Reflex gives a tab a new key, and with it an empty State, as long as Redis says that its key hangs somewhere. A process
that was killed never takes that back. So each process holds a line to Redis, which breaks when it dies; and what hangs
on a process without a line is free.
"""

from __future__ import annotations

import asyncio
import contextlib
import pickle

import reflex as rx
from redis.asyncio import Redis
from redis.exceptions import RedisError
from reflex.utils.token_manager import RedisTokenManager, SocketRecord

_AGAIN_AFTER_SECONDS = 1.0
# With the lock of what it was doing for this tab as it died: Reflex would wait ten seconds for it.
_FORGET_IF_STILL_SO = "if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1], KEYS[2]) end"


async def let_tabs_move(app: rx.App) -> None:
    """Until cancelled; nothing to do where State stands in memory."""
    assert app.event_namespace is not None, "a State makes one"
    manager = app.event_namespace._token_manager
    if not isinstance(manager, RedisTokenManager):
        return
    link = manager.link_token_to_sid

    async def link_what_is_free(token: str, sid: str) -> str | None:
        with contextlib.suppress(RedisError, OSError):  # Reflex goes on without it as well
            await _free_what_the_dead_held(manager, token)
        return await link(token, sid)

    setattr(manager, "link_token_to_sid", link_what_is_free)  # noqa: B010 # Reflex makes the object by itself
    while True:
        try:
            await _hold(manager.redis, _line_of(manager.instance_id))
        except (RedisError, OSError):
            await asyncio.sleep(_AGAIN_AFTER_SECONDS)


async def _hold(redis: Redis, line: str) -> None:
    async with redis.pubsub() as held:
        await held.subscribe(line)
        async for _ in held.listen():
            pass  # nobody speaks on it


async def _free_what_the_dead_held(manager: RedisTokenManager, token: str) -> None:
    key = manager._get_redis_key(token)
    packed: bytes | None = await manager.redis.get(key)
    if not packed:
        return
    record: SocketRecord = pickle.loads(packed)  # noqa: S301 # Reflex wrote it, and reads it the same way
    if record.instance_id == manager.instance_id:
        return
    [(_, holders)] = await manager.redis.pubsub_numsub(_line_of(record.instance_id))
    if not holders:
        await manager.redis.eval(_FORGET_IF_STILL_SO, 2, key, f"{token}_lock", packed)  # pyright: ignore[reportGeneralTypeIssues]


def _line_of(instance_id: str) -> str:
    return f"batua_web_process_{instance_id}"
