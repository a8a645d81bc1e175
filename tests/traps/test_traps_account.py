"""Traps around the account, its ids, its restarts and the exchange's own words, each a test under its number."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from tests.unit.exchange.conftest import FixedClock
from tests.unit.exchange.feed_pushes import holding_push
from tests.unit.execution.orders import an_entry
from tests.unit.trader.live_workshop import LiveWorkshop
from tests.unit.trader.small_pipeline import a_stage, small_pipeline
from weexctl.cli.main import run as command_line
from weexctl.errors import LockHeldError
from weexctl.exchange.connect import connect
from weexctl.exchange.feed_frames import read_frame
from weexctl.exchange.feed_messages import PrivatePush
from weexctl.exchange.feed_state import FeedState
from weexctl.exchange.rate_limiter import Unlimited
from weexctl.exchange.signing import Credentials
from weexctl.exchange.transport import _network
from weexctl.journal.journal import Journal
from weexctl.model.book import Book, HeldPosition
from weexctl.model.holding import Holding
from weexctl.model.order import Leg
from weexctl.model.side import PositionSide
from weexctl.model.verdict import ExitDecision
from weexctl.pipeline.explanation import WHY
from weexctl.simulator.ids import IdSequence
from weexctl.trader.keeper import Watch

if TYPE_CHECKING:
    from tests.traps.conftest import Kept

BTC, LONG, SHORT = "BTCUSDT", PositionSide.LONG, PositionSide.SHORT
ORDER = "/capi/v3/order"
YEAR_MS = 365 * 86_400_000

Handler = Callable[[httpx.Request], httpx.Response]


def _refusal(code: int, words: str, status: int = 400) -> httpx.Response:
    return httpx.Response(status, json={"code": code, "msg": words})


def _client(handle: Handler) -> Any:
    return connect(
        credentials=Credentials("key", "secret", "passphrase"),
        transport=httpx.MockTransport(handle),
        clock=FixedClock(),
        limiter=Unlimited(),
        sleep=lambda _: None,
    )


# T19: ids of 18 and 19 digits -----------------------------------------------------------------------------------------

IDS = ["737185556881998183", "9007199254740993001"]


@pytest.mark.parametrize("order_id", IDS)
@pytest.mark.parametrize("as_number", [True, False])
def test_t19_a_long_id_survives_the_wire_as_number_and_as_text(order_id: str, as_number: bool) -> None:
    row = {
        "orderId": order_id,
        "clientOrderId": "wx",
        "symbol": BTC,
        "side": "BUY",
        "positionSide": "LONG",
        "type": "MARKET",
        "status": "FILLED",
        "origQty": "1",
        "executedQty": "1",
        "avgPrice": "50000",
        "cumQuote": "50000",
        "price": "0",
        "stopPrice": "0",
        "reduceOnly": False,
        "timeInForce": "IOC",
        "workingType": "UNKNOWN_PRICE_TYPE",
        "time": 1,
        "updateTime": 1,
    }
    text = json.dumps(row)
    if as_number:
        text = text.replace(f'"{order_id}"', order_id)
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.params["orderId"])
        return httpx.Response(200, text=text, headers={"content-type": "application/json"})

    assert _client(answer).fetch_order(order_id).order_id == order_id
    assert asked == [order_id]


@pytest.mark.parametrize("digits", [18, 19])
def test_t19_a_long_id_survives_journal_and_command_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], digits: int
) -> None:
    short = IdSequence.next
    if digits == 19:
        monkeypatch.setattr(IdSequence, "next", lambda self: short(self) + 8 * 10**18)
    folders = {"WEEXCTL_DATA_DIR": str(tmp_path / "data"), "WEEXCTL_CONFIG_DIR": str(tmp_path / "config")}

    def said(*argv: str) -> dict[str, Any]:
        assert command_line((*argv, "-o", "json"), folders) == 0
        document: dict[str, Any] = json.loads(capsys.readouterr().out)
        return document

    orders = said("trade", "--symbols", BTC, "--steps", "80")["data"]["orders"]
    (journal_path,) = (tmp_path / "data").rglob("*.sqlite")
    assert orders
    for row in orders:
        assert re.fullmatch(rf"\d{{{digits}}}", row["order_id"])
        with Journal.read(journal_path) as journal:
            known = journal.orders.get(row["order_id"])
            assert known is not None
            assert {fill.order_id for fill in journal.fills.of_order(known.order_id)} <= {row["order_id"]}
        told = said("explain", row["order_id"])["data"]
        assert row["order_id"] in {order["order_id"] for order in told["orders"]}


# T23: a restart with a position open ----------------------------------------------------------------------------------


def test_t23_five_restarts_with_open_positions_send_nothing_and_forget_nothing(tmp_path: Path) -> None:
    shop = LiveWorkshop(tmp_path)
    before = shop.run(10)
    assert before.open_trades
    stops = {trade.symbol: shop.stops(trade.symbol) for trade in before.open_trades}
    answer, written = shop.handle, []

    def noted(request: httpx.Request) -> httpx.Response:
        if request.method != "GET":
            written.append(request.url.path)
        return answer(request)

    shop.handle = noted
    for _ in range(5):
        again = shop.run(0)
        assert again.open_trades == before.open_trades
        assert again.trades == before.trades
        assert again.state == before.state
    assert written == []
    assert {symbol: shop.stops(symbol) for symbol in stops} == stops


# T29: the exchange's own words ----------------------------------------------------------------------------------------


def _orders_answered(
    shop: LiveWorkshop, answer: Callable[[dict[str, Any]], httpx.Response | None]
) -> list[dict[str, Any]]:
    """Orders get this answer where it is not None; returns what was posted."""
    real, posted = shop.handle, []

    def handle(request: httpx.Request) -> httpx.Response:
        if request.method == "POST" and request.url.path == ORDER:
            members = json.loads(request.content)
            posted.append(members)
            if (said := answer(members)) is not None:
                return said
        return real(request)

    shop.handle = handle
    return posted


class _Far:
    """A stop a fifth away, so that positions end by a change of direction."""

    warmup_candles = 24

    def review(self, position: HeldPosition, book: Book) -> ExitDecision:
        return ExitDecision(stop=position.entry_price * (1 - position.side.sign * 0.2))


def _opens(members: dict[str, Any]) -> bool:
    return bool((members["side"] == "BUY") == (members["positionSide"] == "LONG"))


def test_t29_nothing_opens_on_a_symbol_in_separated_mode(tmp_path: Path) -> None:
    shop = LiveWorkshop(tmp_path)
    shop.simulator.venue.leverages[BTC].separated = True
    posted = _orders_answered(shop, lambda _: None)
    shop.run(6)
    assert [members for members in posted if members["symbol"] != BTC]
    assert [members for members in posted if members["symbol"] == BTC] == []


def test_t29_a_close_that_is_refused_with_1054_keeps_position_and_stop_and_is_tried_at_the_next_close(
    tmp_path: Path,
) -> None:
    turning = replace(small_pipeline(), exits=(a_stage("exit", _Far()),))
    shop = LiveWorkshop(tmp_path, pipeline=turning)
    words = "FAILED_PRECONDITION: the separated position id is missing"
    posted = _orders_answered(shop, lambda members: None if _opens(members) else _refusal(-1054, words))
    report = shop.run(16)
    closings = [members for members in posted if not _opens(members)]
    assert len(closings) > 1
    assert len({members["newClientOrderId"] for members in closings}) == len(closings)  # a new decision each time
    held = {(p.symbol, p.side.value): p.size for p in shop.simulator.ledger.positions.values()}
    assert {(t.symbol, t.side.value): t.quantity for t in report.open_trades} == held
    for trade in report.open_trades:
        stops = [o for o in shop.stops(trade.symbol) if o.position_side is trade.side and o.leg is Leg.STOP]
        assert sum(stop.quantity for stop in stops) >= trade.quantity


def test_t29_a_bare_1054_is_no_proof_that_nothing_was_done(tmp_path: Path) -> None:
    shop = LiveWorkshop(tmp_path)
    said = iter([_refusal(-1054, "System error. Please try again later.")])
    posted = _orders_answered(shop, lambda _: next(said, None))
    shop.run(2)
    names = [members["newClientOrderId"] for members in posted]
    assert len(set(names)) == len(names) > 1  # nothing is sent again
    with Journal.read(shop.path) as journal:
        (attempt,) = [
            attempt
            for intent in journal.intents.all()
            for attempt in journal.attempts.of_intent(intent.intent_id)
            if attempt.client_order_id == names[0]
        ]
    assert attempt.outcome == "not_placed"  # after the horizon, by reading; not "rejected" at once
    assert attempt.evidence


def test_t29_a_foreign_address_keeps_entries_back_and_leaves_positions_alone(tmp_path: Path) -> None:
    shop = LiveWorkshop(tmp_path)
    before = shop.run(4)
    assert before.open_trades
    real, posted = shop.handle, []

    def blocked(request: httpx.Request) -> httpx.Response:
        if request.method != "GET":
            posted.append(request.url.path)
        private = "ACCESS-SIGN" in request.headers and not request.url.path.endswith("/balance")
        return _refusal(-1056, "Illegal IP.") if private else real(request)

    shop.handle = blocked
    during = shop.run(2)  # the balance can still be read, for the report at the end
    assert [path for path in posted if path == ORDER] == []
    assert during.open_trades == before.open_trades
    assert during.state.refusals["UNAVAILABLE"] > 0
    shop.handle = real
    after = shop.run(1)
    held = {(p.symbol, p.side.value): p.size for p in shop.simulator.ledger.positions.values()}
    assert {(t.symbol, t.side.value): t.quantity for t in after.open_trades} == held


def test_t29_the_client_speaks_ipv4_only(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[dict[str, Any]] = []
    monkeypatch.setattr(httpx, "HTTPTransport", lambda **given: made.append(given))
    _network("https://api-contract.weex.com")
    assert made[0]["local_address"] == "0.0.0.0"  # noqa: S104  # the source address of a client, not a listener


def test_t29_a_suspended_symbol_is_refused_once_and_the_others_trade(tmp_path: Path) -> None:
    shop = LiveWorkshop(tmp_path)

    def suspended(members: dict[str, Any]) -> httpx.Response | None:
        closed = members["symbol"] == BTC and _opens(members)
        return _refusal(-1058, "This symbol is not open to the API.") if closed else None

    posted = _orders_answered(shop, suspended)
    report = shop.run(8)
    mine = [members["newClientOrderId"] for members in posted if members["symbol"] == BTC]
    assert 0 < len(mine) == len(set(mine))
    assert report.state.refusals["SYMBOL_NOT_OPEN"] == len(mine)
    traded = {trade.symbol for trade in report.trades} | {trade.symbol for trade in report.open_trades}
    assert traded == {"ETHUSDT", "DOGEUSDT"}


@pytest.mark.parametrize("event", ["orders", "fill", "positions", "account"])
def test_t29_a_push_with_an_empty_list_says_nothing_and_takes_nothing_away(event: str) -> None:
    frame = {"e": event, "E": 1776081628845, "v": 7, "msgEvent": "Heartbeat", "d": []}
    push = read_frame(json.dumps(frame).encode())
    assert isinstance(push, PrivatePush)
    assert push.rows == ()
    state = FeedState()
    state._holdings[BTC, LONG] = held = _holding()
    state.take(push, 0.0)
    assert state.holding(BTC, LONG) is held


def _holding() -> Holding:
    return holding_push(1, 1).rows[0]


def test_t29_the_balance_the_exchange_tells_includes_what_is_unrealised() -> None:
    row = {"asset": "USDT", "balance": "10100", "availableBalance": "9000", "frozen": "0", "unrealizePnl": "100"}
    balance = _client(lambda _: httpx.Response(200, json=[row])).fetch_balance()
    assert (balance.equity, balance.wallet, balance.unrealised) == (Decimal(10_100), Decimal(10_000), Decimal(100))


# T31: one account, one writer -----------------------------------------------------------------------------------------

_HOLD = """
import sys
from pathlib import Path
from weexctl.journal.journal import Journal
with Journal.open(Path(sys.argv[1]), venue="live", account="main"):
    print("held", flush=True)
    sys.stdin.read()
