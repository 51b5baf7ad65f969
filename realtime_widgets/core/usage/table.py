"""A cost as a small table, in plain text and in HTML. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from realtime_widgets.core.usage.cost import dollars
from realtime_widgets.shown_text import in_html, visible

if TYPE_CHECKING:
    from realtime_widgets.core.usage.cost import Cost, CostLine

_HEAD = ("", "used", "price", "cost")
NOTHING = "Nothing used yet."
#: What a price is for, by the unit of a line.
_PER = {"tokens": "million", "characters": "million", "seconds": "minute", "messages": "message"}
#: Beginnings of what stands in the lines, in the order of the table; the rest follows.
_ORDER = ("text in", "image in", "audio in", "text out", "audio out")


def text_table(cost: Cost) -> str:
    """Return the lines of a cost, their sum and the sources of the prices."""
    if not cost.lines:
        return _total(cost) or NOTHING
    rows = [_HEAD, *_rows(cost), ("total", "", "", _total(cost))]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEAD))]
    lines = [
        "  ".join(
            (
                row[0].ljust(widths[0]),
                *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True)),
            )
        )
        for row in rows
    ]
    rule = "-" * (sum(widths) + 2 * (len(widths) - 1))
    return "\n".join([lines[0], rule, *lines[1:-1], rule, lines[-1], *_notes(cost)])


def html_table(cost: Cost) -> str:
    """Return the same as HTML; names that came from elsewhere are escaped."""
    if not cost.lines:
        return f"<p>{in_html(_total(cost) or NOTHING)}</p>"
    head = "".join(f'<th scope="col">{cell}</th>' for cell in _HEAD)
    body = "".join(_html_row(row) for row in _rows(cost))
    notes = "".join(f"<div><small>{in_html(note)}</small></div>" for note in _notes(cost))
    return (
        f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody>"
        f'<tfoot><tr><th scope="row" style="text-align: left">total</th><td colspan="2"></td>'
        f"<td><b>{in_html(_total(cost))}</b></td></tr></tfoot></table>{notes}"
    )


def _html_row(row: tuple[str, ...]) -> str:
    return (
        f'<tr><th scope="row" style="text-align: left">{in_html(row[0])}</th>'
        + "".join(f"<td>{in_html(cell)}</td>" for cell in row[1:])
        + "</tr>"
    )


def _rows(cost: Cost) -> list[tuple[str, str, str, str]]:
    several = len({line.model for line in cost.lines}) > 1
    return [
        (
            f"{line.what} ({visible(line.model)})" if several and line.model else line.what,
            _quantity(line),
            _rate(line),
            "unpriced" if line.amount is None else dollars(line.amount),
        )
        for line in sorted(cost.lines, key=_place)
    ]


def _place(line: CostLine) -> tuple[int, str]:
    found = (place for place, what in enumerate(_ORDER) if line.what.startswith(what))
    return next(found, len(_ORDER)), line.what


def _quantity(line: CostLine) -> str:
    match line.unit:
        case "tokens" | "characters" | "messages":
            return f"{line.quantity:,.0f} {line.unit}"
        case "seconds":
            return f"{line.quantity:,.1f} s"
        case _:
            return f"{line.quantity:,.0f}"


def _rate(line: CostLine) -> str:
    if line.rate is None or line.unit == "times":
        return "unknown"
    if line.rate == 0:
        return "free"
    return f"{dollars(line.rate)} per {_PER[line.unit]}"


def _total(cost: Cost) -> str:
    return str(cost) if cost.lines or cost.by_time else ""


def _notes(cost: Cost) -> list[str]:
    notes = [f"Prices: {'; '.join(cost.sources)}."] if cost.sources else []
    unknown = dict.fromkeys(visible(line.model) or "this model" for line in cost.unpriced if line.unit != "times")
    if unknown:
        notes.append(
            f"No price is known for all of {', '.join(unknown)}: give it with RealtimeSession(prices=...)."
        )
    return notes
