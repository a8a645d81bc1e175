"""Check the way to a venue, one step at a time, and say what to do about the first that fails."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from weexctl.actions.account_access import check_alias
from weexctl.actions.connection_checks import Check, Walk, account_checks, public_checks
from weexctl.actions.context import Context, NextCommand, Result
from weexctl.actions.halting import halted_by
from weexctl.actions.key_notice import note_where_key_goes
from weexctl.actions.order_rows import RequestRow, request_row
from weexctl.config.access import Access, open_access, require_key
from weexctl.config.arming import require_armed
from weexctl.config.environment import Environment, read_environment
from weexctl.config.paths import DEFAULT_ACCOUNT, Paths, find_paths
from weexctl.config.profile import Profile, load_profile
from weexctl.config.vault import Vault
from weexctl.config.venue import Venue
from weexctl.errors import ConfigError, RefusedError, UsageError
from weexctl.exchange.kept_request import kept_request
from weexctl.execution.executor import Executor
from weexctl.execution.gate import Gate
from weexctl.execution.guardian import Guardian
from weexctl.execution.round_trip import RoundTrip, round_trip, round_trip_intents
from weexctl.journal.journal import Journal
from weexctl.journal.place import Place, keep_place
from weexctl.model.scope import Scope
from weexctl.pipeline.identity import client_order_id
from weexctl.plugin_host import load_offers
from weexctl.trader.connection import open_connection

__all__ = ["Input", "Output", "run"]

SYMBOL = "BTCUSDT"
"""What the round trip buys and sells."""


class Input(BaseModel):
    """Which way to check."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    venue: Literal["sim", "paper", "demo", "live"] | None = None
    account: str | None = None
    profile: str = "safe"
    base_url: str | None = None
    trade: bool = False
    dry_run: bool = False
    read_only: bool = False
    timeout: float = Field(default=10.0, gt=0, le=120)


class OrderDone(BaseModel):
    """One order of the round trip."""

    order_id: str
    client_order_id: str
    symbol: str
    side: str
    quantity: Decimal
    price: Decimal | None
    value: Decimal
    fee: Decimal
    status: str


class Output(BaseModel):
    """Every step, in order; those after a failure are skipped."""

    venue: str
    base_url: str
    ok: bool
    checks: list[Check]
    orders: list[OrderDone] = []
    """The round trip, when it was asked for."""
    requests: list[RequestRow] = []
    """The round trip with --dry-run: the signed requests that were kept back."""


@dataclass(frozen=True, slots=True)
class _Asked:
    """One call, and the world it was asked in."""

    input: Input
    environment: Environment
    paths: Paths
    profile: Profile

    @property
    def venue(self) -> Venue:
        """The venue whose way is checked."""
        return self.profile.venue.name

    @property
    def account(self) -> str:
        """The alias whose journal and kill file count."""
        return self.input.account or DEFAULT_ACCOUNT if self.venue is Venue.LIVE else self.venue.value

    @property
    def read_only(self) -> bool:
        """True when nothing may be changed."""
        return self.input.dry_run or self.input.read_only or self.environment.read_only


def run(input: Input, context: Context) -> Result:  # noqa: A002  # the word of every action
    """Walk the way, check by check."""
    environment, paths = read_environment(context.environment), find_paths(context.environment)
    asked = _Asked(input, environment, paths, _profile(input, context, environment, paths))
    access = _access(asked, context)
    base_url = input.base_url or (environment.api_base if asked.venue is not Venue.SIM else None)
    credentials, scope = (access.credentials, access.scope) if access else (None, Scope.TRADE)
    if access is not None:
        note_where_key_goes(context, base_url, access.credentials)
    connection = open_connection(
        asked.venue,
        base_url=base_url,
        credentials=credentials,
        timeout_s=input.timeout,
        start_equity=asked.profile.simulator.start_equity,
    )
    try:
        return _walk(Walk(connection, asked.profile), asked, scope)
    finally:
        connection.exchange.close()


def _profile(input: Input, context: Context, environment: Environment, paths: Paths) -> Profile:  # noqa: A002
    return load_profile(
        input.profile,
        offers=load_offers(environ=context.environment),
        overrides={} if input.venue is None else {"venue.name": input.venue},
        environment=environment,
        paths=paths,
        named_by="environment" if context.origins.get("profile") == "environment" else "flag",
    )


def _access(asked: _Asked, context: Context) -> Access | None:
    """The key the venue needs, opened once nothing else is in the way; None where it needs none.

    Raises:
        MissingCredentialsError, NotArmedError: keys are missing, or a live order was asked for and nobody armed it.
        UsageError: a trade at a venue without an account.
        ConfigError: the venue cannot be reached by this version.
    """
    vault, environ, alias = Vault(asked.paths.vault), context.environment, asked.input.account
    check_alias(asked.venue, alias)
    if asked.venue.needs_keys:
        require_key(asked.venue, alias, environ=environ, vault=vault)
    if asked.venue is Venue.DEMO:
        # Its account lies behind endpoints of its own: asked here, the real account would answer, and be traded.
        raise ConfigError(
            "this version cannot reach the exchange's demo account; nothing was sent",
            hint="weexctl test-connection --venue live reads with the same keys; --venue sim needs none",
            code="VENUE_NOT_AVAILABLE",
        )
    if asked.input.trade and asked.venue is Venue.PAPER:
        raise UsageError(
            "paper trading has no account that could trade; nothing was sent",
            hint="leave --trade out, or add --venue sim",
        )
    if asked.input.trade and asked.venue is Venue.LIVE and not asked.input.dry_run:
        require_armed(asked.profile, asked.account, paths=asked.paths)
    if not asked.venue.needs_keys:
        return None
    return open_access(
        asked.venue, alias, environ=environ, environment=asked.environment, vault=vault, ask=context.ask_secret
    )


