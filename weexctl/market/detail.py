"""The shorter candles inside longer ones: in which order a candle's prices came, when a fill depends on it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from weexctl.errors import DataError, UsageError
from weexctl.market.validation import iso_time
from weexctl.model.candle import Candles

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["FineDetail", "detail_of"]

_TOLERANCE = 1e-6
"""Share of a price by which the two may differ: less than the last digit that exchanges print."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FineDetail:
    """Which shorter candles make up each longer one."""

    fine: Candles
    start: NDArray[np.int64]
    """For each longer candle, the row of its first shorter one."""
    stop: NDArray[np.int64]
    """For each longer candle, the row after its last shorter one; `start` where not all of them are there."""

    @property
    def covered(self) -> NDArray[np.bool_]:
        """For each longer candle, whether all its shorter ones are there."""
        covered: NDArray[np.bool_] = self.stop > self.start
        return covered


def detail_of(fine: Candles, coarse: Candles, *, tolerance: float = _TOLERANCE) -> FineDetail:
    """The shorter candles inside each longer one, once they have been found to agree.

    Where the first open, the highest high, the lowest low or the last close of the shorter candles is another than
    the longer candle's, the two are not of one market, and neither is used.

    Args:
        fine: shorter candles of the same symbol; some may be missing, and they may cover a part only.
        coarse: longer candles.
        tolerance: share of a price by which the two may differ.

    Raises:
        UsageError: they are of another symbol, or one timeframe is no part of the other.
        DataError: they disagree; names the first longer candle that does.
    """
    import numpy as np

    parts, rest = divmod(coarse.timeframe.ms, fine.timeframe.ms)
    if fine.symbol != coarse.symbol or parts < 2 or rest:
        raise UsageError(
            f"{fine.symbol} {fine.timeframe} candles are no detail of {coarse.symbol} {coarse.timeframe} candles; "
            "nothing was compared",
            hint="give shorter candles of the same symbol",
        )
    start = np.searchsorted(fine.open_time_ms, coarse.open_time_ms)
    stop = np.searchsorted(fine.open_time_ms, coarse.open_time_ms + coarse.timeframe.ms)
    detail = FineDetail(fine=fine, start=start, stop=np.where(stop - start == parts, stop, start))
    rows = np.flatnonzero(detail.covered)
    if len(rows):
        _must_agree(fine, coarse, rows, start[rows], stop[rows], tolerance)
    return detail


def _must_agree(
    fine: Candles,
    coarse: Candles,
    rows: NDArray[np.int64],
    start: NDArray[np.int64],
    stop: NDArray[np.int64],
    tolerance: float,
) -> None:
    import numpy as np

    # In turns the first row of a longer candle and the row after its last; what lies between two of them is dropped.
    edges = np.column_stack([start, stop]).reshape(-1)
    inside = {
        "open": fine.open[start],
        "high": np.maximum.reduceat(np.append(fine.high, 0.0), edges)[::2],
        "low": np.minimum.reduceat(np.append(fine.low, 0.0), edges)[::2],
        "close": fine.close[stop - 1],
    }
    wrong = np.array(
        [~np.isclose(made, getattr(coarse, name)[rows], rtol=tolerance, atol=0.0) for name, made in inside.items()]
    )
    if not wrong.any():
        return
    first = int(wrong.any(axis=0).argmax())
    name, row = list(inside)[int(wrong[:, first].argmax())], int(rows[first])
    raise DataError(
        f"{coarse.symbol}: {name} of the {coarse.timeframe} candle {iso_time(int(coarse.open_time_ms[row]))}, row "
        f"{row + 1}, is {getattr(coarse, name)[row]}, and {inside[name][first]} in its {fine.timeframe} candles; "
        "neither was used",
        hint=f"give {fine.timeframe} candles of the same market, or make the longer ones of them: "
        f"`weexctl data resample {coarse.timeframe}`",
        code="CONTRADICTION",
    )
