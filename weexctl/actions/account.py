"""The account: what it has, what it holds, how near it is to its limits."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from decimal import Decimal

from pydantic import BaseModel

from weexctl.actions.account_access import AccountInput, Asked, asked_at
from weexctl.actions.context import Context, NextCommand, Notice, Result
from weexctl.actions.hand_way import require_same_profile
from weexctl.config.venue import Venue
from weexctl.errors import ConfigError
from weexctl.execution.open_trade import OpenTrade
from weexctl.journal.journal import Journal
from weexctl.journal.place import Place, require_place
from weexctl.model.account import Balance, Position
from weexctl.model.limits import Limits
from weexctl.run.positions import load_trade
from weexctl.trader.hand_account import HandAccount, Look

__all__ = [
    "BalanceInput",
    "BalanceOutput",
    "LimitRow",
    "PositionRow",
    "PositionsInput",
    "PositionsOutput",
    "RiskInput",
    "RiskOutput",
    "balance",
    "position_row",
    "positions",
    "risk",
]


class BalanceInput(AccountInput):
    """Whose balance."""


class PositionsInput(BalanceInput):
    """Whose positions."""


class RiskInput(BalanceInput):
    """Whose risk."""

    profile: str | None = None
    """Whose limits count where there was no run."""


class BalanceOutput(BaseModel):
    """One coin of the futures account. wallet + unrealised = equity."""

    asset: str
    equity: Decimal
    wallet: Decimal
    unrealised: Decimal
    available: Decimal
    """What new positions may take as margin."""
    frozen: Decimal


class PositionRow(BaseModel):
    """One open position."""

    symbol: str
    side: str
    quantity: Decimal
    entry_price: Decimal
    unrealised: Decimal
    margin: Decimal
    leverage: Decimal
    liquidation_price: Decimal | None
    """As the exchange estimates it now."""
    opened_ms: int
    rule: str | None = None
    """Who opened it: a rule of the run, or `manual`; None when the journal was not asked."""
    stop_price: Decimal | None = None
    target_price: Decimal | None = None
    decision_id: str | None = None


class PositionsOutput(BaseModel):
    """Every open position; an empty list is a proven flat account."""

    positions: list[PositionRow]


class LimitRow(BaseModel):
    """One limit of the run's profile, and how much of it is taken."""

    limit: str
    used: float
    most: float
    share: float
    """Used over most; 1 or more refuses what would add to it."""


class RiskOutput(BaseModel):
    """How near the account is to what stops it. Fractions are of equity."""

    equity: Decimal
    drawdown: float
    """Fall from the highest equity of 90 days."""
    limits: list[LimitRow]
    loss_at_stops: Decimal
    """What would be lost from here if every stop were hit at its trigger, quote; fees left out."""
    unprotected: list[str]
    """Positions without a stop on record."""
    halted: str
    """Why only closing works; empty when it is not so."""
    locked: dict[str, str]
    """Symbols that take no entries until a person looks, with the code of why."""
    cooldowns: dict[str, int]
    """Symbols that the run does not open before a moment, UTC milliseconds."""
    suspended_until_ms: int


def balance(input: BalanceInput, context: Context) -> Result:  # noqa: A002  # the word of every action
    """The balance."""
    asked = asked_at(input.venue, context, input.account)
    with asked.exchange(input.data) as exchange:
        return Result(data=balance_output(exchange.fetch_balance()), venue=asked.venue.value)


def balance_output(found: Balance) -> BalanceOutput:
    """A balance as it is answered."""
    return BalanceOutput(
        asset=found.asset,
        equity=found.equity,
        wallet=found.wallet,
        unrealised=found.unrealised,
        available=found.available,
        frozen=found.frozen,
    )


def positions(input: PositionsInput, context: Context) -> Result:  # noqa: A002
    """The open positions, with what the journal knows of them."""
    asked = asked_at(input.venue, context, input.account)
    if asked.venue is Venue.SIM:
        with asked.looked_at(input.data) as account:
            rows = _with_trades(account.look())
    else:
        with asked.wired(input.data) as venue:
            rows = _rows(venue.exchange.fetch_positions(), _known(asked, venue.address.place))
    following = tuple(
        NextCommand(f"weexctl explain {row.decision_id}", "why it was opened") for row in rows[:1] if row.decision_id
    )
    return Result(data=PositionsOutput(positions=rows), venue=asked.venue.value, next=following)


