"""Orders of the V3 API: what opens, closes, waits and ends."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from pydantic import TypeAdapter

from weexctl.errors import ExchangeError
from weexctl.exchange import v3_endpoints as endpoints
from weexctl.exchange import v3_models as models
from weexctl.exchange.endpoint import Endpoint
from weexctl.exchange.lane import Lane
from weexctl.exchange.outcome import Envelope, no_proof
from weexctl.exchange.v3_account import V3Account
from weexctl.exchange.v3_errors import V3_ERRORS
from weexctl.exchange.v3_requests import (
    cancel_orders_body,
    conditional_body,
    modify_stop_body,
    order_members,
    stop_body,
)
from weexctl.exchange.wire_types import parsed
from weexctl.exchange.wire_values import (
    check_count,
    check_one_kind,
    checked_client_id,
    checked_order_id,
    encoded,
    query_of,
)
from weexctl.exchange.write_rows import WriteAnswer, WrittenRow, one_by_one, proven_id
from weexctl.model.order import ConditionalRequest, OrderAck, OrderRequest, StopRequest, TriggerSource
from weexctl.model.write_result import CancelResult, CloseResult, PlaceResult

__all__ = ["V3Orders"]

_ENVELOPE = TypeAdapter(Envelope)
_BATCH_ORDERS, _BATCH_CANCELS = 5, 10
"""Five orders a batch since July 2026, ten before (weex-api 15.2)."""


class V3Orders(V3Account):
    """The half that changes orders. Every write goes out once and succeeds only when the answer proves it."""

    def place_order(self, request: OrderRequest) -> OrderAck:
        """Send one order, once. Accepted means: an order id came back and no error did."""
        return self._placed(endpoints.PLACE_ORDER, order_members(request), request)

    def _placed(self, endpoint: Endpoint, members: dict[str, str], request: OrderRequest) -> OrderAck:
        body = self._wire.write(endpoint, body=encoded(members), lane=_lane(request.reduces))
        answer = parsed(models.ACKNOWLEDGEMENT, body, endpoint)
        return OrderAck(order_id=proven_id(answer.order_id, endpoint, body), client_order_id=request.client_order_id)

    def place_orders(self, requests: Sequence[OrderRequest]) -> list[PlaceResult]:
        """Send up to five orders in one request; each has its own result, in the order given.

        An exchange that does not know the request at all gets the orders one by one: nothing was done by it.
        """
        check_count(len(requests), _BATCH_ORDERS)
        members = [order_members(request) for request in requests]
        lane = _lane(all(request.reduces for request in requests))
        try:
            body = self._wire.write(endpoints.PLACE_ORDERS, body=encoded({"batchOrders": members}), lane=lane)
            return _answer(body, endpoints.PLACE_ORDERS).placed(requests)
        except ExchangeError as error:
            if error.code == "BAD_METHOD":
                return one_by_one(self.place_order, requests)
            return [PlaceResult(client_order_id=row.client_order_id, ack=None, error=error) for row in requests]

    def place_conditional(self, request: ConditionalRequest) -> OrderAck:
        """Send one order that waits for its trigger, once; as an exit it stands beside the position, not on it."""
        body = self._wire.write(
            endpoints.PLACE_CONDITIONAL, body=conditional_body(request), lane=_lane(request.reduces)
        )
        answer = parsed(models.ACKNOWLEDGEMENT, body, endpoints.PLACE_CONDITIONAL)
        order_id = proven_id(answer.order_id, endpoints.PLACE_CONDITIONAL, body)
        return OrderAck(order_id=order_id, client_order_id=request.client_order_id)

    def place_stop(self, request: StopRequest) -> OrderAck:
        """Send one stand-alone stop or target, once; it shows on the position and can only close."""
        body = self._wire.write(endpoints.PLACE_STOP, body=stop_body(request))
        order_id = _answer(body, endpoints.PLACE_STOP).only_id()
        return OrderAck(order_id=order_id, client_order_id=request.client_order_id)

    def modify_stop(
        self, order_id: str, trigger_price: Decimal, *, trigger_source: TriggerSource = TriggerSource.MARK
    ) -> None:
        """Move the trigger of a stop or target."""
        self._confirmed(endpoints.MODIFY_STOP, body=modify_stop_body(order_id, trigger_price, trigger_source))

    def cancel_order(self, order_id: str) -> None:
        """Ask for the end of a resting order; proven only by a read."""
        self._confirmed(endpoints.CANCEL_ORDER, query=query_of(orderId=checked_order_id(order_id)))

    def cancel_order_by_client_id(self, client_order_id: str) -> None:
        """Ask for the end of a resting order by our own id; proven only by a read."""
        name = checked_client_id(client_order_id, longest=36)
        self._confirmed(endpoints.CANCEL_ORDER, query=query_of(origClientOrderId=name))

    def cancel_conditional_order(self, order_id: str) -> None:
        """Ask for the end of a stop or target; proven only by a read."""
        self._confirmed(endpoints.CANCEL_CONDITIONAL, query=query_of(orderId=checked_order_id(order_id)))

    def cancel_orders(
        self, order_ids: Sequence[str] = (), *, client_order_ids: Sequence[str] = ()
    ) -> list[CancelResult]:
        """Ask for the end of up to ten resting orders, by the exchange's ids or by ours; each has its own result."""
        check_one_kind(order_ids, client_order_ids)
        check_count(len(order_ids) + len(client_order_ids), _BATCH_CANCELS)
        body = cancel_orders_body(order_ids, client_order_ids)
        try:
            answer = _answer(self._wire.write(endpoints.CANCEL_ORDERS, body=body), endpoints.CANCEL_ORDERS)
            return answer.cancelled(order_ids, client_order_ids)
        except ExchangeError as error:
            named = [(order_id, "") for order_id in order_ids] + [("", name) for name in client_order_ids]
            return [CancelResult(order_id=i, client_order_id=n, error=error) for i, n in named]

    def cancel_all_orders(self, symbol: str | None = None) -> list[CancelResult]:
        """Ask for the end of every resting order, of one symbol or of all."""
        body = self._wire.write(endpoints.CANCEL_ALL_ORDERS, query=query_of(symbol=symbol))
        return _answer(body, endpoints.CANCEL_ALL_ORDERS).all_cancelled()

    def cancel_all_conditional_orders(self, symbol: str | None = None) -> list[CancelResult]:
        """Ask for the end of every stop, target and waiting entry, of one symbol or of all."""
        body = self._wire.write(endpoints.CANCEL_ALL_CONDITIONAL, query=query_of(symbol=symbol))
        return _answer(body, endpoints.CANCEL_ALL_CONDITIONAL).all_cancelled()

    def close_positions(self, symbol: str | None = None) -> list[CloseResult]:
        """Close every position at market, long and short, of one symbol or of all; each has its own result."""
        body = self._wire.write(endpoints.CLOSE_POSITIONS, body=encoded({"symbol": symbol}))
        rows = [
            WrittenRow(
                order_id=row.success_order_id or "",
                client_order_id="",
                said=Envelope(success=row.success, error_message=row.error_message),
                position_id=row.position_id,
            )
            for row in parsed(models.CLOSE_ROWS, body, endpoints.CLOSE_POSITIONS)
        ]
        return WriteAnswer(rows, endpoints.CLOSE_POSITIONS, V3_ERRORS, body).closed()

    def _confirmed(self, endpoint: Endpoint, *, query: str = "", body: bytes = b"") -> None:
        answer = self._wire.write(endpoint, query=query, body=body)
        if parsed(_ENVELOPE, answer, endpoint).success is not True:
            raise no_proof(endpoint, "answered without saying that it succeeded", answer)

    def _coded(self, endpoint: Endpoint, body: bytes) -> None:
        answer = self._wire.write(endpoint, body=body)
        if parsed(_ENVELOPE, answer, endpoint).code is None:
            raise no_proof(endpoint, "answered without a code", answer)


def _lane(reduces: bool) -> Lane:
    return Lane.PROTECT if reduces else Lane.ENTRY


def _answer(body: bytes, endpoint: Endpoint) -> WriteAnswer:
    rows = [_row(row) for row in parsed(models.WRITE_ROWS, body, endpoint)]
    return WriteAnswer(rows, endpoint, V3_ERRORS, body)


def _row(row: models.WriteRow) -> WrittenRow:
    said = Envelope(
        code=None if row.code is None else str(row.code),
        msg=row.msg,
        success=row.success,
        error_code=row.error_code,
        error_message=row.error_message,
    )
    return WrittenRow(row.order_id or "", row.client_order_id or row.orig_client_order_id or "", said)
