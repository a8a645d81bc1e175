"""One run: a schedule, a script, a harness that lives and dies, the oracle looking on."""

from __future__ import annotations

import hashlib
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from decimal import Decimal

from weexctl.errors import WeexctlError
from weexctl.kill_points import armed
from weexctl.simulator.faults.fault import Fault
from weexctl.simulator.faults.kill import Kill
from weexctl.simulator.faults.schedule import Schedule
from weexctl.simulator.faults.words import Word
from weexctl.simulator.history import Event, Happening
from weexctl.simulator.margin import equity
from weexctl.testing.oracle.client_ids import read_client_id
from weexctl.testing.oracle.oracle import Oracle
from weexctl.testing.oracle.violation import Violation
from weexctl.testing.oracle.witness import Key, Span
from weexctl.testing.scenario.harness import Harness, MakeHarness
from weexctl.testing.scenario.order_path import OrderPath
from weexctl.testing.scenario.wish import Wish
from weexctl.testing.scenario.world import STEP_MS, World, held

__all__ = ["Outcome", "Plan", "run_plan"]

RESTART_MS = 2_000
"""How long a dead process stays dead, as the service manager has it."""
WATCH_MS, IDLE_MS = 4_000, 15_000
"""Between two looks while something is held or not as it should be, and otherwise."""
SILENCE_MS = 420_000
"""Longer than a client ever keeps silent after it was told that it asks too much."""
QUIET_MS, QUIET_STEP_MS = 120_000, 30_000
RESTARTS = 2
"""Times the process is started again at rest, without anything having happened, to see that nothing changes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """All that decides a run."""

    schedule: Schedule
    wishes: tuple[Wish, ...]
    symbols: tuple[str, ...]
    steps: int = 60
    name: str = ""


@dataclass(slots=True, kw_only=True)
class Outcome:
    """What a run came to."""

    plan: Plan
    violations: list[Violation] = field(default_factory=list)
    trace: str = ""
    """Hash of every call and everything that happened; equal plans have equal ones."""
    calls: int = 0
    lives: int = 1
    orders: int = 0
    """Taken by the exchange, from anybody."""
    entries: int = 0
    """Orders of ours that opened something."""
    held: set[Key] = field(default_factory=set)
    """Positions at the end."""
    entries_wished: int = 0
    unprotected_ms: int = 0
    equity_before: Decimal = Decimal(0)
    equity_after: Decimal = Decimal(0)
    worst_drawdown: float = 0.0
    errors: dict[str, int] = field(default_factory=dict)
    """How often each error ended a life, by its code."""
    refusals: dict[str, int] = field(default_factory=dict)
    fired: tuple[Fault, ...] = ()
    """Every fault that hit a call, as one that hits exactly that call."""

    @property
    def broken(self) -> tuple[str, ...]:
        """The invariants that did not hold."""
        return tuple(sorted({violation.invariant for violation in self.violations}))


def run_plan(plan: Plan, make: MakeHarness = OrderPath) -> Outcome:
    """Carry a plan out from beginning to rest. Deterministic: nothing in it knows the real time."""
    world = World(plan.schedule, symbols=plan.symbols, steps=plan.steps)
    try:
        return _Run(plan, world, make).to_rest()
    finally:
        world.close()


class _Run:
    def __init__(self, plan: Plan, world: World, make: MakeHarness) -> None:
        self._plan = plan
        self._world = world
        self._make = make
        self._oracle = Oracle(world.witness)
        self._alive: Harness | None = None
        self._whole = False
        self._version = -1
        self._shown_ms: int | None = None
        self._peak = equity(world.simulator.venue)
        self._out = Outcome(plan=plan, equity_before=self._peak)

    def to_rest(self) -> Outcome:
        """The faulty part, the quiet part, and the conclusion."""
        world, out = self._world, self._out
        with ExitStack() as points:
            for fault in self._plan.schedule.faults:
                if fault.word is Word.KILL and "hit" in fault.args:
                    point, hit = fault.text("point"), int(fault.number("hit", 1))
                    points.enter_context(armed(point, hit, _killer(point)))
            for number, wishes in self._script():
                self._watch(world.timeline.start_ms + number * STEP_MS)
                self._step(number, wishes)
        world.calm()
        self._rest()
        out.violations += self._oracle.after()
        self._restarts()
        self._die()
        return self._report()

    def _script(self) -> Iterator[tuple[int, list[Wish]]]:
        by_step: dict[int, list[Wish]] = {}
        for wish in self._plan.wishes:
            by_step.setdefault(wish.step, []).append(wish)
        for number in range(self._plan.steps):
            yield number, by_step.get(number, [])

    def _watch(self, until_ms: int) -> None:
        """Let time go on to a moment, with a look every few seconds.

        A look is left out when it would find what the one before it found: nothing has changed at the exchange, as
        far as reads can tell by now, and nothing was left to do.
        """
        world, venue = self._world, self._world.simulator.venue
        while world.now_ms < until_ms:
            busy = not self._whole or venue.ledger.positions
            world.timeline.advance(min(until_ms, world.now_ms + (WATCH_MS if busy else IDLE_MS)))
            if world.now_ms < until_ms and self._news():
                self._live(self._look)

    def _news(self) -> bool:
        """Whether a look could find something."""
        venue, now_ms = self._world.simulator.venue, self._world.now_ms
        if venue.version != self._version:
            self._version, self._shown_ms = venue.version, now_ms + self._world.witness.lag_ms
            return True
        if self._shown_ms is not None and now_ms > self._shown_ms:
            self._shown_ms = None
            return True
        return not self._whole

    def _look(self, harness: Harness) -> None:
        self._whole = harness.watch()

    def _step(self, cycle: int, wishes: Sequence[Wish]) -> None:
        world = self._world
        world.transport.cycle = cycle
        wanted = []
        for wish in wishes:
            match wish.act:
                case "halt":
                    world.halt("by the script")
                case "resume":
                    world.resume()
                case "restart":
                    self._die()
                case _:
                    wanted.append(wish)
        self._out.entries_wished += sum(wish.act == "enter" for wish in wanted)
        if wanted or self._alive is None or self._news():
            self._whole = False
            self._live(lambda harness: harness.step(wanted))
        self._out.violations += self._oracle.during()
        now = equity(world.simulator.venue)
        self._peak = max(self._peak, now)
        if self._peak > 0:
            self._out.worst_drawdown = max(self._out.worst_drawdown, float(1 - now / self._peak))

    def _rest(self) -> None:
        world, cycle = self._world, self._plan.steps
        calmed_ms = good_ms = world.now_ms
        while world.now_ms < good_ms + QUIET_MS:
            until_ms = world.now_ms + QUIET_STEP_MS
            self._watch(until_ms)
            if world.now_ms > until_ms + QUIET_STEP_MS:
                good_ms = world.now_ms  # the process was frozen: it needs its time at rest afterwards
            cycle, first = cycle + 1, len(world.transport.calls)
            self._whole = False
            self._step(cycle, [])
            spoken = any(call.good and "balance" in call.path for call in world.transport.calls[first:])
            if not spoken and world.now_ms < calmed_ms + SILENCE_MS:
                good_ms = world.now_ms  # the client keeps the silence that the exchange has asked it for

    def _restarts(self) -> None:
        """I18: starting again and again changes no row and sends nothing that writes."""
        witness = self._world.witness
        before: dict[str, int] = {}
        for number in range(RESTARTS):
            self._die()
            first = len(witness.calls)
            self._live(lambda harness: harness.step([]))
            writes = [call for call in witness.calls[first:] if call.method != "GET" and "income" not in call.path]
            rows = witness.journal.rows()
            if number and (writes or rows != before):
                changed = ", ".join(table for table, digest in rows.items() if digest != before[table])
                sent = ", ".join(f"{call.method} {call.path}" for call in writes)
                self._violate("I18", f"a restart at rest changed rows of: {changed or 'nothing'}", venue=sent)
            before = rows

    def _live(self, act: Callable[[Harness], None]) -> None:
        """Let the living process act, starting one where there is none. What it dies of ends only itself."""
        dead = self._world.witness.dead
        if self._alive is None and dead and dead[-1].to_ms is None:
            dead[-1] = Span(dead[-1].from_ms, self._world.now_ms)
        try:
            if self._alive is None:
                self._alive = self._make(self._world)
                self._alive.start()
            act(self._alive)
        except Kill as death:
            self._count(f"KILL {death.point}")
            self._die()
        except WeexctlError as error:
            self._count(error.code)
            self._world.witness.texts.append("".join(traceback.format_exception(error)))
            self._die()
        except Exception as error:  # noqa: BLE001  # whatever it is, it is a defect, and the next life goes on
            where = traceback.extract_tb(error.__traceback__)[-1]
            self._violate("CRASH", f"{type(error).__name__}: {error} ({where.name}, line {where.lineno})")
            self._world.witness.texts.append("".join(traceback.format_exception(error)))
            self._die()

    def _die(self) -> None:
        if self._alive is None:
            return
        died_ms = self._world.now_ms
        self._alive.drop()
        self._alive = None
        self._world.timeline.wait(RESTART_MS)
        self._world.witness.dead.append(Span(died_ms))
        self._whole = False
        self._world.transport.life += 1
        self._out.lives += 1

    def _violate(self, invariant: str, message: str, venue: str = "") -> None:
        found = Violation(invariant=invariant, time_ms=self._world.now_ms, message=message, venue=venue)
        self._out.violations.append(found)

    def _count(self, code: str) -> None:
        self._out.errors[code] = self._out.errors.get(code, 0) + 1

    def _report(self) -> Outcome:
        out, world = self._out, self._world
        out.trace = _trace(world)
        out.calls = len(world.transport.calls)
        out.orders = sum(1 for happening in world.history.happenings if happening.event is Event.ACCEPTED)
        out.entries = len({h.order_id for h in world.history.happenings if _is_entry(h)})
        out.held = set(held(world.simulator))
        out.unprotected_ms = self._oracle.unprotected_ms
        out.equity_after = equity(world.simulator.venue)
        out.fired = tuple(world.transport.dice.fired)
        return out


def _is_entry(happening: Happening) -> bool:
    ours = read_client_id(happening.client_id) is not None
    return ours and happening.opening and happening.event is Event.FILLED


def _killer(point: str) -> Callable[[], None]:
    def die() -> None:
        raise Kill(point)

    return die


def _trace(world: World) -> str:
    parts: list[bytes] = []
    for call in world.transport.calls:
        arrived = ",".join(map(str, call.arrived_ms))
        line = f"{call.sent_ms}|{call.method}|{call.target}|{arrived}|{call.seen}|{call.seen_ms}\n"
        parts += (line.encode(), call.body, call.answered)
    for happening in world.history.happenings:
        line = f"{happening.time_ms}|{happening.event.value}|{happening.order_id}|{happening.executed}\n"
        parts.append(line.encode())
    return hashlib.blake2b(b"".join(parts), digest_size=10).hexdigest()
