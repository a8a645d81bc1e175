"""Series that have just been stored, one line each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.text import Text

from weexctl.cli.views.cells import cell
from weexctl.cli.views.fitting import FittingTable
from weexctl.cli.views.numbers import minute

if TYPE_CHECKING:
    from weexctl.actions.data import FundingRow, SeriesRow, StoredRow
    from weexctl.actions.data_fetch import FetchedRow
    from weexctl.market.gaps import Gaps

__all__ = ["gap_count", "gap_line", "kind", "stored_table"]

_COLUMNS = (
    ("series", ""),
    ("from (UTC)", ""),
    ("to (UTC)", ""),
    ("candles", "right"),
    ("gaps", "right"),
    ("new", "right"),
    ("funding", "right"),
    ("kind", ""),
    ("source", ""),
)


def stored_table(rows: Sequence[StoredRow | FetchedRow]) -> FittingTable:
    """Each series as it is now, and how many of its candles are new; the digest is in the JSON."""
    table = FittingTable(_COLUMNS, ("source", "funding", "gaps", "from (UTC)"))
    for row in rows:
        table.add_row(
            cell(f"{row.symbol} {row.timeframe}", "bold"),
            cell(minute(row.from_ms)),
            cell(minute(row.to_ms)),
            cell(row.candles),
            gap_count(row.gaps),
            cell(row.added),
            cell(row.funding),
            kind(row),
            cell(row.source),
        )
    return table


def gap_count(gaps: Gaps | None) -> Text:
    """In how many places candles are missing; `–` for none, or where none can be."""
    return cell(gaps.count, "yellow") if gaps is not None and gaps.count else cell(None)


def gap_line(name: str, gaps: Gaps | None) -> list[Text]:
    """What is missing where; nothing for a whole series."""
    if gaps is None or gaps.first_ms is None:
        return []
    words = f"candles missing: {gaps.missing}, gaps: {gaps.count}, longest: {gaps.longest}"
    return [cell(f"{name}: {words}, first: {minute(gaps.first_ms)}", "yellow")]


def kind(row: SeriesRow | FundingRow) -> Text:
    """Generated, of the spot market, or of the future."""
    if row.synthetic:
        return cell("SYNTHETIC", "yellow")
    return cell("spot" if getattr(row, "spot", False) else "future")
