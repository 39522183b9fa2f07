"""The two banks that this company plays."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Brand:
    """How one bank is called and how it numbers its movements; its colours stand in `style.css`."""

    name: str
    display_name: str
    short_name: str
    motto: str
    reference_prefix: str
    """The first five characters of its references; eleven digits follow."""


BRANDS = {
    brand.name: brand
    for brand in (
        Brand("hdfc", "HDFC Bank", "HDFC", "NetBanking", "HDFCN"),
        Brand("axis", "Axis Bank", "AXIS", "Internet Banking", "UTIBN"),
    )
}
