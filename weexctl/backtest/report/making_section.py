"""What the run leaves out, and what it was made from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from weexctl.backtest.report.markup import Markup, element, minute, section, table
from weexctl.backtest.report.run_document import RunDocument

__all__ = ["making_section", "not_modelled_section"]

_LISTED = ("data", "detail", "plugins")
_CANDLES = {"data": "Candles", "detail": "Shorter candles"}


def not_modelled_section(run: RunDocument) -> Markup:
    """What the market of the run leaves out."""
    items = [element("li", words) for words in run.not_modelled]
    if run.synthetic:
        items.insert(0, element("li", "a real market: the candles were generated"))
    body = element("ul", *items) if items else element("p", "Nothing was named.", class_="empty")
    lead = "A backtest is an account of what would have happened under these simplifications. It promises nothing."
    return section("What is not modelled", "not-modelled", body, lead=lead)


def making_section(run: RunDocument) -> Markup:
    """Enough to make the run again."""
    made = run.manifest
    facts = [
        ("run", run.run_id),
        ("from", f"{minute(run.from_ms)} UTC"),
        ("to", f"{minute(run.to_ms)} UTC"),
        ("closes", f"{run.steps:,}, of which {run.decided:,} were decided on"),
        ("orders", f"{run.orders_total:,}"),
        *((str(key), _shown(value)) for key, value in made.items() if key not in _LISTED),
    ]
    parts = [table(("", ""), ((name, element("code", value)) for name, value in facts), text=2)]
    for key, title in _CANDLES.items():
        if isinstance(data := made.get(key), Mapping) and data:
            rows = [(str(symbol), element("code", str(digest))) for symbol, digest in data.items()]
            parts += [element("h3", title), table(("symbol", "hash of every candle"), rows, text=2)]
    if plugins := [one for one in made.get("plugins") or () if isinstance(one, Mapping)]:
        keys = ("kind", "name", "distribution", "version")
        parts += [
            element("h3", "Plugins"),
            table(keys, ([str(plugin.get(key, "")) for key in keys] for plugin in plugins), text=4),
        ]
    return section("How it was made", "making", *parts, lead="The same profile and candles give the same run again.")


def _shown(value: Any) -> str:
    if isinstance(value, (list, tuple)):
        return ", ".join(map(str, value))
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "–" if value is None else str(value)
