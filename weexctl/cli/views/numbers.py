"""Money, prices, shares and moments as a person reads them; never fewer digits than matter, never more."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

from rich.text import Text

__all__ = ["minute", "money", "percent", "price", "quantity", "signed"]


def money(value: Decimal) -> str:
    """USDT with two digits and thousands apart: `9,982.99`."""
    return f"{value:,.2f}"


def signed(value: Decimal) -> Text:
    """A gain or a loss with its sign, green or red: `−17.01`; what rounds to nothing has neither."""
    rounded = round(value, 2)
    if rounded == 0:
        return Text("0.00")
    return Text(f"{rounded:+,.2f}".replace("-", "−"), style="green" if rounded > 0 else "red")


def percent(value: float, digits: int = 2) -> str:
    """A fraction as `0.17 %`."""
    return f"{value * 100:.{digits}f} %".replace("-", "−")


def price(value: Decimal | None) -> str:
    """Seven significant digits without an exponent or empty decimals: `90111.8`, `0.2039514`; `–` for none."""
    if value is None:
        return "–"
    rounded = Decimal(f"{value:.7g}")
    return f"{rounded.normalize():f}"


def quantity(value: Decimal) -> str:
    """Every digit, without an exponent: `0.0021`, `200`."""
    return f"{value:f}"


def minute(time_ms: int) -> str:
    """UTC to the minute: `2025-04-12 10:00`."""
    return datetime.fromtimestamp(time_ms / 1000, UTC).strftime("%Y-%m-%d %H:%M")
