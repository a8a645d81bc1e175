"""One step: from columns and one book to decisions, approved intents and new stops. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import cached_property, partial

from weexctl.model.book import Book, HeldPosition, Row
from weexctl.model.decision import Decision, Outcome
from weexctl.model.instrument import Instrument
from weexctl.model.limits import Limits
from weexctl.model.order import Leg, OrderIntent
from weexctl.model.regime import RegimeView
from weexctl.model.side import PositionSide
from weexctl.model.signal import FLAT, MANUAL, Signal
from weexctl.pipeline.columns import SymbolColumns
from weexctl.pipeline.guards import Flow, Reviewed, review
from weexctl.pipeline.identity import decision_id
from weexctl.pipeline.protection import Protection, protect
from weexctl.pipeline.record import Findings, compact_record, full_record
from weexctl.pipeline.sizing import (
    PLUGIN_FAULT,
    Assessment,
    Room,
    Sizing,
    assess,
    gross_scale,
    held_exposure,
    raw_exposures,
    rooms,
    size,
)
from weexctl.pipeline.stage import Pipeline
from weexctl.pipeline.views import Views

__all__ = ["Identity", "Step", "StopMove", "decide"]

_STOP_STEP = 0.05
"""A tighter stop is sent when it gains at least this share of its distance, so that small gains cost no request."""


@dataclass(frozen=True, slots=True)
class Identity:
    """What decision ids are made of besides symbol and candle."""

    profile_digest: str
    source: str
    """Digest of the data, or `seed:N` of the generated market."""


@dataclass(frozen=True, slots=True)
class StopMove:
    """A live stop that should be tightened."""

    symbol: str
    side: PositionSide
    stop_price: Decimal
    decision_id: str


@dataclass(frozen=True)
class Step:
    """Everything one step came to."""

    orders: tuple[Reviewed, ...]
    """Approved intents in the order to send them, reductions first."""
    stop_moves: tuple[StopMove, ...]
    book: Book
    """The book that was decided on, with its regimes and signals."""
    cooldowns: Mapping[str, int]
    """Symbols that may not open before a moment, as policies asked in this step."""
    suspended_until_ms: int
    blocked: Mapping[str, str]
    """Code of what kept each symbol's wish back, by symbol; those that nothing was kept back from are absent."""
    write: Callable[[], tuple[Decision, ...]]
    """Puts the decisions into words."""

    @cached_property
    def decisions(self) -> tuple[Decision, ...]:
        """A decision for every symbol of the book, also where nothing happened; written when first asked for."""
        return self.write()


@dataclass(slots=True, kw_only=True)
class _Moment:
    """What all symbols of a step share; private and short-lived."""

    pipeline: Pipeline
    book: Book
    views: Views
    instruments: Mapping[str, Instrument]
    raw: Mapping[str, float]
    sizer_fault: str
    scale: float
    slots: frozenset[str]
    rooms: Mapping[str, Room]
    assessments: Mapping[str, Assessment]
    """Of every symbol that wants a position."""


@dataclass(slots=True)
class _Case:
    """One symbol on its way through the step; private and short-lived."""

    symbol: str
    decision_id: str
    findings: Findings
    intent: OrderIntent | None = None
    reviewed: Reviewed | None = None
    outcome: Outcome = Outcome.NONE
    blocked: str = ""
    stop_move: StopMove | None = None
    failed: bool = False
    """Whether a plugin failed on it: then the record is full, although nothing may have changed."""
    why: list[str] = field(default_factory=list)


