"""Whatever an exchange may answer, the client gives a value or a typed error, and never hangs.

Every answer in the cassettes is changed at random places: bytes and values replaced, members dropped, lists doubled.
`WEEXCTL_FUZZ` sets how many answers are tried; a failure prints the seed and the bytes that caused it.
"""

from __future__ import annotations

import json
import os
import pathlib
import random
from collections.abc import Callable, Iterator
from copy import deepcopy
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from vcr.serializers import yamlserializer

from weexctl.errors import WeexctlError
from weexctl.exchange.connect import connect
from weexctl.exchange.rate_limiter import Unlimited
from weexctl.exchange.signing import Credentials
from weexctl.model.account import MarginMode
from weexctl.model.candle import PriceSource, Timeframe
from weexctl.model.order import ConditionalRequest, OrderRequest, StopRequest
from weexctl.model.side import PositionSide, Side

COUNT = int(os.environ.get("WEEXCTL_FUZZ", "3000"))
MOST_REQUESTS = 2_000
CASSETTES = pathlib.Path(__file__).parents[2] / "cassettes"
NOW_MS = 1_775_760_000_000
ORDER = OrderRequest(
    symbol="BTCUSDT",
    side=Side.BUY,
    position_side=PositionSide.LONG,
    quantity=Decimal("0.001"),
    client_order_id="my-order-0001",
)
STOP = StopRequest(
    symbol="BTCUSDT",
    position_side=PositionSide.LONG,
    trigger_price=Decimal(1),
    quantity=Decimal(1),
    client_order_id="s",
)
TRIGGER = ConditionalRequest(
    symbol="BTCUSDT",
    side=Side.BUY,
    position_side=PositionSide.LONG,
    quantity=Decimal(1),
    trigger_price=Decimal(1),
    client_order_id="t",
)
SPAN = {"start_ms": NOW_MS - 3_600_000, "end_ms": NOW_MS}
ID = "702345678901234567"

# Every call of the port, by name, so that any answer can be given to any call.
CALLS: list[Callable[[Any], object]] = [
    lambda it: it.fetch_server_time(),
    lambda it: it.fetch_instruments(),
    lambda it: it.fetch_tradable_symbols(),
    lambda it: it.fetch_candles("ETHUSDT", Timeframe.H1, limit=3),
    lambda it: it.fetch_candles("ETHUSDT", Timeframe.H1, limit=2, price=PriceSource.MARK),
    lambda it: it.fetch_mark_price("ETHUSDT"),
    lambda it: it.fetch_index_price("ETHUSDT"),
    lambda it: it.fetch_ticker("ETHUSDT"),
    lambda it: it.fetch_tickers(),
    lambda it: it.fetch_book_ticker("ETHUSDT"),
    lambda it: it.fetch_depth("ETHUSDT"),
    lambda it: it.fetch_trades("ETHUSDT"),
    lambda it: it.fetch_open_interest("ETHUSDT"),
    lambda it: it.fetch_premium("ETHUSDT"),
    lambda it: it.fetch_funding_rates("ETHUSDT", **SPAN),
    lambda it: it.fetch_balance(),
    lambda it: it.fetch_account_config(),
    lambda it: it.fetch_positions(),
    lambda it: it.fetch_leverage("ETHUSDT"),
    lambda it: it.fetch_leverages(),
    lambda it: it.fetch_commission("DOGEUSDT"),
    lambda it: it.fetch_order(ID),
    lambda it: it.fetch_open_orders(),
    lambda it: it.fetch_conditional_orders(),
    lambda it: it.fetch_conditional_history("DOGEUSDT", **SPAN),
    lambda it: it.fetch_order_history(None, **SPAN),
    lambda it: it.fetch_fills(None, **SPAN),
    lambda it: it.fetch_income(**SPAN),
    lambda it: it.fetch_funding_payments(**SPAN),
    lambda it: it.place_order(ORDER),
    lambda it: it.place_orders([ORDER]),
    lambda it: it.place_stop(STOP),
    lambda it: it.place_conditional(TRIGGER),
    lambda it: it.modify_stop(ID, Decimal(1)),
    lambda it: it.cancel_order(ID),
    lambda it: it.cancel_order_by_client_id("a"),
    lambda it: it.cancel_conditional_order(ID),
    lambda it: it.cancel_orders([ID]),
    lambda it: it.cancel_all_orders(),
    lambda it: it.cancel_all_conditional_orders(),
    lambda it: it.close_positions(),
    lambda it: it.set_leverage("ETHUSDT", 11),
    lambda it: it.set_margin_mode("ETHUSDT", MarginMode.ISOLATED),
    lambda it: it.adjust_margin(ID, Decimal(1)),
    lambda it: it.set_auto_margin(ID, enabled=True),
    lambda it: it.upload_ai_log(order_id=None, stage="s", model="m", input={}, output={}, explanation="e"),
]
ODD_VALUES: list[object] = [
    None,
    True,
    "",
    "NaN",
    "Infinity",
    "-1",
    "0",
    "1e99",
    "9" * 41,
    -1,
    0,
    1e308,
    10**30,
    [],
    {},
    [None],
    "cmt_",
    "UNKNOWN",
    "\x00",
    "٣",
]
ODD_BYTES = [b"", b"null", b"[]", b"{}", b"[[]]", b'""', b"NaN", b"\xff\xfe", b"[" * 5_000, b'{"a":' * 5_000]
TYPES = ["application/json"] * 38 + ["text/html", ""]
STATUSES = [200] * 99 + [204, 301, 400, 401, 403, 404, 418, 429, 500, 502, 521]