def _walk(walk: Walk, asked: _Asked, scope: Scope) -> Result:
    for name, look in public_checks(walk):
        walk.step(name, look)
    gate = Gate(
        walk.connection.exchange,
        asked.profile.limits,
        read_only=asked.read_only,
        halted=halted_by(asked.environment, asked.paths.kill_file(asked.venue, asked.account)),
        scope=scope,
    )
    for name, look in account_checks(walk, gate):
        if asked.venue is Venue.PAPER:
            walk.skip(name, "paper trading needs no account")
        else:
            walk.step(name, look)
    done: list[OrderDone] = []
    kept: list[RequestRow] = []
    if asked.input.trade and asked.input.dry_run:
        walk.step("trade", lambda: _rehearse(walk, asked, kept))
    elif asked.input.trade:
        walk.step("trade", lambda: _trade(walk, asked, gate, done))
    return _result(walk, asked, done, kept)


def _rehearse(walk: Walk, asked: _Asked, kept: list[RequestRow]) -> Check:
    """The round trip's requests, signed and kept back."""
    instrument, clock = walk.instruments[SYMBOL], walk.connection.clock
    price = instrument.round_price(walk.connection.exchange.fetch_mark_price(SYMBOL))
    for intent in round_trip_intents(instrument, price, clock.now_ms()):
        name = client_order_id(asked.account, intent.decision_id, intent.leg, 1)
        if (row := request_row(kept_request(intent.request(name), clock))) is not None:
            kept.append(row)
    return Check(name="trade", status="ok", detail=f"{len(kept)} orders were made ready, kept back and not sent")


def _trade(walk: Walk, asked: _Asked, gate: Gate, done: list[OrderDone]) -> Check:
    instrument, balance = walk.instruments.get(SYMBOL), walk.balance
    if balance is None or instrument is None:
        raise RefusedError(f"the balance or {SYMBOL} is unknown; nothing was sent", code="NOT_KNOWN")
    exchange, clock = walk.connection.exchange, walk.connection.clock
    with _journal(asked, walk.connection.place) as journal:
        executor = Executor(exchange, gate, journal, clock, account=journal.account)
        guardian = Guardian(exchange, gate, journal, clock, account=journal.account)
        price = instrument.round_price(exchange.fetch_mark_price(SYMBOL))
        trip = round_trip(
            executor, guardian, clock, instrument, price, balance, max_leverage=asked.profile.limits.max_leverage
        )
    done.extend(_orders(trip))
    if trip.leftover:
        raise RefusedError(
            f"the round trip left something behind: {trip.leftover}",
            hint=f"look at {SYMBOL} on the exchange and close what is open",
            code=trip.leftover,
        )
    cost = sum((row.fee for row in done), Decimal(0))
    return Check(
        name="trade",
        status="ok",
        detail=f"bought and sold {done[0].quantity} BTC ({done[0].value:.2f} USDT), fees {cost:.4f} USDT",
    )


@contextmanager
def _journal(asked: _Asked, place: Place) -> Iterator[Journal]:
    """Where the round trip is written down before it is sent: with real money the account's own journal."""
    if asked.venue is Venue.LIVE:
        path = asked.paths.journal(Venue.LIVE, asked.account)
        with Journal.open(path, venue=Venue.LIVE.value, account=asked.account) as journal:
            keep_place(journal, place)
            yield journal
        return
    with TemporaryDirectory(prefix="weexctl-") as folder:
        path = Path(folder) / "journal.sqlite"
        with Journal.open(path, venue=asked.venue.value, account="check") as journal:
            yield journal


def _orders(trip: RoundTrip) -> Iterator[OrderDone]:
    for execution in (trip.entry, trip.exit):
        order = execution.order
        if order is not None:
            yield OrderDone(
                order_id=order.order_id,
                client_order_id=order.client_order_id,
                symbol=order.symbol,
                side=order.side.value,
                quantity=order.filled_quantity,
                price=order.average_price,
                value=sum((fill.value for fill in execution.fills), Decimal(0)),
                fee=sum((fill.fee for fill in execution.fills), Decimal(0)),
                status=order.status.value,
            )


def _result(walk: Walk, asked: _Asked, done: list[OrderDone], kept: list[RequestRow]) -> Result:
    ok, venue = walk.failure is None, asked.venue.value
    output = Output(
        venue=venue, base_url=walk.connection.base_url, ok=ok, checks=walk.checks, orders=done, requests=kept
    )
    following = (
        NextCommand("weexctl trade --profile safe", "trade on the simulator"),
        NextCommand("weexctl test-connection --trade", "place and close an order of about 10 USDT"),
    )
    return Result(
        data=output,
        venue=venue,
        profile=walk.profile.name,
        error=walk.failure,
        exit_code=0 if walk.failure is None else walk.failure.exit_code,
        next=following if ok and asked.venue is Venue.SIM and not done else (),
    )
