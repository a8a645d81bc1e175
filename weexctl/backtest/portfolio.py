"""The equity of weights held through prices, with fees and funding: the account of the controls.

Quantities stay as they are until the weights change, so a position's weight drifts with its price as a real one does.
A symbol trades at the mark at which its weight differs from the one before, at that mark's price.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from weexctl.backtest.equity_curve import EquityCurve
from weexctl.backtest.metrics import RunTotals
from weexctl.errors import DataError

__all__ = ["HeldWeights", "PriceMoves", "hold"]


@dataclass(frozen=True, eq=False)
class PriceMoves:
    """How the prices of some symbols moved between T + 1 marks. A candle that is missing moves by 0.

    Raises:
        DataError: shapes do not fit, or a value is not finite, or a price falls to zero or below.
    """

    time_ms: NDArray[np.int64]
    """The T + 1 marks: closes of candles."""
    returns: NDArray[np.float64]
    """T × symbols: row t is the simple return from mark t to mark t + 1."""
    funding: NDArray[np.float64] | None = None
    """T × symbols: rate that longs pay at mark t + 1, on the value there; None when it is not modelled."""

    def __post_init__(self) -> None:
        shapes = [self.returns.shape, (self.time_ms.size - 1, self.returns.shape[-1])]
        shapes += [] if self.funding is None else [self.funding.shape]
        if len(set(shapes)) > 1 or self.returns.ndim != 2 or not self.returns.size:
            raise DataError(
                "returns, funding and marks do not fit together; nothing was held",
                hint="give one row for each span between two marks and one column per symbol",
            )
        finite = np.all(np.isfinite(self.returns)) and (self.funding is None or np.all(np.isfinite(self.funding)))
        if not finite or np.any(self.returns <= -1):
            raise DataError(
                "a return or a funding rate is not finite, or a price falls to zero; nothing was held",
                hint="give a missing candle a return of 0",
            )

    @cached_property
    def level(self) -> NDArray[np.float64]:
        """Price of each symbol at the T + 1 marks, as a multiple of the first."""
        return np.vstack([np.ones_like(self.returns[:1]), np.cumprod(1.0 + self.returns, axis=0)])

    @cached_property
    def funding_paid(self) -> NDArray[np.float64]:
        """What a long of one first price has paid in all at the T + 1 marks."""
        if self.funding is None:
            return np.zeros_like(self.level)
        return np.vstack([np.zeros_like(self.returns[:1]), np.cumsum(self.level[1:] * self.funding, axis=0)])


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class HeldWeights:
    """What came of holding weights; nothing is closed at the end."""

    curve: EquityCurve
    """Equity at each mark after the trades there, exposure with what is held from there."""
    totals: RunTotals


def hold(
    weights: NDArray[np.float64], moves: PriceMoves, *, cost_bp: float, scale: float = 1.0, start: float = 1.0
) -> HeldWeights:
    """Hold `scale` times these weights.

    Args:
        weights: T × symbols: row t is the signed fraction of equity decided at mark t, already banded: a symbol whose
            weight is that of the row before is not traded.
        moves: the prices; its row t is what the weights of row t earn.
        cost_bp: fee and slippage of each side, in hundredths of a percent of what is traded.
        scale: multiplies every weight.
        start: equity at the first mark, quote.

    Raises:
        DataError: the weights do not fit the moves, or are not finite.
    """
    if weights.shape != moves.returns.shape or not np.all(np.isfinite(weights)):
        raise DataError(
            "the weights do not fit the prices or are not finite; nothing was held",
            hint="give one row for each span between two marks and one column per symbol",
        )
    return _Account(weights * scale, moves, cost_bp / 10_000, start).run()


class _Account:
    """Goes from one change of the weights to the next; what lies between is filled in afterwards, all at once."""

    def __init__(self, weights: NDArray[np.float64], moves: PriceMoves, cost: float, start: float) -> None:
        self._weights, self._moves, self._cost, self._start = weights, moves, cost, start
        before = np.vstack([np.zeros_like(weights[:1]), weights[:-1]])
        self._changed = weights != before
        events = np.flatnonzero(self._changed.any(axis=1))
        self._events = events if events.size and events[0] == 0 else np.concatenate([[0], events])
        self._worth = moves.level - moves.funding_paid

    def run(self) -> HeldWeights:
        quantities = np.zeros((self._events.size, self._weights.shape[1]))
        after = np.zeros(self._events.size)
        fees = turnover = 0.0
        held, equity, last = quantities[0], self._start, 0
        for number, mark in enumerate(self._events):
            equity += float(held @ (self._worth[mark] - self._worth[last]))
            if equity <= 0:
                after[number:] = equity
                break
            level = self._moves.level[mark]
            wanted = np.where(self._changed[mark], self._weights[mark] * equity / level, held)
            traded = float(np.abs(wanted - held) @ level)
            fees, turnover = fees + traded * self._cost, turnover + traded / equity
            equity -= traded * self._cost
            quantities[number], after[number] = wanted, equity
            held, last = wanted, mark
        return self._filled_in(quantities, after, fees, turnover)

    def _filled_in(
        self, quantities: NDArray[np.float64], after: NDArray[np.float64], fees: float, turnover: float
    ) -> HeldWeights:
        marks = self._moves.time_ms.size
        event = np.searchsorted(self._events, np.arange(marks), side="right") - 1
        held = quantities[event]
        equity = after[event] + np.sum(held * (self._worth - self._worth[self._events[event]]), axis=1)
        alive = ~np.logical_or.accumulate(equity <= 0)
        equity = np.where(alive, equity, 0.0)
        gross = np.sum(np.abs(held) * self._moves.level, axis=1)
        exposure = np.where(alive, gross / np.where(alive, equity, 1.0), 0.0)
        paid = np.sum(held[:-1] * np.diff(self._moves.funding_paid, axis=0), axis=1)
        return HeldWeights(
            curve=EquityCurve(self._moves.time_ms, equity, exposure),
            totals=RunTotals(fees=fees, funding=-float(paid @ alive[1:]), turnover=turnover),
        )
