"""The doors of the core: the six plugin kinds, and what the shell provides.

A plugin is any object with these methods; nothing has to be inherited. Market stages get a data frame of closed
candles (`Candles.frame()`: float columns open, high, low, close, volume; index `open_time_ms`) and return a frame
with the same index, one causal row per candle: row t uses rows 0..t only. Account stages get one frozen `Book`.
All plugins are pure: no network, no files, no clock, no randomness without a fixed seed.

A market stage may say which values of its own candle a row uses, such as `own_candle = ("close",)`; the check of
causality holds it to that. A plugin that counts in hours may have a method `at_timeframe(candle_ms)`, which is told the
length of the profile's candles before anything else is asked of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from weexctl.model.account import AccountConfig, Balance, LeverageSetting, MarginMode, Position
from weexctl.model.book import Book, HeldPosition
from weexctl.model.candle import Candles, PriceSource, Timeframe
from weexctl.model.commission import Commission
from weexctl.model.depth import Depth
from weexctl.model.fill import Fill
from weexctl.model.funding import FundingHistory
from weexctl.model.instrument import Instrument
from weexctl.model.market_trade import MarketTrade
from weexctl.model.open_interest import OpenInterest
from weexctl.model.order import (
    ConditionalOrder,
    ConditionalRequest,
    Order,
    OrderAck,
    OrderIntent,
    OrderRequest,
    StopRequest,
    TriggerSource,
)
from weexctl.model.payment import Bill, FundingPayment
from weexctl.model.premium import Premium
from weexctl.model.regime import Artefact, RegimeView
from weexctl.model.ticker import BookTicker, Ticker
from weexctl.model.verdict import ExitDecision, RiskDecision, Verdict
from weexctl.model.write_result import CancelResult, CloseResult, PlaceResult

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "Clock",
    "Exchange",
    "ExchangeDesk",
    "Exit",
    "Guard",
    "MarketColumns",
    "Observer",
    "RegimeClassifier",
    "RiskPolicy",
    "Sizer",
    "Strategy",
]


@runtime_checkable
class RegimeClassifier(Protocol):
    """Names the regime of one symbol. Fitted on the past, then stepped forward candle by candle."""

    warmup_candles: int
    """Rows before which the columns may be NaN, and after which they no longer depend on where the frame starts."""
    train_candles: int
    """How many candles, beyond the warm-up, a fit wants. Fewer are accepted down to `min_train_candles`."""
    min_train_candles: int

    def fit(self, candles: pd.DataFrame, symbol: str, previous: Artefact | None = None) -> Artefact:
        """A classifier fitted on these candles only. `previous` may serve as a warm start and as a check."""
        ...

    def features(self, candles: pd.DataFrame) -> pd.DataFrame:
        """The causal columns the classifier observes, one row per candle."""
        ...

    def columns(self, candles: pd.DataFrame, artefact: Artefact) -> pd.DataFrame:
        """Columns trending, ranging, unstable (sum to one), name (text) and confidence; NaN and "" in warm-up.

        Optionally p_vol, the calibrated probability of loud 24 hours to come (`RegimeView.p_vol`).
        """
        ...

    def start(self, artefact: Artefact) -> Any:
        """The filter's state before its first row."""
        ...

    def step(self, state: Any, row: Mapping[str, float]) -> tuple[Any, RegimeView]:
        """The next state and view, given one row of `features`; equal to the row of `columns`."""
        ...


@runtime_checkable
class Strategy(Protocol):
    """Gives the direction of one symbol. The only kind that has one.

    A position ends when its rule's direction is no longer the position's. A strategy with an attribute
    `ends_on_flip = False` promises nothing of the kind: its positions end by their exits only.
    """

    warmup_candles: int

    def columns(self, candles: pd.DataFrame) -> pd.DataFrame:
        """Columns direction (-1, 0, 1), strength (0..1), reason (text), and optionally entry (bool, default true).

        `entry` says whether a new position may open at this candle; a held one stays while direction does.
        """
        ...


@runtime_checkable
class Sizer(Protocol):
    """Turns wishes into exposures for the whole book."""

    warmup_candles: int

    def columns(self, candles: pd.DataFrame) -> pd.DataFrame:
        """Whatever `size` needs of the market, one causal row per candle; may have no columns."""
        ...

    def size(self, book: Book) -> Mapping[str, float]:
        """Exposure (fraction of equity, never negative) by symbol, before any policy; absent means 0.

        The direction of each symbol is `book.wanted(symbol)`; where it is 0 the exposure is not used.
        """
        ...


@runtime_checkable
class MarketColumns(Protocol):
    """What risk policies, guards and exits add when they look at the market: their own causal columns."""

    def columns(self, candles: pd.DataFrame) -> pd.DataFrame:
        """One causal row per candle; seen later as `book.rows[symbol]`."""
        ...


