"""Whose account a command is about, and the way there."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict

from weexctl.actions.context import Context
from weexctl.actions.halting import halted_by
from weexctl.actions.hand_way import beginning, wire, wire_way
from weexctl.config.access import Access, open_access, require_key
from weexctl.config.environment import Environment, read_environment
from weexctl.config.paths import DEFAULT_ACCOUNT, Paths, check_account, find_paths
from weexctl.config.vault import Vault
from weexctl.config.venue import Venue
from weexctl.errors import RefusedError, UsageError
from weexctl.ports import Clock, Exchange
from weexctl.trader.hand_account import HandAccount
from weexctl.trader.hand_desk import HandDesk
from weexctl.trader.sim_account import read_sim_account
from weexctl.trader.sim_desk import open_sim_desk
from weexctl.trader.wire_venue import WireVenue

__all__ = ["AccountInput", "Asked", "VenueWord", "asked_at", "check_alias"]

VenueWord = Literal["sim", "paper", "demo", "live"]


class AccountInput(BaseModel):
    """Whose account."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    venue: VenueWord | None = None
    account: str | None = None
    """Alias of the key; None for the environment's or `main`."""
    data: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Asked:
    """An account at a venue, and the world it was asked about in."""

    venue: Venue
    context: Context
    environment: Environment
    paths: Paths
    alias: str | None = None
    """What somebody named; None for the one that is used by itself."""

    @property
    def account(self) -> str:
        """The alias whose journal, lock and kill file count."""
        return self.alias or (DEFAULT_ACCOUNT if self.venue is Venue.LIVE else self.venue.value)

    @property
    def again(self) -> str:
        """What a further command on the same account has to say, with a space before it; empty at sim."""
        if self.venue is Venue.SIM:
            return ""
        return f" --venue {self.venue.value}" + (f" --account {self.alias}" if self.alias else "")

    @property
    def kill_file(self) -> Path:
        """The file whose presence stops everything but closing."""
        return self.paths.kill_file(self.venue, self.account)

    @property
    def halted(self) -> Callable[[], str]:
        """Says why trading is halted, or an empty text."""
        return halted_by(self.environment, self.kill_file)

    @property
    def journal(self) -> Path:
        """The account's journal, which need not exist."""
        return self.paths.journal(self.venue, self.account)

    @contextmanager
    def looked_at(self, data: Sequence[str], profile: str | None = None) -> Iterator[HandAccount]:
        """The account with its limits and its books, for looking only.

        Args:
            data: candle files, at sim.
            profile: whose limits count where there was no run; None for the one that is used by itself.

        Raises:
            ConfigError: the venue is out of reach, keys are missing, or there is no run yet at sim.
            UsageError: paper has no account, or candle files were named for live.
        """
        if self.venue is Venue.SIM:
            with read_sim_account(self.journal, data, halted=self.halted) as account:
                yield account
            return
        self._reachable(data)
        with wire_way(self, profile, writes=False).read() as account:
            yield account

    @contextmanager
    def exchange(self, data: Sequence[str]) -> Iterator[Exchange]:
        """As `way`, without the clock."""
        with self.way(data) as (exchange, _):
            yield exchange

    @contextmanager
    def way(self, data: Sequence[str]) -> Iterator[tuple[Exchange, Clock]]:
        """A client for reading the account, and the venue's clock.

        Raises:
            ConfigError: the venue is out of reach, keys are missing, or there is no run yet.
            UsageError: paper has no account, or candle files were named for live.
        """
        if self.venue is Venue.SIM:
            with self.looked_at(data) as account:
                yield account.venue.exchange, account.venue.clock
            return
        with self.wired(data) as venue:
            yield venue.exchange, venue.clock

    @contextmanager
    def wired(self, data: Sequence[str]) -> Iterator[WireVenue]:
        """The account at live or demo, as far as its key reaches. Nothing is sent yet.

        Raises:
            ConfigError: the venue is out of reach, or keys are missing.
            UsageError: paper has no account, or candle files were named.
        """
        self._reachable(data)
        with wire(self) as venue:
            yield venue

    def access(self) -> Access:
        """The key, opened.

        Raises:
            MissingCredentialsError, ConfigError, UsageError: as `open_access`.
        """
        return open_access(
            self.venue,
            self.alias,
            environ=self.context.environment,
            environment=self.environment,
            vault=Vault(self.paths.vault),
            ask=self.context.ask_secret,
        )

    @contextmanager
    def desk(
        self, data: Sequence[str], *, read_only: bool, opens: bool = False, profile: str | None = None
    ) -> Iterator[HandDesk]:
        """The account, locked and ready for orders by hand.

        Args:
            data: candle files, at sim.
            read_only: whether a flag forbids it.
            opens: whether what is to be sent may open or add: live then needs a profile that is armed.
            profile: whose limits count where there was no run; None for the one that is used by itself.

        Raises:
            RefusedError: read-only, or the key reaches no orders.
            NotArmedError: nobody armed the profile.
            LockHeldError: a run is under way.
            ConfigError: the venue is out of reach, keys are missing, or there is no run yet at sim.
            ExchangeError: the account could not be read; nothing was sent.
        """
        self.must_not_be_read_only(read_only)
        if self.venue is Venue.SIM:
            with open_sim_desk(self.journal, data, halted=self.halted) as desk:
                yield desk
            return
        self._reachable(data)
        begin = beginning(self, profile) if opens else None
        with wire_way(self, profile, writes=True).desk(begin) as desk:
            yield desk

    def must_not_be_read_only(self, read_only: bool) -> None:
        """Pass when writing is allowed.

        Raises:
            RefusedError: the flag or the environment forbids it.
        """
        if read_only or self.environment.read_only:
            what = "--read-only" if read_only else "WEEXCTL_READ_ONLY"
            raise RefusedError(
                f"{what} is set, and this changes the account; nothing was sent",
                hint="run it again without",
                code="READ_ONLY",
            )

    def _reachable(self, data: Sequence[str]) -> None:
        if self.venue is Venue.PAPER:
            raise UsageError(
                "paper trading has no account of its own here; nothing was done", hint="--venue sim has one"
            )
        if data:
            raise UsageError(
                f"--data is for the venue sim, not for {self.venue.value}; nothing was done", hint="leave --data out"
            )
        require_key(self.venue, self.alias, environ=self.context.environment, vault=Vault(self.paths.vault))


def asked_at(venue: VenueWord | None, context: Context, account: str | None = None) -> Asked:
    """The account at a venue; the simulator's when nobody named one.

    Raises:
        UsageError: the alias is none, or the venue has one account only.
    """
    environment, paths = read_environment(context.environment), find_paths(context.environment)
    at = Venue.SIM if venue is None else Venue(venue)
    check_alias(at, account)
    return Asked(at, context, environment, paths, account)


def check_alias(venue: Venue, account: str | None) -> None:
    """Pass when this alias can name an account at this venue; None names the usual one.

    Raises:
        UsageError: it is no alias, or the venue needs no key and has no accounts to choose from.
    """
    if account is None:
        return
    check_account(account)
    if not venue.needs_keys:
        raise UsageError(
            f"--account names a key, and {venue.value} needs none; nothing was done",
            hint="leave --account out, or name the venue with --venue live",
        )