def decide(
    pipeline: Pipeline,
    columns: Mapping[str, SymbolColumns],
    book: Book,
    instruments: Mapping[str, Instrument],
    identity: Identity,
    flow: Flow,
) -> Step:
    """What to do at the close of one candle.

    Args:
        pipeline: the built stages.
        columns: market columns of each symbol that has data; rows up to `book.now_ms` are used, none after.
        book: the account before this step; its signals, regimes and rows are filled in here.
        instruments: steps and minimums.
        identity: what the ids are made of.
        flow: what has gone out lately.
    """
    rows_at = {
        symbol: row
        for symbol, held in columns.items()
        if (row := held.row_of(book.now_ms)) is not None and row >= held.ready_row
    }
    book = _with_market(pipeline, columns, rows_at, book)
    moment = _moment(pipeline, columns, rows_at, book, instruments)
    cases = []
    for symbol in book.symbols:
        case = _case(identity, columns, rows_at, book, symbol)
        if symbol in rows_at:
            _consider(case, moment)
        cases.append(case)
    _review_all(cases, moment, flow)
    return _step(cases, book)


def _moment(
    pipeline: Pipeline,
    columns: Mapping[str, SymbolColumns],
    rows_at: Mapping[str, int],
    book: Book,
    instruments: Mapping[str, Instrument],
) -> _Moment:
    views = Views(book, columns, rows_at)
    raw, fault = raw_exposures(pipeline, views)
    wanted = [symbol for symbol in rows_at if book.wanted(symbol)]
    scale = gross_scale(raw, wanted, pipeline.limits)
    slots = _slots(book, raw, wanted, pipeline.limits)
    growing = [symbol for symbol in wanted if symbol in slots and book.signals[symbol].entry]
    return _Moment(
        pipeline=pipeline,
        book=book,
        views=views,
        instruments=instruments,
        raw=raw,
        sizer_fault=fault,
        scale=scale,
        slots=slots,
        rooms=rooms(raw, scale, growing, book, pipeline.limits),
        assessments=assess(pipeline, views, wanted),
    )


def _with_market(
    pipeline: Pipeline, columns: Mapping[str, SymbolColumns], rows_at: Mapping[str, int], book: Book
) -> Book:
    names, patient = pipeline.rule_names, pipeline.patient_rules
    regimes: dict[str, RegimeView] = {}
    signals: dict[str, Signal] = {}
    for symbol, row in rows_at.items():
        regimes[symbol] = columns[symbol].regime_view(row)
        held = book.positions.get(symbol)
        if held is not None and held.rule == MANUAL:  # not even a wish: it takes no part in how the book is shared out
            signals[symbol] = FLAT
            continue
        rule = held.rule if held is not None and held.rule in columns[symbol].rules else names[regimes[symbol].name]
        signal = columns[symbol].signal(rule, row)
        if held is not None and rule in patient:
            signals[symbol] = replace(signal, direction=held.side.sign, entry=False)
            continue
        # A position keeps its rule when the regime changes, but only the rule of the present regime may add risk.
        signals[symbol] = signal if rule == names[regimes[symbol].name] else replace(signal, entry=False)
    return book.with_market(regimes, signals)


def _slots(book: Book, raw: Mapping[str, float], wanted: list[str], bounds: Limits) -> frozenset[str]:
    """Symbols that may hold a position: those held, then the largest unmultiplied exposures up to the limits.

    Taken before any policy, so that a policy that shrinks one symbol never makes room for another.
    """
    limits = {1: bounds.max_positions_long, -1: bounds.max_positions_short}
    kept = set(book.positions)
    asking = [s for s in wanted if s not in book.positions]
    if not asking:
        return frozenset(kept)
    for sign, limit in limits.items():
        fresh = [s for s in asking if book.wanted(s) == sign]
        room = limit - sum([p.side.sign == sign for p in book.positions.values()])
        kept.update(sorted(fresh, key=lambda s: (-raw[s], book.symbols.index(s)))[: max(0, room)])
    return frozenset(kept)


