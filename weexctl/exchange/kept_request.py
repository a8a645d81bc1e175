"""The request an order would be, signed like a real one and kept back."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass

import httpx

from weexctl.errors import ExchangeError
from weexctl.exchange.connect import connect
from weexctl.exchange.rate_limiter import Unlimited
from weexctl.exchange.signing import Credentials
from weexctl.model.order import OrderRequest
from weexctl.ports import Clock

__all__ = ["KeptRequest", "kept_request"]

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
        exchange.place_order(request)
    exchange.close()
    return _kept(caught[-1]) if caught else None


def _kept(sent: httpx.Request) -> KeptRequest:
    headers = {name: value for name, value in sent.headers.items() if name.lower() not in _LEFT_OUT}
    return KeptRequest(sent.method, str(sent.url), headers, sent.read().decode())
