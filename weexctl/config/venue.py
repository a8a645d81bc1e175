"""Where orders go: one word, parsed strictly."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

from weexctl.errors import ConfigError, UsageError
from weexctl.plugin_host import nearest_word

__all__ = ["Venue", "parse_venue"]


class Venue(StrEnum):
    """Where market data comes from and where orders go."""

    SIM = "sim"
    """A simulated exchange in this process; needs nothing."""
    PAPER = "paper"
    """The exchange's public market data, simulated fills; needs the network."""
    DEMO = "demo"
    """The exchange's own demo account; needs keys."""
    LIVE = "live"
    """Real money; needs keys, an armed profile and the word itself."""

    @property
    def needs_keys(self) -> bool:
        """True when the exchange has to know who is asking."""
        return self in (Venue.DEMO, Venue.LIVE)

    @property
    def needs_network(self) -> bool:
        """True for all but the simulator."""
        return self is not Venue.SIM


def parse_venue(text: str, *, source: str, layer: Literal["flag", "environment", "file"]) -> Venue:
    """The venue with exactly this name; nothing is trimmed, folded or guessed, because one of the words is live.

    Args:
        text: what was given.
        source: how the person gave it, for the message: `--venue`, `WEEXCTL_VENUE`.
        layer: a wrong flag is a usage error (exit 2), a wrong file or environment a configuration error (exit 3).

    Raises:
        UsageError: a flag has no such venue.
        ConfigError: the environment or a file has no such venue.
    """
    words = [venue.value for venue in Venue]
    if text in words:
        return Venue(text)
    near = nearest_word(text.strip().lower(), words)
    hint = (f"did you mean {near}? " if near else "") + f"venues are {', '.join(words)}"
    error = UsageError if layer == "flag" else ConfigError
    raise error(f"{source}: no venue is called {text!r}; nothing was run", hint=hint, code="UNKNOWN_VENUE")
