"""The checks on the way to a venue: what each looks at, and what its failure means to a person."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import ClassVar, Literal

from pydantic import BaseModel

from weexctl.config.profile import Profile
from weexctl.config.venue import Venue
from weexctl.errors import (
    ErrorType,
    ExchangeError,
    NotSentError,
    OutcomeUnknownError,
    RateLimitedError,
    RefusedError,
    RejectedError,
    UnauthorisedError,
    UnavailableError,
    WeexctlError,
    WireError,
)
from weexctl.execution.gate import Gate
from weexctl.model.account import Balance, MarginMode
from weexctl.model.instrument import Instrument
from weexctl.trader.connection import Connection

__all__ = ["Check", "Walk", "account_checks", "public_checks"]

MAX_SKEW_MS = 30_000
"""The exchange refuses a signature whose time is further off (weex-api 2)."""
WARN_SKEW_MS = 1_000
OWN_TIME_MS = 86_400_000
"""A simulator that is more than a day away is not late: it lives at another time."""
_PARAMETER_CODES = frozenset(("-1140", "-1141", "-1142"))
_IP_STATUS = 521


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


@dataclass(slots=True)
class Walk:
    """The checks so far, and what later ones need from earlier ones."""

    connection: Connection
    profile: Profile
    checks: list[Check] = field(default_factory=list)
    failure: WeexctlError | None = None
    instruments: dict[str, Instrument] = field(default_factory=dict)
    balance: Balance | None = None

    def step(self, name: str, look: Callable[[], Check]) -> None:
        """One check; skipped when an earlier one has failed."""
        if self.failure is not None:
            self.skip(name, "an earlier check failed")
            return
        began = self.connection.local_ms()
        try:
            check = look()
        except WeexctlError as error:
            found = _refused_address(error) if self.balance is None and self.instruments else error
            check = _failed(name, found)
            found.hint = check.remedy
            self.failure = found
        elapsed = max(0.0, self.connection.local_ms() - began)
        self.checks.append(check.model_copy(update={"elapsed_ms": round(elapsed, 1)}))

    def skip(self, name: str, why: str) -> None:
        """A check that is not made."""
        self.checks.append(Check(name=name, status="skipped", detail=why))


def public_checks(walk: Walk) -> Iterator[tuple[str, Callable[[], Check]]]:
    """What anybody may ask."""
    yield "time", lambda: _time(walk)
    yield "contracts", lambda: _contracts(walk)


def account_checks(walk: Walk, gate: Gate) -> Iterator[tuple[str, Callable[[], Check]]]:
    """What takes a key."""
    yield "signing", lambda: _signing(walk)
    yield "permissions", lambda: _permissions(walk)
    yield "balance", lambda: _balance(walk)
    yield "leverage", lambda: _leverage(walk)
    yield "ai-log", lambda: _ai_log(gate)


class ClockSkewError(WeexctlError):
    """The clocks are too far apart to trade by."""

    exit_code: ClassVar[int] = 6
    type: ClassVar[ErrorType] = "config"
    default_code: ClassVar[str] = "CLOCK_SKEW"


def _time(walk: Walk) -> Check:
    """The address answers, and how far this machine's clock is from the exchange's."""
    before = walk.connection.local_ms()
    server_ms = walk.connection.exchange.fetch_server_time()
    after = walk.connection.local_ms()
    skew_ms = server_ms - (before + after) / 2
    sure_ms = abs(skew_ms) - (after - before) / 2  # an answer that took long may have been written at either end
    detail = f"the exchange answers; its clock is {skew_ms / 1000:+.1f} s from this machine's"
    if walk.profile.venue.name is Venue.SIM and sure_ms > OWN_TIME_MS:
        return Check(name="time", status="ok", detail="the simulator answers; its market has a time of its own")
    if sure_ms > MAX_SKEW_MS:
        raise ClockSkewError(detail, details={"skew_ms": round(skew_ms)})
    if sure_ms > WARN_SKEW_MS:
        return Check(name="time", status="warning", detail=detail, remedy="switch on time synchronisation (NTP)")
    return Check(name="time", status="ok", detail=detail)


def _contracts(walk: Walk) -> Check:
    walk.instruments = walk.connection.exchange.fetch_instruments()
    missing = [symbol for symbol in walk.profile.venue.symbols if symbol not in walk.instruments]
    if missing:
        raise RefusedError(
            f"the exchange does not list {', '.join(missing)}",
            hint="take these symbols out of the profile",
            code="MISSING_CONTRACT",
        )
    limit = walk.profile.limits.max_leverage
    low = [symbol for symbol in walk.profile.venue.symbols if walk.instruments[symbol].max_leverage < limit]
    detail = f"{len(walk.instruments)} contracts with steps, minimums and fees"
    if low:
        return Check(
            name="contracts", status="warning", detail=f"{detail}; {', '.join(low)} allow less leverage than {limit}"
        )
    return Check(name="contracts", status="ok", detail=detail)


def _signing(walk: Walk) -> Check:
    walk.balance = walk.connection.exchange.fetch_balance()
    return Check(name="signing", status="ok", detail="key, passphrase and signature are accepted")


def _permissions(walk: Walk) -> Check:
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


def _balance(walk: Walk) -> Check:
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


def _leverage(walk: Walk) -> Check:
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
    except RefusedError as error:  # read-only, or a key whose scope sends nothing
        return Check(name="ai-log", status="skipped", detail=error.message)
    return Check(name="ai-log", status="ok", detail="the endpoint took a log")


def _no_ai_log(error: ExchangeError) -> Check:
    return Check(
        name="ai-log",
        status="warning",
        detail=error.message,
        meaning="AI logs are taken only from accounts of the competition, while it runs",
        remedy="ignore this outside the competition; inside it, ask the organiser to allow this account",
    )


def _refused_address(error: WeexctlError) -> WeexctlError:
    """HTTP 521 on a signed request, when public ones were answered: the address is not on the key's list."""
    if not isinstance(error, UnavailableError) or error.http_status != _IP_STATUS:
        return error
    return UnauthorisedError(
        error.message, code="IP_NOT_LISTED", endpoint=error.endpoint, http_status=error.http_status
    )


