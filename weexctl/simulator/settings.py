"""What can be chosen about the simulated exchange. Assumed values are listed in docs/simulator.md."""

from __future__ import annotations

from dataclasses import dataclass, fields
from decimal import Decimal
from typing import Any

__all__ = ["SimulatorSettings", "settings_from_json", "settings_to_json"]

_SECRET = ("key", "secret", "passphrase")


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatorSettings:
    """The exchange's habits; the defaults are those of docs/simulator.md."""

    key: str = "sim"
    secret: str = "sim"  # noqa: S105  # the published credentials of a simulator
    passphrase: str = "sim"  # noqa: S105  # the published credentials of a simulator
    can_trade: bool = True
    """False makes the key read-only."""
    ip_allowed: bool = True
    """False answers HTTP 521 to every private request."""
    ai_log_allowed: bool = True
    """False refuses V2's uploadAiLog as for an account that is not on the list (40021)."""
    rate_limits: bool = False
    """True answers 429 beyond the two limits below. In simulated time a step's requests come within a second."""
    real_clock: bool = False
    """True counts the rate limits by this machine's clock, and also takes signatures that were stamped by it: for
    clients over TCP, whose clock is not the market's."""
    latency_ms: int = 20
    """What each request adds to the clock before it is looked at."""
    signature_window_ms: int = 30_000
    clock_skew_ms: int = 0
    """Exchange clock minus true time, as the client sees it in server time, timestamps and the age of a signature."""
    spread_bps: float = 2.0
    """Best ask above best bid, basis points of the mid price."""
    slippage_bps: float = 2.5
    """What a market order of a major pays beyond the mid price, before impact."""
    slippage_minor_bps: float = 5.0
    impact: float = 0.1
    """Times order value over one minute's turnover, as a fraction of the price (methods 8)."""
    max_impact: float = 0.05
    touch_minutes: float = 0.02
    """What rests at the best price, in minutes of turnover."""
    mark_wick: float = 1.0
    """How much of a candle's wick the mark price follows: 1 makes it the last price, 0 leaves it in the body."""
    visibility_delay_ms: int = 0
    """How long after its creation an attached plan order appears in lists; it is active at once."""
    default_leverage: int = 20
    maintenance_tiers: tuple[tuple[Decimal, Decimal], ...] = (
        (Decimal(50_000), Decimal("0.005")),
        (Decimal(250_000), Decimal("0.01")),
        (Decimal(1_000_000), Decimal("0.025")),
        (Decimal(5_000_000), Decimal("0.05")),
    )
    """Notional up to, maintenance rate; above the last row `maintenance_above` holds."""
    maintenance_above: Decimal = Decimal("0.125")
    liquidation_fee: Decimal = Decimal("0.01")
    """Fraction of the liquidated value; never more than the account has."""
    demo_key: bool = False
    """True: the key is one of a demo account, and conditional orders act on that."""
    demo_equity: Decimal = Decimal(10_000)
    """What the demo account begins with, SUSDT."""
    most_in_batch: int = 5
    """New orders in one request; 0 refuses batches, as the exchange was once seen to do."""
    client_id_unique_ever: bool = False
    """False: a client id may come again once its order is no longer open."""
    weight_per_10s: int = 1000
    orders_per_second: int = 10
    """Per endpoint, for placing and cancelling."""
    feed_ping_ms: int = 30_000
    """How often the feed asks whether a client is there, milliseconds of this machine."""
    history_kept: int = 60
    """Finished orders, fills and bills that are remembered."""

    def maintenance_rate(self, notional: Decimal) -> Decimal:
        """The maintenance margin rate of a position of this value."""
        for limit, rate in self.maintenance_tiers:
            if notional <= limit:
                return rate
        return self.maintenance_above


def settings_to_json(settings: SimulatorSettings) -> dict[str, Any]:
    """Everything but the credentials, as JSON can hold it."""
    out: dict[str, Any] = {}
    for field in fields(settings):
        value = getattr(settings, field.name)
        if field.name == "maintenance_tiers":
            out[field.name] = [[str(limit), str(rate)] for limit, rate in value]
        elif field.name not in _SECRET:
            out[field.name] = str(value) if isinstance(value, Decimal) else value
    return out


def settings_from_json(data: dict[str, Any]) -> SimulatorSettings:
    """The settings `settings_to_json` wrote, with the default credentials."""
    values = dict(data)
    values["maintenance_tiers"] = tuple((Decimal(limit), Decimal(rate)) for limit, rate in data["maintenance_tiers"])
    for name in ("maintenance_above", "liquidation_fee", "demo_equity"):
        if name in data:
            values[name] = Decimal(data[name])
    return SimulatorSettings(**values)
