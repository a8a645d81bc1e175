"""What candles and funding have to be like. The first row that is not is named; nothing is repaired."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from weexctl.errors import DataError
from weexctl.model.candle import COLUMNS, Timeframe

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

__all__ = ["checked_candles", "checked_funding", "iso_time"]

_EARLIEST_MS = 1_000_000_000_000
_LATEST_MS = 4_000_000_000_000
"""2001 to 2096: anything else is not milliseconds since 1970."""
_MEND = (
    "fetch the missing candles, or give a file that begins after the hole; "
    "`weexctl data import --keep-gaps` keeps such a file to resample it"
)
_ASK_AGAIN = "correct or fetch the file again; weexctl does not repair candles"


def checked_candles(
    name: str, table: pd.DataFrame, timeframe: Timeframe | None, *, gaps: bool = False
) -> tuple[Timeframe, Arrays]:
    """The timeframe and the arrays of a table of candles, once every row has passed.

    Args:
        name: what messages call it: the file.
        table: columns `open_time_ms` and `COLUMNS`.
        timeframe: what the rows should be; None to take it from the rows.
        gaps: whether candles may be missing between the first and the last.

    Raises:
        DataError: names the row, its time, and what is wrong with it.
    """
    times = _times(name, table)
    length = timeframe or _timeframe_of(name, times)
    _check_grid(name, times, length)
    if not gaps:
        _check_whole(_Rows(name, times), length)
    values = {column: _numbers(name, table, column, times) for column in COLUMNS}
    _check_prices(_Rows(name, times), values)
    return length, Arrays(times, values)


def checked_funding(name: str, table: pd.DataFrame) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Times and rates of a table of funding; the times may be uneven.

    Raises:
        DataError: names the row, its time, and what is wrong with it.
    """
    times = _times(name, table)
    rates = _numbers(name, table, "funding_rate", times)
    _Rows(name, times).refuse(abs(rates) >= 1, "the funding rate is 100 % or more; it should be a fraction")
    return times, rates


@dataclass(frozen=True, slots=True)
class Arrays:
    """Columns of candles that passed."""

    open_time_ms: NDArray[np.int64]
    values: dict[str, NDArray[np.float64]]


@dataclass(frozen=True, slots=True)
class _Rows:
    """The rows of a file, as messages name them."""

    name: str
    times: NDArray[np.int64]

    def refuse(self, bad: NDArray[np.bool_], what: str, hint: str = _ASK_AGAIN) -> None:
        """Raise about the first bad row, if there is one."""
        if bad.any():
            row = int(bad.argmax())
            raise _row_error(self.name, row, f"{iso_time(int(self.times[row]))}: {what}", hint)


def iso_time(time_ms: int) -> str:
    """A moment as `2023-01-31T08:00:00Z`."""
    return datetime.fromtimestamp(time_ms / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _row_error(name: str, row: int, what: str, hint: str = _ASK_AGAIN) -> DataError:
    return DataError(f"{name}, row {row + 1}, {what}; nothing was read", hint=hint)


def _times(name: str, table: pd.DataFrame) -> NDArray[np.int64]:
    import numpy as np

    numbers = _as_floats(name, table, "open_time_ms")
    bad = ~np.isfinite(numbers) | (numbers != np.floor(numbers))
    if bad.any():
        row = int(bad.argmax())
        raise _row_error(name, row, f"open_time_ms is {table['open_time_ms'].iloc[row]}, which is no time")
    strange = (numbers < _EARLIEST_MS) | (numbers > _LATEST_MS)
    if strange.any():
        row = int(strange.argmax())
        shown = table["open_time_ms"].iloc[row]
        hint = "times are UTC milliseconds since 1970, like 1672531200000"
        raise _row_error(name, row, f"open_time_ms is {shown}, which is not in milliseconds", hint)
    times = numbers.astype(np.int64)  # exact: below 2**53
    _check_order(_Rows(name, times))
    return times


def _check_order(rows: _Rows) -> None:
    import numpy as np

    step = np.diff(rows.times, prepend=rows.times[0] - 1)
    bad = step <= 0
    if bad.any():
        same = step[int(bad.argmax())] == 0
        what = "this time is there twice" if same else "earlier than the row before: the rows are not sorted"
        rows.refuse(bad, what)


def _numbers(name: str, table: pd.DataFrame, column: str, times: NDArray[np.int64]) -> NDArray[np.float64]:
    import numpy as np

    numbers = _as_floats(name, table, column)
    _Rows(name, times).refuse(~np.isfinite(numbers), f"{column} is missing or not finite")
    return numbers


def _as_floats(name: str, table: pd.DataFrame, column: str) -> NDArray[np.float64]:
    import pandas as pd

    cells = table[column]
    numbers = pd.to_numeric(cells, errors="coerce")
    words = numbers.isna() & cells.notna()
    if words.any():
        row = int(words.to_numpy().argmax())
        raise _row_error(name, row, f"{column} is {str(cells.iloc[row])[:40]!r}, which is no number")
    return numbers.to_numpy(dtype="float64", copy=True)


def _timeframe_of(name: str, times: NDArray[np.int64]) -> Timeframe:
    import numpy as np

    step = int(np.median(np.diff(times))) if len(times) > 1 else 0
    for timeframe in Timeframe:
        if timeframe.ms == step:
            return timeframe
    raise DataError(
        f"{name}: the rows are {step / 60_000:g} minutes apart, which is none of {', '.join(Timeframe)}; "
        "nothing was read",
        hint="name the file like BTCUSDT-1h.csv.gz and check its rows",
    )


def _check_grid(name: str, times: NDArray[np.int64], timeframe: Timeframe) -> None:
    import numpy as np

    rows = _Rows(name, times)
    steps = np.diff(times)
    if len(steps) and int(np.median(steps)) != timeframe.ms:
        apart = _timeframe_of(name, times)
        raise DataError(
            f"{name}: these are {apart} candles (row 1 at {iso_time(int(times[0]))}, row 2 at "
            f"{iso_time(int(times[1]))}), not {timeframe}; nothing was read",
            hint=f"give a file with {timeframe} candles, or choose the timeframe {apart}",
        )
    rows.refuse((times - timeframe.anchor_ms) % timeframe.ms != 0, f"no {timeframe} candle opens at this moment")


def _check_whole(rows: _Rows, timeframe: Timeframe) -> None:
    import numpy as np

    times = rows.times
    gap = np.diff(times, prepend=times[0] - timeframe.ms) != timeframe.ms
    if gap.any():
        row = int(gap.argmax())
        missing = int(times[row] - times[row - 1]) // timeframe.ms - 1
        what = f"there is a hole of {missing} × {timeframe} before this candle, after {iso_time(int(times[row - 1]))}"
        rows.refuse(gap, what, _MEND)


def _check_prices(rows: _Rows, values: dict[str, NDArray[np.float64]]) -> None:
    low, high = values["low"], values["high"]
    for column in ("open", "high", "low", "close"):
        rows.refuse(values[column] <= 0, f"{column} is zero or negative")
    rows.refuse(values["volume"] < 0, "volume is negative")
    rows.refuse(low > high, "low is above high")
    for column in ("open", "close"):
        outside = (values[column] < low) | (values[column] > high)
        rows.refuse(outside, f"{column} is not between low and high")
