"""Two stretches of one symbol's candles made into one, when they fit without a hole and without a contradiction."""

from __future__ import annotations

from weexctl.errors import DataError
from weexctl.market.validation import iso_time
from weexctl.model.candle import COLUMNS, Candles

__all__ = ["joined"]


def joined(
    first: Candles,
    second: Candles,
    *,
    keep_gaps: bool = False,
    names: tuple[str, str] = ("one", "the other"),
) -> Candles:
    """The candles of both, oldest first; where they overlap they have to be equal in every value.

    A gap of one is filled with what the other has.

    Args:
        first: of the same symbol, timeframe and making as `second`.
        second: may lie before or after.
        keep_gaps: whether candles may be missing between the two.
        names: what messages call the two.

    Raises:
        DataError: they are of another symbol, timeframe or making, contradict each other, or leave a hole between.
    """
    import numpy as np

    older, newer = (first, second) if first.first_ms <= second.first_ms else (second, first)
    if (older.symbol, older.timeframe, older.synthetic) != (newer.symbol, newer.timeframe, newer.synthetic):
        raise DataError(f"{older.symbol} {older.timeframe} and {newer.symbol} {newer.timeframe} are no one series")
    if newer.first_ms > older.last_close_ms and not keep_gaps:
        raise DataError(
            f"{older.symbol}: nothing lies between {iso_time(older.last_close_ms)} and {iso_time(newer.first_ms)}; "
            "nothing was joined",
            hint="bring the candles between them first, or begin again with --replace",
            code="HOLE",
        )
    _must_agree(first, second, names)
    times = np.union1d(first.open_time_ms, second.open_time_ms)
    rows = [np.searchsorted(times, part.open_time_ms) for part in (first, second)]
    columns = {}
    for name in COLUMNS:
        columns[name] = np.empty(len(times))
        for row, part in zip(rows, (first, second), strict=True):
            columns[name][row] = getattr(part, name)
    return Candles(
        symbol=older.symbol, timeframe=older.timeframe, synthetic=older.synthetic, open_time_ms=times, **columns
    )


def _must_agree(first: Candles, second: Candles, names: tuple[str, str]) -> None:
    import numpy as np

    _, ours, theirs = np.intersect1d(first.open_time_ms, second.open_time_ms, assume_unique=True, return_indices=True)
    for name in COLUMNS:
        known, fresh = getattr(first, name)[ours], getattr(second, name)[theirs]
        other = known != fresh
        if other.any():
            at = int(np.argmax(other))
            raise DataError(
                f"{first.symbol}: {name} of the candle {iso_time(int(first.open_time_ms[ours[at]]))} is "
                f"{known[at]} in {names[0]} and {fresh[at]} in {names[1]}, row {theirs[at] + 1}; nothing was joined",
                hint="find out which is right; --replace keeps the new ones alone",
                code="CONTRADICTION",
            )
