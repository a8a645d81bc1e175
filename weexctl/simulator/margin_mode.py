"""Margin mode and leverage of a symbol: when they may change."""

from __future__ import annotations

from decimal import ROUND_DOWN, Decimal

from weexctl.model.account import MarginMode
from weexctl.simulator.margin import movable, require_margin
from weexctl.simulator.position import CENTI_MICRO, SimPosition
from weexctl.simulator.refusal import business
from weexctl.simulator.venue import Leverage, Venue

__all__ = ["change_leverage", "change_mode", "refuse_with_orders"]

ZERO = Decimal(0)


def change_mode(venue: Venue, symbol: str, mode: MarginMode, *, separated: bool | None = None) -> None:
    """Hold the symbol's positions in another margin mode, apart or together; `separated` None leaves that as it is.

    Raises:
        Refusal: it has open orders, or a position.
    """
    refuse_with_orders(venue, symbol)
    setting = venue.leverages[symbol]
    apart = setting.separated if separated is None else separated
    changes = mode is not setting.mode or apart is not setting.separated
    if changes and any(row.symbol == symbol for row in venue.ledger.positions.values()):
        raise business("FAILED_PRECONDITION: The margin mode cannot be changed with an open position")
    setting.mode, setting.separated = mode, apart
    venue.version += 1


def change_leverage(venue: Venue, symbol: str, wanted: Leverage) -> None:
    """Take mode and leverages from `wanted`. What an isolated position must have more comes from the account.

    Raises:
        Refusal: the symbol has open orders, the mode would change under a position, or the margin is not there;
            nothing was changed.
    """
    refuse_with_orders(venue, symbol)
    old, rows = venue.leverages[symbol], [row for row in venue.ledger.positions.values() if row.symbol == symbol]
    more = [_more(row, old, wanted) for row in rows if wanted.mode is MarginMode.ISOLATED]
    if (needed := sum((amount for amount in more if amount > 0), ZERO)) > 0:
        require_margin(venue, needed)
    change_mode(venue, symbol, wanted.mode)
    venue.leverages[symbol] = wanted
    for row, amount in zip(rows, more, strict=False):
        row.margin += max(amount, -movable(venue, row).quantize(CENTI_MICRO, ROUND_DOWN))


def _more(row: SimPosition, old: Leverage, new: Leverage) -> Decimal:
    share = 1 / new.of(row.side) - 1 / old.of(row.side)
    return (row.open_value * share).quantize(CENTI_MICRO)


def refuse_with_orders(venue: Venue, symbol: str) -> None:
    """Nothing, when no order of the symbol is open.

    Raises:
        Refusal: there is one, resting or waiting for its trigger.
    """
    if venue.live.get(symbol):
        raise business(f"FAILED_PRECONDITION: There are open orders of {symbol}, leverage and margin mode stay")
