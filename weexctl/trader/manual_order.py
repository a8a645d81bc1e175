"""An order that a person or a tool asks for: from words to an intent, what it would cost, what stands against it."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from weexctl.errors import UsageError
from weexctl.model.book import Book
from weexctl.model.instrument import Instrument
from weexctl.model.limits import Limits
from weexctl.model.order import Leg, OrderIntent, OrderType, TimeInForce
from weexctl.model.side import PositionSide, Side
from weexctl.model.signal import MANUAL
from weexctl.model.verdict import GuardAction, Verdict

__all__ = ["Estimate", "ManualOrder", "closing_order", "estimate", "manual_intent", "manual_verdicts"]

_MAINTENANCE = Decimal("0.01")
"""Maintenance margin assumed for the estimate of a liquidation price, as a fraction of notional."""
_ZERO = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class ManualOrder:
    """What was asked for, in the words of the exchange."""

    symbol: str
    side: Side
    position_side: PositionSide
    size: Decimal
    unit: Literal["quote", "base"]
    stop: Decimal | None = None
    target: Decimal | None = None
    price: Decimal | None = None
    """The limit; None for a market order."""
    time_in_force: TimeInForce | None = None
    """With a limit only; it stays until it is cancelled when nothing is said."""

    @property
    def opens(self) -> bool:
        """True for an order that opens or adds."""
        return self.side is self.position_side.opening


def closing_order(symbol: str, side: PositionSide, quantity: Decimal) -> ManualOrder:
    """The market order that ends a position of this many base units."""
    return ManualOrder(symbol=symbol, side=side.closing, position_side=side, size=quantity, unit="base")


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """What an order would cost and risk. Quote, at its limit or the mark price; slippage and spread are not in it."""

    notional: Decimal
    margin: Decimal
    """Taken from what is available; 0 for a reduction."""
    fee: Decimal
    """At the taker's rate; at the maker's for an order that only ever waits in the book."""
    liquidation_price: Decimal | None
    """Where the account would fall if only this symbol moved; None when no price above zero does it."""
    loss_at_stop: Decimal | None
    """With the fees of both fills; None without a stop, or where it lies on the wrong side of the price."""


def manual_intent(
    order: ManualOrder, instrument: Instrument, mark: Decimal, *, held: Decimal, decision_id: str, now_ms: int
) -> OrderIntent:
    """The order as an intent, on the exchange's steps; sizes are rounded down.

    Args:
        order: what was asked for.
        instrument: the exchange's rules for the symbol.
        mark: mark price, quote per base.
        held: what is held on this side, base units.
        decision_id: the decision it belongs to.
        now_ms: the venue's time.

    Raises:
        UsageError: the size, stop or target cannot be meant.
    """
    _check_price(order, instrument)
    reference = instrument.round_price(mark)
    expected = reference if order.price is None else order.price
    quantity = instrument.round_quantity(order.size / expected if order.unit == "quote" else order.size)
    _check_size(order, instrument, quantity, held)
    _check_levels(order, expected)
    return OrderIntent(
        decision_id=decision_id,
        symbol=order.symbol,
        side=order.side,
        position_side=order.position_side,
        leg=Leg.ENTRY if order.opens else Leg.EXIT,
        quantity=quantity,
        reference_price=reference,
        stop_price=None if order.stop is None else instrument.round_stop(order.stop, order.position_side),
        target_price=None if order.target is None else instrument.round_price(order.target),
        reason="MANUAL" if order.opens else "MANUAL_CLOSE",
        rule=MANUAL,
        created_ms=now_ms,
        type=OrderType.MARKET if order.price is None else OrderType.LIMIT,
        price=order.price,
        time_in_force=None if order.price is None else order.time_in_force or TimeInForce.GTC,
    )


def _check_price(order: ManualOrder, instrument: Instrument) -> None:
    if order.price is None:
        if order.time_in_force is not None:
            raise UsageError(
                f"{_flag(order.time_in_force)} is about a limit, and a market order has none; nothing was sent",
                hint=f"add --price, or leave {_flag(order.time_in_force)} out",
            )
        return
    if order.price % instrument.price_step:
        below = order.price // instrument.price_step * instrument.price_step
        raise UsageError(
            f"the price {order.price} is not on the step of {order.symbol}, {instrument.price_step}; nothing was sent",
            hint=f"{below} or {below + instrument.price_step}",
            code="PRICE_STEP",
        )


def _flag(force: TimeInForce) -> str:
    return "--post-only" if force is TimeInForce.POST_ONLY else f"--time-in-force {force.value}"


def _check_size(order: ManualOrder, instrument: Instrument, quantity: Decimal, held: Decimal) -> None:
    if quantity < instrument.min_quantity:
        raise UsageError(
            f"{order.size} {order.unit} is {quantity} {instrument.base}, below the smallest order; nothing was sent",
            hint=f"the smallest is {instrument.min_quantity} {instrument.base}",
            code="BELOW_MINIMUM",
        )
    most, kind = instrument.max_market_quantity, "market"
    if order.price is not None:
        most, kind = instrument.max_quantity, "limit"
    if order.opens and most is not None and quantity > most:
        raise UsageError(
            f"{quantity} {instrument.base} is above the largest {kind} order; nothing was sent",
            hint=f"the largest is {most} {instrument.base}",
            code="ABOVE_MAXIMUM",
        )
    if not order.opens and quantity > held:
        raise UsageError(
            f"{quantity} {order.symbol} {order.position_side.value} cannot be closed, {held} is held; nothing was sent",
            hint=f"weexctl close {order.symbol}" if held else "weexctl account positions",
            code="MORE_THAN_HELD" if held else "NO_POSITION",
        )


def _check_levels(order: ManualOrder, reference: Decimal) -> None:
    if not order.opens and (order.stop is not None or order.target is not None):
        raise UsageError(
            f"a {order.side.value} of a {order.position_side.value} closes, and a stop or target goes with an order"
            " that opens; nothing was sent",
            hint="leave --stop and --target out",
        )
    sign = order.position_side.sign
    if order.target is not None and (order.target - reference) * sign <= 0:
        raise UsageError(
            f"the target {order.target} of a {order.position_side.value} lies on the wrong side of {reference};"
            " nothing was sent",
            hint=f"give a target {'above' if sign > 0 else 'below'} the price",
        )


def estimate(intent: OrderIntent, instrument: Instrument, equity: Decimal, book: Book, leverage: int) -> Estimate:
    """What this order would cost, and where it would end badly."""
    rate = instrument.maker_fee if intent.time_in_force is TimeInForce.POST_ONLY else instrument.taker_fee
    fee = intent.notional * rate
    return Estimate(
        notional=intent.notional,
        margin=_ZERO if intent.reduces else intent.notional / leverage,
        fee=fee,
        liquidation_price=_liquidation_price(intent, instrument, equity, book),
        loss_at_stop=_loss_at_stop(intent, fee, instrument.taker_fee),
    )


def _loss_at_stop(intent: OrderIntent, fee: Decimal, rate: Decimal) -> Decimal | None:
    """With this fee for the way in, and this rate for the way out: a stop is a market order."""
    if intent.stop_price is None:
        return None
    away = (intent.expected_price - intent.stop_price) * intent.position_side.sign
    return intent.quantity * away + fee + intent.quantity * intent.stop_price * rate if away > 0 else None


def _liquidation_price(intent: OrderIntent, instrument: Instrument, equity: Decimal, book: Book) -> Decimal | None:
    held = book.positions.get(intent.symbol)
    before = Decimal(repr(held.quantity)) if held is not None and held.side is intent.position_side else _ZERO
    after = before - intent.quantity if intent.reduces else before + intent.quantity
    if after <= 0:
        return None
    others = sum(abs(p.exposure) for s, p in book.positions.items() if s != intent.symbol)
    needed = (Decimal(repr(others * book.equity)) + after * intent.expected_price) * _MAINTENANCE
    price = intent.expected_price - intent.position_side.sign * (equity - needed) / after
    return instrument.round_price(price) if price > 0 else None


def manual_verdicts(
    intent: OrderIntent,
    book: Book,
    limits: Limits,
    *,
    loss_at_stop: Decimal | None,
    blocked: str,
    resting: float = 0.0,
) -> tuple[Verdict, ...]:
    """What the sizing chain and the run would have seen to: an order by hand meets it as refusals.

    Args:
        intent: the order.
        book: the account.
        limits: the limits of the run's profile.
        loss_at_stop: quote; None without a stop.
        blocked: code of why the symbol takes no entries now; empty when it does.
        resting: signed exposure of the entries on this symbol that wait in the book.
    """
    if intent.reduces:
        return ()
    held = book.positions.get(intent.symbol)
    verdicts = []
    if blocked:
        verdicts.append(_deny(blocked, f"{intent.symbol} takes no entries until a person looks"))
    if held is not None and held.side is not intent.position_side:
        verdicts.append(_deny("OTHER_SIDE", f"a {held.side.value} of {intent.symbol} is held"))
    elif resting * intent.position_side.sign < 0:
        verdicts.append(_deny("OTHER_SIDE", f"an entry on the other side of {intent.symbol} waits in the book"))
    elif held is not None and held.rule != MANUAL:
        verdicts.append(_deny("RULE_POSITION", f"the rule {held.rule} holds {intent.symbol}"))
    most = Decimal(repr(limits.per_trade_risk * book.equity))
    if loss_at_stop is not None and loss_at_stop > most:
        verdicts.append(_deny("PER_TRADE_RISK", f"{loss_at_stop:.2f} would be lost at the stop, limit {most:.2f}"))
    taken = _held_notional(book, intent.symbol) + abs(resting) * book.equity
    margin = (float(intent.notional) + taken) / limits.max_leverage
    most_margin = limits.max_margin_per_position * book.equity
    if margin > most_margin:
        verdicts.append(_deny("MAX_MARGIN", f"margin {margin:.2f}, limit {most_margin:.2f}"))
    return tuple(verdicts)


def _held_notional(book: Book, symbol: str) -> float:
    held = book.positions.get(symbol)
    return abs(held.exposure) * book.equity if held is not None else 0.0


def _deny(code: str, reason: str) -> Verdict:
    return Verdict(action=GuardAction.DENY, code=code, reason=reason, guard="by-hand")