class Standing:
    """Time that stands still."""

    def now_ms(self) -> int:
        return NOW_MS

    def sleep_ms(self, duration_ms: int) -> None:
        raise AssertionError("nothing here waits")


class Garbler:
    """An exchange that answers with the cassette of the path, changed; elsewhere with any of them."""

    def __init__(self, bodies: dict[str, list[str]]) -> None:
        self.bodies = bodies
        self.all = sorted({body for found in bodies.values() for body in found})
        self.chance = random.Random(0)
        self.requests = 0
        self.last = b""

    def begin(self, seed: int) -> None:
        self.chance, self.requests = random.Random(seed), 0

    def handle(self, request: httpx.Request) -> httpx.Response:
        self.requests += 1
        assert self.requests <= MOST_REQUESTS, "the client asks without end"
        chance = self.chance
        known = self.bodies.get(request.url.path, self.all)
        self.last = garbled(chance.choice(known if chance.random() < 0.9 else self.all), chance)
        headers = {
            "content-type": chance.choice(TYPES),
            "retry-after": chance.choice(["", "1", "-1", "x", "9" * 20]),
        }
        return httpx.Response(chance.choice(STATUSES), headers=headers, content=self.last)


def garbled(text: str, chance: random.Random) -> bytes:
    """The answer with something wrong in it; now and then with nothing wrong."""
    way = chance.random()
    if way < 0.05:
        return chance.choice(ODD_BYTES)
    if way < 0.10:
        return chance.randbytes(chance.randrange(200))
    if way < 0.25:
        raw = bytearray(text.encode())
        for _ in range(chance.randrange(1, 4)):
            raw[chance.randrange(len(raw))] = chance.randrange(256)
        return bytes(raw[: chance.randrange(1, len(raw) + 1)] if chance.random() < 0.3 else raw)
    value = json.loads(text)
    for _ in range(chance.randrange(3)):
        value = changed(value, chance)
    return json.dumps(value).encode()


def changed(value: Any, chance: random.Random) -> Any:
    """The value with one part replaced, dropped or repeated."""
    places = list(places_in(value))
    if not places or chance.random() < 0.03:
        return deepcopy(chance.choice(ODD_VALUES))
    holder, key = chance.choice(places)
    way = chance.random()
    if way < 0.7:
        holder[key] = deepcopy(chance.choice(ODD_VALUES))
    elif way < 0.85:
        del holder[key]
    elif isinstance(holder, list):
        holder.extend(deepcopy([holder[key]] * chance.randrange(1, 120)))
    return value


def places_in(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every place in a JSON value: its holder, and the key or number there."""
    keys: Any = list(value) if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    for key in keys:
        yield value, key
        yield from places_in(value[key])


def recorded() -> dict[str, list[str]]:
    """The answers in the cassettes, by path."""
    bodies: dict[str, list[str]] = {}
    for path in sorted(CASSETTES.rglob("*.yaml")):
        for row in yamlserializer.deserialize(path.read_text(encoding="utf-8"))["interactions"]:
            bodies.setdefault(urlsplit(row["request"]["uri"]).path, []).append(row["response"]["body"]["string"])
    return bodies


@pytest.mark.parametrize("generation", ["v3", "v2", "demo"])
def test_no_answer_breaks_the_client(generation: str) -> None:
    garbler = Garbler(recorded())
    exchange = connect(
        credentials=Credentials("key-of-nobody", "secret-of-nobody", "passphrase-of-nobody"),
        api="v2" if generation == "v2" else "v3",
        demo=generation == "demo",
        transport=httpx.MockTransport(garbler.handle),
        clock=Standing(),
        limiter=Unlimited(),
        sleep=lambda _: None,
    )
    outcomes = {"value": 0, "error": 0}
    for number in range(COUNT // (10 if generation == "demo" else 2)):
        garbler.begin(number)
        try:
            CALLS[number % len(CALLS)](exchange)
            outcomes["value"] += 1
        except WeexctlError:
            outcomes["error"] += 1
        except Exception as error:
            raise AssertionError(f"seed {number} of {generation}: {garbler.last[:500]!r}") from error
    assert min(outcomes.values()) > 0  # both ways through the parsers were taken