_STORE = "`weexctl keys add main --scope trade`, or `keys rotate` if it is there"
_LISTED = "an IP list has to name this machine"
_NEW_KEY = "a new key works after about 15 minutes"
_BY_CODE = {
    "UNKNOWN_KEY": (
        "the exchange does not know this key",
        f"store it anew with {_STORE}, or check WEEX_API_KEY; {_NEW_KEY}",
    ),
    "BAD_SIGNATURE": (
        "the secret does not belong to this key",
        f"store it anew with {_STORE}, or check WEEX_API_SECRET: every character, and none around it",
    ),
    "BAD_PASSPHRASE": (
        "the passphrase is not the one that was chosen for this key",
        f"store it anew with {_STORE}, or check WEEX_API_PASSPHRASE, then WEEX_API_KEY; {_NEW_KEY}",
    ),
    "IP_NOT_LISTED": (
        "this machine's address is not on the key's IP list",
        "add this machine's public IPv4 address to the key on the exchange's key page",
    ),
    "NO_TRADING": ("the key may read and not trade", "give it the permission Futures on the exchange's key page"),
}
"""Meaning and remedy of the refusals that have one cause."""

_BY_KIND: tuple[tuple[type[WeexctlError], str, str], ...] = (
    (
        ClockSkewError,
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
        f"store it anew with {_STORE}, or check the three WEEX_API_ variables; {_NEW_KEY}; {_LISTED}",
    ),
    (RateLimitedError, "too many requests were made from here", "wait ten seconds, then try again"),
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
    (
        OutcomeUnknownError,
        "the order may have been carried out: nobody knows before the exchange is asked",
        "look at the open orders and positions on the exchange; do not send it again before that",
    ),
)


def _failed(name: str, error: WeexctlError) -> Check:
    kinds = ((meaning, remedy) for kind, meaning, remedy in _BY_KIND if isinstance(error, kind))
    meaning, remedy = _BY_CODE.get(error.code) or next(kinds, ("", ""))
    return Check(name=name, status="failed", detail=error.message, meaning=meaning, remedy=remedy or error.hint)
