"""Trade a profile on a venue."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from weexctl.actions.context import Context, NextCommand, Notice, Result
from weexctl.config.arming import require_armed
from weexctl.config.compose import build_pipeline
from weexctl.config.credentials import read_credentials
from weexctl.config.environment import read_environment
from weexctl.config.paths import find_paths
from weexctl.config.profile import Profile, load_profile
from weexctl.config.venue import Venue
from weexctl.errors import ConfigError, UsageError
from weexctl.model.instrument import normalise_symbol
from weexctl.plugin_host import Offers, load_offers
from weexctl.trader.fitting import Blocks
from weexctl.trader.market_source import MarketSource, file_source, generated_source
from weexctl.trader.schedule import HISTORY_CANDLES, SYNTHETIC_STEPS, Schedule, plan_schedule
from weexctl.trader.session import Earlier, Session, SessionReport, read_earlier

__all__ = ["Input", "Output", "run"]

DEFAULT_SEED = 7


class Input(BaseModel):
    """What to trade, where, and for how long."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    profile: str = "safe"
    venue: Literal["sim", "paper", "demo", "live"] | None = None
    data: tuple[str, ...] = ()
    symbols: tuple[str, ...] = ()
    from_ms: int | None = None
    to_ms: int | None = None
    steps: int | None = Field(default=None, ge=1)
    once: bool = False
    new: bool = False
    dry_run: bool = False
    read_only: bool = False
    seed: int | None = Field(default=None, ge=0)


class Span(BaseModel):
    """A value at the start and at the end."""

    start: Decimal
    end: Decimal


class Pnl(BaseModel):
    """Where the change of equity came from: start + realised + unrealised - fees + funding = end."""

    realised: Decimal
    unrealised: Decimal
    fees: Decimal
    funding: Decimal


class OrderRow(BaseModel):
    """One order the exchange had."""

    order_id: str
    client_order_id: str
    decision_id: str
    symbol: str
    side: str
    position_side: str
    leg: str
    quantity: Decimal
    price: Decimal | None
    """Average over its fills."""
    status: str
    time_ms: int


class TradeRow(BaseModel):
    """One position that ended."""

    trade_id: str
    symbol: str
    position_side: str
    opened_ms: int
    closed_ms: int
    quantity: Decimal
    entry_price: Decimal
    exit_price: Decimal
    gross: Decimal
    fees: Decimal
    funding: Decimal
    net: Decimal
    exit_reason: str
    rule: str
    regime: str
    entry_order_id: str
    exit_order_id: str


class OpenRow(BaseModel):
    """One position that is still open."""

    symbol: str
    position_side: str
    opened_ms: int
    quantity: Decimal
    entry_price: Decimal
    stop_price: Decimal | None
    rule: str
    entry_order_id: str


class Output(BaseModel):
    """A run so far."""

    run_id: str
    from_ms: int
    to_ms: int
    steps: int
    interrupted: bool
    synthetic: bool
    """True when a generator made the candles."""
    equity: Span
    pnl: Pnl
    max_drawdown: float
    exposure: float
    """Mean of the gross exposure over the steps, as a fraction of equity."""
    orders: list[OrderRow]
    trades: list[TradeRow]
    open_positions: list[OpenRow]
    refusals: dict[str, int]
    not_modelled: list[str]
    manifest: dict[str, Any]


def run(input: Input, context: Context) -> Result:  # noqa: A002  # the word of every action
    """Trade, and sum up."""
    offers = load_offers(environ=context.environment)
    profile = _profile(input, context, offers)
    _must_be_ready(profile)
    pipeline = build_pipeline(profile, offers)
    path = find_paths(context.environment).journal(profile.venue.name, _account(input))
    earlier = None if input.new or _rehearsal(input) else read_earlier(path)
    market = _market(input, profile, earlier)
    _same_run(input, profile, market, earlier)
    schedule = _schedule(input, profile, market, earlier)
    session = _session(profile, pipeline, market, schedule, path, earlier, input, offers, context)
    report = _drive(session, schedule, context)
    return _result(report, market, profile, schedule)


def _profile(input: Input, context: Context, offers: Offers) -> Profile:  # noqa: A002
    overrides: dict[str, Any] = {}
    if input.venue is not None:
        overrides["venue.name"] = input.venue
    if input.symbols:
        overrides["venue.symbols"] = [normalise_symbol(symbol) for symbol in input.symbols]
    return load_profile(
        input.profile,
        offers=offers,
        overrides=overrides,
        environment=read_environment(context.environment),
        paths=find_paths(context.environment),
        named_by="environment" if context.origins.get("profile") == "environment" else "flag",
    )