@runtime_checkable
class RiskPolicy(Protocol):
    """Shrinks. May also have `columns(candles)`.

    With an attribute `at_entry_only = True` it promises that its answers matter when a position opens and at no other
    time, which lets a backtest pass over candles.
    """

    warmup_candles: int

    def assess(self, book: Book, symbol: str) -> RiskDecision:
        """What is left of the wish for this symbol."""
        ...


@runtime_checkable
class Guard(Protocol):
    """Refuses. May also have `columns(candles)`."""

    warmup_candles: int

    def review(self, intent: OrderIntent, book: Book) -> Verdict:
        """Whether this order may go out now."""
        ...


@runtime_checkable
class Exit(Protocol):
    """Ends positions. May also have `columns(candles)`.

    With an attribute `at_entry_only = True` it promises to speak about a position that is about to open, and to answer
    with an empty `ExitDecision` about one that is held, which lets a backtest pass over candles.
    """

    warmup_candles: int

    def review(self, position: HeldPosition, book: Book) -> ExitDecision:
        """Stop, target or an immediate close for this position.

        Before an entry it is asked about the position that would be opened (candles_held 0, price = entry price).
        """
        ...


class Observer(Protocol):
    """Is told what happened; changes nothing."""

    def on_decision(self, decision: dict[str, Any]) -> None:
        """A full decision was recorded."""
        ...

    def on_order(self, intent: OrderIntent, order_id: str, state: str) -> None:
        """An order came to an end, or to where it stays for now."""
        ...

    def on_fill(self, fill: dict[str, Any]) -> None:
        """A fill was recorded."""
        ...


class Clock(Protocol):
    """Time, as a venue's clock has it."""

    def now_ms(self) -> int:
        """UTC milliseconds."""
        ...

    def sleep_ms(self, duration_ms: int) -> None:
        """Let time pass."""
        ...


class Exchange(Protocol):
    """The exchange in neutral words. Every method crosses the network once and raises an `ExchangeError`."""

    def fetch_server_time(self) -> int:
        """The exchange's clock, UTC milliseconds."""
        ...

    def fetch_instruments(self) -> dict[str, Instrument]:
        """Every instrument weexctl trades, by symbol."""
        ...

    def fetch_candles(self, symbol: str, timeframe: Timeframe, *, limit: int, end_ms: int | None = None) -> Candles:
        """The newest closed candles up to `end_ms`; the forming one is dropped."""
        ...

    def fetch_mark_price(self, symbol: str) -> Decimal:
        """The mark price."""
        ...

    def fetch_balance(self) -> Balance:
        """The USDT balance."""
        ...

    def fetch_account_config(self) -> AccountConfig:
        """What the account may do."""
        ...

    def fetch_positions(self, symbol: str | None = None) -> list[Position]:
        """Open positions; an empty list is a proven flat account."""
        ...

    def fetch_order(self, order_id: str) -> Order:
        """One order by the exchange's id."""
        ...

    def fetch_open_orders(self, symbol: str | None = None) -> list[Order]:
        """Resting orders."""
        ...

    def fetch_conditional_orders(self, symbol: str | None = None) -> list[ConditionalOrder]:
        """Stops and targets that wait for their trigger."""
        ...

    def fetch_order_history(self, symbol: str | None, *, start_ms: int, end_ms: int) -> list[Order]:
        """Orders of a span of time, finished ones included."""
        ...

    def fetch_fills(self, symbol: str | None, *, start_ms: int, end_ms: int, order_id: str | None = None) -> list[Fill]:
        """Executions of a span of time, oldest first."""
        ...

    def fetch_funding_payments(self, *, start_ms: int, end_ms: int) -> list[FundingPayment]:
        """Funding booked in a span of time, both ends included, oldest first."""
        ...

    def fetch_leverage(self, symbol: str) -> LeverageSetting:
        """Margin mode and leverage of a symbol."""
        ...

    def set_leverage(self, symbol: str, leverage: int) -> LeverageSetting:
        """Set the cross leverage of a symbol; refused while it has orders."""
        ...

    def place_order(self, request: OrderRequest) -> OrderAck:
        """Send one order, once."""
        ...

    def place_stop(self, request: StopRequest) -> OrderAck:
        """Send one stand-alone stop or target, once."""
        ...

    def modify_stop(self, order_id: str, trigger_price: Decimal) -> None:
        """Move the trigger of a stop or target."""
        ...

    def cancel_order(self, order_id: str) -> None:
        """Ask for the end of a resting order; proven only by a read."""
        ...

    def cancel_conditional_order(self, order_id: str) -> None:
        """Ask for the end of a stop or target; proven only by a read."""
        ...

    def upload_ai_log(
        self,
        *,
        order_id: str | None,
        stage: str,
        model: str,
        input: Mapping[str, Any],  # noqa: A002  # the API's own word
        output: Mapping[str, Any],
        explanation: str,
    ) -> None:
        """Send one AI log; the explanation has at most 1 000 characters."""
        ...

    def close(self) -> None:
        """Let go of the connection."""
        ...