def _rows(held: list[Position], known: Mapping[tuple[str, str], OpenTrade]) -> list[PositionRow]:
    return [position_row(position, known.get((position.symbol, position.side.value))) for position in held]


def _known(asked: Asked, place: Place) -> dict[tuple[str, str], OpenTrade]:
    """What is on record of open positions; nothing where no journal of this place can be read: looking needs none."""
    if not asked.journal.exists():
        return {}
    with suppress(ConfigError), Journal.read(asked.journal) as journal:
        require_place(journal, place)
        return {(trade.symbol, trade.side.value): trade for trade in map(load_trade, journal.positions.all())}
    return {}


def _with_trades(look: Look) -> list[PositionRow]:
    return [position_row(position, look.trades.get(key)) for key, position in look.positions.items()]


def position_row(position: Position, trade: OpenTrade | None) -> PositionRow:
    """A position as it is answered, with what the journal knows of it."""
    known = {} if trade is None else {"rule": trade.rule, "decision_id": trade.decision_id}
    return PositionRow(
        symbol=position.symbol,
        side=position.side.value,
        quantity=position.quantity,
        entry_price=position.entry_price,
        unrealised=position.unrealised,
        margin=position.margin,
        leverage=position.leverage,
        liquidation_price=position.liquidation_price,
        opened_ms=position.opened_ms,
        stop_price=None if trade is None else trade.stop_price,
        target_price=None if trade is None else trade.target_price,
        **known,
    )


def risk(input: RiskInput, context: Context) -> Result:  # noqa: A002
    """The limits of the run's profile, and how much of them is taken."""
    asked = asked_at(input.venue, context, input.account)
    with asked.looked_at(input.data, input.profile) as account:
        require_same_profile(asked, account, input.profile)
        output = _risk(account, account.look())
        profile = account.profile
    warnings = [Notice("HALTED", f"only closing works: {output.halted}")] if output.halted else []
    warnings += [Notice("OVER_LIMIT", f"{row.limit} is at its limit") for row in output.limits if row.share >= 1]
    return Result(data=output, venue=asked.venue.value, profile=profile, warnings=tuple(warnings))


def _risk(account: HandAccount, look: Look) -> RiskOutput:
    state, book = account.state, look.book
    return RiskOutput(
        equity=look.balance.equity,
        drawdown=book.drawdown,
        limits=_limit_rows(account.limits, look),
        loss_at_stops=sum((_loss_at_stop(trade, look) for trade in look.trades.values()), Decimal(0)),
        unprotected=[trade.symbol for trade in look.trades.values() if trade.stop_price is None],
        halted=book.halted,
        locked=dict(state.locked),
        cooldowns={symbol: until for symbol, until in state.cooldowns.items() if until > look.now_ms},
        suspended_until_ms=state.suspended_until_ms if state.suspended_until_ms > look.now_ms else 0,
    )


def _limit_rows(limits: Limits, look: Look) -> list[LimitRow]:
    book = look.book
    held = list(book.positions.values())
    used: dict[str, tuple[float, float]] = {
        "daily_loss": (book.day_loss, limits.daily_loss),
        "kill_drawdown": (book.run_loss, limits.kill_drawdown),
        "max_gross_exposure": (book.gross_exposure, limits.max_gross_exposure),
        "max_symbol_exposure": (max((abs(p.exposure) for p in held), default=0.0), limits.max_symbol_exposure),
        "max_positions_long": (sum(1 for p in held if p.side.sign > 0), limits.max_positions_long),
        "max_positions_short": (sum(1 for p in held if p.side.sign < 0), limits.max_positions_short),
    }
    return [
        LimitRow(limit=name, used=have, most=most, share=have / most if most else 1.0)
        for name, (have, most) in used.items()
    ]


def _loss_at_stop(trade: OpenTrade, look: Look) -> Decimal:
    price = look.book.prices.get(trade.symbol)
    if trade.stop_price is None or price is None:
        return Decimal(0)
    return (Decimal(repr(price)) - trade.stop_price) * trade.side.sign * trade.quantity