def _case(
    identity: Identity,
    columns: Mapping[str, SymbolColumns],
    rows_at: Mapping[str, int],
    book: Book,
    symbol: str,
) -> _Case:
    row = rows_at.get(symbol)
    known = columns.get(symbol)
    findings = Findings(
        symbol=symbol,
        held=book.positions.get(symbol),
        price=book.prices.get(symbol),
        regime=book.regimes.get(symbol),
        signal=book.signals.get(symbol, FLAT),
        artefact_id=known.artefact.id if known else "",
        features=Row(known.features, row) if known and row is not None else {},
    )
    case = _Case(symbol, decision_id(identity.profile_digest, identity.source, symbol, book.now_ms), findings)
    if row is None:
        case.why.append("NO_CANDLE" if known is None or known.row_of(book.now_ms) is None else "WARMING_UP")
        if findings.held is not None:
            case.outcome = Outcome.HOLD
    return case


def _consider(case: _Case, moment: _Moment) -> None:
    """Fill in what this symbol should do."""
    book, symbol = moment.book, case.symbol
    if symbol in moment.assessments:
        case.findings.assessment = moment.assessments[symbol]
    if (held := book.positions.get(symbol)) is not None:
        _consider_held(case, held, moment)
    elif book.wanted(symbol):
        _consider_entry(case, moment)
    else:
        case.why.append("NO_ENTRY" if case.findings.signal.direction else "NO_DIRECTION")


def _sized(case: _Case, position: HeldPosition, moment: _Moment) -> tuple[Protection, Sizing]:
    """Protection and size of a position, held or about to be opened, noted in the findings."""
    findings = case.findings
    assessment = findings.assessment
    protection = protect(moment.pipeline, position, moment.views, assessment.stop_multiplier)
    sizing = size(
        moment.raw[case.symbol],
        moment.scale,
        assessment,
        limits=moment.pipeline.limits,
        equity=moment.book.equity,
        stop_distance=protection.stop_distance(position.price),
        held=held_exposure(moment.book, case.symbol),
        room=moment.rooms.get(case.symbol),
    )
    case.failed = bool(moment.sizer_fault) or PLUGIN_FAULT in [answer.code for answer in protection.answers]
    findings.protection, findings.sizing, findings.sizer_fault = protection, sizing, moment.sizer_fault
    return protection, sizing


def _consider_entry(case: _Case, moment: _Moment) -> None:
    side = PositionSide.of(moment.book.wanted(case.symbol))
    position = _prospective(case, moment.book, side)
    protection, sizing = _sized(case, position, moment)
    case.outcome = Outcome.REFUSED
    case.blocked = _entry_block(case, protection, sizing, moment)
    if case.blocked:
        return
    intent = _entry(case, position, protection, sizing.final, moment, Outcome.ENTRY)
    if intent is None:
        case.blocked = "BELOW_MINIMUM"
    else:
        case.intent, case.outcome = intent, Outcome.ENTRY


def _entry_block(case: _Case, protection: Protection, sizing: Sizing, moment: _Moment) -> str:
    """Code of what keeps a wish from becoming an order before any guard is asked; empty when nothing does."""
    assessment = case.findings.assessment
    if moment.sizer_fault:
        return PLUGIN_FAULT
    if protection.stop is None:
        return "STOP_REQUIRED"
    if assessment.blocked:
        return assessment.blocked
    if case.symbol not in moment.slots:
        return "MAX_POSITIONS"
    return _zero_code(assessment) if sizing.multiplier == 0.0 else ""


def _zero_code(assessment: Assessment) -> str:
    return next((m.code or "RISK_ZERO" for m in assessment.multipliers if m.multiplier == 0.0), "RISK_ZERO")


def _prospective(case: _Case, book: Book, side: PositionSide) -> HeldPosition:
    """The position an entry would make, for the exits to judge."""
    price = book.prices[case.symbol]
    return HeldPosition(
        symbol=case.symbol,
        side=side,
        quantity=0.0,
        exposure=0.0,
        entry_price=price,
        price=price,
        opened_ms=book.now_ms,
        candles_held=0,
        best_price=price,
        stop=None,
        target=None,
        rule=case.findings.signal.rule,
        regime=book.regimes[case.symbol].name,
        decision_id=case.decision_id,
    )


