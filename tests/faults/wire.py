"""A client of ours, a faulty way, and the simulator behind it."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import numpy as np

from weexctl.exchange.connect import connect
from weexctl.exchange.rate_limiter import Unlimited
from weexctl.exchange.signing import Credentials
from weexctl.model.candle import Candles, Timeframe
from weexctl.model.order import OrderRequest
from weexctl.model.side import PositionSide, Side
from weexctl.simulator import Simulator, SimulatorSettings
from weexctl.simulator.faults import Call, ClientClock, Fault, FaultyTransport, Match, Schedule, Timeline, Word

__all__ = ["POST_ORDER", "START_MS", "Wire", "an_order", "fault"]

START_MS = 1_704_067_260_000
POST_ORDER: dict[str, Any] = {"method": "POST", "path": "v3/order$"}
_PRICE = 50_000.0


def fault(word: str, match: Mapping[str, Any] | None = None, **args: Any) -> Fault:
    """A fault of one word; `how` stands for the argument `as`, which is a word of Python's own."""
    if "how" in args:
        args["as"] = args.pop("how")
    return Fault(word=Word(word), match=Match(**(match or {})), args=args)


def an_order(name: str = "wx00abcdefghijklmnope01", **changes: Any) -> OrderRequest:
    """A long of 0.01 BTC under a stop."""
    values: dict[str, Any] = {
        "symbol": "BTCUSDT",
        "side": Side.BUY,
        "position_side": PositionSide.LONG,
        "quantity": Decimal("0.01"),
        "client_order_id": name,
        "stop_price": Decimal(48_000),
    }
    return OrderRequest(**values | changes)


class Wire:
    """Everything between a caller and the exchange's books."""

    def __init__(self, *faults: Fault, seed: int = 1, settings: SimulatorSettings | None = None) -> None:
        self.arrived: list[Call] = []
        self.simulator = Simulator(
            {"BTCUSDT": _flat(60)}, seed=1, start_ms=START_MS, settings=settings or SimulatorSettings()
        )
        schedule = Schedule(seed, faults)
        self.timeline = Timeline(self.simulator)
        self.transport = FaultyTransport(self.simulator, schedule, self.timeline, on_arrival=self.arrived.append)
        self.clock = ClientClock(self.timeline, faults, seed)
        self.exchange = connect(
            credentials=Credentials("sim", "sim", "sim"),
            transport=self.transport,
            sleep=self.clock.sleep,
            local_ms=self.clock.boot_ms,
            limiter=Unlimited(),
        )

    @property
    def elapsed_s(self) -> float:
        """Simulated seconds since the start."""
        return self.timeline.elapsed_s

    @property
    def held(self) -> Decimal:
        """The long of BTCUSDT on the exchange's own books."""
        return self.simulator.ledger.held("BTCUSDT", PositionSide.LONG)

    def calls(self, path: str, method: str = "GET") -> list[Call]:
        """What was sent there."""
        return [call for call in self.transport.calls if call.method == method and call.path.endswith(path)]

    def seen(self, path: str, method: str = "GET") -> list[str]:
        """What the client saw there."""
        return [call.seen for call in self.calls(path, method)]


def _flat(minutes: int) -> Candles:
    times = START_MS - 60_000 + 60_000 * np.arange(minutes, dtype=np.int64)
    price = np.full(minutes, _PRICE)
    return Candles("BTCUSDT", Timeframe.M1, times, price, price, price, price, np.full(minutes, 1e6), synthetic=True)
