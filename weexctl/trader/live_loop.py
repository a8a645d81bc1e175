"""The loop at a venue that remembers: look every few seconds, decide at every close, never stop protecting."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, Self

from weexctl.errors import WeexctlError
from weexctl.execution.differences import Kind
from weexctl.execution.reading import Unavailable
from weexctl.journal.intent_state import IntentState
from weexctl.model.account import Balance
from weexctl.ports import Clock
from weexctl.run.fitting import TrailingColumns
from weexctl.run.schedule import REFIT_CANDLES
from weexctl.trader.account_settings import AccountSettings
from weexctl.trader.breaker_board import BreakerBoard
from weexctl.trader.keeper import Keeper, Watch
from weexctl.trader.market_feed import MarketFeed
from weexctl.trader.readings import QUOTES_MS, Readings
from weexctl.trader.trader import Trader

__all__ = ["LiveLoop", "LiveReport", "Pulse", "Tempo"]

_NOT_READY = "NOT_READY"
_EXPIRED = "SIGNAL_EXPIRED"
_MISSED = "MISSED_CANDLE"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tempo:
    """How often things are done; milliseconds of the venue's time."""

    watch_ms: int = 4_000
    """Between two looks at the account while something is open or unsettled."""
    idle_ms: int = 15_000
    """The same while it is flat."""
    unsettled_ms: int = 2_000
    """The same while the end of an order is looked for: proven absent, it is known 10 s after it can be."""
    grace_ms: int = 2_000
    """After a close its candle is asked for; the exchange may still be counting (reliability 6.9)."""
    late_ms: int = 10_000
    """After the grace, how long a candle that is not there is waited for."""
    signal_ms: int = 300_000
    """How old a close may be and still open something (reliability F11)."""
    settings_ms: int = 300_000
    """Between two looks at leverage and modes."""
    slice_ms: int = 250
    """The longest pause without a look at the kill switch."""
    ready_ms: int = 60_000
    """How long exchange and books may take to agree at the start, before the loop goes on without entries."""

    @classmethod
    def stepped(cls) -> Self:
        """For a simulator whose time moves only when somebody sleeps: each look and each sleep is a round trip."""
        return cls(watch_ms=1_200_000, idle_ms=3_600_000, settings_ms=21_600_000, slice_ms=1_200_000)


class Pulse(Protocol):
    """Is told how the loop is doing."""

    def ready(self, status: str) -> None:
        """The account was compared with the books for the first time."""
        ...

    def alive(self, status: str, *, agreed: bool) -> None:
        """The loop has looked, compared and read the clock; whether exchange and books say the same."""
        ...


@dataclass(slots=True)
class LiveReport:
    """What a call of `LiveLoop.run` did."""

    steps: int = 0
    last_ms: int = 0
    interrupted: bool = False
    ready_ms: int | None = None
    """When exchange and books first agreed."""


def _nobody_asks() -> bool:
    return False


