"""What a run does while its journal refuses: it decides nothing, and what is open keeps its stops."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from weexctl.errors import ConfigError, JournalUnavailableError, LockHeldError
from weexctl.execution.gate import Gate
from weexctl.execution.guardian import Guardian, StopKeeper
from weexctl.execution.reading import Unavailable
from weexctl.journal.journal import Journal
from weexctl.model.limits import Limits
from weexctl.trader.bare_positions import BarePositions
from weexctl.trader.live_loop import Pulse, Tempo
from weexctl.trader.wire_venue import WireVenue

__all__ = ["StandIn"]


@dataclass(frozen=True, slots=True, kw_only=True)
class StandIn:
    """Takes the place of the loop, with the account's lock but without a journal that could be written."""

    venue: WireVenue
    limits: Limits
    journal_path: Path
    guardian: StopKeeper | None
    """Looks after stops; None for one that reads them at the exchange."""
    halted: Callable[[], str]
    tempo: Tempo
    pulse: Pulse

    def look(self, error: JournalUnavailableError) -> bool:
        """Place the stops that are missing; each stands in the emergency record before it leaves.

        Returns:
            False when nothing of ours is open, or when nothing can tell what is ours: nobody needs this process then.

        Raises:
            LockHeldError: another process has the account's journal by now.
        """
        venue = self.venue
        try:
            with Journal.aside(self.journal_path) as journal:
                gate = Gate(venue.exchange, self.limits, halted=self.halted, scope=venue.scope)
                guardian = self.guardian or Guardian(
                    venue.exchange, gate, journal, venue.clock, account=venue.account, host=venue.host
                )
                ours = BarePositions(venue.exchange, guardian, journal, venue.clock).look(stops=venue.proves_stops)
        except LockHeldError:
            raise
        except ConfigError:
            return False
        stops = "stops are looked after" if venue.proves_stops else "nobody watches the stops"
        status = f"the journal refuses ({error.code}); nothing opens, {stops}"
        self.pulse.ready(status)
        self.pulse.alive(status, agreed=False)
        return isinstance(ours, Unavailable) or bool(ours)

    def keep_looking(
        self, error: JournalUnavailableError, *, for_ms: int, until_ms: int | None, should_stop: Callable[[], bool]
    ) -> bool:
        """Look every few seconds for so long, once at least, and then see whether the journal works again.

        Returns:
            False when nobody needs this process any longer: nothing is open, or the run was to end.
        """
        clock = self.venue.clock
        end_ms = clock.now_ms() + max(for_ms, self.tempo.watch_ms)
        while self.look(error):
            next_ms = min(clock.now_ms() + self.tempo.watch_ms, max(end_ms, clock.now_ms()))
            while (now_ms := clock.now_ms()) < next_ms:
                if should_stop() or (until_ms is not None and now_ms >= until_ms):
                    return False
                clock.sleep_ms(min(next_ms - now_ms, self.tempo.slice_ms))
            if clock.now_ms() >= end_ms:
                return not should_stop()
        return False
