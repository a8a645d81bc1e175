"""Check the way to a venue, one step at a time, and say what to do about the first that fails."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from weexctl.actions.context import Context, NextCommand, Result
from weexctl.config.arming import require_armed
from weexctl.config.credentials import read_credentials
from weexctl.config.environment import Environment, read_environment
from weexctl.config.paths import find_paths
from weexctl.config.profile import Profile, load_profile
from weexctl.config.venue import Venue
from weexctl.errors import (
    ExchangeError,
    NotSentError,
    OutcomeUnknownError,
    RateLimitedError,
    RefusedError,
    RejectedError,
    UnauthorisedError,
    UnavailableError,
    UsageError,
    WeexctlError,
    WireError,
)
from weexctl.execution.executor import Executor
from weexctl.execution.gate import Gate
from weexctl.execution.guardian import Guardian
from weexctl.execution.round_trip import RoundTrip, round_trip
from weexctl.journal.journal import Journal
from weexctl.model.account import Balance, MarginMode
from weexctl.model.instrument import Instrument
from weexctl.plugin_host import load_offers
from weexctl.trader.connection import Connection, open_connection

__all__ = ["Input", "Output", "run"]

SYMBOL = "BTCUSDT"
MAX_SKEW_MS = 30_000
"""The exchange refuses a signature whose time is further off (weex-api 2)."""
WARN_SKEW_MS = 1_000
_PARAMETER_CODES = frozenset(("-1140", "-1141", "-1142"))


class Input(BaseModel):
    """Which way to check."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    venue: Literal["sim", "paper", "demo", "live"] | None = None
    profile: str = "safe"
    base_url: str | None = None
    trade: bool = False
    timeout: float = Field(default=10.0, gt=0, le=120)


class Check(BaseModel):
    """One step of the way."""

    name: str
    status: Literal["ok", "warning", "failed", "skipped"]
    detail: str
    """What was found."""
    meaning: str = ""
    """What a failure means."""
    remedy: str = ""
    """What to do about it."""
    elapsed_ms: float | None = None


class OrderDone(BaseModel):
    """One order of the qualifying round trip."""

    order_id: str
    client_order_id: str
    side: str
    quantity: Decimal
    price: Decimal | None
    value: Decimal
    fee: Decimal
    status: str


class Output(BaseModel):
    """Every step, in order; those after a failure that they depend on are skipped."""

    base_url: str
    ok: bool
    checks: list[Check]
    orders: list[OrderDone] = []


"""The round trip, when it was asked for."""


@dataclass(slots=True)
class _Walk:
    """The checks so far, and what later ones need from earlier ones."""

    connection: Connection
    profile: Profile
    checks: list[Check] = field(default_factory=list)
    failure: WeexctlError | None = None
    exit_code: int = 0
    instruments: dict[str, Instrument] = field(default_factory=dict)
    balance: Balance | None = None

    def step(self, name: str, look: Callable[[], Check], *, needs: bool = True) -> None:
        """One check; skipped when something it needs has failed."""
        if self.failure is not None or not needs:
            self.checks.append(Check(name=name, status="skipped", detail="an earlier check failed"))
            return
        began = self.connection.local_ms()
        try:
            check = look()
        except WeexctlError as error:
            check = _failed(name, error)
            self.failure, self.exit_code = error, error.exit_code
        elapsed = max(0.0, self.connection.local_ms() - began)
        self.checks.append(check.model_copy(update={"elapsed_ms": round(elapsed, 1)}))


def run(input: Input, context: Context) -> Result:  # noqa: A002  # the word of every action
    """Walk the way, check by check."""
    environment = read_environment(context.environment)
    profile = _profile(input, context, environment)
    venue = profile.venue.name
    base_url = input.base_url or (environment.api_base if venue is not Venue.SIM else None)
    if venue is Venue.PAPER:
        raise UsageError(
            "paper trading has no account to check; nothing was sent", hint="weexctl test-connection --venue sim"
        )
    credentials = read_credentials(context.environment) if venue.needs_keys else None
    if input.trade and venue is Venue.LIVE:
        require_armed(profile)
    connection = open_connection(venue, base_url=base_url, credentials=credentials, timeout_s=input.timeout)
    try:
        return _walk(_Walk(connection, profile), input, environment)
    finally:
        connection.exchange.close()


def _profile(input: Input, context: Context, environment: Environment) -> Profile:  # noqa: A002
    return load_profile(
        input.profile,
        offers=load_offers(environ=context.environment),
        overrides={} if input.venue is None else {"venue.name": input.venue},
        environment=environment,
        paths=find_paths(context.environment),
        named_by="environment" if context.origins.get("profile") == "environment" else "flag",
    )


