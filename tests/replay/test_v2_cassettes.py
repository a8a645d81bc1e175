"""Documented answers of V2, played back through the real client: same request, right values."""

from __future__ import annotations

import pathlib
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any, TypedDict

import pytest
import vcr

from weexctl.errors import (
    ExchangeError,
    InsufficientMarginError,
    OrderNotFoundError,
    OutcomeUnknownError,
    RejectedError,
    UnauthorisedError,
)
from weexctl.exchange.connect import connect
from weexctl.exchange.rate_limiter import Unlimited
from weexctl.exchange.signing import Credentials
from weexctl.exchange.v2 import WeexV2
from weexctl.model.account import MarginMode
from weexctl.model.candle import PriceSource, Timeframe
from weexctl.model.order import (
    ConditionalRequest,
    Leg,
    OrderRequest,
    OrderStatus,
    OrderType,
    StopRequest,
    TimeInForce,
    TriggerSource,
)
from weexctl.model.side import PositionSide, Side

CASSETTES = pathlib.Path(__file__).parents[2] / "cassettes"
NOW_MS = 1_775_760_000_000
HOUR = 3_600_000

Ask = Callable[[WeexV2], Any]
ORDER = OrderRequest(
    symbol="BTCUSDT",
    side=Side.BUY,
    position_side=PositionSide.LONG,
    quantity=Decimal("0.001"),
    client_order_id="my-order-0001",
)
LIMIT = replace(
    ORDER,
    quantity=Decimal("0.0001"),
    client_order_id="oid-1",
    type=OrderType.LIMIT,
    price=Decimal("100000.0"),
    stop_price=Decimal(80000),
    target_price=Decimal(120000),
)
BATCH = [replace(ORDER, client_order_id="order12346"), replace(ORDER, client_order_id="order12347", side=Side.SELL)]
STOP = StopRequest(
    symbol="BTCUSDT",
    position_side=PositionSide.LONG,
    trigger_price=Decimal(80000),
    quantity=Decimal("0.02"),
    client_order_id="my-stop-0001",
)
TRIGGER = ConditionalRequest(
    symbol="BTCUSDT",
    side=Side.BUY,
    position_side=PositionSide.LONG,
    quantity=Decimal("0.01"),
    trigger_price=Decimal(95000),
    client_order_id="my-plan-0001",
)


class StandingClock:
    """A venue's clock that stands still."""

    def now_ms(self) -> int:
        return NOW_MS

    def sleep_ms(self, duration_ms: int) -> None:
        raise AssertionError("nothing here waits")


@pytest.fixture
def exchange() -> WeexV2:
    keys = Credentials("key-of-nobody", "secret-of-nobody", "passphrase-of-nobody")
    return connect(credentials=keys, api="v2", clock=StandingClock(), limiter=Unlimited())


player = vcr.VCR(
    cassette_library_dir=str(CASSETTES / "v2"),
    record_mode="none",
    match_on=["method", "scheme", "host", "port", "path", "query", "body"],
)


def _ai_log(exchange: WeexV2) -> None:
    exchange.upload_ai_log(
        order_id="702345678901234567",
        stage="Decision Making",
        model="two-factor-hmm",
        input={"close": "2116.40"},
        output={"direction": 1},
        explanation="The trend holds.",
    )


class Around(TypedDict):
    start_ms: int
    end_ms: int


def _around(moment_ms: int) -> Around:
    return {"start_ms": moment_ms - HOUR, "end_ms": moment_ms + HOUR}