def _consider_held(case: _Case, held: HeldPosition, moment: _Moment) -> None:
    if held.rule == MANUAL:
        _leave_to_its_owner(case, held, moment)
        return
    protection, sizing = _sized(case, held, moment)
    case.outcome = Outcome.HOLD
    if reason := _must_close(case, protection, moment):
        case.intent, case.outcome = _reduction(case, held, None, moment, reason), Outcome.EXIT
        return
    _rebalance(case, held, sizing, protection, moment)
    if case.outcome is not Outcome.EXIT:
        case.stop_move = _stop_move(case, held, protection, moment.instruments[case.symbol])


def _leave_to_its_owner(case: _Case, held: HeldPosition, moment: _Moment) -> None:
    """A position opened by hand keeps its stop and its size; only the kill limit ends it."""
    if moment.book.run_loss >= moment.pipeline.limits.kill_drawdown:
        case.intent, case.outcome = _reduction(case, held, None, moment, "KILL_DRAWDOWN"), Outcome.EXIT
        return
    case.outcome = Outcome.HOLD
    case.why.append("MANUAL_POSITION")


def _must_close(case: _Case, protection: Protection, moment: _Moment) -> str:
    """Code of what ends this position now; empty when nothing does."""
    if moment.book.run_loss >= moment.pipeline.limits.kill_drawdown:
        return "KILL_DRAWDOWN"
    if protection.close is not None:
        return protection.close.code or protection.close.plugin.upper().replace("-", "_")
    if moment.book.wanted(case.symbol) == 0:
        return "DIRECTION_FLIP"
    return ""


def _rebalance(case: _Case, held: HeldPosition, sizing: Sizing, protection: Protection, moment: _Moment) -> None:
    """An order is due when target and holding differ by more than the band."""
    target, have = sizing.final, abs(held.exposure)
    if moment.sizer_fault:
        case.why.append(PLUGIN_FAULT)
    elif abs(target - have) <= moment.pipeline.rebalance_band * max(target, have):
        case.why.append("WITHIN_BAND")
    elif target < have:
        case.intent = intent = _reduction(case, held, have - target, moment, "RISK_REDUCED")
        case.outcome = Outcome.EXIT if float(intent.quantity) >= held.quantity * (1 - 1e-9) else Outcome.REDUCE
    elif not case.findings.signal.entry:
        case.why.append("NO_ENTRY")
    else:
        _add(case, held, target - have, protection, moment)


def _add(case: _Case, held: HeldPosition, missing: float, protection: Protection, moment: _Moment) -> None:
    largest = float(moment.pipeline.limits.max_order_notional) / moment.book.equity
    intent = _entry(case, held, protection, min(missing, largest), moment, Outcome.ADD)
    if intent is None:
        case.why.append("BELOW_MINIMUM")
    else:
        case.intent, case.outcome = intent, Outcome.ADD


def _entry(
    case: _Case,
    position: HeldPosition,
    protection: Protection,
    exposure: float,
    moment: _Moment,
    outcome: Outcome,
) -> OrderIntent | None:
    """An order that opens or adds; None when it would be smaller than the exchange takes."""
    instrument, side = moment.instruments[case.symbol], position.side
    reference = instrument.round_price(Decimal(repr(position.price)))
    if protection.stop is None or exposure <= 0 or reference <= 0:
        return None
    quantity = instrument.round_quantity(Decimal(repr(exposure * moment.book.equity)) / reference)
    if instrument.max_market_quantity:
        quantity = min(quantity, instrument.round_quantity(instrument.max_market_quantity))
    if quantity < instrument.min_quantity:
        return None
    target = protection.target
    return OrderIntent(
        decision_id=case.decision_id,
        symbol=case.symbol,
        side=side.opening,
        position_side=side,
        leg=Leg.ENTRY,
        quantity=quantity,
        reference_price=reference,
        stop_price=instrument.round_stop(Decimal(repr(protection.stop)), side),
        target_price=None if target is None else instrument.round_price(Decimal(repr(target))),
        reason=outcome.value.upper(),
        rule=position.rule,
        created_ms=moment.book.now_ms,
    )


