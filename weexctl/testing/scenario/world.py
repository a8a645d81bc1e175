"""A whole small world for one run: market, exchange, faulty way, clock, disk, and the witness of all of it."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from decimal import Decimal

from weexctl.model.limits import Limits
from weexctl.model.side import PositionSide
from weexctl.simulator.faults.calls import Call
from weexctl.simulator.faults.client_clock import ClientClock
from weexctl.simulator.faults.market_moves import shaken
from weexctl.simulator.faults.schedule import Schedule
from weexctl.simulator.faults.timeline import Timeline
from weexctl.simulator.faults.transport import FaultyTransport
from weexctl.simulator.faults.words import CLOCK, MARKET, STORAGE, Word
from weexctl.simulator.history import History
from weexctl.simulator.instruments import CONTRACTS
from weexctl.simulator.margin import equity
from weexctl.simulator.settings import SimulatorSettings
from weexctl.simulator.simulator import Simulator
from weexctl.testing.oracle.client_ids import read_client_id
from weexctl.testing.oracle.records import JournalFile
from weexctl.testing.oracle.witness import Books, Live, Span, Witness
from weexctl.testing.scenario.faulty_journal import FaultyDisk, new_journal_file
from weexctl.testing.scenario.minute_market import START_MS, minute_market

__all__ = ["LIMITS", "STEP_MS", "World", "held"]

STEP_MS = 60_000
_SPARE_MINUTES = 45
"""For what happens after the last step: recovery, and time that deadlines took."""
LIMITS = Limits(
    max_leverage=3,
    max_order_notional=Decimal(2_000),
    max_gross_exposure=1.5,
    max_symbol_exposure=0.4,
    max_margin_per_position=0.5,
    per_trade_risk=0.05,
    max_positions_long=4,
    max_positions_short=4,
    daily_loss=0.2,
    kill_drawdown=0.5,
)
# Canaries: every window of six characters is looked for afterwards, so they resemble nothing else.
_KEY, _SECRET, _PASSPHRASE = "Kq7ZvX2mWp9LrT4sBn6Y", "Hd3JwQ8cVx5FgM1zRk0N", "Pz6UyE2tGb9SaC7oDf4I"  # of a simulator
SETTINGS = SimulatorSettings(key=_KEY, secret=_SECRET, passphrase=_PASSPHRASE, history_kept=1_000)


def held(simulator: Simulator) -> dict[tuple[str, PositionSide], Decimal]:
    """Quantity held of each symbol and side, whatever rows it lies in."""
    sums: dict[tuple[str, PositionSide], Decimal] = {}
    for (symbol, side, _), position in simulator.ledger.positions.items():
        sums[symbol, side] = sums.get((symbol, side), Decimal(0)) + position.size
    return sums


class World:
    """Made anew for every run, closed afterwards.

    Attributes:
        halted: why trading is halted; written by who drives the run, read by the harness.
    """

    def __init__(self, schedule: Schedule, *, symbols: tuple[str, ...], steps: int) -> None:
        minutes = steps * STEP_MS // 60_000 + _SPARE_MINUTES
        self.schedule = schedule
        self.symbols = symbols
        self.market = minute_market(schedule.seed, symbols, minutes)
        if moves := schedule.of(MARKET):
            self.market = shaken(self.market, moves, START_MS)
        self.simulator = Simulator(self.market, seed=schedule.seed, start_ms=START_MS, settings=SETTINGS)
        self.history = self.simulator.venue.history = History()
        self.timeline = Timeline(self.simulator)
        self.transport = FaultyTransport(self.simulator, schedule, self.timeline, on_arrival=self._arrived)
        self.clock = ClientClock(self.timeline, schedule.of(CLOCK), schedule.seed)
        self.disk = FaultyDisk(schedule.of(STORAGE))
        self.credentials = (_KEY, _SECRET, _PASSPHRASE)
        self.journal_path = new_journal_file()
        self.halted = ""
        lags = [fault.number("seconds", 0) for fault in schedule.of((Word.VIS_LAG,))]
        stale = [15.0 for _ in schedule.of((Word.STALE_READ,))]
        self.witness = Witness(
            books=self._books,
            fills=self._fills,
            happenings=self.history.happenings,
            calls=self.transport.calls,
            journal=JournalFile(self.journal_path),
            limits=LIMITS,
            symbols=symbols,
            steps={symbol: CONTRACTS[symbol].instrument.quantity_step for symbol in symbols},
            secrets=self.credentials,
            lag_ms=round(1000 * (max(lags, default=0.0) + max(stale, default=0.0))),
        )
        for fault in schedule.of((Word.SUSPEND,)):  # a frozen process helps nobody
            from_ms = self.timeline.start_ms + round(fault.match.from_s * 1000)
            self.witness.dead.append(Span(from_ms, from_ms + round(fault.number("seconds", 60) * 1000)))

    @property
    def now_ms(self) -> int:
        """The true time."""
        return self.timeline.now_ms

    def price(self, symbol: str) -> Decimal:
        """The true price."""
        return self.simulator.venue.price(symbol)

    def halt(self, why: str) -> None:
        """Forbid risk from now on, from outside the process."""
        self.halted = why
        self.witness.halts.append(Span(self.now_ms))

    def resume(self) -> None:
        """Clear the halt, as a person does."""
        self.halted = ""
        if self.witness.halts:
            self.witness.halts[-1] = Span(self.witness.halts[-1].from_ms, self.now_ms)

    def calm(self) -> None:
        """No more faults; what was on its way arrives."""
        self.transport.calm()
        self.clock.steady()
        self.disk.enabled = False

    def close(self) -> None:
        """Let go of everything, and remove the journal."""
        self.witness.journal.close()
        shutil.rmtree(self.journal_path.parent)

    def _arrived(self, call: Call) -> None:
        """Whether what arrives is on record already: asked of the file, at this very moment."""
        if call.method != "POST":
            return
        for name in ("newClientOrderId", "clientAlgoId"):
            client_id = str(call.members.get(name, ""))
            if read_client_id(client_id) is not None and not self.witness.journal.has_attempt(client_id):
                self.witness.unwritten.append((self.now_ms, client_id))

    def _books(self) -> Books:
        venue, ledger = self.simulator.venue, self.simulator.ledger
        return Books(
            now_ms=venue.now_ms,
            start=ledger.start,
            wallet=ledger.wallet,
            realised=ledger.realised,
            fees=ledger.fees,
            funding=ledger.funding,
            equity=equity(venue),
            positions=held(self.simulator),
            live=[
                Live(str(order.id), order.client_id, (order.symbol, order.position_side), order.opening, order.waiting)
                for order in venue.orders()
            ],
        )

    def _fills(self) -> Mapping[str, str]:
        return {fill.fill_id: fill.order_id for fill in self.simulator.ledger.fills}
