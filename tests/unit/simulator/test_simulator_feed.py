"""What a client of the feed is told, without a socket: by the market's time, and by what happens to the account."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest

from weexctl.simulator.feed import FeedHub
from weexctl.simulator.feed_session import MOST_WAITING, FeedSession
from weexctl.simulator.refusal import Refusal

if TYPE_CHECKING:
    from tests.unit.simulator.conftest import Desk, OpenDesk

HOUR_MS = 3_600_000
RISING = [(50_000.0 + k, 50_010.0 + k, 49_990.0 + k, 50_001.0 + k) for k in range(12)]


class Client:
    """One session over a desk, and this machine's clock."""

    def __init__(self, desk: Desk, *, private: bool = False) -> None:
        self.desk = desk
        self.real_ms = 0.0
        self.session = FeedSession(desk.simulator.venue, private=private, real_ms=0.0)

    def ask(self, method: str, *words: str, number: Any = 1) -> list[dict[str, Any]]:
        """Everything that is said after a message."""
        self.session.hear(json.dumps({"method": method, "params": list(words), "id": number}), self.real_ms)
        return self.said()

    def look(self, **how: bool) -> list[dict[str, Any]]:
        """Everything that is new."""
        self.session.look(**how)
        return self.said()

    def said(self) -> list[dict[str, Any]]:
        frames = [json.loads(text) for text in self.session.outbox]
        self.session.outbox.clear()
        return frames


OpenClient = Callable[..., Client]


@pytest.fixture
def client(open_desk: OpenDesk) -> Client:
    return Client(open_desk(RISING))


@pytest.fixture
def private(open_desk: OpenDesk) -> Client:
    made = Client(open_desk(RISING), private=True)
    made.ask("SUBSCRIBE", "orders", "fill", "positions", "account")
    return made


def test_the_answer_comes_before_the_snapshot_and_echoes_the_id(client: Client) -> None:
    answer, push = client.ask("SUBSCRIBE", "BTCUSDT@depth15", number="a7")
    assert answer == {"result": True, "id": "a7"}
    assert (push["e"], push["d"], push["l"]) == ("depthSnapshot", "SNAPSHOT", 15)


def test_nothing_is_said_while_time_stands_still(client: Client) -> None:
    client.ask("SUBSCRIBE", "BTCUSDT@ticker", "BTCUSDT@trade", "BTCUSDT@kline_1h_LAST_PRICE", "BTCUSDT@depth15")
    assert client.look() == []


def test_a_second_of_the_market_is_a_push(client: Client) -> None:
    client.ask("SUBSCRIBE", "BTCUSDT@ticker")
    now_ms = client.desk.simulator.now_ms
    client.desk.simulator.advance(now_ms + 999)
    assert client.look() == []
    client.desk.simulator.advance(now_ms + 1_000)
    (push,) = client.look()
    assert (push["e"], push["E"]) == ("ticker", now_ms + 1_000)


def test_changes_of_the_book_are_numbered_without_a_hole(client: Client) -> None:
    _, snapshot = client.ask("SUBSCRIBE", "BTCUSDT@depth200")
    last = snapshot["u"]
    for _ in range(5):
        client.desk.next_candle()
        (change,) = client.look()
        assert (change["d"], change["U"]) == ("CHANGED", last + 1)
        last = change["u"]


def test_changes_applied_to_the_snapshot_give_the_book_of_a_read(client: Client) -> None:
    _, snapshot = client.ask("SUBSCRIBE", "BTCUSDT@depth15")
    book = {name: dict(snapshot[name]) for name in "ba"}
    for _ in range(5):
        client.desk.next_candle()
        (change,) = client.look()
        for name in "ba":
            for price, size in change[name]:
                book[name][price] = size
    left = {name: {price: size for price, size in side.items() if size != "0"} for name, side in book.items()}
    client.desk.simulator.configure(replace(client.desk.simulator.venue.settings, latency_ms=0))
    read = client.desk.get("market/depth", symbol="BTCUSDT")
    assert (left["b"], left["a"]) == (dict(read["bids"]), dict(read["asks"]))


def test_a_lost_change_leaves_a_hole(client: Client) -> None:
    _, snapshot = client.ask("SUBSCRIBE", "BTCUSDT@depth15")
    client.desk.next_candle()
    assert client.look(lose=True) == []
    client.desk.next_candle()
    (change,) = client.look()
    assert change["U"] > snapshot["u"] + 1


def test_a_candle_is_told_once_more_when_it_is_complete(client: Client) -> None:
    _, first = client.ask("SUBSCRIBE", "BTCUSDT@kline_1h_LAST_PRICE")
    forming = first["d"][-1]
    client.desk.next_candle()
    (push,) = client.look()
    closed, new = push["d"]
    assert (first["e"], push["e"]) == ("klineSnapshot", "kline")
    assert (closed["t"], closed["o"]) == (forming["t"], forming["o"])
    assert (closed["h"], closed["c"]) != (forming["h"], forming["c"])
    assert new["t"] == closed["T"]


