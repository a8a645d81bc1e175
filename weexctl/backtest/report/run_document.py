"""The document of a run, read back: what the report shows of it."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from weexctl.backtest.metrics import Metrics, YearMetrics
from weexctl.errors import DataError

__all__ = ["OpenRow", "Pnl", "RunDocument", "Span", "TradeRow", "parse_document", "parse_run"]


class Span(BaseModel):
    """A value at the start and at the end."""

    start: Decimal
    end: Decimal


class Pnl(BaseModel):
    """Where the change of equity came from, quote."""

    realised: Decimal
    unrealised: Decimal
    fees: Decimal
    funding: Decimal


class TradeRow(BaseModel):
    """A position that ended."""

    symbol: str
    position_side: str
    opened_ms: int
    closed_ms: int
    quantity: Decimal
    entry_price: Decimal
    exit_price: Decimal
    net: Decimal
    exit_reason: str
    rule: str
    regime: str
    entry_order_id: str


class OpenRow(BaseModel):
    """A position that was open at the end."""

    symbol: str
    position_side: str
    opened_ms: int
    entry_price: Decimal
    rule: str
    entry_order_id: str


class RunDocument(BaseModel):
    """A run, without its orders."""

    run_id: str
    from_ms: int
    to_ms: int
    steps: int
    decided: int
    interrupted: bool
    synthetic: bool
    equity: Span
    pnl: Pnl
    orders_total: int
    trades: list[TradeRow]
    trades_total: int
    open_positions: list[OpenRow]
    refusals: dict[str, int]
    not_modelled: list[str]
    manifest: dict[str, Any]
    metrics: Metrics
    years: list[YearMetrics]

    @property
    def profile(self) -> str:
        """The profile's name."""
        return str(self.manifest.get("profile", "?"))

    @property
    def symbols(self) -> list[str]:
        """What was traded."""
        return [str(symbol) for symbol in self.manifest.get("symbols", [])]


_Document = TypeVar("_Document", bound=BaseModel)


def parse_run(content: bytes, place: Path) -> RunDocument:
    """The document of a run.

    Raises:
        DataError: it is none.
    """
    return parse_document(RunDocument, content, place)


def parse_document(kind: type[_Document], content: bytes, place: Path) -> _Document:
    """A document of this kind.

    Args:
        kind: its model.
        content: JSON.
        place: where it lies, for the error.

    Raises:
        DataError: it is none.
    """
    try:
        return kind.model_validate_json(content)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(map(str, first["loc"])) or "the whole"
        raise DataError(
            f"{place} is not what this version writes ({where}: {first['msg']}); no report was made",
            hint="run the backtest again, which replaces it, or remove it",
            code="BAD_RUN",
        ) from error
