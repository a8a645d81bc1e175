"""An exchange that does what a test tells it: it keeps an account by hand, notes every call, and fails on demand."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any, TypeVar

from weexctl.errors import ExchangeError, OpenOrdersError, OrderNotFoundError
from weexctl.model.account import AccountConfig, Balance, LeverageSetting, MarginMode, Position
from weexctl.model.candle import Candles, Timeframe
from weexctl.model.fill import Fill
from weexctl.model.instrument import Instrument
from weexctl.model.order import (
    ConditionalOrder,
    Leg,
    Order,
    OrderAck,
    OrderRequest,
    OrderStatus,
    OrderType,
    StopRequest,
    TimeInForce,
    TriggerSource,
)
from weexctl.model.payment import FundingPayment
from weexctl.model.side import PositionSide, Side

T = TypeVar("T")

__all__ = ["WRITES", "Call", "ScriptedClock", "ScriptedExchange"]

WRITES = frozenset(
    (
        "place_order",
        "place_stop",
        "modify_stop",
        "cancel_order",
        "cancel_conditional_order",
        "set_leverage",
        "upload_ai_log",
    )
)
START_MS = 1_704_067_200_000
_ZERO = Decimal(0)
_FEE = Decimal("0.0008")


class ScriptedClock:
    """Time that moves when somebody sleeps."""

    def __init__(self, now_ms: int = START_MS) -> None:
        self._now_ms = now_ms

    def now_ms(self) -> int:
        return self._now_ms

    def sleep_ms(self, duration_ms: int) -> None:
        self._now_ms += duration_ms


@dataclass(frozen=True, slots=True)
class Call:
    """One call: its name, when, and what it was given."""

    name: str
    at_ms: int
    given: Any = None


@dataclass(slots=True)
class _Fault:
    error: ExchangeError
    after: bool
    """True when the request is carried out and only its answer is lost."""


@dataclass(slots=True)
class _Holding:
    quantity: Decimal = _ZERO
    value: Decimal = _ZERO
    funding: Decimal = _ZERO


@dataclass(slots=True)
class _Seen:
    """A row and from when on it is shown."""

    row: Any
    from_ms: int


@dataclass(slots=True)
class ScriptedExchange:
    """Market orders fill at `price`; a stop waits until a test fires it."""

    clock: ScriptedClock
    price: Decimal = Decimal(50_000)
    wallet: Decimal = Decimal(10_000)
    fill_share: Decimal = Decimal(1)
    """How much of the next orders is filled; the rest is cancelled."""
    attaches_stops: bool = True
    order_lag_ms: int = 0
    fill_lag_ms: int = 0
    stop_lag_ms: int = 0
    landing_ms: int = 0
    """How long an order whose answer is lost takes to arrive."""
    ignores_cancels: bool = False
    calls: list[Call] = field(default_factory=list)
    on_call: dict[str, Callable[[], None]] = field(default_factory=dict)
    leverages: dict[str, int] = field(default_factory=dict)
    _faults: dict[str, deque[_Fault]] = field(default_factory=dict)
    _always: dict[str, ExchangeError] = field(default_factory=dict)
    _orders: list[_Seen] = field(default_factory=list)
    _fills: list[_Seen] = field(default_factory=list)
    _stops: list[_Seen] = field(default_factory=list)
    _payments: list[FundingPayment] = field(default_factory=list)
    _held: dict[tuple[str, PositionSide], _Holding] = field(default_factory=dict)
    _landing: list[tuple[int, OrderRequest]] = field(default_factory=list)
    _resting: dict[str, OrderRequest] = field(default_factory=dict)
    last_id: int = 700_000_000_000_000_000

    # What a test tells it.

    def fail(self, name: str, *errors: ExchangeError) -> None:
        """The next calls of a method are lost on the way: nothing is done, and these are raised one by one."""
        self._faults.setdefault(name, deque()).extend(_Fault(error, after=False) for error in errors)

    def lose_answer(self, name: str, error: ExchangeError) -> None:
        """The next call of a method is carried out (after `landing_ms`), and its answer is lost."""
        self._faults.setdefault(name, deque()).append(_Fault(error, after=True))

    def always_fail(self, name: str, error: ExchangeError | None) -> None:
        """Every call of a method fails from now on; None ends it."""
        if error is None:
            self._always.pop(name, None)
        else:
            self._always[name] = error

    def fire(self, order_id: str, price: str) -> None:
        """A stop or target is reached and fills at this price."""
        stop = next(seen for seen in self._stops if seen.row.order_id == order_id)
        row: ConditionalOrder = stop.row
        self._stops.remove(stop)
        held = self._held[row.symbol, row.position_side].quantity
        self._execute(row.order_id, row.symbol, row.position_side, row.side, min(row.quantity, held), Decimal(price))

    def fill_limit(self, order_id: str, quantity: str | None = None) -> None:
        """The market comes to a resting order: all of it is filled at its price, or so much."""
        seen = next(seen for seen in self._orders if seen.row.order_id == order_id)
        row: Order = seen.row
        filled = row.quantity - row.filled_quantity if quantity is None else Decimal(quantity)
        total, price = row.filled_quantity + filled, row.price or self.price
        status = OrderStatus.FILLED if total == row.quantity else OrderStatus.OPEN
        seen.row = replace(
            row, status=status, filled_quantity=total, average_price=price, updated_ms=self.clock.now_ms()
        )
        self._execute(order_id, row.symbol, row.position_side, row.side, filled, price)
        request = self._resting[order_id]
        if request.stop_price is not None:
            self._stop(row.symbol, row.position_side, Leg.STOP, request.stop_price, filled, f"{row.client_order_id}s")

    def act_by_hand(self, symbol: str, side: PositionSide, quantity: str, *, opens: bool, client: str = "web") -> str:
        """Somebody trades on the same account; returns the order id."""
        order_side = side.opening if opens else side.closing
        request = OrderRequest(
            symbol=symbol, side=order_side, position_side=side, quantity=Decimal(quantity), client_order_id=client
        )
        return self._match(request)

    def pay_funding(self, symbol: str, amount: str) -> None:
        """A settlement is booked now."""
        self.wallet += Decimal(amount)
        for key, holding in self._held.items():
            if key[0] == symbol:
                holding.funding += Decimal(amount)
        self._payments.append(
            FundingPayment(bill_id=self._id(), symbol=symbol, amount=Decimal(amount), time_ms=self.clock.now_ms())
        )

    def remove_stops(self) -> None:
        """Every stop and target vanishes."""
        self._stops.clear()

    def named(self, *names: str) -> list[Call]:
        """The calls of some methods, in order."""
        return [call for call in self.calls if call.name in names]

    @property
    def writes(self) -> list[Call]:
        """Every call that asks for a change."""
        return self.named(*WRITES)

    def quantity(self, symbol: str, side: PositionSide = PositionSide.LONG) -> Decimal:
        """What the account holds, whatever anybody was told."""
        return self._held.get((symbol, side), _Holding()).quantity

    # What the toolkit asks of it.

    def fetch_server_time(self) -> int:
        return self._read("fetch_server_time", self.clock.now_ms())

    def fetch_instruments(self) -> dict[str, Instrument]:
        return self._read("fetch_instruments", {})

    def fetch_candles(self, symbol: str, timeframe: Timeframe, *, limit: int, end_ms: int | None = None) -> Candles:
        raise NotImplementedError

    def fetch_mark_price(self, symbol: str) -> Decimal:
        return self._read("fetch_mark_price", self.price)

    def fetch_balance(self) -> Balance:
        unrealised = sum(
            ((self.price * h.quantity - h.value) * side.sign for (_, side), h in self._held.items()), _ZERO
        )
        equity = self.wallet + unrealised
        row = Balance(asset="USDT", equity=equity, available=equity, frozen=_ZERO, unrealised=unrealised)
        return self._read("fetch_balance", row)

    def fetch_account_config(self) -> AccountConfig:
        return self._read("fetch_account_config", AccountConfig(can_trade=True, can_withdraw=False, hedge_mode=True))

    def fetch_positions(self, symbol: str | None = None) -> list[Position]:
        self._land()
        rows = [
            self._position(key, holding)
            for key, holding in self._held.items()
            if holding.quantity and symbol in (None, key[0])
        ]
        return self._read("fetch_positions", rows)

    def fetch_order(self, order_id: str) -> Order:
        self._land()
        self._called("fetch_order", order_id)
        for row in self._shown(self._orders):
            if row.order_id == order_id:
                found: Order = row
                return found
        raise OrderNotFoundError("no such order")

    def fetch_open_orders(self, symbol: str | None = None) -> list[Order]:
        self._land()
        rows = [o for o in self._shown(self._orders) if not o.status.final and symbol in (None, o.symbol)]
        return self._read("fetch_open_orders", rows)

    def fetch_conditional_orders(self, symbol: str | None = None) -> list[ConditionalOrder]:
        rows = [s for s in self._shown(self._stops) if symbol in (None, s.symbol)]
        return self._read("fetch_conditional_orders", rows)

    def fetch_order_history(self, symbol: str | None, *, start_ms: int, end_ms: int) -> list[Order]:
        self._land()
        rows = [o for o in self._shown(self._orders) if start_ms <= o.created_ms <= end_ms and o.status.final]
        return self._read("fetch_order_history", [o for o in rows if symbol in (None, o.symbol)])

    def fetch_fills(self, symbol: str | None, *, start_ms: int, end_ms: int, order_id: str | None = None) -> list[Fill]:
        rows = [f for f in self._shown(self._fills) if start_ms <= f.time_ms <= end_ms]
        rows = [f for f in rows if symbol in (None, f.symbol) and order_id in (None, f.order_id)]
        return self._read("fetch_fills", rows)

    def fetch_funding_payments(self, *, start_ms: int, end_ms: int) -> list[FundingPayment]:
        rows = [p for p in self._payments if start_ms <= p.time_ms <= end_ms]
        return self._read("fetch_funding_payments", rows)

    def fetch_leverage(self, symbol: str) -> LeverageSetting:
        return self._read("fetch_leverage", self._leverage(symbol))

    def set_leverage(self, symbol: str, leverage: int) -> LeverageSetting:
        self._called("set_leverage", (symbol, leverage))
        if any(seen.row.symbol == symbol for seen in self._stops):
            raise OpenOrdersError("orders are open")
        self.leverages[symbol] = leverage
        return self._leverage(symbol)

    def place_order(self, request: OrderRequest) -> OrderAck:
        fault = self._noted("place_order", request)
        if fault is not None and fault.after and self.landing_ms:
            self._landing.append((self.clock.now_ms() + self.landing_ms, request))
            raise fault.error
        order_id = self._match(request)
        if fault is not None:
            raise fault.error
        return OrderAck(order_id=order_id, client_order_id=request.client_order_id)

    def place_stop(self, request: StopRequest) -> OrderAck:
        fault = self._noted("place_stop", request)
        held = self.quantity(request.symbol, request.position_side)
        row = self._stop(
            request.symbol,
            request.position_side,
            request.leg,
            request.trigger_price,
            request.quantity or held,
            request.client_order_id,
        )
        if fault is not None:
            raise fault.error
        return OrderAck(order_id=row.order_id, client_order_id=request.client_order_id)

    def modify_stop(self, order_id: str, trigger_price: Decimal) -> None:
        self._called("modify_stop", (order_id, trigger_price))
        for seen in self._stops:
            if seen.row.order_id == order_id:
                seen.row = replace(seen.row, trigger_price=trigger_price)
                return
        raise OrderNotFoundError("no such stop")

    def cancel_order(self, order_id: str) -> None:
        fault = self._noted("cancel_order", order_id)
        seen = next((seen for seen in self._orders if seen.row.order_id == order_id), None)
        if seen is None or seen.row.status.final:
            raise OrderNotFoundError("no such order")
        if not self.ignores_cancels:
            seen.row = replace(seen.row, status=OrderStatus.CANCELLED, updated_ms=self.clock.now_ms())
        if fault is not None:
            raise fault.error

    def cancel_conditional_order(self, order_id: str) -> None:
        self._called("cancel_conditional_order", order_id)
        if not self.ignores_cancels:
            self._stops = [seen for seen in self._stops if seen.row.order_id != order_id]

    def upload_ai_log(
        self,
        *,
        order_id: str | None,
        stage: str,
        model: str,
        input: Mapping[str, Any],  # noqa: A002  # the port's own word
        output: Mapping[str, Any],
        explanation: str,
    ) -> None:
        self._called("upload_ai_log", order_id)

    def close(self) -> None:
        """Nothing is held."""

    # How it works.

    def _noted(self, name: str, given: Any = None) -> _Fault | None:
        """Note a call; raise when it is to be lost on the way."""
        self.calls.append(Call(name, self.clock.now_ms(), given))
        if (look := self.on_call.get(name)) is not None:
            look()
        if (error := self._always.get(name)) is not None:
            raise error
        waiting = self._faults.get(name)
        fault = waiting.popleft() if waiting else None
        if fault is not None and not fault.after:
            raise fault.error
        return fault

    def _called(self, name: str, given: Any = None) -> None:
        if (fault := self._noted(name, given)) is not None:
            raise fault.error

    def _read(self, name: str, answer: T) -> T:
        self._called(name)
        return answer

    def _shown(self, rows: list[_Seen]) -> list[Any]:
        return [seen.row for seen in rows if seen.from_ms <= self.clock.now_ms()]

    def _land(self) -> None:
        for moment, request in [waiting for waiting in self._landing if waiting[0] <= self.clock.now_ms()]:
            self._landing.remove((moment, request))
            self._match(request)

    def _rest(self, request: OrderRequest, status: OrderStatus) -> str:
        order_id, now = self._id(), self.clock.now_ms()
        self._resting[order_id] = request
        order = Order(
            order_id=order_id,
            client_order_id=request.client_order_id,
            symbol=request.symbol,
            side=request.side,
            position_side=request.position_side,
            type=OrderType.LIMIT,
            status=status,
            quantity=request.quantity,
            filled_quantity=_ZERO,
            average_price=None,
            price=request.price,
            reduce_only=False,
            created_ms=now,
            updated_ms=now,
            time_in_force=request.time_in_force,
        )
        self._orders.append(_Seen(order, now + self.order_lag_ms))
        return order_id

    def _match(self, request: OrderRequest) -> str:
        if request.price is not None:
            crosses = (request.price - self.price) * (1 if request.side is Side.BUY else -1) >= 0
            rests = request.time_in_force is not None and request.time_in_force.rests
            if not crosses or request.time_in_force is TimeInForce.POST_ONLY:
                return self._rest(request, OrderStatus.OPEN if rests and not crosses else OrderStatus.CANCELLED)
        order_id, now = self._id(), self.clock.now_ms()
        quantity = request.quantity * self.fill_share
        if request.side is request.position_side.closing:
            quantity = min(quantity, self.quantity(request.symbol, request.position_side))
        order = Order(
            order_id=order_id,
            client_order_id=request.client_order_id,
            symbol=request.symbol,
            side=request.side,
            position_side=request.position_side,
            type=OrderType.MARKET,
            status=OrderStatus.FILLED if quantity == request.quantity else OrderStatus.CANCELLED,
            quantity=request.quantity,
            filled_quantity=quantity,
            average_price=self.price if quantity else None,
            price=None,
            reduce_only=False,
            created_ms=now,
            updated_ms=now,
        )
        self._orders.append(_Seen(order, now + self.order_lag_ms))
        if quantity:
            self._execute(order_id, request.symbol, request.position_side, request.side, quantity, self.price)
        for leg, price in ((Leg.STOP, request.stop_price), (Leg.TARGET, request.target_price)):
            if price is not None and quantity and self.attaches_stops:
                client = f"{request.client_order_id}{leg.letter}"
                self._stop(request.symbol, request.position_side, leg, price, quantity, client)
        return order_id

    def _execute(
        self, order_id: str, symbol: str, side: PositionSide, order_side: Side, quantity: Decimal, price: Decimal
    ) -> None:
        holding = self._held.setdefault((symbol, side), _Holding())
        opens, value, realised = order_side is side.opening, quantity * price, _ZERO
        if opens:
            holding.quantity += quantity
            holding.value += value
        else:
            share = holding.value * quantity / holding.quantity
            realised = (value - share) * side.sign
            holding.value -= share
            holding.quantity -= quantity
        if not holding.quantity:
            del self._held[symbol, side]
        fee = value * _FEE
        self.wallet += realised - fee
        fill = Fill(
            fill_id=self._id(),
            order_id=order_id,
            symbol=symbol,
            side=order_side,
            position_side=side,
            quantity=quantity,
            price=price,
            value=value,
            fee=fee,
            realised=realised,
            maker=False,
            time_ms=self.clock.now_ms(),
        )
        self._fills.append(_Seen(fill, self.clock.now_ms() + self.fill_lag_ms))

    def _stop(
        self, symbol: str, side: PositionSide, leg: Leg, price: Decimal, quantity: Decimal, client: str
    ) -> ConditionalOrder:
        row = ConditionalOrder(
            order_id=self._id(),
            client_order_id=client,
            symbol=symbol,
            side=side.closing,
            position_side=side,
            leg=leg,
            trigger_price=price,
            trigger_source=TriggerSource.MARK,
            quantity=quantity,
            price=None,
            status=OrderStatus.UNTRIGGERED,
            created_ms=self.clock.now_ms(),
            updated_ms=self.clock.now_ms(),
        )
        self._stops.append(_Seen(row, self.clock.now_ms() + self.stop_lag_ms))
        return row

    def _position(self, key: tuple[str, PositionSide], holding: _Holding) -> Position:
        symbol, side = key
        return Position(
            position_id=f"{symbol}-{side.value}",
            symbol=symbol,
            side=side,
            quantity=holding.quantity,
            entry_price=holding.value / holding.quantity,
            leverage=Decimal(2),
            margin=holding.value / 2,
            margin_mode=MarginMode.CROSS,
            unrealised=(self.price * holding.quantity - holding.value) * side.sign,
            liquidation_price=None,
            funding=holding.funding,
            opened_ms=self.clock.now_ms(),
            updated_ms=self.clock.now_ms(),
        )

    def _leverage(self, symbol: str) -> LeverageSetting:
        cross = Decimal(self.leverages.get(symbol, 20))
        return LeverageSetting(
            symbol=symbol, margin_mode=MarginMode.CROSS, cross=cross, isolated_long=cross, isolated_short=cross
        )

    def _id(self) -> str:
        self.last_id += 1
        return str(self.last_id)
