"""The breakers of an account while a run is under way: told what happens, asked before anything opens, on record."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

from weexctl.errors import JournalUnavailableError
from weexctl.execution.breaker_events import BreakerEvent
from weexctl.execution.breaker_settings import BreakerSettings
from weexctl.execution.breakers import BREAKERS, Breakers
from weexctl.execution.trip import Trip
from weexctl.journal.journal import Journal

__all__ = ["BreakerBoard"]


def _untold(before: Breakers, after: Breakers) -> None:
    """Nobody is told."""


class BreakerBoard:
    """Holds the breakers, and saves them: a latch at once, counts with the next `save`.

    Args:
        settings: at what they trip.
        journal: open for writing; the breakers on record are taken over.
        now_ms: the venue's time.
        on_change: is told of every event that changed anything.

    Raises:
        ConfigError: the breakers on record cannot be read.
    """

    def __init__(
        self,
        settings: BreakerSettings,
        journal: Journal,
        now_ms: Callable[[], int],
        on_change: Callable[[Breakers, Breakers], None] = _untold,
    ) -> None:
        saved = journal.state.get(BREAKERS)
        self.breakers = Breakers(settings) if saved is None else Breakers.from_json(settings, saved)
        self._journal = journal
        self._now_ms = now_ms
        self._on_change = on_change
        self._saved = self.breakers

    def take(self, event: BreakerEvent) -> None:
        """Something happened now."""
        before, self.breakers = self.breakers, self.breakers.take(event, self._now_ms())
        if before.latched.keys() != self.breakers.latched.keys() or before.transport.phase != self._phase:
            with suppress(
                JournalUnavailableError
            ):  # it counts all the same, and is saved when the journal can be written
                self.save()
        self._on_change(before, self.breakers)

    def entry_block(self, symbol: str) -> Trip | None:
        """Why nothing may open or add in a symbol; None when something may."""
        return self.breakers.entry_block(symbol)

    def blocked(self, symbols: tuple[str, ...]) -> dict[str, str]:
        """Symbols that take no entries, with the code of why."""
        return {symbol: trip.code for symbol in symbols if (trip := self.entry_block(symbol)) is not None}

    def save(self) -> None:
        """Put them on record, when anything has changed."""
        if self.breakers != self._saved:
            self._journal.state.put(BREAKERS, self.breakers.to_json())
            self._saved = self.breakers

    @property
    def _phase(self) -> str:
        return self.breakers.transport.phase
