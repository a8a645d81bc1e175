"""The request an order or a cancel would be, signed like a real one and kept back."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

import httpx

from weexctl.errors import ExchangeError
from weexctl.exchange.connect import connect
from weexctl.exchange.rate_limiter import Unlimited
from weexctl.exchange.signing import Credentials
from weexctl.model.order import OrderRequest
from weexctl.ports import Clock, ExchangeDesk

__all__ = ["KeptRequest", "kept_cancel", "kept_request"]

_LEFT_OUT = ("access-key", "access-sign", "access-passphrase")
_NOBODY = "nobody"


@dataclass(frozen=True, slots=True)
class KeptRequest:
    """Method, address, headers and body, byte for byte; key, passphrase and signature are left out."""

    method: str
    url: str
    headers: dict[str, str]
    body: str


def kept_request(request: OrderRequest, clock: Clock) -> KeptRequest | None:
    """What the client would send for this order at this moment; nothing leaves the process."""
    return _kept_back(lambda exchange: exchange.place_order(request), clock)


def kept_cancel(order_id: str, clock: Clock, *, conditional: bool = False) -> KeptRequest | None:
    """What the client would send to cancel an order, or a stop or target; nothing leaves the process."""
    if conditional:
        return _kept_back(lambda exchange: exchange.cancel_conditional_order(order_id), clock)
    return _kept_back(lambda exchange: exchange.cancel_order(order_id), clock)


def _kept_back(send: Callable[[ExchangeDesk], object], clock: Clock) -> KeptRequest | None:
    caught: list[httpx.Request] = []

    def keep(sent: httpx.Request) -> httpx.Response:
        caught.append(sent)
        raise httpx.ConnectError("kept back", request=sent)

    exchange = connect(
        credentials=Credentials(_NOBODY, _NOBODY, _NOBODY),
        transport=httpx.MockTransport(keep),
        clock=clock,
        limiter=Unlimited(),
        sleep=lambda _: None,
    )
    with suppress(ExchangeError):
        send(exchange)
    exchange.close()
    return _kept(caught[-1]) if caught else None


def _kept(sent: httpx.Request) -> KeptRequest:
    headers = {name: value for name, value in sent.headers.items() if name.lower() not in _LEFT_OUT}
    return KeptRequest(sent.method, str(sent.url), headers, sent.read().decode())