def _must_be_ready(profile: Profile) -> None:
    """Refuse the venues that are not open: keys first, then arming."""
    venue = profile.venue.name
    if venue is Venue.SIM:
        return
    if venue.needs_keys:
        read_credentials()
    if venue is Venue.LIVE:
        require_armed(profile)
    raise ConfigError(
        f"this version trades at the venue sim only, not at {venue.value}; nothing was sent",
        hint="weexctl trade --venue sim, or weexctl test-connection to check the way to the exchange",
        code="VENUE_NOT_AVAILABLE",
    )


def _rehearsal(input: Input) -> bool:  # noqa: A002
    return input.dry_run or input.read_only


def _account(input: Input) -> str:  # noqa: A002
    """A rehearsal has a journal of its own, so that it leaves the account's alone."""
    return "rehearsal" if _rehearsal(input) else "sim"


def _market(input: Input, profile: Profile, earlier: Earlier | None) -> MarketSource:  # noqa: A002
    symbols, timeframe = profile.venue.symbols, profile.venue.timeframe
    if input.data:
        if input.seed is not None:
            raise UsageError(
                "--seed makes a synthetic market, --data names candles; nothing was done",
                hint="leave one of them out",
            )
        return file_source(input.data, symbols, timeframe)
    if input.from_ms is not None:
        raise UsageError(
            "--from chooses a start in your own candles; the synthetic market has one of its own; nothing was done",
            hint="add --data PATH, or leave --from out",
        )
    seed = input.seed if input.seed is not None else _earlier_seed(earlier)
    done = earlier.run.steps if earlier is not None else 0
    steps = 1 if input.once else input.steps or SYNTHETIC_STEPS
    return generated_source(seed, symbols, timeframe, HISTORY_CANDLES + 1 + done + steps)


def _earlier_seed(earlier: Earlier | None) -> int:
    return earlier.run.seed if earlier is not None and earlier.run.seed is not None else DEFAULT_SEED


def _same_run(input: Input, profile: Profile, market: MarketSource, earlier: Earlier | None) -> None:  # noqa: A002
    """A run goes on only as what it was."""
    if earlier is None:
        return
    known, run = profile.venue.timeframe.value, earlier.run
    changed = [
        what
        for what, same in (
            ("another profile or another setting in it", run.profile_digest == profile.digest),
            ("other candles or another seed", run.source == market.source),
            ("another start", input.from_ms is None or _start(input, market, profile) == run.from_ms),
        )
        if not same
    ]
    if changed:
        raise ConfigError(
            f"the run {run.run_id} on record (profile {run.profile}, {known}) was made with {' and '.join(changed)};"
            " nothing was done",
            hint="add --new to archive it and begin again, or give what it was made with",
            code="ANOTHER_RUN",
        )


def _start(input: Input, market: MarketSource, profile: Profile) -> int:  # noqa: A002
    plan = plan_schedule(
        market,
        profile.venue.timeframe.ms,
        history=HISTORY_CANDLES,
        from_ms=input.from_ms,
        to_ms=None,
        steps=None,
        run_from_ms=None,
        done_ms=None,
    )
    return plan.run_from_ms


def _schedule(input: Input, profile: Profile, market: MarketSource, earlier: Earlier | None) -> Schedule:  # noqa: A002
    steps = 1 if input.once else input.steps
    if steps is None and not input.data:
        steps = SYNTHETIC_STEPS
    return plan_schedule(
        market,
        profile.venue.timeframe.ms,
        history=HISTORY_CANDLES,
        from_ms=input.from_ms,
        to_ms=input.to_ms,
        steps=steps,
        run_from_ms=earlier.run.from_ms if earlier else None,
        done_ms=earlier.run.to_ms if earlier else None,
    )


def _session(
    profile: Profile,
    pipeline: Any,
    market: MarketSource,
    schedule: Schedule,
    path: Path,
    earlier: Earlier | None,
    input: Input,  # noqa: A002
    offers: Offers,
    context: Context,
) -> Session:
    fits = sum(1 for _ in schedule.blocks()) * len(market.candles)
    with context.progress(fits or None, "fit") as track:
        blocks = Blocks(
            pipeline,
            market.candles,
            stored=earlier.fits if earlier else None,
            on_fit=lambda symbol: track.advance(1, symbol),
        )
        session = Session(
            profile=profile,
            pipeline=pipeline,
            market=market,
            schedule=schedule,
            blocks=blocks,
            journal_path=path,
            earlier=earlier,
            read_only=_rehearsal(input),
            observers=offers.observers,
            halted=_halted(input, profile, context),
        )
        session.check()
    return session


