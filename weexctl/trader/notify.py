"""Telling a service manager that a run is ready, still getting on, or stopping."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol

__all__ = ["LoopProgress", "Notifier", "ServiceNotifier", "SilentNotifier", "find_notifier", "telling_of_stop"]

LATEST_MS = 20_000
"""A loop that got no further for longer has stalled."""
_NAME = "NOTIFY_SOCKET"
_LONGEST = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class LoopProgress:
    """When each loop that a run cannot do without last got further: reconcile, protection, clock."""

    now_ms: int
    """On the clock of the moments below; best one that never jumps."""
    last_ms: Mapping[str, int | None]
    """By loop; None for one that has not got anywhere yet."""

    @property
    def stalled(self) -> tuple[str, ...]:
        """Loops without progress in the last 20 s, sorted."""
        late = (name for name, last in self.last_ms.items() if last is None or self.now_ms - last > LATEST_MS)
        return tuple(sorted(late))


class Notifier(Protocol):
    """Who started this process, and wants to know how it is. None of these calls ever fails or waits."""

    def ready(self, status: str) -> None:
        """Start-up is over: journal and exchange agree, or they do not and the status says so."""
        ...

    def alive(self, progress: LoopProgress) -> None:
        """Called often. Says nothing while a loop stalls, so that the manager's patience runs out."""
        ...

    def stopping(self) -> None:
        """An orderly end has begun."""
        ...


class SilentNotifier:
    """Nobody wants to know."""

    def ready(self, status: str) -> None:
        """Say nothing."""

    def alive(self, progress: LoopProgress) -> None:
        """Say nothing."""

    def stopping(self) -> None:
        """Say nothing."""


class ServiceNotifier:
    """Sends systemd's datagrams: `READY=1`, `WATCHDOG=1`, `STOPPING=1`, each with a `STATUS=` where there is one.

    Args:
        address: path of the socket, or a name that begins with `@` for one outside the file system.
    """

    def __init__(self, address: str) -> None:
        self._address = f"\0{address[1:]}" if address.startswith("@") else address
        self._ready = False
        self._status = ""

    def ready(self, status: str) -> None:
        """`READY=1`, and what `systemctl status` shows."""
        self._ready, self._status = True, _one_line(status)
        self._send("READY=1", f"STATUS={self._status}")

    def alive(self, progress: LoopProgress) -> None:
        """`WATCHDOG=1` when every loop got further; otherwise which one did not."""
        if not self._ready:
            return
        stalled = progress.stalled
        status = f"no progress in {', '.join(stalled)}" if stalled else self._status
        words = [] if stalled or not progress.last_ms else ["WATCHDOG=1"]
        self._send(*words, f"STATUS={status}")

    def stopping(self) -> None:
        """`STOPPING=1`; after it no watchdog is answered any more."""
        self._ready = False
        self._send("STOPPING=1", "STATUS=stopping after this step")

    def _send(self, *lines: str) -> None:
        # A manager that does not listen must never hold up trading.
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as channel:
            channel.setblocking(False)
            channel.sendto("\n".join(lines).encode(), self._address)


def find_notifier(environ: Mapping[str, str] | None = None) -> Notifier:
    """The notifier of this process: that of `NOTIFY_SOCKET`, silent without one."""
    address = (os.environ if environ is None else environ).get(_NAME, "")
    # vsock and others belong to virtual machines; a manager on this machine gives a path or a name.
    return ServiceNotifier(address) if address[:1] in ("/", "@") and len(address) > 1 else SilentNotifier()


def telling_of_stop(notifier: Notifier, should_stop: Callable[[], bool]) -> Callable[[], bool]:
    """The same answer; the first time it is yes, the service manager hears of it."""
    told = False

    def stop() -> bool:
        nonlocal told
        if (asked := should_stop()) and not told:
            told = True
            notifier.stopping()
        return asked

    return stop


def _one_line(text: str) -> str:
    return " ".join(text.split())[:_LONGEST]
