"""WEEX through its V3 API: the exchange port, and the only calls here that change anything."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from pydantic import TypeAdapter, ValidationError

from weexctl.errors import ExchangeError
from weexctl.exchange import v3_endpoints as endpoints
from weexctl.exchange import v3_models as models
from weexctl.exchange.endpoint import Endpoint
from weexctl.exchange.outcome import Envelope, judge_row, no_proof
from weexctl.exchange.v3_account import V3Account
from weexctl.exchange.v3_requests import (
    ai_log_body,
    checked_order_id,
    leverage_body,
    modify_stop_body,
    order_body,
    query_of,
    stop_body,
)
from weexctl.exchange.v3_words import leverage_of
from weexctl.model.account import LeverageSetting
from weexctl.model.order import OrderAck, OrderRequest, StopRequest, TriggerSource

__all__ = ["WeexV3"]

_ENVELOPE = TypeAdapter(Envelope)
_ENVELOPES = TypeAdapter(list[Envelope])
_ACKNOWLEDGEMENTS = TypeAdapter(list[models.AcknowledgementBody])


class WeexV3(V3Account):
    """The exchange in neutral words; every method raises an `ExchangeError` when it cannot answer.

    Writes go out once. They succeed only when the answer proves it; otherwise they raise `OutcomeUnknownError`.
    """

    def place_order(self, request: OrderRequest) -> OrderAck:
        """Send one order, once. Accepted means: an order id came back and no error did."""
        body = self._wire.write(endpoints.PLACE_ORDER, body=order_body(request))
        answer = models.parsed(models.ACKNOWLEDGEMENT, body, endpoints.PLACE_ORDER)
        order_id = _proven_id(answer.order_id, endpoints.PLACE_ORDER, body)
        return OrderAck(order_id=order_id, client_order_id=request.client_order_id)

    def place_stop(self, request: StopRequest) -> OrderAck:
        """Send one stand-alone stop or target, once; it shows on the position and can only close."""
        body = self._wire.write(endpoints.PLACE_STOP, body=stop_body(request))
        order_id = _proven_id(_only_row(body, endpoints.PLACE_STOP).order_id, endpoints.PLACE_STOP, body)
        return OrderAck(order_id=order_id, client_order_id=request.client_order_id)

    def modify_stop(
        self, order_id: str, trigger_price: Decimal, *, trigger_source: TriggerSource = TriggerSource.MARK
    ) -> None:
        """Move the trigger of a stop or target."""
        self._confirmed(endpoints.MODIFY_STOP, body=modify_stop_body(order_id, trigger_price, trigger_source))

    def cancel_order(self, order_id: str) -> None:
        """Ask for the end of a resting order; proven only by a read."""
        self._confirmed(endpoints.CANCEL_ORDER, query=query_of(orderId=checked_order_id(order_id)))

    def cancel_conditional_order(self, order_id: str) -> None:
        """Ask for the end of a stop or target; proven only by a read."""
        self._confirmed(endpoints.CANCEL_CONDITIONAL, query=query_of(orderId=checked_order_id(order_id)))

    def set_leverage(self, symbol: str, leverage: int) -> LeverageSetting:
        """Set the cross leverage of a symbol.

        Raises:
            OpenOrdersError: it has orders or stops.
        """
        body = self._wire.write(endpoints.SET_LEVERAGE, body=leverage_body(symbol, leverage))
        setting = leverage_of(models.parsed(models.LEVERAGE, body, endpoints.SET_LEVERAGE))
        if setting.symbol != symbol or setting.cross != leverage:
            raise no_proof(endpoints.SET_LEVERAGE, f"answered {setting.symbol} at {setting.cross}", body)
        return setting

    def upload_ai_log(
        self,
        *,
        order_id: str | None,
        stage: str,
        model: str,
        input: Mapping[str, Any],  # noqa: A002  # the API's own word
        output: Mapping[str, Any],
        explanation: str,
    ) -> None:
        """Send one AI log; the explanation has at most 1 000 characters."""
        log = ai_log_body(
            order_id=order_id, stage=stage, model=model, given=input, answered=output, explanation=explanation
        )
        body = self._wire.write(endpoints.AI_LOG, body=log)
        if models.parsed(_ENVELOPE, body, endpoints.AI_LOG).code is None:
            raise no_proof(endpoints.AI_LOG, "answered without a code", body)

    def close(self) -> None:
        """Let go of the connection."""
        self._wire.close()

    def _confirmed(self, endpoint: Endpoint, *, query: str = "", body: bytes = b"") -> None:
        answer = self._wire.write(endpoint, query=query, body=body)
        if models.parsed(_ENVELOPE, answer, endpoint).success is not True:
            raise no_proof(endpoint, "answered without saying that it succeeded", answer)


def _proven_id(order_id: str | None, endpoint: Endpoint, body: bytes) -> str:
    if order_id is None or not order_id.strip("0"):
        raise no_proof(endpoint, "answered without an order id", body)
    return order_id


def _only_row(body: bytes, endpoint: Endpoint) -> models.AcknowledgementBody:
    """The one row of a write that answers a list.

    Raises:
        RejectedError: the row says no.
        OutcomeUnknownError: there is not exactly one row.
    """
    try:
        envelopes = _ENVELOPES.validate_json(body)
    except ValidationError as error:
        raise no_proof(endpoint, "answered otherwise than documented (not a list of rows)", body) from error
    if len(envelopes) != 1:
        raise no_proof(endpoint, f"answered with {len(envelopes)} rows instead of one", body)
    refusal: ExchangeError | None = judge_row(envelopes[0], endpoint)
    if refusal is not None:
        raise refusal
    return models.parsed(_ACKNOWLEDGEMENTS, body, endpoint)[0]
