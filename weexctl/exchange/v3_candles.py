"""Candles of the V3 API: rows of eleven values become arrays, and their contiguity is proven.

Never a model per candle: one schema walks the whole body, and the arrays are built from its rows.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, TypeAlias

from pydantic import ValidationError
from pydantic_core import SchemaValidator, core_schema

from weexctl.errors import DataError
from weexctl.exchange.endpoint import Endpoint
from weexctl.exchange.outcome import no_proof
from weexctl.model.candle import Candles, Timeframe

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["CandleRow", "build_candles", "parse_candle_rows"]

CandleRow: TypeAlias = tuple[int, float, float, float, float, float, int]
"""Open time, open, high, low, close, base volume, close time; further members are left in the row and not used."""

_NUMBER = core_schema.float_schema(allow_inf_nan=False)
_MOMENT = core_schema.int_schema(ge=0)
_ROWS = SchemaValidator(
    core_schema.list_schema(
        core_schema.tuple_schema(
            [_MOMENT, _NUMBER, _NUMBER, _NUMBER, _NUMBER, _NUMBER, _MOMENT, core_schema.any_schema()],
            variadic_item_index=7,
        )
    )
)


def parse_candle_rows(body: bytes, endpoint: Endpoint, timeframe: Timeframe) -> list[CandleRow]:
    """The rows of an answer.

    Raises:
        WireError: the body is not such a list, or its candles have another length than was asked for.
    """
    try:
        rows: list[CandleRow] = _ROWS.validate_json(body)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise no_proof(
            endpoint, f"answered otherwise than documented ({first['loc']}: {first['msg']})", body
        ) from error
    for row in rows:
        if not timeframe.ms - 1 <= row[6] - row[0] <= timeframe.ms:
            raise no_proof(endpoint, f"answered with candles that are not {timeframe.value} long", body)
    return rows


def build_candles(
    symbol: str, timeframe: Timeframe, rows: Iterable[CandleRow], *, limit: int, until_ms: int
) -> Candles:
    """The newest `limit` candles that were closed at `until_ms`, oldest first.

    Raises:
        DataError: there is none, there is a hole between two, or a price cannot be a price.
    """
    import numpy as np

    last_open_ms = until_ms - timeframe.ms
    closed = sorted((row for row in rows if row[0] <= last_open_ms), key=lambda row: row[0])[-limit:]
    if not closed:
        raise DataError(
            f"{symbol}: the exchange has no closed {timeframe.value} candle up to {until_ms}",
            hint="ask for a later end, or check that the symbol is listed",
        )
    times = np.array([row[0] for row in closed], dtype=np.int64)
    values = np.array([row[1:6] for row in closed], dtype=np.float64).T
    _prove(symbol, timeframe, times, values)
    opened, high, low, close, volume = (np.ascontiguousarray(column) for column in values)
    return Candles(symbol, timeframe, times, opened, high, low, close, volume)


def _prove(symbol: str, timeframe: Timeframe, times: NDArray[np.int64], values: NDArray[np.float64]) -> None:
    import numpy as np

    steps = np.diff(times)
    if (holes := np.flatnonzero(steps != timeframe.ms)).size:
        before = int(times[holes[0]])
        raise DataError(
            f"{symbol}: the {timeframe.value} candle after {before} is missing at the exchange; nothing was filled in",
            hint="ask for candles after the hole",
            details={"after_ms": before, "holes": int(holes.size)},
        )
    opened, high, low, close, volume = values
    sound = (low > 0) & (low <= np.minimum(opened, close)) & (high >= np.maximum(opened, close)) & (volume >= 0)
    if not sound.all():
        at = int(times[np.flatnonzero(~sound)[0]])
        raise DataError(
            f"{symbol}: the {timeframe.value} candle of {at} has prices that cannot be", details={"at_ms": at}
        )
