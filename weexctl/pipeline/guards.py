"""Guards: the essential ones of the core, and the profile's. They refuse; they never create an order."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

from weexctl.model.book import Book
from weexctl.model.copying import quick
from weexctl.model.instrument import SYMBOLS
from weexctl.model.limits import HARD_MAX_LEVERAGE, Limits
from weexctl.model.order import OrderIntent
from weexctl.model.side import Side
from weexctl.model.verdict import ALLOW, GuardAction, Verdict
from weexctl.pipeline.sizing import PLUGIN_FAULT, held_exposure, largest_gross
from weexctl.pipeline.stage import Pipeline, Stage
from weexctl.pipeline.views import Views

__all__ = ["ESSENTIAL_GUARDS", "Flow", "Reviewed", "review", "review_essential"]

_MINUTE_MS, _HOUR_MS = 60_000, 3_600_000
_TOLERANCE = 1e-9
LIMIT_COLLAR, MARKET_COLLAR = 0.01, 0.005
"""How far from the market an order that opens may be priced: a limit on its worse side, a market order on any."""


@quick
@dataclass(frozen=True, slots=True)
class Flow:
    """What has already gone out around this moment, for the guards that count."""

    order_times_ms: tuple[int, ...] = ()
    """Moments of every order of the last hour."""
    sent: frozenset[tuple[str, str, str]] = frozenset()
    """(decision id, leg, symbol) of every intent that has gone out."""
    data_age_ms: Mapping[str, int] | None = None
    """Age of each symbol's newest closed candle; None when the candles are known to be whole."""
    gross_added: float = 0.0
    """Exposure approved within this step."""
    opened_long: int = 0
    opened_short: int = 0
    resting: Mapping[str, float] = field(default_factory=dict)
    """Signed exposure by symbol that entries waiting in the book would add if all of them were filled."""

    def with_order(self, intent: OrderIntent, now_ms: int, exposure: float, opens: bool) -> Flow:
        """The flow after one more order."""
        long = intent.position_side.sign > 0
        return Flow(
            (*self.order_times_ms, now_ms),
            self.sent | {(intent.decision_id, intent.leg.value, intent.symbol)},
            self.data_age_ms,
            self.gross_added + (0.0 if intent.reduces else exposure),
            self.opened_long + (opens and long),
            self.opened_short + (opens and not long),
            self.resting,
        )


@quick
@dataclass(frozen=True, slots=True)
class Reviewed:
    """An intent and every guard's answer to it; only an approved one can be sent."""

    intent: OrderIntent
    verdicts: tuple[Verdict, ...]

    @property
    def refusal(self) -> Verdict | None:
        """The strictest verdict that stops this intent; None when it may go out."""
        stopping = [v for v in self.verdicts if v.action is not GuardAction.ALLOW and _stops(v, self.intent)]
        return max(stopping, key=lambda v: v.action) if stopping else None

    @property
    def approved(self) -> bool:
        """True when nothing stops it."""
        return self.refusal is None


def _stops(verdict: Verdict, intent: OrderIntent) -> bool:
    if verdict.action is GuardAction.REDUCE_ONLY:
        return not intent.reduces
    return verdict.action is GuardAction.DENY


EssentialGuard = Callable[[OrderIntent, Book, Limits, Flow], Verdict]


def _kill_switch(intent: OrderIntent, book: Book, limits: Limits, flow: Flow) -> Verdict:
    if book.halted:
        return _only_reduce("KILL_SWITCH", f"trading is halted: {book.halted}")
    return ALLOW


def _kill_drawdown(intent: OrderIntent, book: Book, limits: Limits, flow: Flow) -> Verdict:
    if book.run_loss >= limits.kill_drawdown:
        return _only_reduce(
            "KILL_DRAWDOWN",
            f"loss since the start {book.run_loss * 100:.1f} %, limit {limits.kill_drawdown * 100:.1f} %",
        )
    return ALLOW


def _daily_loss(intent: OrderIntent, book: Book, limits: Limits, flow: Flow) -> Verdict:
    if book.day_loss >= limits.daily_loss:
        return _only_reduce(
            "DAILY_LOSS", f"loss today {book.day_loss * 100:.2f} %, limit {limits.daily_loss * 100:.2f} %"
        )
    return ALLOW


def _symbol_list(intent: OrderIntent, book: Book, limits: Limits, flow: Flow) -> Verdict:
    if intent.symbol not in SYMBOLS or (not intent.reduces and intent.symbol not in book.symbols):
        return _deny("SYMBOL_NOT_ALLOWED", f"{intent.symbol} is not one of the profile's symbols")
    return ALLOW


