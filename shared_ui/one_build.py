"""One build of the pages for every host and port.

Reflex writes the address of its server into the pages, so a build for port 3000 never connects on another. This
replaces the written address by the one the browser has the page from.
"""

from __future__ import annotations

import re
from typing import Unpack

from reflex.plugins.base import Plugin, PostBuildContext

_ADDRESS = re.compile(r"""(?P<quote>["'`])(?P<scheme>http|ws)s?://[^"'`/]+(?P<path>/[^"'`]*)(?P=quote)""")
_ORIGIN = {"http": "location.origin", "ws": 'location.origin.replace(/^http/,"ws")'}
_FEWEST_ADDRESSES = 2  # the ping and the websocket


class AnyHostPlugin(Plugin):
    """Runs after the build and before its files are compressed."""

    def post_build(self, **context: Unpack[PostBuildContext]) -> None:
        chunks = list((context["static_dir"] / "assets").glob("reflex-env-*.js"))
        found = 0
        for chunk in chunks:
            text, count = _ADDRESS.subn(_from_here, chunk.read_text())
            chunk.write_text(text)
            found += count
        assert found >= _FEWEST_ADDRESSES, "this Reflex keeps its addresses elsewhere: see one_build.py"


def _from_here(address: re.Match[str]) -> str:
    return f'{_ORIGIN[address["scheme"]]}+"{address["path"]}"'
