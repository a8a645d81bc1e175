"""The order path as one life of a process: keeper, desk, executor, guardian, account and journal, decided by a script.

It does what the loop and the trader do at a venue that remembers: it looks, compares and mends every few seconds,
and at each candle it acts on what the look showed.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from decimal import Decimal

from weexctl.errors import ExchangeError, JournalUnavailableError
from weexctl.exchange.connect import connect
from weexctl.exchange.rate_limiter import RateLimiter
from weexctl.exchange.signing import Credentials
from weexctl.execution.differences import Remedy
from weexctl.execution.executor import Executor
from weexctl.execution.gate import Gate
from weexctl.execution.guardian import Guardian
from weexctl.execution.leverage import LeverageCheck
from weexctl.execution.open_trade import OpenTrade
from weexctl.execution.reading import Unavailable
from weexctl.journal.journal import Journal
from weexctl.journal.rows import DecisionRecord, RunRecord
from weexctl.kill_points import passes
from weexctl.model.book import Book
from weexctl.model.decision import Decision, Outcome
from weexctl.model.fill import Fill
from weexctl.model.instrument import Instrument
from weexctl.model.order import Leg, OrderIntent
from weexctl.pipeline.decide import Step, StopMove
from weexctl.pipeline.guards import Flow, Reviewed
from weexctl.pipeline.identity import decision_id
from weexctl.run.positions import held_position, load_trade, mark_price
from weexctl.run.risk_state import RiskState
from weexctl.testing.oracle.witness import Exit
from weexctl.testing.scenario.faulty_journal import ACCOUNT, VENUE, open_journal, read_aside
from weexctl.testing.scenario.wish import Wish
from weexctl.testing.scenario.world import LIMITS, STEP_MS, World
from weexctl.trader.account_sync import AccountSync, AccountView
from weexctl.trader.bare_positions import BarePositions
from weexctl.trader.keeper import Keeper, Watch
from weexctl.trader.order_desk import OrderDesk

__all__ = ["OrderPath"]

_RUN = "scenario"
_STATE = "risk"
_BASE_URL = "https://api-contract.weex.com"


class OrderPath:
    """One life. Everything it knows it reads from the journal or the exchange."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._journal: Journal | None = None
        key, secret, passphrase = world.credentials
        clock = world.clock
        self._exchange = connect(
            _BASE_URL,
            credentials=Credentials(key, secret, passphrase),
            transport=world.transport,
            sleep=clock.sleep,
            local_ms=clock.boot_ms,
            limiter=RateLimiter(now_ms=clock.boot_ms, sleep=clock.sleep),
        )

    def start(self) -> None:
        """Open the journal, take up what is on record, and bring exchange and books together."""
        try:
            self._journal = journal = open_journal(self._world.journal_path, self._world.disk)
        except JournalUnavailableError:
            self._stand_in()
            raise
        exchange, clock = self._exchange, self._exchange.clock
        if journal.runs.get(_RUN) is None:
            journal.runs.add(_run_record(self._world))
        self._state = _restored(journal, self._world.timeline.start_ms)
        self._instruments = exchange.fetch_instruments()
        self._gate = gate = Gate(exchange, LIMITS, halted=lambda: self._world.halted)
        trades = {(t.symbol, t.side.value): t for t in map(load_trade, journal.positions.all())}
        self._sync = AccountSync(exchange, journal, self._state, trades, _RUN, _unheard, self._remember)
        executor = Executor(exchange, gate, journal, clock, account=ACCOUNT, run_id=_RUN)
        guardian = Guardian(exchange, gate, journal, clock, account=ACCOUNT)
        leverage = LeverageCheck(exchange, gate, LIMITS.max_leverage)
        self._desk = OrderDesk(executor, guardian, self._sync, journal, self._state, leverage)
        symbols = self._world.symbols
        self._keeper = Keeper(exchange, gate, self._desk, self._sync, journal, clock, symbols, book_of=self._book_of)
        self._ready = False
        self._decided_ms = 0
        executor.mark_interrupted()
        self.watch()

    def _stand_in(self) -> None:
        """Without a journal: one look at the stops."""
        with read_aside(self._world.journal_path) as journal:
            exchange, clock = self._exchange, self._exchange.clock
            guardian = Guardian(exchange, Gate(exchange, LIMITS), journal, clock, account=ACCOUNT)
            BarePositions(exchange, guardian, journal, clock).look()

    def watch(self) -> bool:
        """Look at the account, compare it with the books, and mend what differs; True when nothing is left to do."""
        self._seen = self._keeper.look()
        if isinstance(self._seen, Unavailable):
            return False
        if not self._ready and self._seen.whole:
            self._ready = self._set_leverages()
        return all(difference.remedy is Remedy.BLOCK_ENTRIES for difference in self._seen.left)

    def step(self, wishes: Sequence[Wish]) -> None:
        """Look, act, remember."""
        passes("K01")
        self.watch()
        if not isinstance(self._seen, Unavailable):
            self._act(self._seen, wishes)
        self._remember()

    def _set_leverages(self) -> bool:
        """False when they could not be read or set; nothing opens then."""
        try:
            for symbol in self._world.symbols:
                held = any(key[0] == symbol for key in self._sync.trades)
                if not held and self._exchange.fetch_leverage(symbol).cross != LIMITS.max_leverage:
                    self._gate.set_leverage(symbol, LIMITS.max_leverage)
        except ExchangeError as error:
            self._state.refuse(error.code)
            return False
        return True

    def _remember(self) -> None:
        assert self._journal is not None  # noqa: S101  # a life begins with `start`
        self._journal.state.put(_STATE, self._state.to_json())

    def drop(self) -> None:
        """Let go of file and connection."""
        if self._journal is not None:
            self._journal.close()
        self._exchange.close()

    def _act(self, seen: Watch, wishes: Sequence[Wish]) -> None:
        now_ms = self._world.now_ms // STEP_MS * STEP_MS
        if now_ms == self._decided_ms:  # time stood still for us: one candle is decided on once
            return
        self._decided_ms = now_ms
        self._state.mark(now_ms, float(seen.view.balance.equity))
        book = self._book(seen.view, now_ms)
        intents = [intent for wish in wishes if (intent := self._intent(wish, now_ms)) is not None]
        intents.sort(key=lambda intent: not intent.reduces)
        moves = tuple(move for wish in wishes if (move := self._move(wish)) is not None)
        decisions = tuple(
            Decision(self._decision(symbol, now_ms), symbol, now_ms, Outcome.NONE, "", {}, full=False)
            for symbol in self._world.symbols
        )
        step = Step(
            orders=tuple(Reviewed(intent, ()) for intent in intents),
            stop_moves=moves,
            book=book,
            cooldowns={},
            suspended_until_ms=0,
            blocked={},
            write=lambda: decisions,
        )
        locks = seen.blocked if self._ready else dict.fromkeys(self._world.symbols, "NOT_READY")
        if intents:
            try:
                self._record(intents, now_ms)
            except JournalUnavailableError as error:  # closing goes on
                locks = dict.fromkeys(self._world.symbols, error.code)
        passes("K02")
        for intent in intents:
            if intent.reduces:
                self._world.witness.exits.append(Exit(self._world.now_ms, (intent.symbol, intent.position_side)))
        self._desk.carry_out(step, Flow(order_times_ms=tuple(self._state.order_times_ms)), locks)

    def _intent(self, wish: Wish, now_ms: int) -> OrderIntent | None:
        held = self._held(wish.symbol)
        price = self._world.price(wish.symbol)
        rules = self._instruments.get(wish.symbol)
        if rules is None:
            return None
        if wish.act == "enter" and (held is None or held.side is wish.side):
            return self._entry(wish, rules, price, now_ms)
        if held is not None and wish.act in ("leave", "reduce"):
            share = Decimal(1) if wish.act == "leave" else Decimal("0.5")
            quantity = max(rules.min_quantity, rules.round_quantity(held.quantity * share))
            return self._exit(held, quantity, price, now_ms)
        return None

    def _entry(self, wish: Wish, rules: Instrument, price: Decimal, now_ms: int) -> OrderIntent | None:
        quantity = rules.round_quantity(Decimal(repr(wish.value)) / price)
        if quantity < rules.min_quantity:
            return None
        stop = price * (1 - wish.side.sign * Decimal(repr(wish.stop)))
        return OrderIntent(
            decision_id=self._decision(wish.symbol, now_ms),
            symbol=wish.symbol,
            side=wish.side.opening,
            position_side=wish.side,
            leg=Leg.ENTRY,
            quantity=quantity,
            reference_price=price,
            stop_price=rules.round_stop(stop, wish.side),
            reason="ENTRY",
            rule="script",
            created_ms=now_ms,
        )

    def _exit(self, held: OpenTrade, quantity: Decimal, price: Decimal, now_ms: int) -> OrderIntent:
        return OrderIntent(
            decision_id=self._decision(held.symbol, now_ms),
            symbol=held.symbol,
            side=held.side.closing,
            position_side=held.side,
            leg=Leg.EXIT,
            quantity=min(quantity, held.quantity),
            reference_price=price,
            reason="REDUCE" if quantity < held.quantity else "EXIT",
            rule="script",
            created_ms=now_ms,
        )

    def _move(self, wish: Wish) -> StopMove | None:
        held = self._held(wish.symbol) if wish.act == "tighten" else None
        if held is None or held.stop_price is None:
            return None
        rules, price = self._instruments[wish.symbol], self._world.price(wish.symbol)
        nearer = rules.round_stop((held.stop_price + price) / 2, held.side)
        if (nearer - held.stop_price) * held.side.sign <= 0:
            return None
        return StopMove(wish.symbol, held.side, nearer, held.decision_id)

    def _held(self, symbol: str) -> OpenTrade | None:
        return next((trade for key, trade in self._sync.trades.items() if key[0] == symbol), None)

    def _decision(self, symbol: str, now_ms: int) -> str:
        return decision_id(_RUN, str(self._world.schedule.seed), symbol, now_ms)

    def _book_of(self, view: AccountView) -> Book:
        """Between two candles."""
        return self._book(view, self._world.now_ms)

    def _book(self, view: AccountView, now_ms: int) -> Book:
        equity = float(view.balance.equity)
        positions = {
            key[0]: held_position(trade, found, mark_price(found), equity, now_ms, STEP_MS)
            for key, trade in self._sync.trades.items()
            if (found := view.positions.get(key)) is not None
        }
        return Book(
            now_ms=now_ms,
            candle_ms=STEP_MS,
            symbols=self._world.symbols,
            equity=equity,
            start_equity=self._state.start_equity,
            peak_equity=self._state.peak_equity,
            day_start_equity=self._state.day_start_equity,
            prices={symbol: float(self._world.price(symbol)) for symbol in self._world.symbols},
            positions=positions,
            signals={},
            regimes={},
            halted=self._world.halted,
            max_leverage=LIMITS.max_leverage,
        )

    def _record(self, intents: Sequence[OrderIntent], now_ms: int) -> None:
        assert self._journal is not None  # noqa: S101  # as in `step`
        self._journal.decisions.add_many(
            [
                DecisionRecord(
                    decision_id=intent.decision_id,
                    run_id=_RUN,
                    symbol=intent.symbol,
                    close_ms=now_ms,
                    full=True,
                    body=json.dumps({"regime": {"name": "trending"}}),
                )
                for intent in intents
                if self._journal.decisions.get(intent.decision_id) is None
            ]
        )


def _restored(journal: Journal, begun_ms: int) -> RiskState:
    saved = journal.state.get(_STATE)
    if saved is None:
        return RiskState(start_equity=10_000.0, day_start_equity=10_000.0, funding_ms=begun_ms)
    return RiskState.from_json(saved)


def _run_record(world: World) -> RunRecord:
    first_ms = world.timeline.start_ms
    return RunRecord(
        run_id=_RUN,
        started_ms=first_ms,
        venue=VENUE,
        profile="scenario",
        profile_digest="",
        profile_json="{}",
        source=str(world.schedule.seed),
        symbols=world.symbols,
        timeframe="1m",
        seed=None,
        from_ms=first_ms,
        to_ms=first_ms,
    )


def _unheard(fill: Fill) -> None:
    """Nobody listens."""
