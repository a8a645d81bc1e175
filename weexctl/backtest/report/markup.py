"""Pieces of a page. Whatever is not a `Markup` is text, and is escaped."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from html import escape

__all__ = [
    "Markup",
    "badge",
    "bars",
    "chart",
    "day",
    "element",
    "legend",
    "minute",
    "money",
    "number",
    "percent",
    "section",
    "signed",
    "table",
    "tone",
]

Amount = float | Decimal

_NARROW = 3
"""So many columns with figures among them stand close together rather than far apart."""


class Markup(str):
    """Text of a page that is safe as it stands."""

    __slots__ = ()


def element(name: str, *parts: str, **attributes: str) -> Markup:
    """An element; an underscore after the name of an attribute is dropped, others become dashes."""
    words = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(value)}"' for key, value in attributes.items() if value
    )
    return Markup(f"<{name}{words}>{''.join(map(_safe, parts))}</{name}>")


def _safe(part: str) -> str:
    return part if isinstance(part, Markup) else escape(part)


def section(title: str, name: str, *parts: str, lead: str = "") -> Markup:
    """A part of the page with a heading; `name` is what links lead to."""
    head = [element("h2", title), *([element("p", lead, class_="lead")] if lead else [])]
    return element("section", *head, *parts, id=name)


def table(
    header: Sequence[str], rows: Iterable[Sequence[str]], *, text: int = 1, strong: str = "", wrap: bool = True
) -> Markup:
    """A table in a box that scrolls by itself.

    Args:
        header: one cell per column.
        rows: cells.
        text: how many columns on the left are words; the others are figures.
        strong: the first cell of a row to be set apart.
        wrap: whether a cell may have several lines.
    """
    top = element("tr", *(_cell("th", cell, place, text) for place, cell in enumerate(header)))
    body = (
        element(
            "tr",
            *(_cell("td", cell, place, text) for place, cell in enumerate(row)),
            class_="ours" if strong and row[0] == strong else "",
        )
        for row in rows
    )
    look = "narrow" if len(header) <= _NARROW and text < len(header) else "" if wrap else "tight"
    return element(
        "div", element("table", element("thead", top), element("tbody", *body), class_=look), class_="scroll"
    )


def _cell(name: str, content: str, place: int, text: int) -> Markup:
    return element(name, content, class_="" if place < text else "figure", scope="col" if name == "th" else "")


def chart(name: str, label: str, height: str = "middle") -> Markup:
    """Where the script draws the chart of this name; `label` says what it shows to who cannot see it."""
    return element("div", class_=f"chart {height}", data_chart=name, role="img", aria_label=label)


def legend(entries: Iterable[tuple[str, str, str]]) -> Markup:
    """What marks mean: the class of the mark, a sign in it, and words."""
    return element(
        "p",
        *(element("span", element("i", sign, class_=look), words, class_="entry") for look, sign, words in entries),
        class_="legend",
    )


def bars(title: str, rows: Sequence[tuple[str, Amount, str]]) -> Markup:
    """Gains to the right and losses to the left of one line, as wide together as there is room."""
    values = [0.0, *(float(value) for _, value, _ in rows)]
    room = max(values) - min(values) or 1.0
    zero = -min(values) / room
    lines = [
        element(
            "div",
            element("span", label, class_="label"),
            element(
                "span",
                element("i", class_=tone(value), style=f"--share:{abs(float(value)) / room:.4f}"),
                class_="track",
            ),
            element("span", signed(value), class_=f"value {tone(value)}"),
            class_="bar",
            title=hint,
        )
        for label, value, hint in rows
    ]
    return element("div", element("h3", title), *lines, class_="bars", style=f"--zero:{zero:.4f}")


def badge(words: str, look: str) -> Markup:
    """A word in a frame."""
    return element("span", words, class_=f"badge {look}")


def tone(value: Amount) -> str:
    """`gain`, `loss`, or nothing for what rounds to zero cents."""
    amount = round(float(value), 2)
    return "gain" if amount > 0 else "loss" if amount < 0 else ""


def money(value: Amount) -> str:
    """USDT with thousands apart."""
    return f"{value:,.2f}".replace("-", "−")


def signed(value: Amount) -> str:
    """USDT with a sign; what rounds to nothing has none."""
    rounded = f"{value:+,.2f}".replace("-", "−")
    return "0.00" if rounded[1:] == "0.00" else rounded


def percent(value: float | None, digits: int = 1, *, sign: bool = False) -> str:
    """A fraction as a percentage; a dash for none."""
    if value is None:
        return "–"
    shown = round(value * 100, digits) + 0.0  # what rounds to nothing has no sign
    return f"{shown:{'+' if sign and shown else ''}.{digits}f} %".replace("-", "−")


def number(value: float | None, digits: int = 2, *, sign: bool = False) -> str:
    """A figure; a dash for none."""
    return "–" if value is None else f"{value:{'+' if sign else ''}.{digits}f}".replace("-", "−")


def minute(time_ms: int) -> str:
    """UTC to the minute."""
    return datetime.fromtimestamp(time_ms / 1000, UTC).strftime("%Y-%m-%d %H:%M")


def day(time_ms: int) -> str:
    """UTC to the day."""
    return datetime.fromtimestamp(time_ms / 1000, UTC).strftime("%Y-%m-%d")