def _halted(input: Input, profile: Profile, context: Context) -> Callable[[], str]:  # noqa: A002
    """Why trading is halted, asked anew each time: the kill file of the account, or `WEEXCTL_KILL`."""
    kill = read_environment(context.environment).kill
    file = find_paths(context.environment).kill_file(profile.venue.name, _account(input))

    def halted() -> str:
        if kill is True or (isinstance(kill, Path) and kill.exists()):
            return "WEEXCTL_KILL is set"
        return f"the kill file {file} exists" if file.exists() else ""

    return halted


def _drive(session: Session, schedule: Schedule, context: Context) -> SessionReport:
    with context.progress(schedule.count, "trade") as track:
        return session.run(on_step=lambda note: track.advance(1, note), should_stop=context.should_stop)


def _result(report: SessionReport, market: MarketSource, profile: Profile, schedule: Schedule) -> Result:
    warnings = []
    if schedule.count == 0:
        warnings.append(Notice("NOTHING_LEFT", "every candle of this market has been decided on; --new begins again"))
    if market.synthetic:
        warnings.append(Notice("SYNTHETIC", "the candles were generated; these results say nothing about a market"))
    if report.state.locked:
        locked = ", ".join(f"{symbol} ({code})" for symbol, code in report.state.locked.items())
        warnings.append(Notice("LOCKED", f"no entries until a person looks: {locked}"))
    return Result(
        data=_output(report, market),
        warnings=tuple(warnings),
        next=_next(report),
        venue=profile.venue.name.value,
        profile=profile.name,
        exit_code=130 if report.interrupted else 0,
    )


def _next(report: SessionReport) -> tuple[NextCommand, ...]:
    commands = []
    entries = [order for order, _ in report.orders if order.kind == "entry"]
    if entries:
        commands.append(NextCommand(f"weexctl explain {entries[-1].order_id}", "why this order was sent"))
    commands.append(NextCommand("weexctl trade", "go on after the last closed candle"))
    return tuple(commands)


def _output(report: SessionReport, market: MarketSource) -> Output:
    run, state, balance = report.run, report.state, report.balance
    start = Decimal(str(run.manifest["start_equity"]))
    return Output(
        run_id=run.run_id,
        from_ms=run.from_ms,
        to_ms=run.to_ms,
        steps=run.steps,
        interrupted=report.interrupted,
        synthetic=market.synthetic,
        equity=Span(start=start, end=balance.equity),
        pnl=Pnl(realised=state.realised, unrealised=balance.unrealised, fees=state.fees, funding=state.funding),
        max_drawdown=_max_drawdown([float(start), *(float(point.equity) for point in report.equity)]),
        exposure=float(np.mean([p.gross_exposure for p in report.equity])) if report.equity else 0.0,
        orders=[_order_row(order, decision) for order, decision in report.orders],
        trades=[_trade_row(trade) for trade in report.trades],
        open_positions=[_open_row(trade) for trade in report.open_trades],
        refusals=dict(sorted(state.refusals.items(), key=lambda item: -item[1])),
        not_modelled=list(market.not_modelled),
        manifest=run.manifest,
    )


def _max_drawdown(equity: Sequence[float]) -> float:
    """Largest fall from a running peak, positive fraction, on the marks of each step."""
    marks = np.asarray(equity)
    return float(np.max(1 - marks / np.maximum.accumulate(marks)))


def _order_row(order: Any, decision_id: str) -> OrderRow:
    return OrderRow(
        order_id=order.order_id,
        client_order_id=order.client_order_id,
        decision_id=decision_id,
        symbol=order.symbol,
        side=order.side.value,
        position_side=order.position_side.value,
        leg=order.kind,
        quantity=order.quantity,
        price=order.average_price,
        status=order.status.value,
        time_ms=order.updated_ms,
    )


def _trade_row(trade: Any) -> TradeRow:
    names = [name for name in TradeRow.model_fields if name != "position_side"]
    return TradeRow(position_side=trade.position_side.value, **{name: getattr(trade, name) for name in names})


def _open_row(trade: Any) -> OpenRow:
    names = ("symbol", "opened_ms", "quantity", "entry_price", "stop_price", "rule", "entry_order_id")
    return OpenRow(position_side=trade.side.value, **{name: getattr(trade, name) for name in names})