def _reduction(case: _Case, held: HeldPosition, exposure: float | None, moment: _Moment, reason: str) -> OrderIntent:
    """An order that shrinks a position by this exposure, or closes it (None, or when the rest would be dust)."""
    instrument = moment.instruments[case.symbol]
    whole = instrument.round_quantity(Decimal(repr(held.quantity)))
    quantity = whole
    reference = instrument.round_price(Decimal(repr(held.price)))
    if exposure is not None:
        part = instrument.round_quantity(Decimal(repr(exposure * moment.book.equity)) / reference)
        quantity = max(part, instrument.min_quantity)
        if whole - quantity < instrument.min_quantity:
            quantity = whole
    return OrderIntent(
        decision_id=case.decision_id,
        symbol=case.symbol,
        side=held.side.closing,
        position_side=held.side,
        leg=Leg.EXIT,
        quantity=quantity,
        reference_price=reference,
        reason=reason,
        rule=held.rule,
        created_ms=moment.book.now_ms,
    )


def _stop_move(case: _Case, held: HeldPosition, protection: Protection, instrument: Instrument) -> StopMove | None:
    if protection.stop is None or held.stop is None:
        return None
    gain = (protection.stop - held.stop) * held.side.sign
    if gain < _STOP_STEP * abs(held.price - held.stop):
        return None
    price = instrument.round_stop(Decimal(repr(protection.stop)), held.side)
    if (price - Decimal(repr(held.stop))) * held.side.sign <= 0:
        return None
    return StopMove(case.symbol, held.side, price, case.decision_id)


def _review_all(cases: list[_Case], moment: _Moment, flow: Flow) -> None:
    """Ask every guard, reductions first; what is approved counts for those that follow."""
    book = moment.book
    asking = [(case, case.intent) for case in cases if case.intent is not None]
    for case, intent in sorted(asking, key=lambda row: not row[1].reduces):
        case.reviewed = review(moment.pipeline, intent, moment.views, flow)
        if (refusal := case.reviewed.refusal) is not None:
            case.outcome, case.blocked = Outcome.REFUSED, refusal.code
        elif len(asking) > 1:  # the last one leaves nobody to count it
            exposure = float(intent.notional) / book.equity if book.equity > 0 else 0.0
            flow = flow.with_order(intent, book.now_ms, exposure, case.outcome is Outcome.ENTRY)


def _step(cases: list[_Case], book: Book) -> Step:
    approved = [c.reviewed for c in cases if c.reviewed is not None and c.outcome is not Outcome.REFUSED]
    return Step(
        orders=tuple(sorted(approved, key=lambda r: not r.intent.reduces)),
        stop_moves=tuple([case.stop_move for case in cases if case.stop_move is not None]),
        book=book,
        cooldowns={c.symbol: until for c in cases if (until := c.findings.assessment.cooldown_until_ms) > book.now_ms},
        suspended_until_ms=max([c.findings.assessment.suspend_until_ms for c in cases], default=0),
        blocked={c.symbol: c.blocked for c in cases if c.blocked},
        write=partial(_decisions, tuple(cases), book),
    )


def _decisions(cases: tuple[_Case, ...], book: Book) -> tuple[Decision, ...]:
    return tuple(_decision(case, book) for case in cases)


def _decision(case: _Case, book: Book) -> Decision:
    quiet = case.intent is None and not case.blocked and case.stop_move is None and not case.failed
    body = (
        compact_record(case.decision_id, case.findings, case.outcome, case.why, book)
        if quiet
        else full_record(
            case.decision_id,
            case.findings,
            case.outcome,
            case.blocked,
            case.why,
            book,
            reviewed=case.reviewed,
            stop_move=case.stop_move.stop_price if case.stop_move else None,
        )
    )
    return Decision(case.decision_id, case.symbol, book.now_ms, case.outcome, case.blocked, body, not quiet)
