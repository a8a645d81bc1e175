"""Orders of the V2 API: what opens, closes, waits and ends."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from pydantic import TypeAdapter

from weexctl.errors import ExchangeError
from weexctl.exchange import v2_endpoints as endpoints
from weexctl.exchange import v2_models as models
from weexctl.exchange.endpoint import Endpoint
from weexctl.exchange.lane import Lane
from weexctl.exchange.outcome import Envelope, no_proof
from weexctl.exchange.v2_account import V2Account
from weexctl.exchange.v2_errors import V2_ERRORS
from weexctl.exchange.v2_requests import (
    cancel_orders_body,
    checked_name,
    conditional_body,
    modify_stop_body,
    order_members,
    stop_body,
)
from weexctl.exchange.v2_words import wire_symbol
from weexctl.exchange.wire_types import parsed
from weexctl.exchange.wire_values import check_count, check_one_kind, checked_order_id, encoded
from weexctl.exchange.write_rows import WriteAnswer, WrittenRow, proven_id
from weexctl.model.order import ConditionalRequest, OrderAck, OrderRequest, StopRequest, TriggerSource
from weexctl.model.write_result import CancelResult, CloseResult, PlaceResult

__all__ = ["V2Orders"]

_ENVELOPE = TypeAdapter(Envelope)
_BATCH = 20


class V2Orders(V2Account):
    """The half that changes orders. Every write goes out once and succeeds only when the answer proves it."""

    def place_order(self, request: OrderRequest) -> OrderAck:
        """Send one order, once. Accepted means: an order id came back. Our own id comes back as null."""
        members = {"symbol": wire_symbol(request.symbol), **order_members(request)}
        return self._accepted(endpoints.PLACE_ORDER, encoded(members), request.client_order_id, request.reduces)

    def _accepted(self, endpoint: Endpoint, sent: bytes, client_order_id: str, reduces: bool) -> OrderAck:
        body = self._wire.write(endpoint, body=sent, lane=Lane.PROTECT if reduces else None)
        answer = parsed(models.WRITTEN, body, endpoint)
        if answer.result is False:
            self._refuse(answer, endpoint, body)
        return OrderAck(order_id=proven_id(answer.order_id, endpoint, body), client_order_id=client_order_id)

    def place_orders(self, requests: Sequence[OrderRequest]) -> list[PlaceResult]:
        """Send up to twenty orders, those of one symbol in one request; each has its own result, in the order given."""
        check_count(len(requests), _BATCH)
        members = [order_members(request) for request in requests]
        results: dict[int, PlaceResult] = {}
        for symbol in dict.fromkeys(request.symbol for request in requests):
            places = [number for number, request in enumerate(requests) if request.symbol == symbol]
            part = [requests[number] for number in places]
            results.update(zip(places, self._batch(symbol, part, [members[n] for n in places]), strict=True))
        return [results[number] for number in range(len(requests))]

    def _batch(
        self, symbol: str, requests: Sequence[OrderRequest], members: Sequence[dict[str, Any]]
    ) -> list[PlaceResult]:
        sent = encoded({"symbol": wire_symbol(symbol), "orderDataList": members})
        lane = Lane.PROTECT if all(request.reduces for request in requests) else None
        try:
            body = self._wire.write(endpoints.PLACE_ORDERS, body=sent, lane=lane)
            rows = parsed(models.PLACED_BATCH, body, endpoints.PLACE_ORDERS).rows
            return _answer(rows, endpoints.PLACE_ORDERS, body).placed(requests)
        except ExchangeError as error:
            return [PlaceResult(client_order_id=row.client_order_id, ack=None, error=error) for row in requests]

    def place_conditional(self, request: ConditionalRequest) -> OrderAck:
        """Send one order that waits for its trigger, once."""
        sent = conditional_body(request)
        return self._accepted(endpoints.PLACE_CONDITIONAL, sent, request.client_order_id, request.reduces)

    def place_stop(self, request: StopRequest) -> OrderAck:
        """Send one stand-alone stop or target, once; it can only close. V2 watches the last price until it is
        modified: `modify_stop` names the price to watch."""
        body = self._wire.write(endpoints.PLACE_STOP, body=stop_body(request))
        rows = parsed(models.WRITTEN_ROWS, body, endpoints.PLACE_STOP)
        order_id = _answer(rows, endpoints.PLACE_STOP, body).only_id()
        return OrderAck(order_id=order_id, client_order_id=request.client_order_id)

    def modify_stop(
        self, order_id: str, trigger_price: Decimal, *, trigger_source: TriggerSource = TriggerSource.MARK
    ) -> None:
        """Move the trigger of a stop or target."""
        self._coded(endpoints.MODIFY_STOP, modify_stop_body(order_id, trigger_price, trigger_source))

    def cancel_order(self, order_id: str) -> None:
        """Ask for the end of a resting order; proven only by a read."""
        self._confirmed(endpoints.CANCEL_ORDER, encoded({"orderId": checked_order_id(order_id)}))

    def cancel_order_by_client_id(self, client_order_id: str) -> None:
        """Ask for the end of a resting order by our own id; proven only by a read."""
        self._confirmed(endpoints.CANCEL_ORDER, encoded({"clientOid": checked_name(client_order_id)}))

    def cancel_conditional_order(self, order_id: str) -> None:
        """Ask for the end of a stop or target; proven only by a read."""
        self._confirmed(endpoints.CANCEL_CONDITIONAL, encoded({"orderId": checked_order_id(order_id)}))

    def cancel_orders(
        self, order_ids: Sequence[str] = (), *, client_order_ids: Sequence[str] = ()
    ) -> list[CancelResult]:
        """Ask for the end of up to twenty resting orders, by the exchange's ids or by ours; each has its own result."""
        check_one_kind(order_ids, client_order_ids)
        check_count(len(order_ids) + len(client_order_ids), _BATCH)
        sent = cancel_orders_body(order_ids, client_order_ids)
        try:
            body = self._wire.write(endpoints.CANCEL_ORDERS, body=sent)
            rows = parsed(models.CANCELLED_BATCH, body, endpoints.CANCEL_ORDERS).rows
            return _answer(rows, endpoints.CANCEL_ORDERS, body).cancelled(order_ids, client_order_ids)
        except ExchangeError as error:
            named = [(order_id, "") for order_id in order_ids] + [("", name) for name in client_order_ids]
            return [CancelResult(order_id=i, client_order_id=n, error=error) for i, n in named]

    def cancel_all_orders(self, symbol: str | None = None) -> list[CancelResult]:
        """Ask for the end of every resting order, of one symbol or of all."""
        return self._cancel_all("normal", symbol)

    def cancel_all_conditional_orders(self, symbol: str | None = None) -> list[CancelResult]:
        """Ask for the end of every stop, target and waiting entry, of one symbol or of all."""
        return self._cancel_all("plan", symbol)

    def _cancel_all(self, kind: str, symbol: str | None) -> list[CancelResult]:
        name = None if symbol is None else wire_symbol(symbol)
        body = self._wire.write(endpoints.CANCEL_ALL, body=encoded({"cancelOrderType": kind, "symbol": name}))
        rows = parsed(models.WRITTEN_ROWS, body, endpoints.CANCEL_ALL)
        return _answer(rows, endpoints.CANCEL_ALL, body).all_cancelled()

    def close_positions(self, symbol: str | None = None) -> list[CloseResult]:
        """Close every position at market, long and short, of one symbol or of all; each has its own result."""
        sent = encoded({"symbol": None if symbol is None else wire_symbol(symbol)})
        body = self._wire.write(endpoints.CLOSE_POSITIONS, body=sent)
        rows = parsed(models.WRITTEN_ROWS, body, endpoints.CLOSE_POSITIONS)
        return _answer(rows, endpoints.CLOSE_POSITIONS, body).closed()

    def _confirmed(self, endpoint: Endpoint, sent: bytes) -> None:
        body = self._wire.write(endpoint, body=sent)
        self._refuse(parsed(models.WRITTEN, body, endpoint), endpoint, body)

    def _refuse(self, row: models.WriteRow, endpoint: Endpoint, body: bytes) -> None:
        error = _answer([row], endpoint, body).error_of(_row(row))
        if error is not None:
            raise error

    def _coded(self, endpoint: Endpoint, sent: bytes) -> None:
        body = self._wire.write(endpoint, body=sent)
        if parsed(_ENVELOPE, body, endpoint).code is None:
            raise no_proof(endpoint, "answered without a code", body)


def _answer(rows: Sequence[models.WriteRow], endpoint: Endpoint, body: bytes) -> WriteAnswer:
    return WriteAnswer([_row(row) for row in rows], endpoint, V2_ERRORS, body)


def _row(row: models.WriteRow) -> WrittenRow:
    code = None if row.error_code is None else str(row.error_code)
    said = Envelope(success=row.result, error_code=code, error_message=row.error)
    return WrittenRow(row.order_id or "", row.client_oid or "", said, row.position_id or "")
