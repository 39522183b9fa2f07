"""Our own line drawings, 24 units square: no icon library travels to the browser."""

from __future__ import annotations

import reflex as rx

_PATHS = {
    "add": ("M12 4v11", "M7.5 10.5 12 15l4.5-4.5", "M4 19.5h16"),
    "send": ("M20.5 3.5 10 14", "M20.5 3.5 14 20.5l-4-6.5-6.5-4z"),
    "pay": (
        "M4 9.5 5.5 4h13L20 9.5",
        "M5.5 12v8h13v-8",
        "M4 9.5a2.7 2.7 0 0 0 5.3 0 2.7 2.7 0 0 0 5.4 0 2.7 2.7 0 0 0 5.3 0z",
    ),
    "scan": ("M4 8.5V4h4.5M15.5 4H20v4.5M20 15.5V20h-4.5M8.5 20H4v-4.5", "M8.5 8.5h7v7h-7z"),
    "withdraw": ("M3.5 9.5 12 4.5l8.5 5", "M4 20h16", "M6.5 12.5V17", "M12 12.5V17", "M17.5 12.5V17"),
    "income": ("M4 20h16", "M6.5 16v-4", "M12 16V5", "M17.5 16V9"),
    "refund": ("M8.5 5 4.5 9l4 4", "M4.5 9H14a5.5 5.5 0 0 1 0 11H9"),
    "done": ("M5 12.5 10 17.5 19 7",),
    "waiting": ("M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17z", "M12 7.5V12l3 2"),
    "refused": ("M6.5 6.5l11 11", "M17.5 6.5l-11 11"),
    "books": (
        "M12 6.5v13",
        "M12 6.5C9.5 4.8 6.5 4.5 3.5 5v13c3-.5 6-.2 8.5 1.5 2.5-1.7 5.5-2 8.5-1.5V5c-3-.5-6-.2-8.5 1.5z",
    ),
    "lock": ("M5.5 11h13v9h-13z", "M8.5 11V8a3.5 3.5 0 0 1 7 0v3"),
    "once": ("M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17z", "M10.5 9.5 12.5 8v8"),
    "light": (
        "M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8z",
        "M12 2.5v2M12 19.5v2M2.5 12h2M19.5 12h2M5.3 5.3l1.4 1.4M17.3 17.3l1.4 1.4M18.7 5.3l-1.4 1.4M6.7 17.3l-1.4 1.4",
    ),
    "home": ("M4 11 12 4.5l8 6.5", "M6 9.5V20h12V9.5", "M10 20v-5.5h4V20"),
    "history": ("M4 6h16", "M4 12h16", "M4 18h10"),
    "settings": ("M4 7h9M17 7h3M4 17h3M11 17h9", "M15 5v4M9 15v4"),
    "people": (
        "M9 4.5a3.25 3.25 0 1 0 0 6.5 3.25 3.25 0 0 0 0-6.5z",
        "M2.5 19.5a6.5 6.5 0 0 1 13 0",
        "M15.5 4.7a3.25 3.25 0 0 1 0 6.1M18 13.6a6.5 6.5 0 0 1 3.5 5.9",
    ),
    "shown": (
        "M2.5 12S6 5.5 12 5.5 21.5 12 21.5 12 18 18.5 12 18.5 2.5 12 2.5 12z",
        "M12 9.25a2.75 2.75 0 1 0 0 5.5 2.75 2.75 0 0 0 0-5.5z",
    ),
    "hidden": (
        "M4 4l16 16",
        "M9.5 5.8A9.3 9.3 0 0 1 12 5.5c6 0 9.5 6.5 9.5 6.5a17 17 0 0 1-3 3.7",
        "M6.2 7.7A16.5 16.5 0 0 0 2.5 12s3.5 6.5 9.5 6.5c1.6 0 3-.4 4.3-1.1",
        "M10 10.1a2.75 2.75 0 0 0 3.9 3.9",
    ),
    "down": ("M6.5 9.5 12 15l5.5-5.5",),
    "more": ("M12 19V5.5", "M6.5 11 12 5.5l5.5 5.5"),
    "less": ("M12 5v13.5", "M6.5 13 12 18.5l5.5-5.5"),
    "same": ("M5 9.5h14", "M5 14.5h14"),
    "next": ("M9.5 6.5 15 12l-5.5 5.5",),
    "busy": ("M12 3.5a8.5 8.5 0 1 1-8.5 8.5",),
    "warning": ("M12 4 2.5 20h19z", "M12 10v4.5M12 17.25v.1"),
    "nothing": ("M4 13.5 6.5 5h11L20 13.5V19H4z", "M4 13.5h4.5L10 16h4l1.5-2.5H20"),
    "leave": ("M14 4.5H5.5v15H14", "M10 12h10.5M17 8.5l3.5 3.5-3.5 3.5"),
    "dark": ("M20 14.2A8.2 8.2 0 0 1 9.8 4a8.2 8.2 0 1 0 10.2 10.2z",),
}


def icon(name: str, class_name: str = "size-6") -> rx.Component:
    """A drawing in the colour of the text around it. It says nothing to a screen reader: words stand beside it."""
    return rx.el.svg(
        *(rx.el.path(d=line) for line in _PATHS[name]),
        view_box="0 0 24 24",
        fill="none",
        stroke="currentColor",
        stroke_width="1.75",
        stroke_linecap="round",
        stroke_linejoin="round",
        custom_attrs={"aria-hidden": "true"},
        class_name=f"shrink-0 {class_name}",
    )


def mark(class_name: str = "size-8") -> rx.Component:
    """The sign of Batua: a wallet with its clasp."""
    return rx.el.svg(
        rx.el.rect(width="32", height="32", rx="9", fill="var(--accent)"),
        rx.el.path(
            d="M9 11.5h13.5a1.5 1.5 0 0 1 1.5 1.5v8a1.5 1.5 0 0 1-1.5 1.5h-13"
            "A2 2 0 0 1 7.5 20.5v-10A2 2 0 0 1 9.5 8.5h11",
            fill="none",
            stroke="var(--accent-ink)",
            stroke_width="2",
            stroke_linecap="round",
            stroke_linejoin="round",
        ),
        rx.el.circle(cx="19.5", cy="17", r="1.75", fill="var(--accent-ink)"),
        view_box="0 0 32 32",
        custom_attrs={"aria-hidden": "true"},
        class_name=f"shrink-0 {class_name}",
    )