def _leverage(intent: OrderIntent, book: Book, limits: Limits, flow: Flow) -> Verdict:
    if limits.max_leverage > HARD_MAX_LEVERAGE:
        return _only_reduce("MAX_LEVERAGE", f"leverage {limits.max_leverage} is above {HARD_MAX_LEVERAGE}")
    return ALLOW


def _stop_required(intent: OrderIntent, book: Book, limits: Limits, flow: Flow) -> Verdict:
    if intent.reduces:
        return ALLOW
    if intent.stop_price is None:
        return _deny("STOP_REQUIRED", "an entry goes out with its stop or not at all")
    if (intent.expected_price - intent.stop_price) * intent.position_side.sign <= 0:
        return _deny("STOP_REQUIRED", f"the stop {intent.stop_price} lies on the wrong side of {intent.expected_price}")
    return ALLOW


def _price_collar(intent: OrderIntent, book: Book, limits: Limits, flow: Flow) -> Verdict:
    """A price far worse than the market is a slip of the hand, or of the data. Waiting for a better one is neither."""
    if intent.reduces:
        return ALLOW
    market = book.prices.get(intent.symbol)
    if not market or not market > 0:
        return _deny("PRICE_COLLAR", f"no price of {intent.symbol} is known to hold the order against")
    if intent.price is None:
        away, limit, far = abs(float(intent.reference_price) / market - 1.0), MARKET_COLLAR, "away from"
    else:
        away = (float(intent.price) / market - 1.0) * (1 if intent.side is Side.BUY else -1)
        limit, far = LIMIT_COLLAR, "worse than"
    if away > limit + _TOLERANCE:
        found = f"{intent.expected_price} is {away * 100:.2f} % {far} the market at {market:.10g}"
        return _deny("PRICE_COLLAR", f"{found}, limit {limit * 100:g} %")
    return ALLOW


def _order_notional(intent: OrderIntent, book: Book, limits: Limits, flow: Flow) -> Verdict:
    if not intent.reduces and intent.notional > limits.max_order_notional:
        return _deny("MAX_ORDER_NOTIONAL", f"order of {intent.notional:.2f}, limit {limits.max_order_notional}")
    return ALLOW


def _exposure(intent: OrderIntent, book: Book, limits: Limits, flow: Flow) -> Verdict:
    if intent.reduces:
        return ALLOW
    if book.equity <= 0:
        return _deny("NO_EQUITY", "there is no equity to risk")
    added = float(intent.notional) / book.equity
    symbol_after = added + held_exposure(book, intent.symbol) + abs(flow.resting.get(intent.symbol, 0.0))
    if symbol_after > limits.max_symbol_exposure + _TOLERANCE:
        return _deny("MAX_SYMBOL_EXPOSURE", f"{symbol_after:.3f} of equity, limit {limits.max_symbol_exposure}")
    waiting = sum(abs(exposure) for exposure in flow.resting.values())
    gross_after = book.gross_exposure + flow.gross_added + waiting + added
    if gross_after > limits.max_gross_exposure + _TOLERANCE:
        return _deny("MAX_GROSS_EXPOSURE", f"{gross_after:.3f} of equity, limit {limits.max_gross_exposure}")
    return _liquidation_distance(intent, gross_after)


def _liquidation_distance(intent: OrderIntent, gross_after: float) -> Verdict:
    if intent.stop_price is None:
        return ALLOW
    stop = abs(float((intent.expected_price - intent.stop_price) / intent.expected_price))
    if gross_after > largest_gross(stop) + _TOLERANCE:
        return _deny(
            "LIQUIDATION_TOO_NEAR", f"liquidation about {100 / gross_after:.1f} % away, stop {stop * 100:.1f} %"
        )
    return ALLOW


def _position_count(intent: OrderIntent, book: Book, limits: Limits, flow: Flow) -> Verdict:
    if intent.reduces or intent.symbol in book.positions:
        return ALLOW
    long = intent.position_side.sign > 0
    held = sum(1 for p in book.positions.values() if (p.side.sign > 0) == long)
    held += flow.opened_long if long else flow.opened_short
    held += sum(
        1
        for symbol, exposure in flow.resting.items()
        if symbol != intent.symbol and symbol not in book.positions and (exposure > 0) == long
    )
    limit = limits.max_positions_long if long else limits.max_positions_short
    if held >= limit:
        return _deny("MAX_POSITIONS", f"{held} {intent.position_side.value} positions, limit {limit}")
    return ALLOW


def _duplicate(intent: OrderIntent, book: Book, limits: Limits, flow: Flow) -> Verdict:
    if (intent.decision_id, intent.leg.value, intent.symbol) in flow.sent:
        return _deny("DUPLICATE", f"the {intent.leg.value} of decision {intent.decision_id} has already gone out")
    return ALLOW


