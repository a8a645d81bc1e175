"""The book as each stage sees it: with the current rows of that stage's own columns."""

from __future__ import annotations

from collections.abc import Mapping

from weexctl.model.book import Book, Row
from weexctl.pipeline.columns import SymbolColumns

__all__ = ["Views"]


class Views:
    """One book, and what each stage adds to it; made when a stage is first asked.

    Args:
        book: the account and the market at one moment.
        columns: market columns by symbol.
        rows_at: the row of this moment in each symbol's columns; a symbol without one is left out.
    """

    __slots__ = ("_columns", "_made", "_rows_at", "book")

    def __init__(
        self, book: Book, columns: Mapping[str, SymbolColumns] | None = None, rows_at: Mapping[str, int] | None = None
    ) -> None:
        self.book = book
        self._columns = columns or {}
        self._rows_at = rows_at or {}
        self._made: dict[str, Book] = {}

    def of(self, key: str) -> Book:
        """The book for one stage.

        Args:
            key: `sizer`, `risk.0`, `guard.1`, `exit.2`: the place in the profile.
        """
        view = self._made.get(key)
        if view is None:
            columns = self._columns
            rows = {
                symbol: Row(own, row)
                for symbol, row in self._rows_at.items()
                if (own := columns[symbol].stages.get(key))
            }
            # A stage without columns of its own sees the book as it is.
            view = self._made[key] = self.book.for_plugin(rows) if rows or self.book.rows else self.book
        return view
