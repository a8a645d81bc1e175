"""Two stretches of one symbol's candles made into one, when they fit without a hole and without a contradiction."""

from __future__ import annotations

from weexctl.errors import DataError
from weexctl.market.validation import iso_time
from weexctl.model.candle import COLUMNS, Candles

__all__ = ["joined"]


def joined(first: Candles, second: Candles) -> Candles:
    """The candles of both, oldest first; where they overlap they have to be equal in every value.

    Raises:
        DataError: they are of another symbol, timeframe or making, contradict each other, or leave a hole between.
    """
    import numpy as np

    older, newer = (first, second) if first.first_ms <= second.first_ms else (second, first)
    if (older.symbol, older.timeframe, older.synthetic) != (newer.symbol, newer.timeframe, newer.synthetic):
        raise DataError(f"{older.symbol} {older.timeframe} and {newer.symbol} {newer.timeframe} are no one series")
    if newer.first_ms > older.last_close_ms:
        raise DataError(
            f"{older.symbol}: nothing lies between {iso_time(older.last_close_ms)} and {iso_time(newer.first_ms)}; "
            "nothing was joined",
            hint="bring the candles between them first, or begin again with --replace",
            code="HOLE",
        )
    start = (newer.first_ms - older.first_ms) // older.timeframe.ms
    shared = min(len(older) - start, len(newer))
    _must_agree(older.rows(start, start + shared), newer.rows(0, shared))
    rest = newer.rows(shared, len(newer))
    return Candles(
        symbol=older.symbol,
        timeframe=older.timeframe,
        synthetic=older.synthetic,
        **{name: np.concatenate([getattr(older, name), getattr(rest, name)]) for name in ("open_time_ms", *COLUMNS)},
    )


def _must_agree(known: Candles, fresh: Candles) -> None:
    import numpy as np

    for name in ("open_time_ms", *COLUMNS):
        other = getattr(known, name) != getattr(fresh, name)
        if other.any():
            row = int(np.argmax(other))
            raise DataError(
                f"{known.symbol}: {name} of the candle {iso_time(int(known.open_time_ms[row]))} is "
                f"{getattr(known, name)[row]} in one and {getattr(fresh, name)[row]} in the other; nothing was joined",
                hint="find out which is right; --replace keeps the new ones alone",
                code="CONTRADICTION",
            )
