"""What is traded, and the exchange's rules for it."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_DOWN, ROUND_FLOOR, ROUND_HALF_EVEN, Decimal

from weexctl.errors import UsageError
from weexctl.model.side import PositionSide

__all__ = ["SYMBOLS", "Instrument", "normalise_symbol"]

SYMBOLS = ("BTCUSDT", "ETHUSDT", "SOLUSDT", "BNBUSDT", "XRPUSDT", "ADAUSDT", "DOGEUSDT", "LTCUSDT")
"""The eight pairs weexctl trades (WEEX AI Wars rules, weex-api 11)."""


_WRITTEN_OUT = Decimal(0)
"""Added to `1E+1` it makes `10`: sizes, and what they are worth, have the same digits whoever listed the step."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Instrument:
    """A USDT-margined perpetual future and its rules, as the exchange lists them."""

    symbol: str
    """`BTCUSDT`."""
    base: str
    quote: str
    price_step: Decimal
    """Smallest price increment, quote per base."""
    quantity_step: Decimal
    """Smallest size increment, base units."""
    min_quantity: Decimal
    max_quantity: Decimal
    max_leverage: int
    maker_fee: Decimal
    """Fraction of the fill's value, 0.0002 = 2 bp."""
    taker_fee: Decimal
    contract_value: Decimal
    """Base units of one contract; informative only, sizes are always in base units."""
    funding_interval_ms: int = 8 * 3_600_000
    max_position: Decimal | None = None
    max_market_quantity: Decimal | None = None
    """Largest market order that opens; None when the exchange names none."""

    def __post_init__(self) -> None:
        for name in ("price_step", "quantity_step", "min_quantity", "max_quantity"):
            object.__setattr__(self, name, getattr(self, name) + _WRITTEN_OUT)

    def round_quantity(self, quantity: Decimal) -> Decimal:
        """The quantity on the step, rounded down: toward less risk."""
        return _on_step(quantity, self.quantity_step, ROUND_DOWN)

    def round_price(self, price: Decimal) -> Decimal:
        """The price on the step, nearest, ties to even."""
        return _on_step(price, self.price_step, ROUND_HALF_EVEN)

    def round_stop(self, price: Decimal, side: PositionSide) -> Decimal:
        """A stop price on the step, rounded towards the market: toward less risk.

        A long's stop lies below the price and is rounded up, a short's is rounded down.
        """
        return _on_step(price, self.price_step, ROUND_CEILING if side is PositionSide.LONG else ROUND_FLOOR)


def _on_step(value: Decimal, step: Decimal, rounding: str) -> Decimal:
    return (value / step).to_integral_value(rounding=rounding) * step


def normalise_symbol(text: str) -> str:
    """The symbol a person means: `btcusdt`, `BTC/USDT` and `cmt_btcusdt` are all `BTCUSDT`.

    Raises:
        UsageError: the symbol is none of the eight that weexctl trades.
    """
    symbol = text.strip().upper().removeprefix("CMT_").replace("/", "").replace("-", "").removesuffix(":USDT")
    if symbol in SYMBOLS:
        return symbol
    from difflib import get_close_matches

    near = get_close_matches(symbol, SYMBOLS, n=1, cutoff=0.5)
    meant = f"did you mean {near[0]}? " if near else ""
    raise UsageError(
        f"unknown symbol {text!r}; nothing was done",
        hint=f"{meant}weexctl trades {', '.join(SYMBOLS)}",
        code="UNKNOWN_SYMBOL",
    )