def test_a_leap_tells_every_candle_and_trade_on_the_way(client: Client) -> None:
    client.ask("SUBSCRIBE", "BTCUSDT@kline_1h_LAST_PRICE", "BTCUSDT@trade")
    client.desk.next_candle(5)
    candles, trades = client.look()
    opened = [row["t"] for row in candles["d"]]
    assert [late - early for early, late in pairwise(opened)] == [HOUR_MS] * 5
    assert len(trades["d"]) == 5


def test_the_future_is_never_told(client: Client) -> None:
    words = ("BTCUSDT@kline_1h_LAST_PRICE", "BTCUSDT@kline_4h_LAST_PRICE", "BTCUSDT@trade", "BTCUSDT@ticker")
    frames = client.ask("SUBSCRIBE", *words)
    for _ in range(3):
        client.desk.next_candle()
        frames += client.look()
    now_ms = client.desk.simulator.now_ms
    times = [
        row.get("t") if frame["e"].startswith("kline") else row.get("T", 0)
        for frame in frames[1:]
        for row in frame["d"]
    ]
    assert times
    assert max(int(moment) for moment in times) <= now_ms


def test_after_the_end_of_a_subscription_nothing_more_is_told(client: Client) -> None:
    client.ask("SUBSCRIBE", "BTCUSDT@ticker")
    assert client.ask("UNSUBSCRIBE", "BTCUSDT@ticker", number=2) == [{"result": True, "id": 2}]
    client.desk.next_candle()
    assert client.look() == []


@pytest.mark.parametrize(
    ("word", "why"),
    [
        ("ASDFS_SPBL@ticker", "invalid symbol : ASDFS_SPBL"),
        ("BTCUSDT@depth20", "invalid channel : BTCUSDT@depth20"),
        ("BTCUSDT", "invalid channel : BTCUSDT"),
        ("orders", "invalid channel : orders"),
        ("BTCUSDT@kline_7h_LAST_PRICE", "invalid interval : 7h"),
        ("BTCUSDT@kline_1m_LAST_PRICE", "invalid interval : 1m"),
        ("BTCUSDT@kline_1H_LAST_PRICE", "invalid channel : BTCUSDT@kline_1H_LAST_PRICE"),
        ("BTCUSDT@kline_1h_INDEX_PRICE", "invalid channel : BTCUSDT@kline_1h_INDEX_PRICE"),
    ],
)
def test_one_wrong_channel_refuses_the_whole_message(client: Client, word: str, why: str) -> None:
    assert client.ask("SUBSCRIBE", "BTCUSDT@ticker", word) == [
        {"result": False, "id": 1, "msg": f"INVALID_ARGUMENT: {why}"}
    ]
    client.desk.next_candle()
    assert client.look() == []


def test_a_connection_has_a_hundred_channels(open_desk: OpenDesk) -> None:
    desk = open_desk(RISING)
    session = FeedSession(desk.simulator.venue, private=False, real_ms=0)
    words = [f"BTCUSDT@kline_{interval}_{price}_PRICE" for interval in ("1h", "4h") for price in ("LAST", "MARK")]
    session.hear(json.dumps({"method": "SUBSCRIBE", "params": words + ["BTCUSDT@x"] * 97, "id": 1}), 0)
    session.hear(json.dumps({"method": "SUBSCRIBE", "params": [f"A{k}@ticker" for k in range(101)], "id": 2}), 0)
    answers = [json.loads(text) for text in session.outbox]
    assert [answer["msg"].partition(":")[0] for answer in answers] == ["INVALID_ARGUMENT", "RESOURCE_EXHAUSTED"]


def test_the_account_is_told_from_the_subscription_on_and_not_before(open_desk: OpenDesk) -> None:
    desk = open_desk(RISING)
    desk.order("open long", "0.1000")
    late = Client(desk, private=True)
    assert late.ask("SUBSCRIBE", "orders", "fill", "positions", "account") == [{"result": True, "id": 1}]
    assert late.look() == []


def test_only_what_was_subscribed_to_is_told(open_desk: OpenDesk) -> None:
    client = Client(open_desk(RISING), private=True)
    client.ask("SUBSCRIBE", "fill")
    client.desk.order("open long", "0.1000")
    assert [frame["e"] for frame in client.look()] == ["fill"]


def test_a_trade_is_told_in_order_with_one_version(private: Client) -> None:
    private.desk.order("open long", "0.1000")
    frames = private.look()
    assert [frame["e"] for frame in frames] == ["orders", "fill", "positions", "account"]
    assert len({frame["v"] for frame in frames}) == 1
    assert {frame["msgEvent"] for frame in frames} == {"OrderUpdate"}
    private.desk.order("close long", "0.1000")
    later = private.look()
    assert later[0]["v"] > frames[0]["v"]
    assert later[2]["d"][0]["size"] == "0"
    assert later[2]["d"][0]["id"] == frames[2]["d"][0]["id"]


