"""Candles of the V3 API: rows of eleven values, of which the first six count."""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError
from pydantic_core import SchemaValidator, core_schema

from weexctl.exchange.candle_series import CandleRow
from weexctl.exchange.endpoint import Endpoint
from weexctl.exchange.outcome import no_proof
from weexctl.model.candle import Timeframe

__all__ = ["parse_candle_rows"]

_NUMBER = core_schema.float_schema(allow_inf_nan=False)
_MOMENT = core_schema.int_schema(ge=0, le=10**14)
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
        rows: list[tuple[Any, ...]] = _ROWS.validate_json(body)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise no_proof(
            endpoint, f"answered otherwise than documented ({first['loc']}: {first['msg']})", body
        ) from None  # the library's own text shows what came
    if not {row[6] - row[0] for row in rows} <= {timeframe.ms, timeframe.ms - 1}:
        raise no_proof(endpoint, f"answered with candles that are not {timeframe.value} long", body)
    return rows