def _data_age(intent: OrderIntent, book: Book, limits: Limits, flow: Flow) -> Verdict:
    if intent.reduces or flow.data_age_ms is None:
        return ALLOW
    age = flow.data_age_ms.get(intent.symbol)
    limit = limits.max_data_age_candles * book.candle_ms
    if age is None or age > limit:
        return _deny("STALE_DATA", f"the newest candle of {intent.symbol} is too old or unknown")
    return ALLOW


def _order_frequency(intent: OrderIntent, book: Book, limits: Limits, flow: Flow) -> Verdict:
    if intent.reduces:
        return ALLOW
    minute = sum(1 for t in flow.order_times_ms if t > book.now_ms - _MINUTE_MS)
    hour = sum(1 for t in flow.order_times_ms if t > book.now_ms - _HOUR_MS)
    if minute >= limits.max_orders_per_minute or hour >= limits.max_orders_per_hour:
        return _deny("ORDER_FREQUENCY", f"{minute} orders in a minute, {hour} in an hour")
    return ALLOW


ESSENTIAL_GUARDS: Mapping[str, EssentialGuard] = {
    "kill-switch": _kill_switch,
    "kill-drawdown": _kill_drawdown,
    "daily-loss": _daily_loss,
    "symbol-list": _symbol_list,
    "leverage": _leverage,
    "stop-required": _stop_required,
    "price-collar": _price_collar,
    "order-notional": _order_notional,
    "exposure": _exposure,
    "position-count": _position_count,
    "duplicate": _duplicate,
    "data-age": _data_age,
    "order-frequency": _order_frequency,
}
"""They belong to the core: no profile names them and none can drop them."""


def review_essential(intent: OrderIntent, book: Book, limits: Limits, flow: Flow) -> tuple[Verdict, ...]:
    """Every essential guard's answer, each under its name; one that fails refuses every entry."""
    verdicts = []
    for name, guard in ESSENTIAL_GUARDS.items():
        try:
            verdicts.append(guard(intent, book, limits, flow))
        except Exception as error:  # noqa: BLE001  # one that fails, for whatever reason, refuses
            verdicts.append(_fault(name, error))
    if all(verdict is ALLOW for verdict in verdicts):  # most of the time
        return _all_allowed(tuple(ESSENTIAL_GUARDS))
    return tuple(map(_named, ESSENTIAL_GUARDS, verdicts))


def review(pipeline: Pipeline, intent: OrderIntent, views: Views, flow: Flow) -> Reviewed:
    """An intent with the answers of the essential guards and of the profile's, in that order."""
    essential = review_essential(intent, views.book, pipeline.limits, flow)
    own = [_ask(stage, intent, views.of(f"guard.{index}")) for index, stage in enumerate(pipeline.guards)]
    return Reviewed(intent, (*essential, *own))


def _ask(stage: Stage[Any], intent: OrderIntent, book: Book) -> Verdict:
    try:
        return _named(stage.name, _plain(stage, stage.plugin.review(intent, book)))
    except Exception as error:  # noqa: BLE001  # third-party code: anything can come out of it, and all of it refuses
        return _fault(stage.name, error)


def _plain(stage: Stage[Any], answer: Verdict) -> Verdict:
    """A guard's answer in plain types, whatever types it came in."""
    if answer is ALLOW:
        return ALLOW
    action, code = GuardAction(answer.action), str(answer.code or "")
    if action is not GuardAction.ALLOW:
        code = code or stage.name.upper().replace("-", "_")
    return Verdict(action=action, code=code, reason=str(answer.reason or ""), expires_ms=answer.expires_ms)


def _fault(name: str, error: Exception) -> Verdict:
    """What a guard that fails comes to: it denies every entry."""
    return Verdict(
        action=GuardAction.REDUCE_ONLY,  # and never keeps a position from being closed
        code=PLUGIN_FAULT,
        reason=f"guard {name} raised {type(error).__name__}: {error}",
        guard=name,
    )


def _named(name: str, verdict: Verdict) -> Verdict:
    return _allowed(name) if verdict is ALLOW else replace(verdict, guard=name)


@cache
def _allowed(name: str) -> Verdict:
    """What a guard that has nothing to object to says: one object for all its answers."""
    return replace(ALLOW, guard=name)


@cache
def _all_allowed(names: tuple[str, ...]) -> tuple[Verdict, ...]:
    """What guards say of which none has anything to object to."""
    return tuple(map(_allowed, names))


def _deny(code: str, reason: str) -> Verdict:
    return Verdict(action=GuardAction.DENY, code=code, reason=reason)


def _only_reduce(code: str, reason: str) -> Verdict:
    return Verdict(action=GuardAction.REDUCE_ONLY, code=code, reason=reason)
