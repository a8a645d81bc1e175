"""How a worker process behaves, and how a command ends that has nothing yet to sum up."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing import connection, parent_process

__all__ = ["end_if_asked", "settle_in", "starting_workers"]


def settle_in() -> None:
    """Called first in a worker process: it leaves Ctrl-C to its parent, and ends when the parent is killed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


@contextmanager
def starting_workers() -> Iterator[None]:
    """A Ctrl-C is held back from the processes that are started inside, until they settle in; it comes right after."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def end_if_asked(should_stop: Callable[[], bool]) -> None:
    """Nothing, or the end of a command that has nothing yet to sum up.

    Raises:
        KeyboardInterrupt: somebody wants an end.
    """
    if should_stop():
        raise KeyboardInterrupt


def _end_with_parent() -> None:
    parent = parent_process()
    if parent is not None:
        connection.wait([parent.sentinel])
        os._exit(1)
