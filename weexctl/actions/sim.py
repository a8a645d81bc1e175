"""The simulated exchange as a server."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from decimal import Decimal, InvalidOperation

from pydantic import BaseModel, ConfigDict, Field

from weexctl.actions.context import Context, NextCommand, Result
from weexctl.errors import UsageError
from weexctl.market.loading import load_candles, load_funding
from weexctl.model.candle import Candles
from weexctl.model.funding import FundingHistory
from weexctl.model.instrument import normalise_symbol
from weexctl.simulator import Simulator, SimulatorSettings, generate_funding, generate_market
from weexctl.simulator.pace import Pace
from weexctl.simulator.server import SimulatorServer
from weexctl.simulator.settings import seen_late

__all__ = ["Input", "Output", "run"]

DEFAULT_SEED = 7
HISTORY_CANDLES = 11_000
"""Closed hourly candles before the first moment: enough for every model to be fitted."""
FUTURE_CANDLES = 8_760
"""Candles of the synthetic market after it: a year."""
FASTEST = 1e6
AGES_MS = 100 * 365 * 86_400_000
"""A signature may be this old where the market's time runs at another pace than its clients' clocks."""
HISTORY_KEPT = 5_000
"""Finished orders, fills and bills that clients can ask for; a run in process needs far fewer."""
LOOK_SECONDS = 0.1
"""How often the server looks whether it should stop."""

Market = tuple[Mapping[str, Candles], Mapping[str, FundingHistory]]


class Input(BaseModel):
    """Which market, how fast, and where."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    port: int = Field(default=8787, ge=0, le=65_535)
    seed: int | None = Field(default=None, ge=0)
    data: tuple[str, ...] = ()
    symbols: tuple[str, ...] = ()
    speed: str = "1"
    history: int | None = Field(default=None, ge=1, le=100_000)
    start_equity: str = "10000"
    control: bool = False
    no_limits: bool = False
    late: bool = False
    """Orders, fills and positions are listed late, as at the exchange."""

    @property
    def venue(self) -> str:
        """There is no other to serve."""
        return "sim"


class Output(BaseModel):
    """Where the exchange is, and what it is like; printed when it answers."""

    url: str
    feed: str
    """URL of the WebSocket feed, on the same port."""
    key: str
    secret: str
    passphrase: str
    """The three are public: they open nothing but this."""
    control: str | None
    """URL under which the control is, None without it."""
    symbols: tuple[str, ...]
    synthetic: bool
    seed: int
    speed: float
    """Simulated seconds in a second; 0 when time moves only by control."""
    start_equity: Decimal
    now_ms: int
    """The market's time."""
    ends_ms: int
    """From here on prices stand still."""


def run(input: Input, context: Context) -> Result:  # noqa: A002  # the word of every action
    """Make the exchange and let it answer; the command line then keeps it until someone ends it."""
    speed, equity = _speed(input), _equity(input.start_equity)
    seed = DEFAULT_SEED if input.seed is None else input.seed
    market, funding = _market(input, seed)
    settings = _settings(input, speed)
    simulator = Simulator(
        market,
        seed=seed,
        start_ms=_start_ms(market, input.history),
        start_equity=equity,
        funding=funding,
        settings=settings,
    )
    server = SimulatorServer(
        simulator,
        port=input.port,
        pace=Pace(speed, simulator.now_ms),
        control=input.control,
        report=context.note,
    )
    server.start()
    return Result(
        data=Output(
            url=server.url,
            feed=server.feed_url,
            key=settings.key,
            secret=settings.secret,
            passphrase=settings.passphrase,
            control=f"{server.url}/control" if input.control else None,
            symbols=tuple(simulator.venue.contracts),
            synthetic=any(candles.synthetic for candles in market.values()),
            seed=seed,
            speed=speed,
            start_equity=equity,
            now_ms=simulator.now_ms,
            ends_ms=simulator.ends_ms,
        ),
        next=(NextCommand(f"weexctl test-connection --venue sim --base-url {server.url}", "see that it answers"),),
        venue="sim",
        serve=lambda should_stop: _serve(server, should_stop),
    )


def _serve(server: SimulatorServer, should_stop: Callable[[], bool]) -> None:
    try:
        while not should_stop():
            time.sleep(LOOK_SECONDS)
    finally:
        server.close()


def _settings(input: Input, speed: float) -> SimulatorSettings:  # noqa: A002
    # The way to this machine takes its own time, and none of the market's.
    # Where time stands still a second never ends, and equal requests shall get equal answers however fast they come.
    limits = not input.no_limits and speed > 0
    settings = SimulatorSettings(real_clock=True, rate_limits=limits, latency_ms=0, history_kept=HISTORY_KEPT)
    if input.late:
        settings = seen_late(settings)
    # Who asked for the server's time a second ago is an hour late at speed 3600: nobody could sign in time.
    return settings if speed == 1 else replace(settings, signature_window_ms=AGES_MS)


def _speed(input: Input) -> float:  # noqa: A002
    """Simulated seconds in a second; 0 for `step`."""
    if input.speed == "step":
        if not input.control:
            raise UsageError("with --speed step time moves only by control; nothing was started", hint="add --control")
        return 0.0
    try:
        speed = float(input.speed)
    except ValueError:
        speed = math.nan
    if not 0 < speed <= FASTEST:
        raise UsageError(
            f"--speed {input.speed} is no speed; nothing was started",
            hint=f"write simulated seconds in a second, above 0 and up to {FASTEST:.0f}, or step",
        )
    return speed


def _equity(text: str) -> Decimal:
    try:
        equity = Decimal(text)
    except InvalidOperation:
        equity = Decimal(0)
    if not (equity.is_finite() and 0 < equity <= Decimal("1e12")):
        raise UsageError(
            f"--start-equity {text} is no amount; nothing was started", hint="write USDT above 0, such as 1000"
        )
    return equity


def _market(input: Input, seed: int) -> Market:  # noqa: A002
    """All candles and settlements, the history included."""
    symbols = [normalise_symbol(symbol) for symbol in input.symbols]
    if input.data:
        candles = load_candles(input.data, symbols=symbols or None, required=symbols)
        if not candles:
            raise UsageError(f"no candles in {', '.join(input.data)}; nothing was started")
        return candles, load_funding(input.data, symbols=tuple(candles))
    generated = generate_market(seed, count=(input.history or HISTORY_CANDLES) + FUTURE_CANDLES)
    # All pairs are always generated, so that leaving one out changes none of the others.
    funding = generate_funding(seed, generated)
    chosen = symbols or list(generated)
    return {s: generated[s] for s in generated if s in chosen}, {s: funding[s] for s in funding if s in chosen}


def _start_ms(market: Mapping[str, Candles], history: int | None) -> int:
    """The open of the first candle that nobody knows yet."""
    first = max(market.values(), key=lambda candles: candles.first_ms)
    last_ms = min(candles.last_close_ms for candles in market.values())
    count = (last_ms - first.first_ms) // first.timeframe.ms
    wanted = min(HISTORY_CANDLES, count // 2) if history is None else history
    if wanted >= count:
        raise UsageError(
            f"--history {wanted} leaves nothing of {count} candles to trade; nothing was started",
            hint="take fewer, or give longer --data",
        )
    return first.first_ms + wanted * first.timeframe.ms
