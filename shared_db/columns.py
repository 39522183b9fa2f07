"""The kinds of columns our tables are made of, and how their keys and constraints are named."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, Column, DateTime, Text, func
from sqlmodel import SQLModel

_NAMES = {
    "ix": "%(table_name)s_%(column_0_N_name)s_idx",
    "uq": "%(table_name)s_%(column_0_N_name)s_key",
    "ck": "%(table_name)s_%(constraint_name)s_check",
    "fk": "%(table_name)s_%(column_0_N_name)s_fkey",
    "pk": "%(table_name)s_pkey",
}
SQLModel.metadata.naming_convention = _NAMES  # pyright: ignore[reportAttributeAccessIssue] # a plain dict will do


def text_column(*, nullable: bool = False) -> Column[str]:
    return Column(Text, nullable=nullable)


def paise_column() -> Column[int]:
    return Column(BigInteger, nullable=False)


def time_column(*, nullable: bool = False) -> Column[datetime]:
    return Column(DateTime(timezone=True), nullable=nullable)


def now_column() -> Column[datetime]:
    """The time of the transaction that writes the row."""
    return Column(DateTime(timezone=True), nullable=False, server_default=func.now())
