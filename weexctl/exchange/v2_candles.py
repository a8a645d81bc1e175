"""Candles of the V2 API: rows of seven strings, of which the first six count."""

from __future__ import annotations

from pydantic import ValidationError
from pydantic_core import SchemaValidator, core_schema

from weexctl.exchange.candle_series import CandleRow
from weexctl.exchange.endpoint import Endpoint
from weexctl.exchange.outcome import no_proof

__all__ = ["parse_candle_rows"]

_NUMBER = core_schema.float_schema(allow_inf_nan=False)
_MOMENT = core_schema.int_schema(ge=0, le=10**14)
_ROWS = SchemaValidator(
    core_schema.list_schema(
        core_schema.tuple_schema(
            [_MOMENT, _NUMBER, _NUMBER, _NUMBER, _NUMBER, _NUMBER, core_schema.any_schema()], variadic_item_index=6
        )
    )
)


def parse_candle_rows(body: bytes, endpoint: Endpoint) -> list[CandleRow]:
    """The rows of an answer. They have no close time: that they are as long as asked for shows in their distances.

    Raises:
        WireError: the body is not such a list.
    """
    try:
        rows: list[CandleRow] = _ROWS.validate_json(body)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise no_proof(
            endpoint, f"answered otherwise than documented ({first['loc']}: {first['msg']})", body
        ) from None  # the library's own text shows what came
    return rows
