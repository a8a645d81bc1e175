"""The rules of the eight contracts, as the simulator enforces and lists them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from weexctl.model.instrument import SYMBOLS, Instrument

__all__ = ["CONTRACTS", "Contract", "contract"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Contract:
    """An instrument, and what only the exchange side needs to know about it."""

    instrument: Instrument
    price_decimals: int
    """`pricePrecision`: the price step is 10 to the minus this."""
    quantity_decimals: int
    """`quantityPrecision`: the engine's true step; negative for steps of tens and hundreds (weex-api 6.2)."""
    limit_price_ratio: Decimal
    """Listed as buyLimitPriceRatio and sellLimitPriceRatio; whether WEEX enforces it is unclear, so it is not."""
    reference_price: Decimal
    """Where the synthetic market starts."""
    annual_volatility: float
    """Of the synthetic market, as a fraction."""
    hourly_turnover: float
    """Of the synthetic market, quote, at ordinary volatility."""
    major: bool
    """Majors slip less."""

    @property
    def symbol(self) -> str:
        """`BTCUSDT`."""
        return self.instrument.symbol

    @property
    def size_decimals(self) -> int:
        """Decimals of a printed size, never negative."""
        return max(0, self.quantity_decimals)

    @property
    def value_decimals(self) -> int:
        """Decimals of a printed value (size times price)."""
        return self.price_decimals + self.size_decimals


def contract(
    symbol: str,
    price_decimals: int,
    quantity_decimals: int,
    *,
    price: str,
    volatility: float,
    turnover: float,
    max_order: str,
    max_market: str,
    major: bool = False,
    contract_value: str | None = None,
    max_leverage: int = 400,
) -> Contract:
    """The rules of one contract; fees are those of 2026 (maker 2 bp, taker 8 bp)."""
    step = Decimal(1).scaleb(-quantity_decimals)
    return Contract(
        instrument=Instrument(
            symbol=symbol,
            base=symbol.removesuffix("USDT"),
            quote="USDT",
            price_step=Decimal(1).scaleb(-price_decimals),
            quantity_step=step,
            min_quantity=step,
            max_quantity=Decimal(max_order),
            max_leverage=max_leverage,
            maker_fee=Decimal("0.0002"),
            taker_fee=Decimal("0.0008"),
            contract_value=Decimal(contract_value) if contract_value else step,
            max_position=Decimal(max_order) * 5,
            max_market_quantity=Decimal(max_market),
        ),
        price_decimals=price_decimals,
        quantity_decimals=quantity_decimals,
        limit_price_ratio=Decimal("0.01"),
        reference_price=Decimal(price),
        annual_volatility=volatility,
        hourly_turnover=turnover,
        major=major,
    )


# Steps of BTC, ETH and DOGE and all fees are documented or seen; the other steps were reported by one client, from
# rejections (weex-api 6.2). Limits on single orders, price decimals of SOL, BNB, XRP, ADA and LTC are assumed.
_ROWS = (
    contract(
        "BTCUSDT", 1, 4, price="42000", volatility=0.62, turnover=4.0e8, max_order="1200", max_market="100", major=True
    ),
    contract(
        "ETHUSDT",
        2,
        3,
        price="2300",
        volatility=0.68,
        turnover=2.5e8,
        max_order="1000000",
        max_market="2300",
        major=True,
    ),
    contract("SOLUSDT", 3, 1, price="100", volatility=0.95, turnover=8.0e7, max_order="500000", max_market="20000"),
    contract("BNBUSDT", 2, 1, price="310", volatility=0.66, turnover=2.5e7, max_order="100000", max_market="5000"),
    contract(
        "XRPUSDT", 4, -1, price="0.62", volatility=0.80, turnover=5.0e7, max_order="50000000", max_market="3000000"
    ),
    contract(
        "ADAUSDT", 4, -1, price="0.60", volatility=0.85, turnover=1.5e7, max_order="50000000", max_market="3000000"
    ),
    contract(
        "DOGEUSDT", 5, -2, price="0.09", volatility=0.95, turnover=4.0e7, max_order="500000000", max_market="20000000"
    ),
    contract("LTCUSDT", 2, 1, price="73", volatility=0.75, turnover=1.2e7, max_order="200000", max_market="20000"),
)

CONTRACTS: Mapping[str, Contract] = {row.symbol: row for row in _ROWS}
"""The eight contracts by symbol, in the order of `SYMBOLS`."""

if tuple(CONTRACTS) != SYMBOLS:  # pragma: no cover - a slip of the table above
    raise RuntimeError("the simulator's contracts are not the eight that weexctl trades")
