"""What a service manager hears, over a real socket of its kind."""

from __future__ import annotations

import os
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from weexctl.trader.notify import LoopProgress, Notifier, ServiceNotifier, SilentNotifier, find_notifier

LOOPS = ("reconcile", "protection", "clock")


@pytest.fixture(params=["path", "abstract"])
def manager(request: pytest.FixtureRequest) -> Iterator[tuple[socket.socket, str]]:
    """A service manager's socket, and what NOTIFY_SOCKET would say."""
    with tempfile.TemporaryDirectory() as folder, socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        name = f"@weexctl-test-{os.getpid()}" if request.param == "abstract" else str(Path(folder) / "notify")
        listening.bind(f"\0{name[1:]}" if name.startswith("@") else name)
        listening.setblocking(False)
        yield listening, name


def heard(listening: socket.socket) -> list[list[str]]:
    """Every datagram so far, in lines."""
    found = []
    while True:
        try:
            found.append(listening.recv(4096).decode().split("\n"))
        except BlockingIOError:
            return found


def progress(now_ms: int, **last_ms: int | None) -> LoopProgress:
    return LoopProgress(now_ms=now_ms, last_ms={**dict.fromkeys(LOOPS, now_ms), **last_ms})


def test_ready_comes_with_a_status_on_one_line(manager: tuple[socket.socket, str]) -> None:
    listening, name = manager
    find_notifier({"NOTIFY_SOCKET": name}).ready("8 symbols,\nWATCHDOG=1 2 open")

    assert heard(listening) == [["READY=1", "STATUS=8 symbols, WATCHDOG=1 2 open"]]


def test_the_watchdog_is_answered_while_every_loop_gets_on(manager: tuple[socket.socket, str]) -> None:
    listening, name = manager
    notifier = find_notifier({"NOTIFY_SOCKET": name})
    notifier.ready("fine")
    heard(listening)
    notifier.alive(progress(100_000, clock=80_000))
    notifier.alive(progress(100_000, clock=79_999))
    notifier.alive(progress(100_000, protection=None, clock=0))
    notifier.alive(LoopProgress(now_ms=100_000, last_ms={}))

    assert heard(listening) == [
        ["WATCHDOG=1", "STATUS=fine"],
        ["STATUS=no progress in clock"],
        ["STATUS=no progress in clock, protection"],
        ["STATUS=fine"],
    ]


def test_the_watchdog_is_not_answered_before_ready_nor_while_stopping(manager: tuple[socket.socket, str]) -> None:
    listening, name = manager
    notifier = find_notifier({"NOTIFY_SOCKET": name})
    notifier.alive(progress(1))
    notifier.ready("fine")
    notifier.stopping()
    notifier.alive(progress(2))

    assert [lines[0] for lines in heard(listening)] == ["READY=1", "STOPPING=1"]


def test_a_manager_that_is_gone_or_full_holds_nothing_up(manager: tuple[socket.socket, str]) -> None:
    listening, name = manager
    notifier = ServiceNotifier(name)
    for _ in range(5_000):  # nobody reads: the queue of a datagram socket is far shorter
        notifier.ready("fine")
    listening.close()
    notifier.ready("fine")
    notifier.stopping()


@pytest.mark.parametrize("address", [None, "", "/", "@", "vsock:2:1234", "relative/path"])
def test_without_a_socket_nothing_is_said(address: str | None) -> None:
    environ = {} if address is None else {"NOTIFY_SOCKET": address}
    notifier: Notifier = find_notifier(environ)

    assert isinstance(notifier, SilentNotifier)
    notifier.ready("fine")
    notifier.alive(progress(1))
    notifier.stopping()