"""


@contextmanager
def _another_process(path: Path) -> Iterator[int]:
    """Another process that has the account's journal open for writing; yields its id."""
    with subprocess.Popen(
        [sys.executable, "-c", _HOLD, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        try:
            yield other.pid
        finally:
            assert other.stdin is not None
            other.stdin.close()


def test_t31_the_second_process_of_an_account_refuses_and_sends_nothing(tmp_path: Path) -> None:
    shop = LiveWorkshop(tmp_path)
    shop.run(2)
    answer, asked = shop.handle, []

    def noted(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.path)
        return answer(request)

    shop.handle = noted
    with _another_process(shop.path) as pid, pytest.raises(LockHeldError, match=f"process {pid}"):
        shop.run(1)
    assert asked == []
    shop.handle = answer
    assert shop.run(1).made_steps == 1  # and when the other is gone it goes on


# T32: a position older than what the exchange remembers ---------------------------------------------------------------


def test_t32_a_position_older_than_the_fills_stays_ours(kept: Kept) -> None:
    desk = kept.desk
    desk.enter()
    desk.clock.sleep_ms(2 * YEAR_MS)
    desk.exchange._fills.clear()
    desk.restart()
    watch = kept.look()
    assert isinstance(watch, Watch)
    assert (watch.whole, watch.blocked) == (True, {})
    assert desk.trade.quantity == Decimal("0.02")


def test_t32_an_end_whose_fills_are_forgotten_blocks_its_symbol_with_a_reason_and_no_other(kept: Kept) -> None:
    desk = kept.desk
    desk.enter()
    (stop,) = desk.stops
    desk.now_ms += 2 * YEAR_MS
    desk.clock.sleep_ms(2 * YEAR_MS)
    desk.exchange.fire(stop, "48000")
    desk.exchange._fills.clear()
    desk.restart()
    for _ in range(2):
        watch = kept.look()
        assert isinstance(watch, Watch)
        assert watch.blocked == {BTC: "FILLS_MISSING"}
    assert WHY["FILLS_MISSING"]
    done = desk.act(
        an_entry(decision_id="d-btc", created_ms=desk.now_ms),
        an_entry(decision_id="d-eth", symbol="ETHUSDT", created_ms=desk.now_ms),
        blocked={BTC: "FILLS_MISSING"},
    )
    assert [execution.intent.symbol for execution in done] == ["ETHUSDT"]
    assert desk.state.refusals == {"FILLS_MISSING": 1}
