"""Documented answers, played back through the real client: same request, right values."""

from __future__ import annotations

import pathlib
import re
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
import vcr
from vcr.serializers import yamlserializer

from weexctl.errors import (
    ExchangeError,
    InsufficientMarginError,
    OpenOrdersError,
    OrderNotFoundError,
    OutcomeUnknownError,
    RejectedError,
)
from weexctl.exchange.connect import connect
from weexctl.exchange.rate_limiter import Unlimited
from weexctl.exchange.signing import Credentials
from weexctl.exchange.v3 import WeexV3
from weexctl.exchange.v3_demo import WeexV3Demo
from weexctl.model.account import MarginMode
from weexctl.model.candle import PriceSource, Timeframe
from weexctl.model.order import ConditionalRequest, Leg, OrderRequest, OrderStatus, StopRequest, TriggerSource
from weexctl.model.side import PositionSide, Side

CASSETTES = pathlib.Path(__file__).parents[2] / "cassettes"
NOW_MS = 1_775_760_000_000
HOUR = 3_600_000

Ask = Callable[[WeexV3], Any]
ORDER = OrderRequest(
    symbol="BTCUSDT",
    side=Side.BUY,
    position_side=PositionSide.LONG,
    quantity=Decimal("0.001"),
    client_order_id="my-order-0001",
)
STOP = StopRequest(
    symbol="DOGEUSDT",
    position_side=PositionSide.LONG,
    trigger_price=Decimal("0.02"),
    quantity=Decimal(100),
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
BATCH = [
    replace(ORDER, client_order_id="order12346"),
    replace(ORDER, client_order_id="order12347", side=Side.SELL),
]


class NightClock:
    """A venue's clock that stands still."""

    def now_ms(self) -> int:
        return NOW_MS

    def sleep_ms(self, duration_ms: int) -> None:
        raise AssertionError("nothing here waits")


@pytest.fixture
def exchange() -> WeexV3:
    keys = Credentials("key-of-nobody", "secret-of-nobody", "passphrase-of-nobody")
    return connect(credentials=keys, clock=NightClock(), limiter=Unlimited())


@pytest.fixture
def demo() -> WeexV3Demo:
    keys = Credentials("key-of-nobody", "secret-of-nobody", "passphrase-of-nobody")
    return connect(credentials=keys, clock=NightClock(), limiter=Unlimited(), demo=True)


player = vcr.VCR(
    cassette_library_dir=str(CASSETTES),
    record_mode="none",
    match_on=["method", "scheme", "host", "port", "path", "query", "body"],
)


def _ai_log(exchange: WeexV3) -> None:
    exchange.upload_ai_log(
        order_id="702345678901234567",
        stage="Decision Making",
        model="two-factor-hmm",
        input={"close": "2116.40"},
        output={"direction": 1},
        explanation="The trend holds.",
    )


def _margin_in_and_out(exchange: WeexV3) -> None:
    exchange.adjust_margin("737255283637617000", Decimal(5))
    exchange.adjust_margin("737255283637617000", Decimal("-2.5"))


# Cassette, the calls that use it up, and what they give.
ANSWERS: list[tuple[str, Ask, object]] = [
    ("market/time", lambda it: it.fetch_server_time(), 1764505776347),
    (
        "market/exchange_info",
        lambda it: [(row.symbol, row.price_step, row.quantity_step) for row in it.fetch_instruments().values()],
        [("ETHUSDT", Decimal("0.01"), Decimal("0.001"))],
    ),
    (
        "market/klines",
        lambda it: it.fetch_candles("ETHUSDT", Timeframe.H1, limit=2).close.tolist(),
        [2114.77, 2118.01],
    ),
    (
        "market/history_klines",
        lambda it: it.fetch_candles("ETHUSDT", Timeframe.H1, limit=3).close.tolist(),
        [2110.1, 2114.77, 2118.01],
    ),
    ("market/symbol_price", lambda it: it.fetch_mark_price("ETHUSDT"), Decimal("1929.18")),
    ("market/ticker", lambda it: it.fetch_ticker("ETHUSDT").change_ratio, Decimal("-0.034992")),
    ("market/book_ticker", lambda it: it.fetch_book_ticker("ETHUSDT").ask, Decimal("2096.77")),
    ("market/depth", lambda it: it.fetch_depth("ETHUSDT").bids, ((Decimal("2096.76"), Decimal("49.162")),)),
    ("market/premium_index", lambda it: it.fetch_premium("ETHUSDT").interval_ms, 8 * HOUR),
    (
        "market/funding_rate",
        lambda it: it.fetch_funding_rates(
            "ETHUSDT", start_ms=1775577600000 - HOUR, end_ms=1775577600000 + HOUR
        ).rate.tolist(),
        [0.00001031],
    ),
    (
        "account/balance",
        lambda it: it.fetch_balance().wallet,
        Decimal("5731.04588823"),
    ),
    ("account/account_config", lambda it: it.fetch_account_config().hedge_mode, True),
    ("account/symbol_config", lambda it: it.fetch_leverage("ETHUSDT").margin_mode, MarginMode.CROSS),
    ("account/leverage", lambda it: it.set_leverage("ETHUSDT", 11).cross, Decimal(11)),
    (
        "account/positions",
        lambda it: [
            [(row.position_id, row.entry_price) for row in rows]
            for rows in (it.fetch_positions(), it.fetch_positions("DOGEUSDT"), it.fetch_positions("ETHUSDT"))
        ],
        [[("737191855967437160", Decimal("0.09323"))], [("737191855967437160", Decimal("0.09323"))], []],
    ),
    ("orders/place", lambda it: it.place_order(ORDER).order_id, "702345678901234567"),
    ("orders/cancel", lambda it: it.cancel_order("702345678901234999"), None),
    ("orders/query", lambda it: it.fetch_order("737185556881998184").status, OrderStatus.OPEN),
    ("orders/open", lambda it: [row.order_id for row in it.fetch_open_orders("DOGEUSDT")], ["737185556881998184"]),
    (
        "orders/history",
        lambda it: [
            row.client_order_id
            for row in it.fetch_order_history("DOGEUSDT", start_ms=1775750400000, end_ms=1775761200000)
        ],
        ["857e1482-3225-44ce-bc0a-947714c5cabc"],
    ),
    (
        "orders/fills",
        lambda it: [
            (row.fill_id, row.fee) for row in it.fetch_fills("DOGEUSDT", start_ms=1775728800000, end_ms=1775736000000)
        ],
        [("737074389731770728", Decimal("0.001835"))],
    ),
    ("conditional/place", lambda it: it.place_stop(STOP).order_id, "812345678901234901"),
    ("conditional/modify", lambda it: it.modify_stop("812345678901234901", Decimal("0.025")), None),
    ("conditional/cancel", lambda it: it.cancel_conditional_order("812345678901234901"), None),
    (
        "conditional/open",
        lambda it: [(row.order_id, row.leg, row.protective) for row in it.fetch_conditional_orders("DOGEUSDT")],
        [("737074389748547944", Leg.STOP, True)],
    ),
    ("ai_log/upload", _ai_log, None),
    (
        "market/trades",
        lambda it: [(row.trade_id, row.taker_side, row.value) for row in it.fetch_trades("ETHUSDT", limit=1)],
        [("875fba11-f8a1-42ad-915d-012ccb375e8a", Side.BUY, Decimal("21.1477"))],
    ),
    ("market/tickers", lambda it: {k: v.last for k, v in it.fetch_tickers().items()}, {"ETHUSDT": Decimal("2081.8")}),
    ("market/open_interest", lambda it: it.fetch_open_interest("ETHUSDT").quantity, Decimal("1772356.352")),
    ("market/trading_symbols", lambda it: it.fetch_tradable_symbols(), ["ETHUSDT"]),
    ("market/index_price", lambda it: it.fetch_index_price("ETHUSDT"), Decimal("1929.18")),
    (
        "market/mark_klines",
        lambda it: it.fetch_candles("ETHUSDT", Timeframe.H1, limit=1, price=PriceSource.MARK).close.tolist(),
        [100.0],
    ),
    (
        "market/index_klines",
        lambda it: it.fetch_candles("ETHUSDT", Timeframe.H1, limit=1, price=PriceSource.INDEX).close.tolist(),
        [100.0],
    ),
    ("account/commission", lambda it: it.fetch_commission("DOGEUSDT").taker, Decimal("0.0008")),
    ("account/symbol_configs", lambda it: {k: v.cross for k, v in it.fetch_leverages().items()}, {"BTCUSDT": 20}),
    (
        "account/isolated_leverage",
        lambda it: it.set_leverage("ETHUSDT", 8, margin_mode=MarginMode.ISOLATED).isolated_short,
        Decimal(8),
    ),
    ("account/margin_mode", lambda it: it.set_margin_mode("ETHUSDT", MarginMode.ISOLATED), None),
    (
        "account/margin",
        _margin_in_and_out,
        None,
    ),
    ("account/auto_margin", lambda it: it.set_auto_margin("737255283637617000", enabled=False), None),
    (
        "account/income",
        lambda it: [
            (row.bill_id, row.kind, row.amount, row.balance)
            for row in it.fetch_income(start_ms=1789214411964 - HOUR, end_ms=1789214411964 + HOUR, symbol="VIRTUALUSDT")
        ],
        [("793622764958253481", "position_funding", Decimal("0.00000378"), Decimal("29.3623941"))],
    ),
    (
        "orders/place_batch",
        lambda it: [(row.ack and row.ack.order_id, row.error and row.error.code) for row in it.place_orders(BATCH)],
        [("702345678901234567", None), (None, "INSUFFICIENT_MARGIN")],
    ),
    ("orders/cancel_by_client_id", lambda it: it.cancel_order_by_client_id("my-order-0001"), None),
    (
        "orders/cancel_batch",
        lambda it: [
            (row.order_id, row.error and row.error.code)
            for row in it.cancel_orders(["702345678901234111", "702345678901234222"])
        ],
        [("702345678901234111", None), ("702345678901234222", "ORDER_NOT_FOUND")],
    ),
    (
        "orders/cancel_all",
        lambda it: [(row.order_id, row.error) for row in it.cancel_all_orders("BTCUSDT")],
        [("712345678901234567", None)],
    ),
    (
        "orders/close_positions",
        lambda it: [[row.order_id for row in rows] for rows in (it.close_positions(), it.close_positions("DOGEUSDT"))],
        [["737215340433375592"], ["737215340433375592"]],
    ),
    ("conditional/place_trigger", lambda it: it.place_conditional(TRIGGER).order_id, "702345678901234567"),
    (
        "conditional/history",
        lambda it: [
            (row.order_id, row.status, row.trigger_source)
            for row in it.fetch_conditional_history("DOGEUSDT", start_ms=1775728800000, end_ms=1775736000000)
        ],
        [("737074389748547944", OrderStatus.CANCELLED, TriggerSource.LAST)],
    ),
    (
        "conditional/cancel_all",
        lambda it: [row.order_id for row in it.cancel_all_conditional_orders()],
        ["712345678901234567"],
    ),
]
DEMO: list[tuple[str, Callable[[WeexV3Demo], Any], object]] = [
    ("demo/balance", lambda it: (it.fetch_balance().asset, it.fetch_balance().frozen), ("USDT", Decimal("81.2824"))),
    (
        "demo/positions",
        lambda it: [(row.symbol, row.entry_price) for row in it.fetch_positions("DOGEUSDT")],
        [("DOGEUSDT", Decimal("0.09323"))],
    ),
    ("demo/place", lambda it: it.place_order(ORDER).order_id, "702345678901234567"),
    (
        "demo/history",
        lambda it: (it.fetch_order("737185556881998184").symbol, it.fetch_order("737185556881998184").status),
        ("DOGEUSDT", OrderStatus.OPEN),
    ),
]
REFUSALS: list[tuple[str, Ask, type[ExchangeError], str]] = [
    ("errors/parameter", lambda it: it.fetch_order("1"), RejectedError, "BAD_PARAMETER"),
    ("errors/margin", lambda it: it.place_order(ORDER), InsufficientMarginError, "INSUFFICIENT_MARGIN"),
    ("errors/step_size", lambda it: it.place_order(ORDER), RejectedError, "STEP_SIZE"),
    ("errors/unknown_error", lambda it: it.place_order(ORDER), OutcomeUnknownError, "OUTCOME_UNKNOWN"),
    ("errors/order_not_found", lambda it: it.cancel_order("702345678901234222"), OrderNotFoundError, "ORDER_NOT_FOUND"),
    ("errors/leverage_with_open_orders", lambda it: it.set_leverage("ETHUSDT", 11), OpenOrdersError, "OPEN_ORDERS"),
]


@pytest.mark.parametrize(("name", "ask", "expected"), ANSWERS, ids=[row[0] for row in ANSWERS])
def test_a_documented_answer_is_read_right(exchange: WeexV3, name: str, ask: Ask, expected: object) -> None:
    with player.use_cassette(f"{name}.yaml", allow_playback_repeats=True) as cassette:
        assert ask(exchange) == expected
        assert cassette.all_played


@pytest.mark.parametrize(("name", "ask", "error", "code"), REFUSALS, ids=[row[0] for row in REFUSALS])
def test_a_documented_refusal_has_its_own_error(
    exchange: WeexV3, name: str, ask: Ask, error: type[ExchangeError], code: str
) -> None:
    with player.use_cassette(f"{name}.yaml") as cassette:
        with pytest.raises(error) as caught:
            ask(exchange)
        assert (type(caught.value), caught.value.code) == (error, code)
        assert cassette.play_count == 1


@pytest.mark.parametrize(("name", "ask", "expected"), DEMO, ids=[row[0] for row in DEMO])
def test_an_answer_of_the_demo_account_is_read_right(
    demo: WeexV3Demo, name: str, ask: Callable[[WeexV3Demo], Any], expected: object
) -> None:
    with player.use_cassette(f"{name}.yaml", allow_playback_repeats=True) as cassette:
        assert ask(demo) == expected
        assert cassette.all_played


def test_every_cassette_is_played() -> None:
    found = {path.relative_to(CASSETTES).with_suffix("").as_posix() for path in CASSETTES.rglob("*.yaml")}
    played = {row[0] for row in ANSWERS} | {row[0] for row in REFUSALS} | {row[0] for row in DEMO}
    assert {name for name in found if not name.startswith("v2/")} == played


FORBIDDEN = {
    "a signing header": re.compile(r"access[-_](key|sign|passphrase|timestamp)", re.IGNORECASE),
    "a key": re.compile(r"weex_[0-9a-f]{32}"),
    "a cookie": re.compile(r"set-cookie|cookie:", re.IGNORECASE),
    "a bearer token": re.compile(r"authorization|bearer ", re.IGNORECASE),
    "an account id": re.compile(r"\b(account|user)_?id\b|\"uid\"", re.IGNORECASE),
}


@pytest.mark.parametrize("what", sorted(FORBIDDEN))
def test_no_cassette_holds_what_could_name_or_arm_somebody(what: str) -> None:
    for path in CASSETTES.rglob("*.yaml"):
        assert not FORBIDDEN[what].search(path.read_text(encoding="utf-8")), path


@pytest.mark.parametrize(
    "text",
    [
        "ACCESS-SIGN:\n- abc",
        "weex_0123456789abcdef0123456789abcdef",
        "Set-Cookie: a=b",
        "authorization: x",
        '"account_id":538187574907569818',
        '"userId":1',
    ],
)
def test_the_search_for_secrets_finds_one(text: str) -> None:
    assert any(pattern.search(text) for pattern in FORBIDDEN.values())


def test_every_cassette_says_where_it_comes_from_and_answers_json() -> None:
    for path in CASSETTES.rglob("*.yaml"):
        text = path.read_text(encoding="utf-8")
        assert re.match(r"# (API reference, section|Composed|Recorded from WEEX on )", text), path
        for interaction in yamlserializer.deserialize(text)["interactions"]:
            generation = "v2" if (CASSETTES / "v2") in path.parents else "v3"
            host = "https://api-contract.weex.com"
            assert interaction["request"]["uri"].startswith(f"{host}/capi/{generation}/"), path
            assert interaction["response"]["headers"]["content-type"], path


def test_a_request_that_is_in_no_cassette_goes_nowhere(exchange: WeexV3) -> None:
    with player.use_cassette("market/depth.yaml"), pytest.raises(vcr.errors.CannotOverwriteExistingCassetteException):
        exchange.fetch_depth("BTCUSDT")