def _walk(walk: _Walk, input: Input, environment: Environment) -> Result:  # noqa: A002
    exchange = walk.connection.exchange
    walk.step("time", lambda: _time(walk))
    walk.step("contracts", lambda: _contracts(walk))
    walk.step("signing", lambda: _signing(walk))
    walk.step("permissions", lambda: _permissions(walk))
    walk.step("balance", lambda: _balance(walk))
    walk.step("leverage", lambda: _leverage(walk))
    gate = Gate(exchange, walk.profile.limits, read_only=environment.read_only)
    walk.step("ai-log", lambda: _ai_log(gate))
    done: list[OrderDone] = []
    if input.trade:
        walk.step("trade", lambda: _trade(walk, gate, done))
    return _result(walk, done)


def _time(walk: _Walk) -> Check:
    """The address answers, and how far this machine's clock is from the exchange's."""
    before = walk.connection.local_ms()
    server_ms = walk.connection.exchange.fetch_server_time()
    skew_ms = server_ms - (before + walk.connection.local_ms()) / 2
    detail = f"the exchange answers; its clock is {skew_ms / 1000:+.1f} s from this machine's"
    if abs(skew_ms) > MAX_SKEW_MS:
        raise _ClockSkewError(detail)
    if abs(skew_ms) > WARN_SKEW_MS:
        return Check(name="time", status="warning", detail=detail, remedy="switch on time synchronisation (NTP)")
    return Check(name="time", status="ok", detail=detail)


class _ClockSkewError(WeexctlError):
    """The clocks are too far apart to trade by."""

    exit_code = 6
    type = "network"
    default_code = "CLOCK_SKEW"


def _contracts(walk: _Walk) -> Check:
    walk.instruments = walk.connection.exchange.fetch_instruments()
    missing = [symbol for symbol in walk.profile.venue.symbols if symbol not in walk.instruments]
    if missing:
        raise RefusedError(
            f"the exchange does not list {', '.join(missing)}",
            hint="take these symbols out of the profile",
            code="MISSING_CONTRACT",
        )
    low = [s for s, i in walk.instruments.items() if i.max_leverage < walk.profile.limits.max_leverage]
    detail = f"{len(walk.instruments)} contracts with steps, minimums and fees"
    if low:
        return Check(name="contracts", status="warning", detail=f"{detail}; {', '.join(low)} allow less leverage")
    return Check(name="contracts", status="ok", detail=detail)


def _signing(walk: _Walk) -> Check:
    walk.balance = walk.connection.exchange.fetch_balance()
    return Check(name="signing", status="ok", detail="key, passphrase and signature are accepted")


def _permissions(walk: _Walk) -> Check:
    config = walk.connection.exchange.fetch_account_config()
    if not config.can_trade:
        raise UnauthorisedError(
            "this key may not trade",
            hint="give it the permission Futures on the exchange's key page",
            code="NO_TRADING",
        )
    if not config.hedge_mode:
        raise RefusedError(
            "the account is not in hedge mode", hint="switch the position mode to hedge", code="NOT_HEDGE_MODE"
        )
    detail = "may trade, hedge mode; the API shows no more of a key's permissions"
    if config.can_withdraw:
        detail += " (the account can withdraw; weexctl has no such call, and a key does not need it)"
    return Check(name="permissions", status="ok", detail=detail)


def _balance(walk: _Walk) -> Check:
    balance = walk.balance
    if balance is None or balance.equity <= 0:
        return Check(
            name="balance",
            status="warning",
            detail="there is no USDT in the futures account",
            remedy="move USDT to it on the exchange",
        )
    return Check(
        name="balance",
        status="ok",
        detail=f"equity {balance.equity:.2f} USDT, available {balance.available:.2f} USDT",
    )


def _leverage(walk: _Walk) -> Check:
    limit = walk.profile.limits.max_leverage
    settings = [walk.connection.exchange.fetch_leverage(symbol) for symbol in walk.profile.venue.symbols]
    above = [s.symbol for s in settings if s.cross > limit]
    isolated = [s.symbol for s in settings if s.margin_mode is not MarginMode.CROSS]
    if isolated:
        return Check(
            name="leverage",
            status="warning",
            detail=f"{', '.join(isolated)} use isolated margin",
            remedy="switch them to cross margin on the exchange",
        )
    detail = f"{len(settings)} symbols, cross margin, limit {limit}"
    if above:
        detail += f"; {len(above)} are set higher and will be lowered before the first entry"
    return Check(name="leverage", status="ok", detail=detail)


