"""A venue at the end of a wire: `live`, `demo`, or a simulator that runs by itself. It remembers what was done."""

from __future__ import annotations

import base64
import hashlib
import platform
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, cast

from weexctl.config.access import Access
from weexctl.config.venue import Venue
from weexctl.exchange.connect import Wiring, connect
from weexctl.exchange.signing import Credentials
from weexctl.exchange.transport import WireTrace
from weexctl.execution.guardian import StopKeeper
from weexctl.journal.place import Place
from weexctl.model.scope import Scope
from weexctl.ports import Clock, Exchange, QuoteSource
from weexctl.trader.address import Address, address_of
from weexctl.trader.demo_exchange import DemoExchange
from weexctl.trader.live_loop import Tempo
from weexctl.trader.own_stops import OwnStops
from weexctl.trader.stepped_clock import SteppedClock, stepped_clock

__all__ = ["Answers", "WireVenue", "host_mark", "open_wire_venue"]


class Answers:
    """Passes on what comes back over the wire, once somebody listens."""

    def __init__(self) -> None:
        self.listener: Callable[[WireTrace], None] | None = None

    def __call__(self, trace: WireTrace) -> None:
        """One attempt came to its end."""
        if self.listener is not None:
            self.listener(trace)


@dataclass(frozen=True, slots=True, kw_only=True)
class WireVenue:
    """An account at an exchange that goes on without us."""

    name: str
    account: str
    exchange: Exchange
    clock: Clock
    scope: Scope
    host: str = "00"
    proves_stops: bool = True
    forgets: bool = False
    address: Address = field(default_factory=Address)
    """Where it is."""
    answers: Answers = field(default_factory=Answers)
    """Tells whoever listens about every attempt on the wire."""

    def save(self) -> dict[str, Any] | None:
        """Nothing: the exchange remembers by itself."""
        return None

    @property
    def quotes(self) -> QuoteSource:
        """Where bid and ask come from."""
        return cast("QuoteSource", self.exchange)

    @property
    def tempo(self) -> Tempo:
        """How often a run looks at it."""
        return Tempo.stepped() if isinstance(self.clock, SteppedClock) else Tempo()

    @property
    def guardian(self) -> StopKeeper | None:
        """Who looks after stops where they cannot be read; None where they are read at the exchange."""
        return None if self.proves_stops else OwnStops()

    def close(self) -> None:
        """Let go of the client."""
        self.exchange.close()
        if isinstance(self.clock, SteppedClock):
            self.clock.close()


def open_wire_venue(
    venue: Venue,
    access: Access,
    *,
    account: str,
    base_url: str | None,
    timeout_s: float | None,
) -> WireVenue:
    """The account behind a key, at the exchange or at a simulator on this machine.

    A simulator whose time stands still is moved on by whoever sleeps: the run then takes as long as its decisions do.

    Args:
        venue: `live` or `demo`.
        access: the key, and how far it reaches.
        account: whose journal it is.
        base_url: an address instead of the exchange's.
        timeout_s: longest wait for one answer; None for each endpoint's own.

    Raises:
        ConfigError: the address is neither the exchange nor on this machine.
    """
    address = address_of(base_url)
    answers = Answers()
    wiring: Wiring = {"timeout_s": timeout_s, "on_exchange": answers}
    stepped = stepped_clock(address.url) if address.place is Place.LOOPBACK else None
    if stepped is not None:
        wiring |= {
            "clock": stepped,
            "sleep": lambda pause_s: stepped.sleep_ms(round(pause_s * 1000)),
            "local_ms": lambda: float(stepped.now_ms()),
        }
    keys = access.credentials
    signer = Credentials(*(part.get_secret_value() for part in (keys.key, keys.secret, keys.passphrase)))
    demo = venue is Venue.DEMO
    client = connect(address.url, signer, demo=demo, **wiring)
    clock: Clock = stepped or client.clock
    return WireVenue(
        name=venue.value,
        account=account,
        exchange=cast("Exchange", DemoExchange(client, clock)) if demo else client,  # type: ignore[arg-type]
        clock=clock,
        scope=access.scope,
        host=host_mark(),
        proves_stops=not demo,
        address=address,
        answers=answers,
    )


def host_mark(name: str | None = None) -> str:
    """Two characters that tell this machine's orders from another's, made from its name; never `00`."""
    digest = hashlib.blake2b((name or platform.node() or "?").encode(), digest_size=5).digest()
    mark = base64.b32encode(digest).decode().lower()[:2]
    return mark if mark != "00" else "aa"
