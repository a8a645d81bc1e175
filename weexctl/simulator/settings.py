"""What can be chosen about the simulated exchange. Assumed values are listed in docs/simulator.md."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from decimal import Decimal
from typing import Any

from weexctl.errors import UsageError

__all__ = ["CHECKS", "SimulatorSettings", "seen_late", "settings_from_json", "settings_to_json"]

CHECKS = (
    "headers", "content type", "timestamp", "age", "key", "passphrase", "signature", "address", "permission", "rate",
)  # fmt: skip
"""What is looked at before the parameters, in the order that fits the error codes (weex-api 20)."""
_CHOICES = {"client_ids": ("open", "ever", "free"), "preset_covers": ("filled", "order")}
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
    check_order: tuple[str, ...] = CHECKS
    """In which order a private request is looked at before its parameters are."""
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
    """How long after its creation a conditional order appears in lists; it is active at once."""
    order_delay_ms: int = 0
    """How long after its creation an order is unknown to those who ask for it or for lists; it acts at once."""
    fill_delay_ms: int = 0
    """How long after it was made a fill appears in lists."""
    position_delay_ms: int = 0
    """How far the lists of positions lie behind."""
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
    client_ids: str = "open"
    """When a client's id may come again: `open`, once its order is not open any more; `ever`, never; `free`, always."""
    order_by_client_id: bool = False
    """True: V3's `order` can also be asked for with origClientOrderId."""
    presets_on_market: bool = True
    """False: stop and target of a market order are taken and forgotten, as one client saw."""
    preset_stops: bool = True
    """False: slTriggerPrice and its kin are taken and forgotten, as another client saw."""
    preset_covers: str = "filled"
    """What a preset closes while its order is filled in part: the `filled` part, or the whole `order` at once."""
    presets_survive: bool = True
    """False: the presets of a position's orders are cancelled when it is closed."""
    orphan_opens: bool = False
    """True: a stop or target that fires without its position opens the opposite one."""
    close_cancels_plans: bool = False
    """True: closePositions also cancels the conditional orders that would close what it closed."""
    modify_in_place: bool = True
    """False: modifyTpSlOrder ends the order and makes another, with an id of its own, that is seen late."""
    price_band: bool = False
    """True: a limit price beyond buyLimitPriceRatio or sellLimitPriceRatio of the mark price is refused."""
    outage_status: int = 0
    """An HTTP status that every request gets, with a page of HTML and no code: 503 for maintenance, 521 for an origin
    that is down; 0 for none."""
    count_headers: bool = False
    """True: V3 answers carry X-USED-WEIGHT-1M and the counts of orders, as its newest documentation has it."""
    weight_per_10s: int = 1000
    orders_per_second: int = 10
    """Per endpoint, for placing and cancelling."""
    feed_ping_ms: int = 30_000
    """How often the feed asks whether a client is there, milliseconds of this machine."""
    history_kept: int = 60
    """Finished orders, fills and bills that are remembered."""

    def __post_init__(self) -> None:
        """Refuse words that mean nothing.

        Raises:
            UsageError: a word among the settings is none of its choices.
        """
        for name, words in _CHOICES.items():
            if getattr(self, name) not in words:
                raise UsageError(f"{name} must be one of {', '.join(words)}; nothing was changed")
        if sorted(self.check_order) != sorted(CHECKS):
            raise UsageError(f"check_order must name each of {', '.join(CHECKS)} once; nothing was changed")

    def maintenance_rate(self, notional: Decimal) -> Decimal:
        """The maintenance margin rate of a position of this value."""
        for limit, rate in self.maintenance_tiers:
            if notional <= limit:
                return rate
        return self.maintenance_above


def seen_late(settings: SimulatorSettings) -> SimulatorSettings:
    """The same habits, with the longest delays of lists that were seen (weex-api 20)."""
    return replace(settings, visibility_delay_ms=2_000, order_delay_ms=600, fill_delay_ms=600, position_delay_ms=600)


def settings_to_json(settings: SimulatorSettings) -> dict[str, Any]:
    """Everything but the credentials, as JSON can hold it."""
    out: dict[str, Any] = {}
    for field in fields(settings):
        value = getattr(settings, field.name)
        if field.name == "maintenance_tiers":
            out[field.name] = [[str(limit), str(rate)] for limit, rate in value]
        elif field.name == "check_order":
            out[field.name] = list(value)
        elif field.name not in _SECRET:
            out[field.name] = str(value) if isinstance(value, Decimal) else value
    return out


def settings_from_json(data: dict[str, Any]) -> SimulatorSettings:
    """The settings `settings_to_json` wrote, with the default credentials."""
    values = dict(data)
    values["check_order"] = tuple(data["check_order"])
    values["maintenance_tiers"] = tuple((Decimal(limit), Decimal(rate)) for limit, rate in data["maintenance_tiers"])
    for name in ("maintenance_above", "liquidation_fee", "demo_equity"):
        if name in data:
            values[name] = Decimal(data[name])
    return SimulatorSettings(**values)