def _ai_log(gate: Gate) -> Check:
    """An empty log has to be refused for its parameters; anything else says that logs cannot be sent."""
    try:
        gate.probe_ai_log()
    except RejectedError as error:
        if error.exchange_code in _PARAMETER_CODES:
            return Check(name="ai-log", status="ok", detail="the endpoint is there and this key may use it")
        return _no_ai_log(error)
    except (UnauthorisedError, OutcomeUnknownError) as error:
        return _no_ai_log(error)
    except RefusedError:
        return Check(name="ai-log", status="skipped", detail="read-only: no write was sent")
    return Check(name="ai-log", status="ok", detail="the endpoint took a log")


def _no_ai_log(error: ExchangeError) -> Check:
    return Check(
        name="ai-log",
        status="warning",
        detail=error.message,
        meaning="AI logs are taken only from accounts of the competition, while it runs",
        remedy="ignore this outside the competition; inside it, ask the organiser to allow this account",
    )


def _trade(walk: _Walk, gate: Gate, done: list[OrderDone]) -> Check:
    instrument, balance = walk.instruments[SYMBOL], walk.balance
    if balance is None:
        raise RefusedError("the balance is unknown; nothing was sent", code="NO_BALANCE")
    exchange, clock = walk.connection.exchange, walk.connection.clock
    with TemporaryDirectory(prefix="weexctl-") as folder:
        journal = Journal.open(Path(folder) / "journal.sqlite", venue=walk.profile.venue.name.value, account="check")
        with journal:
            executor = Executor(exchange, gate, journal, clock, account="check")
            guardian = Guardian(exchange, gate, clock, account="check")
            price = instrument.round_price(exchange.fetch_mark_price(SYMBOL))
            trip = round_trip(
                executor, guardian, clock, instrument, price, balance, max_leverage=walk.profile.limits.max_leverage
            )
    done.extend(_orders(trip))
    if trip.leftover:
        raise RefusedError(
            f"the round trip left something behind: {trip.leftover}",
            hint=f"look at {SYMBOL} on the exchange and close what is open",
            code=trip.leftover,
        )
    cost = sum((row.fee for row in done), Decimal(0))
    return Check(name="trade", status="ok", detail=f"bought and sold {done[0].quantity} BTC, fees {cost:.4f} USDT")


def _orders(trip: RoundTrip) -> Iterator[OrderDone]:
    for execution in (trip.entry, trip.exit):
        if execution.order is not None:
            yield OrderDone(
                order_id=execution.order.order_id,
                client_order_id=execution.order.client_order_id,
                side=execution.order.side.value,
                quantity=execution.order.filled_quantity,
                price=execution.order.average_price,
                value=sum((fill.value for fill in execution.fills), Decimal(0)),
                fee=sum((fill.fee for fill in execution.fills), Decimal(0)),
                status=execution.order.status.value,
            )


_MEANINGS: tuple[tuple[type[WeexctlError], str, str], ...] = (
    (
        _ClockSkewError,
        "signatures carry the time: this far off every order is refused, and candles close at the wrong moment",
        "set this machine's clock (timedatectl set-ntp true), then try again",
    ),
    (
        NotSentError,
        "nothing answers at this address: the name, the network, a proxy or a firewall is in the way",
        "check the address and the network, then try again",
    ),
    (
        UnauthorisedError,
        "the exchange does not accept this key, passphrase, signature or address",
        "check the three WEEX_API_ variables; a new key needs 15 minutes; an IP list has to name this machine",
    ),
    (
        RateLimitedError,
        "too many requests were made from here",
        "wait ten seconds, then try again",
    ),
    (
        WireError,
        "something else than the exchange answers here: a proxy, a login page, or the wrong address",
        "check --base-url and WEEX_API_BASE; open the address in a browser to see who answers",
    ),
    (
        UnavailableError,
        "the address is there but gives no usable answer in time",
        "try again; if it goes on, the exchange may be down or the network too slow (--timeout)",
    ),
)


def _failed(name: str, error: WeexctlError) -> Check:
    meaning, remedy = next(
        ((meaning, remedy) for kind, meaning, remedy in _MEANINGS if isinstance(error, kind)), ("", "")
    )
    return Check(name=name, status="failed", detail=error.message, meaning=meaning, remedy=remedy or error.hint)


def _result(walk: _Walk, done: list[OrderDone]) -> Result:
    ok = walk.failure is None
    venue = walk.profile.venue.name.value
    output = Output(base_url=walk.connection.base_url, ok=ok, checks=walk.checks, orders=done)
    following = (
        NextCommand("weexctl trade --profile safe", "trade on the simulator"),
        NextCommand("weexctl test-connection --trade", "place and close an order of about 10 USDT"),
    )
    return Result(
        data=output,
        venue=venue,
        profile=walk.profile.name,
        exit_code=walk.exit_code,
        next=following if ok and venue == "sim" and not done else (),
    )
