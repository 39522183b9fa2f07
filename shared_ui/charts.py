"""Bars over time, drawn by plain elements: read by a pointer, a finger, the arrow keys, or as a table one tap away.

A field of the kind `range` lies over the bars: one stop of the keyboard, and a screen reader says each bar's value.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import reflex as rx
from reflex_components_core.el.element import Element

from shared_ui.chart_scale import Bar, Chart, GridLine
from shared_ui.icons import icon
from shared_ui.texts import Text

_POINTING = """
const pointAt = (plot, place) => {
  const bars = [...plot.querySelectorAll("[data-bar]")];
  const field = plot.querySelector("input");
  bars.forEach((bar, number) => bar.toggleAttribute("data-chosen", number === place));
  const chosen = place ?? bars.length - 1;
  field.value = chosen;
  field.setAttribute("aria-valuetext", bars[chosen]?.dataset.bar ?? "");
};
const pointWhere = (event) => {
  const plot = event.currentTarget;
  const { left, width } = plot.getBoundingClientRect();
  const most = Number(plot.querySelector("input").max);
  const place = Math.floor(((event.clientX - left) / width) * (most + 1));
  pointAt(plot, Math.max(0, Math.min(most, place)));
};
const pointNowhere = (event) => {
  // A finger that has left has chosen; a mouse was only passing.
  if (event.pointerType === "mouse") pointAt(event.currentTarget);
};
const pointByKey = (event) => pointAt(event.currentTarget.closest("[data-plot]"), event.currentTarget.valueAsNumber);
const readAloud = (field) => field && pointAt(field.closest("[data-plot]"));
"""
_HIDDEN_AMOUNTS = "[[data-amounts=hidden]_&]:invisible"
# A bar's value is read when it is chosen, the last one's when none is; those that are not chosen step back.
_READ = "hidden [[data-chosen]_&]:block [[data-plot]:not(:has([data-chosen]))_[data-bar]:last-child_&]:block"
_STEPS_BACK = "[[data-plot]:has([data-chosen])_[data-bar]:not([data-chosen])_&]:opacity-40"
_HATCHED = (
    "border border-accent bg-[repeating-linear-gradient(135deg,var(--accent)_0_1.5px,transparent_1.5px_5px)]"
)


class _Plot(Element):
    tag = "div"

    def add_custom_code(self) -> list[str]:
        return [_POINTING]


class _Pointer(Element):
    tag = "input"

    type: rx.Var[str]
    min: rx.Var[str]
    max: rx.Var[str]
    step: rx.Var[str]
    default_value: rx.Var[str]

    def add_custom_code(self) -> list[str]:
        return [_POINTING]


@dataclass(frozen=True)
class TableRow:
    """The cells of one row as they are read; the first is its heading."""

    name: str
    cells: list[str]


def bar_chart(chart: Chart, *, name: str) -> rx.Component:
    """`name` says what the bars are, for who steps through them."""
    return rx.el.div(
        rx.el.div(
            rx.foreach(chart.lines, _line_label),
            aria_hidden="true",
            class_name=f"relative h-40 w-12 {_HIDDEN_AMOUNTS}",
        ),
        _Plot.create(
            rx.el.div(
                rx.foreach(chart.lines, _line),
                rx.el.div(
                    rx.foreach(chart.bars, lambda bar: _bar(bar, chart)), class_name="absolute inset-0 flex"
                ),
                role="img",
                aria_label=chart.summary,
                class_name="pointer-events-none absolute inset-0",
            ),
            _Pointer.create(
                type="range",
                min="0",
                max=chart.last,
                step="1",
                default_value=chart.last,
                custom_attrs={
                    "aria-label": name,
                    "ref": rx.Var("readAloud"),
                    "onInput": rx.Var("pointByKey"),
                    "onFocus": rx.Var("pointByKey"),
                },
                class_name="pointer-events-none absolute inset-0 m-0 size-full opacity-0",
            ),
            custom_attrs={
                "data-plot": "",
                "onPointerMove": rx.Var("pointWhere"),
                "onPointerDown": rx.Var("pointWhere"),
                "onPointerLeave": rx.Var("pointNowhere"),
            },
            class_name="relative h-40 touch-pan-y rounded-card outline-offset-4 outline-accent "
            "has-[:focus-visible]:outline-2",
        ),
        _labels(chart),
        key=chart.key,
        class_name="relative grid grid-cols-[auto_minmax(0,1fr)] gap-x-2 pt-14",
    )


def choices(
    options: list[tuple[str, str]],
    *,
    chosen: Text,
    on_choose: Any,  # noqa: ANN401 # Reflex's own type of an event
    label: str,
) -> rx.Component:
    """One of a few, changed at once. `options` are pairs of what `on_choose` is told and what is read."""
    return rx.el.div(
        *(
            rx.el.button(
                read,
                type="button",
                on_click=on_choose(told),
                aria_pressed=rx.cond(chosen == told, "true", "false"),
                class_name="min-h-hit grow rounded-chip border border-edge px-4 text-label font-medium text-quiet "
                "transition-colors hover:bg-accent-soft aria-pressed:border-accent aria-pressed:bg-accent-soft "
                "aria-pressed:font-strong aria-pressed:text-accent tablet:grow-0",
            )
            for told, read in options
        ),
        role="group",
        aria_label=label,
        class_name="flex flex-wrap gap-2",
    )


def legend(*entries: tuple[str, Text, bool]) -> rx.Component:
    """What each sort of bar is and comes to in all; its third says whether it is the hatched one."""
    return rx.el.dl(
        *(
            rx.el.div(
                rx.el.dt(
                    rx.el.span(
                        aria_hidden="true",
                        class_name=f"size-3 rounded-[3px] {_HATCHED if is_hatched else 'bg-accent'}",
                    ),
                    word,
                    class_name="flex items-center gap-2 text-label text-quiet",
                ),
                rx.el.dd(amount, class_name=f"font-strong {_HIDDEN_AMOUNTS}"),
            )
            for word, amount, is_hatched in entries
        ),
        class_name="flex flex-wrap gap-x-8 gap-y-2",
    )


def figures_table(
    rows: list[TableRow] | rx.Var[list[TableRow]], *, caption: str, headings: tuple[str, ...]
) -> rx.Component:
    """The same figures to be read, folded away until somebody wants them."""
    return rx.el.details(
        rx.el.summary(
            icon("next", "size-5 transition-transform [details[open]_&]:rotate-90"),
            "Show these figures as a table",
            class_name="flex min-h-hit cursor-pointer items-center gap-2 rounded-card text-label font-medium "
            "text-accent [&::-webkit-details-marker]:hidden",
        ),
        rx.el.div(
            rx.el.table(
                rx.el.caption(caption, class_name="sr-only"),
                rx.el.thead(rx.el.tr(*(_heading(one, place) for place, one in enumerate(headings)))),
                rx.el.tbody(rx.foreach(rows, _table_row), class_name="divide-y divide-line"),
                class_name="w-full whitespace-nowrap text-note",
            ),
            role="region",
            aria_label=caption,
            tab_index=0,
            class_name="max-h-96 overflow-auto rounded-card border border-line",
        ),
    )


def _line_label(line: GridLine) -> rx.Component:
    return rx.el.span(
        line.label,
        style={"bottom": line.place},
        class_name="absolute right-0 translate-y-1/2 whitespace-nowrap text-note text-quiet",
    )


def _line(line: GridLine) -> rx.Component:
    return rx.el.div(style={"bottom": line.place}, class_name="absolute inset-x-0 border-t border-line")


def _bar(bar: Bar, chart: Chart) -> rx.Component:
    width = f"absolute left-1/2 w-[70%] max-w-8 -translate-x-1/2 transition-[height] {_STEPS_BACK}"
    return rx.el.div(
        rx.el.div(
            rx.el.p(bar.name, class_name="text-note text-quiet"),
            rx.el.p(bar.value, class_name=f"text-label font-strong {_HIDDEN_AMOUNTS}"),
            class_name=f"absolute -top-14 left-0 {_READ}",
        ),
        rx.el.div(
            rx.el.div(
                style={"bottom": chart.zero, "height": bar.up},
                class_name=f"{width} rounded-t-[4px] bg-accent",
            ),
            rx.el.div(
                style={"top": "calc(100% - " + chart.zero + ")", "height": bar.down},
                class_name=rx.cond(bar.down == "0px", "hidden", f"{width} rounded-b-[4px] {_HATCHED}"),
            ),
            class_name="relative h-full w-full",
        ),
        custom_attrs={"data-bar": bar.name + ": " + bar.value},
        class_name="h-full min-w-0 flex-1",
    )


def _labels(chart: Chart) -> rx.Component:
    """Below the bars; the last of them is now."""
    return rx.el.div(
        rx.foreach(
            chart.bars,
            lambda bar: rx.el.div(
                rx.el.span(bar.label, class_name="shrink-0 whitespace-nowrap"),
                class_name="flex min-w-0 flex-1 justify-center last:justify-end last:font-strong last:text-accent",
            ),
        ),
        aria_hidden="true",
        class_name="col-start-2 mt-2 flex text-note text-quiet",
    )


def _heading(text: str, place: int) -> rx.Component:
    side = "text-right" if place else "text-left"
    return rx.el.th(
        text,
        scope="col",
        class_name=f"sticky top-0 bg-raised px-2 py-2 tablet:px-3 font-medium text-quiet {side}",
    )


def _table_row(row: TableRow) -> rx.Component:
    return rx.el.tr(
        rx.el.th(row.name, scope="row", class_name="px-2 py-2 tablet:px-3 text-left font-medium"),
        rx.foreach(
            row.cells,
            lambda cell: rx.el.td(cell, class_name=f"px-2 py-2 tablet:px-3 text-right {_HIDDEN_AMOUNTS}"),
        ),
    )
