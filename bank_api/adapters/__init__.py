"""The banks we know: one file each, and its name here. The rest of a new bank is settings."""

from __future__ import annotations

from bank_api.adapters import axis, hdfc
from bank_api.adapters.adapter import Adapter

ADAPTERS: dict[str, Adapter] = {adapter.name: adapter for adapter in (hdfc.ADAPTER, axis.ADAPTER)}

__all__ = ["ADAPTERS", "Adapter"]
