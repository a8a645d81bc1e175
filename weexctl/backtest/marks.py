"""What the account is worth at closes that nobody decides on."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from weexctl.model.side import PositionSide
from weexctl.simulator.market import Tape
from weexctl.simulator.position import SimPosition
from weexctl.simulator.venue import Venue

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["Marks"]


class Marks:
    """Mark and closing prices of every symbol on the closes of a run.

    Args:
        venue: the exchange with its tapes.
        first_ms: the first close.
        count: how many closes.
        candle_ms: length of a candle.
    """

    def __init__(self, venue: Venue, first_ms: int, count: int, candle_ms: int) -> None:
        self.first_ms, self._candle_ms = first_ms, candle_ms
        self._mark = {s: self._marks(tape, venue, s, count) for s, tape in venue.market.tapes.items()}
        self._close = {s: self._closes(tape, count) for s, tape in venue.market.tapes.items()}

    def row(self, close_ms: int) -> int:
        """The row of a close."""
        return (close_ms - self.first_ms) // self._candle_ms

    def equity(
        self, wallet: float, positions: Iterable[SimPosition], start: int, stop: int
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Equity (quote) and gross value of positions (quote) at rows `start` to `stop`, exclusive.

        Args:
            wallet: the account's money without unrealised P&L.
            positions: what is held over all of these rows.
            start: the first row.
            stop: the row after the last.
        """
        import numpy as np

        worth: NDArray[np.float64] | float = wallet
        gross: NDArray[np.float64] | float = 0.0
        for position in positions:
            size, value = float(position.size), float(position.open_value)
            mark = self._mark[position.symbol][start:stop]
            worth = worth + (size * mark - value if position.side is PositionSide.LONG else value - size * mark)
            gross = gross + size * self._close[position.symbol][start:stop]
        return np.asarray(worth), np.asarray(gross)

    def value(self, positions: Iterable[SimPosition], row: int) -> float:
        """What positions are worth together at a row's close, quote, shorts counted like longs."""
        return sum(float(position.size) * float(self._close[position.symbol][row]) for position in positions)

    def best_close(self, symbol: str, side: PositionSide, start: int, stop: int) -> float:
        """The close most in favour of a side at rows `start` to `stop`, exclusive."""
        if stop - start == 1:
            return float(self._close[symbol][start])
        closes = self._close[symbol][start:stop]
        return float(closes.max() if side is PositionSide.LONG else closes.min())

    def _marks(self, tape: Tape, venue: Venue, symbol: str, count: int) -> NDArray[np.float64]:
        import numpy as np

        step = float(venue.contracts[symbol].instrument.price_step)
        prices = np.append(tape.opens, tape.close[-1])
        # At a close the price is the open of the candle that begins then.
        rows = self._rows(tape, count) + 1
        return np.asarray(np.round(prices[np.clip(rows, 0, tape.count)] / step) * step)

    def _closes(self, tape: Tape, count: int) -> NDArray[np.float64]:
        import numpy as np

        return np.asarray(tape.closes[np.clip(self._rows(tape, count), 0, tape.count - 1)])

    def _rows(self, tape: Tape, count: int) -> NDArray[np.int64]:
        """The tape's candle that closes at each close."""
        import numpy as np

        first = (self.first_ms - self._candle_ms - tape.first_ms) // self._candle_ms
        return first + np.arange(count)
