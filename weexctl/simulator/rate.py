"""Request counting, in fixed windows of the exchange's time (weex-api 3)."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from weexctl.simulator.refusal import Refusal
from weexctl.simulator.settings import SimulatorSettings

__all__ = ["RateCounter", "clock_ms"]

WEIGHT_WINDOW_MS = 10_000
ORDER_WINDOW_MS = 1_000
MINUTE_MS = 60_000
TOO_MANY = 429


def clock_ms() -> int:
    """This machine's clock, which never jumps."""
    return time.monotonic_ns() // 1_000_000


@dataclass(slots=True)
class RateCounter:
    """Weight used in the current ten seconds, and calls of each order endpoint in the current second."""

    window: int = -1
    used: int = 0
    used_by_account: int = 0
    second: int = -1
    calls: dict[str, int] = field(default_factory=dict)
    minute: int = -1
    used_in_minute: int = 0
    orders_in_window: int = 0
    orders_in_minute: int = 0

    def count(
        self,
        now_ms: int,
        weight: int,
        order_endpoint: str | None,
        settings: SimulatorSettings,
        *,
        account_weight: int = 0,
        orders: int = 0,
    ) -> None:
        """Count one request, which places so many `orders`; address and account have a budget each.

        Raises:
            Refusal: HTTP 429, it is one too many.
        """
        if settings.real_clock:
            now_ms = clock_ms()
        if (window := now_ms // WEIGHT_WINDOW_MS) != self.window:
            self.window, self.used, self.used_by_account, self.orders_in_window = window, 0, 0, 0
        if (minute := now_ms // MINUTE_MS) != self.minute:
            self.minute, self.used_in_minute, self.orders_in_minute = minute, 0, 0
        self.used_in_minute += 0 if orders else weight
        self.orders_in_window += orders
        self.orders_in_minute += orders
        self.used += weight
        self.used_by_account += account_weight
        busy = self.used > settings.weight_per_10s
        busy = busy or (account_weight > 0 and self.used_by_account > settings.weight_per_10s)
        if order_endpoint is not None:
            if (second := now_ms // ORDER_WINDOW_MS) != self.second:
                self.second, self.calls = second, {}
            self.calls[order_endpoint] = self.calls.get(order_endpoint, 0) + 1
            busy = busy or self.calls[order_endpoint] > settings.orders_per_second
        if busy and settings.rate_limits:
            raise Refusal(TOO_MANY, "Too many requests.", TOO_MANY)

    def headers(self) -> dict[str, str]:
        """What has been counted, as V3's newest documentation names it (weex-api 3)."""
        return {
            "x-used-weight-1m": str(self.used_in_minute),
            "x-order-count-10s": str(self.orders_in_window),
            "x-order-count-1m": str(self.orders_in_minute),
        }
