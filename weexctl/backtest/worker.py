"""Worker processes: how one behaves, and the work of each symbol spread over several."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import connection, get_context, parent_process
from multiprocessing.synchronize import Event
from typing import TypeVar

from weexctl.errors import ConfigError
from weexctl.model.candle import Candles

__all__ = ["asked_to_stop", "by_symbol", "end_if_asked", "settle_in", "starting_workers"]

T = TypeVar("T")
_LOOK_S = 0.2
"""How often somebody who wants an end is noticed."""


class _Stop:
    """Set by the parent when what this process makes is no longer wanted."""

    event: Event | None = None


def settle_in(stop: Event | None = None) -> None:
    """Called first in a worker process: it leaves Ctrl-C to its parent, and ends when the parent is killed."""
    _Stop.event = stop
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


def _end_with_parent() -> None:
    parent = parent_process()
    if parent is not None:
        connection.wait([parent.sentinel])
        os._exit(1)


def asked_to_stop() -> bool:
    """Whether this is a worker process whose work is no longer wanted; asked between two pieces of it."""
    return _Stop.event is not None and _Stop.event.is_set()


def end_if_asked(should_stop: Callable[[], bool]) -> None:
    """Nothing, or the end of a command that has nothing yet to sum up.

    Raises:
        KeyboardInterrupt: somebody wants an end.
    """
    if should_stop():
        raise KeyboardInterrupt


def by_symbol(
    work: Callable[[Candles], T],
    candles: Mapping[str, Candles],
    workers: int,
    on_done: Callable[[str, T], None],
    should_stop: Callable[[], bool],
) -> dict[str, T]:
    """What `work` makes of each symbol, in processes of their own.

    Args:
        work: can be pickled, and so can what it returns.
        candles: of each symbol.
        workers: processes, at most one for each symbol.
        on_done: is told of each symbol as it is done, in no particular order.
        should_stop: asked several times a second.

    Raises:
        ConfigError: one of the processes was killed (`WORKER_LOST`).
        KeyboardInterrupt: somebody wanted an end.
    """
    made: dict[str, T] = {}
    context = get_context("spawn")
    stop = context.Event()
    size = min(workers, len(candles))
    with ProcessPoolExecutor(size, mp_context=context, initializer=settle_in, initargs=(stop,)) as pool:
        with starting_workers():
            running = {pool.submit(work, known): symbol for symbol, known in candles.items()}
        try:
            while running:
                end_if_asked(should_stop)
                for done in wait(running, timeout=_LOOK_S, return_when=FIRST_COMPLETED).done:
                    symbol = running.pop(done)
                    made[symbol] = done.result()
                    on_done(symbol, made[symbol])
        except BrokenProcessPool as error:
            end_if_asked(should_stop)
            raise ConfigError(
                "a worker process was killed from outside before it was done; nothing was kept",
                hint="run the same command again, with fewer --workers if memory ran out",
                code="WORKER_LOST",
            ) from error
        except BaseException:
            stop.set()
            pool.shutdown(cancel_futures=True)  # waits: one that has only begun to start needs what is here
            raise
    return made