class LiveLoop:
    """One thread: looks at the account, decides at closes, and rests in between.

    Args:
        trader: decides and acts.
        keeper: looks and mends.
        feed: the candles.
        columns: fits and columns.
        clock: the venue's time.
        board: the account's breakers.
        readings: tells them what is seen.
        settings: leverage and modes; None where they cannot be read.
        halted: says why trading is halted, or an empty text; asked in every pause.
        close_asked: closes what a person asks for, and says whether anybody did; asked in every pause.
        run_from_ms: close of the run's very first step; fits are counted from here.
        done_ms: last close that was decided on.
        candle_ms: length of a candle.
        tempo: how often.
        pulse: is told that the loop is ready and alive.
        on_step: is told after each step.
        should_stop: asked all the time.
    """

    def __init__(
        self,
        trader: Trader,
        keeper: Keeper,
        feed: MarketFeed,
        columns: TrailingColumns,
        clock: Clock,
        *,
        board: BreakerBoard,
        readings: Readings,
        settings: AccountSettings | None,
        halted: Callable[[], str],
        run_from_ms: int,
        done_ms: int,
        candle_ms: int,
        tempo: Tempo,
        pulse: Pulse,
        on_step: Callable[[str], None],
        should_stop: Callable[[], bool],
        close_asked: Callable[[], bool] = _nobody_asks,
    ) -> None:
        self._trader = trader
        self._symbols = trader.symbols
        self._keeper = keeper
        self._feed = feed
        self._columns = columns
        self._clock = clock
        self._board = board
        self._readings = readings
        self._settings = settings
        self._halted = halted
        self._close_asked = close_asked
        self._was_halted = False
        self._settings_ms = 0
        self._run_from_ms = run_from_ms
        self._candle_ms = candle_ms
        self._tempo = tempo
        self._pulse = pulse
        self._on_step = on_step
        self._should_stop = should_stop
        self._next_close_ms = done_ms + candle_ms
        self._next_look_ms = 0
        self._fitted_ms = -1
        self._blocked: dict[str, str] = {}
        self._report = LiveReport(last_ms=done_ms)
        self.last_watch: Watch | Unavailable | None = None
        self.balance: Balance | None = None
        """As it was read last; None before the first look that succeeded."""

    def begin(self) -> None:
        """Bring exchange and books together, before any candle is asked for; nothing opens before they agree."""
        self._trader.resume()
        self._become_ready()

    def look_when_due(self) -> None:
        """Between two long readings: look at the account when it is time to."""
        self._see_people()
        if self._now() >= self._next_look_ms:
            self._look()

    def watch_for(self, duration_ms: int) -> None:
        """Look after the account, and decide nothing, for so long."""
        until_ms = self._now() + duration_ms
        while self._now() < until_ms and not self._should_stop():
            self.look_when_due()
            self._rest(min(self._next_look_ms, until_ms))

    def run(self, *, steps: int | None = None, until_ms: int | None = None) -> LiveReport:
        """Go on until asked to stop, until so many closes are decided on, or until a moment; after `begin`."""
        report = self._report
        while not self._should_stop():
            if (steps is not None and report.steps >= steps) or (until_ms is not None and self._now() >= until_ms):
                return report
            if self._now() >= self._next_close_ms + self._tempo.grace_ms:
                self._close()
            elif self._now() >= self._next_look_ms:
                self._look()
            due = min(self._next_look_ms, self._next_close_ms + self._tempo.grace_ms)
            self._rest(due if until_ms is None else min(due, until_ms))
        report.interrupted = True
        return report

    def _become_ready(self) -> None:
        began = self._now()
        while not self._should_stop():
            self._look()
            if self._report.ready_ms is not None or self._now() >= began + self._tempo.ready_ms:
                break
            self._rest(self._now() + 1_000)
        self._pulse.ready(self._status())

    def _look(self) -> None:
        watch = self._keeper.look()
        self.last_watch = watch
        self._readings.looked(watch)
        if self._tempo.watch_ms <= QUOTES_MS:
            self._readings.quote()
        self._board.save()
        self._next_look_ms = self._now() + self._pause_ms(watch)
        if isinstance(watch, Unavailable):
            self._trader.state.refuse("UNAVAILABLE")
            self._pulse.alive(self._status(), agreed=False)  # a restart would not bring the exchange back
            return
        self._blocked = watch.blocked
        self.balance = watch.view.balance
        if watch.whole:
            self._prepare()
        self._pulse.alive(self._status(), agreed=watch.whole)

    def _prepare(self) -> None:
        """Before the first entry and every few minutes: set the leverage of what is flat, and see what has changed."""
        if self._report.ready_ms is not None and self._now() < self._settings_ms + self._tempo.settings_ms:
            return
        try:
            self._trader.set_leverages()
        except WeexctlError as error:
            self._trader.state.refuse(error.code)
            return
        self._settings_ms = self._now()
        if self._report.ready_ms is None:
            self._report.ready_ms = self._now()
        for change in () if self._settings is None else self._settings.changes():
            self._board.take(change)

    def _kept_back(self) -> dict[str, str]:
        """Symbols that take no entries, with the code of why."""
        return self._blocked | self._board.blocked(self._symbols)

    def _see_people(self) -> None:
        """The kill switch, then what somebody wants closed."""
        self._see_halt()
        if self._close_asked():
            self._next_look_ms = 0

    def _see_halt(self) -> None:
        """The moment somebody pulls the kill switch: take back what could still open (reliability 6.11)."""
        halted = bool(self._halted())
        if halted and not self._was_halted:
            self._trader.take_back()
            self._next_look_ms = 0
        self._was_halted = halted

    def _pause_ms(self, watch: Watch | Unavailable) -> int:
        if isinstance(watch, Unavailable):
            return self._tempo.watch_ms
        if any(difference.kind is Kind.UNSETTLED for difference in watch.left):
            return min(self._tempo.unsettled_ms, self._tempo.watch_ms)
        return self._tempo.watch_ms if watch.left or watch.view.positions else self._tempo.idle_ms

    def _close(self) -> None:
        """Decide at the newest close; older ones that were slept through are only counted."""
        newest = self._newest_close()
        for _ in range(self._next_close_ms, newest, self._candle_ms):
            self._trader.state.refuse(_MISSED)
        self._next_close_ms = newest
        missing = self._feed.update(newest)
        self._readings.closed(self._feed.candles)
        if missing and self._now() < newest + self._tempo.grace_ms + self._tempo.late_ms:
            self._rest(self._now() + 1_000)
            return
        self._step(newest)

    def _step(self, close_ms: int) -> None:
        span = REFIT_CANDLES * self._candle_ms
        fitted_ms = self._run_from_ms + (close_ms - self._run_from_ms) // span * span
        block = self._columns.at(self._feed.candles, fitted_ms, close_ms)
        if fitted_ms != self._fitted_ms:
            self._trader.keep_fits(block)
            self._fitted_ms = fitted_ms
        self._look()
        executions = self._trader.step(
            block.columns, close_ms, refuse_entries=self._no_entries(close_ms), blocked=self._kept_back()
        )
        self._board.save()
        self._report.steps += 1
        self._report.last_ms = close_ms
        self._next_close_ms = close_ms + self._candle_ms
        self._on_step(self._trader.note)
        unknown = any(execution.state is IntentState.UNKNOWN for execution in executions)
        pause_ms = min(self._tempo.unsettled_ms, self._tempo.watch_ms) if unknown else self._tempo.watch_ms
        self._next_look_ms = min(self._next_look_ms, self._now() + pause_ms)

    def _no_entries(self, close_ms: int) -> str:
        if self._report.ready_ms is None:
            return _NOT_READY
        if isinstance(self.last_watch, Unavailable):
            return "UNAVAILABLE"
        return _EXPIRED if self._now() > close_ms + min(self._tempo.signal_ms, self._candle_ms) else ""

    def _newest_close(self) -> int:
        behind = (self._now() - self._tempo.grace_ms - self._next_close_ms) // self._candle_ms
        return self._next_close_ms + max(0, behind) * self._candle_ms

    def _rest(self, until_ms: int) -> None:
        self._see_people()
        while (left := until_ms - self._now()) > 0 and not self._should_stop():
            self._clock.sleep_ms(min(left, self._tempo.slice_ms))
            self._see_people()

    def _now(self) -> int:
        return self._clock.now_ms()

    def _status(self) -> str:
        if isinstance(self.last_watch, Unavailable):
            return f"the account cannot be read ({self.last_watch.error.code}); stops at the exchange stand"
        if self._report.ready_ms is None:
            return "exchange and books differ; nothing opens"
        return self._trader.note