class QuoteSource(Protocol):
    """Where bid and ask come from."""

    def fetch_book_ticker(self, symbol: str) -> BookTicker:
        """Best bid and ask."""
        ...


class ExchangeDesk(Exchange, Protocol):
    """Everything an exchange can be asked for: what the engine needs, and what people's commands need beside it.

    Writes with several parts answer one result for each part, an error among them as a value; they raise only when
    nothing was sent or no part is known.
    """

    def fetch_candles(
        self,
        symbol: str,
        timeframe: Timeframe,
        *,
        limit: int,
        end_ms: int | None = None,
        price: PriceSource = PriceSource.LAST,
    ) -> Candles:
        """The newest closed candles up to `end_ms`, made of one kind of price; the forming one is dropped."""
        ...

    def fetch_tradable_symbols(self) -> list[str]:
        """Every symbol that may be traded through the API."""
        ...

    def fetch_index_price(self, symbol: str) -> Decimal:
        """The index price."""
        ...

    def fetch_ticker(self, symbol: str) -> Ticker:
        """The last 24 hours."""
        ...

    def fetch_tickers(self) -> dict[str, Ticker]:
        """The last 24 hours of every symbol weexctl trades."""
        ...

    def fetch_book_ticker(self, symbol: str) -> BookTicker:
        """The best bid and ask."""
        ...

    def fetch_depth(self, symbol: str, *, levels: int = 15) -> Depth:
        """The order book, 15 or 200 levels a side."""
        ...

    def fetch_trades(self, symbol: str, *, limit: int = 100) -> list[MarketTrade]:
        """The newest trades of everybody, oldest first."""
        ...

    def fetch_open_interest(self, symbol: str) -> OpenInterest:
        """How much of the symbol is held open."""
        ...

    def fetch_premium(self, symbol: str) -> Premium:
        """Mark price, index price and the funding ahead."""
        ...

    def fetch_funding_rates(self, symbol: str, *, start_ms: int, end_ms: int) -> FundingHistory:
        """Settlements of a span of time, oldest first."""
        ...

    def fetch_leverages(self) -> dict[str, LeverageSetting]:
        """Margin mode and leverage of every symbol weexctl trades."""
        ...

    def fetch_commission(self, symbol: str) -> Commission:
        """What this account pays for its fills."""
        ...

    def fetch_income(
        self, *, start_ms: int, end_ms: int, kind: str | None = None, symbol: str | None = None
    ) -> list[Bill]:
        """The account's statement of a span of time, both ends included, oldest first."""
        ...

    def fetch_conditional_history(
        self, symbol: str | None = None, *, start_ms: int, end_ms: int
    ) -> list[ConditionalOrder]:
        """Conditional orders of a span of time, finished ones included, oldest first."""
        ...

    def set_leverage(
        self, symbol: str, leverage: int, *, margin_mode: MarginMode = MarginMode.CROSS
    ) -> LeverageSetting:
        """Set the leverage of a symbol for one margin mode; refused while it has orders."""
        ...

    def set_margin_mode(self, symbol: str, margin_mode: MarginMode, *, separated: bool = False) -> None:
        """Set whether positions of a symbol share the account's margin."""
        ...

    def adjust_margin(self, position_id: str, amount: Decimal) -> None:
        """Move margin into an isolated position, or out of it when the amount is negative."""
        ...

    def set_auto_margin(self, position_id: str, *, enabled: bool) -> None:
        """Let the exchange add margin to an isolated position by itself, or stop it."""
        ...

    def place_orders(self, requests: Sequence[OrderRequest]) -> list[PlaceResult]:
        """Send several orders, each once; five are always taken. A result for each, in the order given."""
        ...

    def place_conditional(self, request: ConditionalRequest) -> OrderAck:
        """Send one order that waits for its trigger, once."""
        ...

    def modify_stop(
        self, order_id: str, trigger_price: Decimal, *, trigger_source: TriggerSource = TriggerSource.MARK
    ) -> None:
        """Move the trigger of a stop or target, and say which price it watches."""
        ...

    def cancel_order_by_client_id(self, client_order_id: str) -> None:
        """Ask for the end of a resting order by our own id; proven only by a read."""
        ...

    def cancel_orders(
        self, order_ids: Sequence[str] = (), *, client_order_ids: Sequence[str] = ()
    ) -> list[CancelResult]:
        """Ask for the end of several resting orders, by the exchange's ids or by ours; ten are always taken."""
        ...

    def cancel_all_orders(self, symbol: str | None = None) -> list[CancelResult]:
        """Ask for the end of every resting order, of one symbol or of all."""
        ...

    def cancel_all_conditional_orders(self, symbol: str | None = None) -> list[CancelResult]:
        """Ask for the end of every stop, target and waiting entry, of one symbol or of all."""
        ...

    def close_positions(self, symbol: str | None = None) -> list[CloseResult]:
        """Close every position at market, long and short, of one symbol or of all."""
        ...
