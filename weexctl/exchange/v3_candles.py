"""Candles of the V3 API: rows of eleven values become arrays, and their contiguity is proven.

Never a model per candle: one schema walks the whole body, and the arrays are built from its rows.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from operator import itemgetter
from typing import TypeAlias

from pydantic import ValidationError
from pydantic_core import SchemaValidator, core_schema

from weexctl.errors import DataError
from weexctl.exchange.endpoint import Endpoint
from weexctl.exchange.outcome import no_proof
from weexctl.model.candle import Candles, Timeframe

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
    if not {row[6] - row[0] for row in rows} <= {timeframe.ms, timeframe.ms - 1}:
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
    closed = sorted((row for row in rows if row[0] <= last_open_ms), key=itemgetter(0))[-limit:]
    if not closed:
        raise DataError(
            f"{symbol}: the exchange has no closed {timeframe.value} candle up to {until_ms}",
            hint="ask for a later end, or check that the symbol is listed",
        )
    columns = list(islice(zip(*closed, strict=False), 6))  # rows may have columns we do not know
    times = np.array(columns[0], dtype=np.int64)
    opened, high, low, close, volume = (np.array(column, dtype=np.float64) for column in columns[1:])
    candles = Candles(symbol, timeframe, times, opened, high, low, close, volume)
    _prove(candles)
    return candles


def _prove(candles: Candles) -> None:
    import numpy as np

    name, times = f"{candles.symbol}: the {candles.timeframe.value} candle", candles.open_time_ms
    if (holes := np.flatnonzero(np.diff(times) != candles.timeframe.ms)).size:
        before = int(times[holes[0]])
        raise DataError(
            f"{name} after {before} is missing at the exchange; nothing was filled in",
            hint="ask for candles after the hole",
            details={"after_ms": before, "holes": int(holes.size)},
        )
    body_low, body_high = np.minimum(candles.open, candles.close), np.maximum(candles.open, candles.close)
    sound = (candles.low > 0) & (candles.low <= body_low) & (candles.high >= body_high) & (candles.volume >= 0)
    if not sound.all():
        at = int(times[np.flatnonzero(~sound)[0]])
        raise DataError(
            f"{name} of {at} has prices that cannot be; nothing was repaired",
            hint="ask for candles after it",
            details={"at_ms": at},
        )