# Cassette, the calls that use it up, and what they give.
ANSWERS: list[tuple[str, Ask, object]] = [
    ("market/time", lambda it: it.fetch_server_time(), 1765423487896),
    (
        "market/contracts",
        lambda it: [
            (row.symbol, row.price_step, row.quantity_step, row.funding_interval_ms)
            for row in it.fetch_instruments().values()
        ],
        [("BTCUSDT", Decimal("0.1"), Decimal("0.0001"), 8 * HOUR)],
    ),
    (
        "market/depth",
        lambda it: (it.fetch_depth("BTCUSDT").asks, it.fetch_book_ticker("BTCUSDT").bid_quantity),
        (((Decimal(8858), Decimal("19.299")),), Decimal("0.499")),
    ),
    (
        "market/ticker",
        lambda it: [(t.change, t.change_ratio, t.volume, t.turnover) for t in [it.fetch_ticker("BTCUSDT")]],
        [(None, Decimal("0.000474"), Decimal("25615.0755"), Decimal("2321170547.37995"))],
    ),
    ("market/tickers", lambda it: {k: v.last for k, v in it.fetch_tickers().items()}, {"BTCUSDT": Decimal("90755.3")}),
    (
        "market/trades",
        lambda it: [(row.taker_side, row.quantity) for row in it.fetch_trades("BTCUSDT", limit=1)],
        [(Side.SELL, Decimal("0.001"))],
    ),
    (
        "market/candles",
        lambda it: it.fetch_candles("BTCUSDT", Timeframe.H1, limit=2).close.tolist(),
        [69173.0, 69174.0],
    ),
    (
        "market/history_candles",
        lambda it: it.fetch_candles("BTCUSDT", Timeframe.H1, limit=3, price=PriceSource.MARK).close.tolist(),
        [69172.0, 69173.0, 69174.0],
    ),
    ("market/index", lambda it: it.fetch_index_price("BTCUSDT"), Decimal("90797.161")),
    ("market/mark", lambda it: it.fetch_mark_price("BTCUSDT"), Decimal("90755.2")),
    (
        "market/open_interest",
        lambda it: (it.fetch_open_interest("BTCUSDT").quantity, it.fetch_open_interest("BTCUSDT").value),
        (Decimal("128345.67"), Decimal(11647000000)),
    ),
    (
        "market/premium",
        lambda it: [
            (row.mark_price, row.last_rate, row.forecast_rate, row.next_funding_ms, row.interval_ms)
            for row in [it.fetch_premium("BTCUSDT")]
        ],
        [(Decimal("90755.2"), Decimal("0.0001028"), Decimal("-0.0001036"), 1716595200000, 8 * HOUR)],
    ),
    (
        "market/funding_rates",
        lambda it: it.fetch_funding_rates("BTCUSDT", **_around(1716595200000)).rate.tolist(),
        [0.0001028],
    ),
    ("account/assets", lambda it: it.fetch_balance().wallet, Decimal("5731.04588823")),
    (
        "account/accounts",
        lambda it: [(row.can_trade, row.can_withdraw, row.hedge_mode) for row in [it.fetch_account_config()]],
        [(True, None, True)],
    ),
    (
        "account/commission",
        lambda it: [it.fetch_commission(symbol).maker for symbol in ("BTCUSDT", "ETHUSDT")],
        [Decimal("0.0001"), Decimal("0.0002")],
    ),
    (
        "account/positions",
        lambda it: [
            [(row.position_id, row.entry_price) for row in rows]
            for rows in (it.fetch_positions(), it.fetch_positions("BTCUSDT"), it.fetch_positions("ETHUSDT"))
        ],
        [[("689987235755328154", Decimal("90053.35"))], [("689987235755328154", Decimal("90053.35"))], []],
    ),
    (
        "account/settings",
        lambda it: (it.fetch_leverage("ETHUSDT").margin_mode, list(it.fetch_leverages())),
        (MarginMode.ISOLATED, ["ETHUSDT"]),
    ),
    (
        "account/bills",
        lambda it: [(row.bill_id, row.symbol, row.amount) for row in it.fetch_income(**_around(1763784031721))],
        [("686960019383517338", "BTCUSDT", Decimal("0.08266646"))],
    ),
    ("account/leverage", lambda it: it.set_leverage("ETHUSDT", 11).cross, Decimal(11)),
    ("account/margin_mode", lambda it: it.set_margin_mode("BTCUSDT", MarginMode.ISOLATED), None),
    ("account/margin", lambda it: it.adjust_margin("689987235755328154", Decimal(-5)), None),
    ("account/auto_margin", lambda it: it.set_auto_margin("689987235755328154", enabled=True), None),
    ("orders/place", lambda it: it.place_order(LIMIT).order_id, "596471064624628269"),
    (
        "orders/place_batch",
        lambda it: [(row.ack and row.ack.order_id, row.error and row.error.code) for row in it.place_orders(BATCH)],
        [("596476148997685805", None), (None, "INSUFFICIENT_MARGIN")],
    ),
    ("orders/cancel", lambda it: it.cancel_order("596476148997685805"), None),
    ("orders/cancel_by_client_id", lambda it: it.cancel_order_by_client_id("oid-1"), None),
    (
        "orders/cancel_batch",
        lambda it: [(row.order_id, row.error) for row in it.cancel_orders(["596471064624628269"])],
        [("596471064624628269", None)],
    ),
    (
        "orders/detail",
        lambda it: [
            (row.symbol, row.type, row.status, row.average_price, row.time_in_force, row.created_ms)
            for row in [it.fetch_order("686643264626885530")]
        ],
        [
            (
                "BTCUSDT",
                OrderType.MARKET,
                OrderStatus.FILLED,
                Decimal("85596.5"),
                TimeInForce.IOC,
                1763708511502,
            )
        ],
    ),
    (
        "orders/current",
        lambda it: [
            (row.side, row.position_side, row.reduce_only, row.time_in_force, row.filled_quantity)
            for row in it.fetch_open_orders("BTCUSDT")
        ],
        [(Side.BUY, PositionSide.SHORT, True, TimeInForce.POST_ONLY, Decimal("0.004"))],
    ),
    (
        "orders/history",
        lambda it: [row.client_order_id for row in it.fetch_order_history("BTCUSDT", **_around(1763708511502))],
        ["1763604184027_122"],
    ),
    (
        "orders/fills",
        lambda it: [(row.price, row.fee, row.maker) for row in it.fetch_fills("BTCUSDT", **_around(1747203188154))],
        [(Decimal("103812.7"), Decimal("6.228762"), False)],
    ),
    ("orders/cancel_all", lambda it: it.cancel_all_orders("BTCUSDT")[0].order_id, "696026685023191898"),
    (
        "orders/close_positions",
        lambda it: [(row.position_id, row.order_id, row.error) for row in it.close_positions("BTCUSDT")],
        [("690800371848708186", "696023766399976282", None)],
    ),
    ("conditional/place", lambda it: it.place_conditional(TRIGGER).order_id, "596480271352594989"),
    ("conditional/cancel", lambda it: it.cancel_conditional_order("596480271352594989"), None),
    (
        "conditional/current",
        lambda it: [
            (row.leg, row.trigger_price, row.trigger_source, row.status)
            for row in it.fetch_conditional_orders("BTCUSDT")
        ],
        [
            (Leg.STOP, Decimal(80000), TriggerSource.MARK, OrderStatus.UNTRIGGERED),
            (Leg.TARGET, Decimal(120000), TriggerSource.MARK, OrderStatus.UNTRIGGERED),
        ],
    ),
    (
        "conditional/history",
        lambda it: [
            (row.leg, row.status, row.trigger_source)
            for row in it.fetch_conditional_history("BTCUSDT", **_around(1763708512000))
        ],
        [(Leg.EXIT, OrderStatus.TRIGGERED, TriggerSource.LAST)],
    ),
    ("conditional/cancel_all", lambda it: len(it.cancel_all_conditional_orders()), 1),
    ("conditional/place_stop", lambda it: it.place_stop(STOP).order_id, "696073048050107226"),
    ("conditional/modify", lambda it: it.modify_stop("696073048050107226", Decimal(81000)), None),
    ("ai_log/upload", _ai_log, None),
]
REFUSALS: list[tuple[str, Ask, type[ExchangeError], str]] = [
    ("errors/parameter", lambda it: it.fetch_order("1"), RejectedError, "BAD_PARAMETER"),
    ("errors/margin", lambda it: it.place_order(ORDER), InsufficientMarginError, "INSUFFICIENT_MARGIN"),
    ("errors/step_size", lambda it: it.place_order(ORDER), RejectedError, "STEP_SIZE"),
    ("errors/system_error", lambda it: it.place_order(ORDER), OutcomeUnknownError, "OUTCOME_UNKNOWN"),
    ("errors/no_such_order", lambda it: it.fetch_order("702345678901234222"), OrderNotFoundError, "ORDER_NOT_FOUND"),
    (
        "errors/key_switched_off",
        lambda it: it.upload_ai_log(
            order_id=None, stage="Decision Making", model="m", input={}, output={}, explanation="e"
        ),
        UnauthorisedError,
        "PERMISSION",
    ),
]


@pytest.mark.parametrize(("name", "ask", "expected"), ANSWERS, ids=[row[0] for row in ANSWERS])
def test_a_documented_v2_answer_is_read_right(exchange: WeexV2, name: str, ask: Ask, expected: object) -> None:
    with player.use_cassette(f"{name}.yaml", allow_playback_repeats=True) as cassette:
        assert ask(exchange) == expected
        assert cassette.all_played


@pytest.mark.parametrize(("name", "ask", "error", "code"), REFUSALS, ids=[row[0] for row in REFUSALS])
def test_a_documented_v2_refusal_has_its_own_error(
    exchange: WeexV2, name: str, ask: Ask, error: type[ExchangeError], code: str
) -> None:
    with player.use_cassette(f"{name}.yaml") as cassette:
        with pytest.raises(error) as caught:
            ask(exchange)
        assert (type(caught.value), caught.value.code) == (error, code)
        assert cassette.play_count == 1


def test_every_v2_cassette_is_played() -> None:
    folder = CASSETTES / "v2"
    found = {path.relative_to(folder).with_suffix("").as_posix() for path in folder.rglob("*.yaml")}
    assert found == {row[0] for row in ANSWERS} | {row[0] for row in REFUSALS}