def test_every_number_of_a_private_row_is_text(private: Client) -> None:
    private.desk.order("open long", "0.1000", slTriggerPrice="40000")
    for frame in private.look():
        for row in frame["d"]:
            assert {type(value) for value in row.values()} <= {str, bool}


def test_rows_have_the_members_of_the_documentation(private: Client) -> None:
    private.desk.order("open long", "0.1000")
    rows = {frame["e"]: frame["d"][0] for frame in private.look()}
    fill = "id coin symbol orderId marginMode separatedMode separatedOpenOrderId positionSide orderSide fillSize "
    fill += "fillValue fillFee liquidateFee realizePnl direction createdTime updatedTime"
    assert set(rows["fill"]) == set(fill.split())
    assert "unrealizePnl" not in rows["positions"]
    assert "liquidatePrice" not in rows["positions"]
    assert {"amount", "legacyAmount", "cumPositionOpenLongAmount", "pendingDepositAmount"} <= set(rows["account"])


def test_the_cash_ledger_is_the_balance_less_what_was_bought(private: Client) -> None:
    private.desk.order("open long", "0.1000")
    rows = {frame["e"]: frame["d"][0] for frame in private.look()}
    amount, balance = (Decimal(rows["account"][name]) for name in ("amount", "legacyAmount"))
    assert balance - amount == Decimal(rows["positions"]["openValue"])


def test_equal_requests_give_equal_frames(open_desk: OpenDesk) -> None:
    def story() -> list[str]:
        told = []
        desk = open_desk(RISING)
        public, account = Client(desk), Client(desk, private=True)
        told += public.ask("SUBSCRIBE", "BTCUSDT@depth15", "BTCUSDT@ticker", "BTCUSDT@kline_1h_LAST_PRICE")
        account.ask("SUBSCRIBE", "orders", "fill", "positions", "account")
        for number in range(4):
            desk.order("open long", "0.1000", newClientOrderId=f"n{number}")
            desk.next_candle()
            told += public.look() + account.look()
        return [json.dumps(frame) for frame in told]

    assert story() == story()
    assert len(story()) > 20


def test_pings_come_by_this_machines_clock_and_five_may_stay_unanswered(client: Client) -> None:
    assert client.session.ping(29_999)
    assert client.said() == []
    alive = [client.session.ping(30_000.0 * k) for k in range(1, 7)]
    assert alive == [True] * 5 + [False]
    assert [set(frame) for frame in client.said()] == [{"event", "time"}] * 5


def test_a_pong_counts_for_all_pings_before_it(client: Client) -> None:
    for k in range(1, 20):
        assert client.session.ping(30_000.0 * k)
        if k % 4 == 0:
            client.session.hear('{"method":"PONG","id":"5"}', 0)
    assert {"id": "5", "method": "PONG"} in client.said()


def test_the_private_side_pings_in_other_words_and_does_not_echo(private: Client) -> None:
    private.session.ping(30_000)
    private.session.hear('{"method":"PONG","id":"5"}', 0)
    assert [set(frame) for frame in private.said()] == [{"type", "time"}]


def test_a_client_that_does_not_read_is_let_go(open_desk: OpenDesk) -> None:
    simulator = open_desk(RISING).simulator
    hub = FeedHub(simulator, lambda: 0.0)
    session = hub.open("/v3/ws/public", {"user-agent": "slow"})
    session.outbox.extend(["{}"] * (MOST_WAITING + 1))
    assert hub.take(session) is None


@pytest.mark.parametrize(
    ("missing", "code"),
    [("access-key", -1040), ("access-sign", -1041), ("access-timestamp", -1042), ("access-passphrase", -1049)],
)
def test_a_login_without_one_of_its_headers_is_refused(open_desk: OpenDesk, missing: str, code: int) -> None:
    names = ("access-key", "access-sign", "access-timestamp", "access-passphrase")
    headers = {"user-agent": "x", **{name: "sim" for name in names if name != missing}}
    with pytest.raises(Refusal) as caught:
        FeedHub(open_desk(RISING).simulator).open("/v3/ws/private", headers)
    assert caught.value.code == code


@pytest.mark.parametrize("body", [b"[]", b"{", b'{"other": 1}'])
def test_a_wrong_word_to_the_side_door_changes_nothing(open_desk: OpenDesk, body: bytes) -> None:
    hub = FeedHub(open_desk(RISING).simulator)
    assert hub.control("POST", body)[0] == 400
    assert hub.control("PUT", b"")[0] == 405
    assert hub.control("GET", b"") == (200, {"clients": 0, "channels": [], "silent": False, "lose": 0})
