"""One call of `trade`: what was asked for, and the world it was asked in."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from weexctl.actions.context import Context
from weexctl.config.environment import Environment
from weexctl.config.paths import DEFAULT_ACCOUNT, Paths
from weexctl.config.profile import Profile
from weexctl.config.venue import Venue
from weexctl.plugin_host import Offers
from weexctl.run.schedule import SYNTHETIC_STEPS

__all__ = ["DEFAULT_SEED", "Input", "TradeCall"]

DEFAULT_SEED = 7
MAX_SEED = 2**63 - 1
"""A journal keeps it as a whole number of 64 bits."""
MAX_STEPS = 200_000
"""Of one call: 22 years of hourly candles, which still fit into memory."""


class Input(BaseModel):
    """What to trade, where, and for how long."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    profile: str = "safe"
    venue: Literal["sim", "paper", "demo", "live"] | None = None
    account: str | None = None
    data: tuple[str, ...] = ()
    symbols: tuple[str, ...] = ()
    from_ms: int | None = None
    to_ms: int | None = None
    steps: int | None = Field(default=None, ge=1, le=MAX_STEPS)
    once: bool = False
    new: bool = False
    dry_run: bool = False
    read_only: bool = False
    seed: int | None = Field(default=None, ge=0, le=MAX_SEED)


@dataclass(frozen=True, slots=True)
class TradeCall:
    """What was asked for, as a profile understands it, and the world it was asked in."""

    input: Input
    context: Context
    environment: Environment
    paths: Paths
    profile: Profile
    offers: Offers

    @property
    def rehearsal(self) -> bool:
        """True when no order may leave."""
        return self.input.dry_run or self.input.read_only or self.environment.read_only

    @property
    def venue(self) -> Venue:
        """Where it trades."""
        return self.profile.venue.name

    @property
    def alias(self) -> str:
        """Whose account it is: the key's name at live, the venue's elsewhere, unless somebody named one."""
        return self.input.account or (DEFAULT_ACCOUNT if self.venue is Venue.LIVE else self.venue.value)

    @property
    def account(self) -> str:
        """Whose journal, lock and kill file count. A rehearsal has its own, and leaves the account's alone."""
        return "rehearsal" if self.rehearsal else self.alias

    @property
    def journal(self) -> Path:
        """The account's journal."""
        return self.paths.journal(self.venue, self.account)

    @property
    def kill_file(self) -> Path:
        """The file whose presence stops everything but closing."""
        return self.paths.kill_file(self.venue, self.account)

    @property
    def new(self) -> bool:
        """True when an earlier run is put aside; a rehearsal always begins anew."""
        return self.input.new or self.rehearsal

    @property
    def steps(self) -> int | None:
        """How many closes to decide on at most; None for all there are."""
        if self.input.once:
            return 1
        return SYNTHETIC_STEPS if self.input.steps is None and not self.input.data else self.input.steps
