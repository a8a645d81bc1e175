"""Telling the service manager and the log how the loop of a run is doing."""

from __future__ import annotations

from weexctl.exchange.server_clock import boot_ms
from weexctl.trader.notify import LoopProgress, Notifier
from weexctl.trader.run_log import RunLog

__all__ = ["RunPulse"]

_LOOPS = ("reconcile", "protection", "clock")


class RunPulse:
    """One look does all three things a run cannot do without: it compares, it protects, and it reads the time.

    Args:
        notifier: the service manager.
        log: is told when exchange and books come to agree or to differ.
    """

    def __init__(self, notifier: Notifier, log: RunLog) -> None:
        self._notifier = notifier
        self._log = log
        self._agreed: bool | None = None

    def ready(self, status: str) -> None:
        """Start-up is over; the status says whether exchange and books agree."""
        self._notifier.ready(status)

    def alive(self, status: str, *, agreed: bool) -> None:
        """A look was completed."""
        if agreed is not self._agreed:
            self._agreed = agreed
            self._log.reconciled(agreed, "" if agreed else status)
        now_ms = int(boot_ms())
        self._notifier.alive(LoopProgress(now_ms=now_ms, last_ms=dict.fromkeys(_LOOPS, now_ms)))
