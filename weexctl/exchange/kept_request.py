"""The request an order or a cancel would be, signed like a real one and kept back."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace

import httpx

from weexctl.errors import ExchangeError
from weexctl.exchange.base_url import DEFAULT_BASE_URL
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


def kept_request(
    request: OrderRequest, clock: Clock, *, base_url: str = DEFAULT_BASE_URL, demo: bool = False
) -> KeptRequest | None:
    """What the client would send for this order at this moment; nothing leaves the process.

    Args:
        request: the order.
        clock: the venue's time.
        base_url: where it would go.
        demo: to WEEX's demo account, which takes no stop and no target along.
    """
    if demo:
        request = replace(request, stop_price=None, target_price=None)
    return _kept_back(lambda exchange: exchange.place_order(request), clock, base_url, demo=demo)


def kept_cancel(
    order_id: str, clock: Clock, *, conditional: bool = False, base_url: str = DEFAULT_BASE_URL
) -> KeptRequest | None:
    """What the client would send to cancel an order, or a stop or target; nothing leaves the process."""
    if conditional:
        return _kept_back(lambda exchange: exchange.cancel_conditional_order(order_id), clock, base_url)
    return _kept_back(lambda exchange: exchange.cancel_order(order_id), clock, base_url)


def _kept_back(
    send: Callable[[ExchangeDesk], object], clock: Clock, base_url: str, *, demo: bool = False
) -> KeptRequest | None:
    caught: list[httpx.Request] = []

    def keep(sent: httpx.Request) -> httpx.Response:
        caught.append(sent)
        raise httpx.ConnectError("kept back", request=sent)

    exchange = connect(
        base_url,
        demo=demo,
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
