"""What a write proves: an id for what was accepted, and a value for each row of an answer with several."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from weexctl.errors import ExchangeError, NotSentError, RejectedError
from weexctl.exchange.endpoint import Endpoint
from weexctl.exchange.error_codes import ErrorTable
from weexctl.exchange.outcome import Envelope, judge_row, no_proof
from weexctl.model.order import OrderAck, OrderRequest
from weexctl.model.write_result import CancelResult, CloseResult, PlaceResult

__all__ = ["WriteAnswer", "WrittenRow", "one_by_one", "proven_id"]


def proven_id(order_id: str | None, endpoint: Endpoint, body: bytes) -> str:
    """The id of what was accepted.

    Raises:
        OutcomeUnknownError: there is none, so nothing is proven.
    """
    if order_id is None or not order_id.strip("0"):
        raise no_proof(endpoint, "answered without an order id", body)
    return order_id


@dataclass(frozen=True, slots=True)
class WrittenRow:
    """One row of an answer, in the words of neither generation."""

    order_id: str
    client_order_id: str
    said: Envelope
    position_id: str = ""


@dataclass(frozen=True, slots=True)
class WriteAnswer:
    """The rows that a write brought back, and what is needed to judge each by itself."""

    rows: Sequence[WrittenRow]
    endpoint: Endpoint
    errors: ErrorTable
    body: bytes

    def error_of(self, row: WrittenRow | None) -> ExchangeError | None:
        """Why this part was not done, None when the row proves that it was."""
        if row is None:
            return no_proof(self.endpoint, "answered without a row for one part", self.body)
        error = judge_row(row.said, self.endpoint, self.errors)
        if error is None and row.said.success is not True:
            return no_proof(self.endpoint, "answered without saying that it succeeded", self.body)
        return error

    def only_id(self) -> str:
        """The order id of an answer that must have one row.

        Raises:
            RejectedError: the row says no.
            OutcomeUnknownError: there is not exactly one row, or it proves nothing.
        """
        if len(self.rows) != 1:
            raise no_proof(self.endpoint, f"answered with {len(self.rows)} rows instead of one", self.body)
        if (error := self.error_of(self.rows[0])) is not None:
            raise error
        return proven_id(self.rows[0].order_id, self.endpoint, self.body)

    def placed(self, requests: Sequence[OrderRequest]) -> list[PlaceResult]:
        """What became of each order of a batch, in the order asked for."""
        by_id = {row.client_order_id: row for row in self.rows if row.client_order_id}
        in_order = len(self.rows) == len(requests)
        results = []
        for number, request in enumerate(requests):
            row = by_id.get(request.client_order_id)
            if row is None and in_order and not self.rows[number].client_order_id:
                row = self.rows[number]  # no echo: the rows come in the order of the batch
            results.append(self._placed(request, row))
        return results

    def _placed(self, request: OrderRequest, row: WrittenRow | None) -> PlaceResult:
        name, error = request.client_order_id, self.error_of(row)
        if error is None and (row is None or not row.order_id.strip("0")):
            error = no_proof(self.endpoint, "answered without an order id", self.body)
        ack = OrderAck(order_id=row.order_id, client_order_id=name) if row is not None and error is None else None
        return PlaceResult(client_order_id=name, ack=ack, error=error)

    def cancelled(self, order_ids: Sequence[str], client_order_ids: Sequence[str]) -> list[CancelResult]:
        """What became of each order that was to end, in the order asked for."""
        by_id = {row.order_id: row for row in self.rows if row.order_id}
        by_name = {row.client_order_id: row for row in self.rows if row.client_order_id}
        found = [(order_id, "", by_id.get(order_id)) for order_id in order_ids]
        found += [(row.order_id if (row := by_name.get(name)) else "", name, row) for name in client_order_ids]
        return [CancelResult(order_id=i, client_order_id=n, error=self.error_of(row)) for i, n, row in found]

    def all_cancelled(self) -> list[CancelResult]:
        """What became of every order that the exchange found."""
        return [
            CancelResult(order_id=row.order_id, client_order_id=row.client_order_id, error=self.error_of(row))
            for row in self.rows
        ]

    def closed(self) -> list[CloseResult]:
        """What became of every position that the exchange found."""
        results = []
        for row in self.rows:
            error = self.error_of(row)
            accepted = error is None and bool(row.order_id.strip("0"))
            if error is None and not accepted:
                error = no_proof(self.endpoint, "answered without an order id", self.body)
            order_id = row.order_id if accepted else None
            results.append(CloseResult(position_id=row.position_id, order_id=order_id, error=error))
        return results


def one_by_one(place: Callable[[OrderRequest], OrderAck], requests: Sequence[OrderRequest]) -> list[PlaceResult]:
    """Each order sent by itself; after the first that brought no clear answer the others stay here."""
    results: list[PlaceResult] = []
    stopped = False
    for request in requests:
        result = _held_back(request) if stopped else _sent(place, request)
        stopped = stopped or not (result.error is None or isinstance(result.error, RejectedError))
        results.append(result)
    return results


def _sent(place: Callable[[OrderRequest], OrderAck], request: OrderRequest) -> PlaceResult:
    try:
        return PlaceResult(client_order_id=request.client_order_id, ack=place(request), error=None)
    except ExchangeError as error:
        return PlaceResult(client_order_id=request.client_order_id, ack=None, error=error)


def _held_back(request: OrderRequest) -> PlaceResult:
    error = NotSentError(
        "an earlier order of the batch brought no clear answer; this one was not sent",
        hint="find out what became of the earlier one first: `weexctl journal reconcile`",
    )
    return PlaceResult(client_order_id=request.client_order_id, ack=None, error=error)
