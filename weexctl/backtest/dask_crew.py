"""Workers of a Dask cluster that is there already run the trials of a sweep, or the arms of an ablation.

A task is a pure function of what is sent along, so the scheduler may run it again wherever it likes: a worker that dies
costs time and changes nothing. Candles and closes go to the cluster once. No key, no journal and no path leaves.
"""

from __future__ import annotations

import logging
import platform
import re
import threading
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError, Future
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, TypeVar

import weexctl
from weexctl.backtest.bench import Bench
from weexctl.backtest.crew import Crew, CrewLostError, Task
from weexctl.backtest.shelf import Shelf
from weexctl.errors import ConfigError, UsageError
from weexctl.plugin_host import find_plugins

if TYPE_CHECKING:
    from distributed import Client

__all__ = ["on_cluster"]

_CONNECT_S = 5
_WORKERS_S = 10
_ADDRESS = re.compile(r"(tcp://)?(\[[0-9a-fA-F:.]+\]|[^\s/:\[\]]+):[0-9]{1,5}")
_HINT = "give the address that `dask scheduler` prints, such as tcp://127.0.0.1:8786, or leave --dask out"
T = TypeVar("T")


@contextmanager
def on_cluster(address: str, bench: Bench) -> Iterator[Crew]:
    """A crew of the workers of the scheduler at this address. The cluster goes on when the block is left.

    Raises:
        UsageError: it is no address.
        ConfigError: nobody answers there, there are no workers, or one has another weexctl or other plugins.
    """
    with _connected(address) as client:
        _must_be_like_us(address, client)
        yield _Cluster(address, client, bench)


class _Cluster:
    def __init__(self, address: str, client: Client, bench: Bench) -> None:
        self._address, self._client = address, client
        self._executor = client.get_executor(pure=False)
        self._threads = 1
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that the candles are large: they are sent once
            # A task that gives them back, and not scattered data: the scheduler drops copies of that until there is
            # one, and when its worker dies nobody can make it again.
            self._bench = client.submit(_same, bench, pure=False)

    @property
    def room(self) -> int:
        """One task for each thread that is there now."""
        with suppress(Exception):  # a scheduler that is gone is noticed by whoever waits for an answer
            self._threads = sum(self._client.nthreads().values())
        return max(1, self._threads)

    def submit(self, task: Task[T], *arguments: Any) -> Future[T]:
        """Have it done by whichever worker is free."""
        future: Future[T] = self._executor.submit(_do, task, self._bench, arguments)
        return future

    def lost(self, error: BaseException) -> CrewLostError | None:
        """The scheduler went away, or gave a task up because every worker that took it died."""
        from distributed import KilledWorker
        from distributed.client import FutureCancelledError
        from distributed.comm import CommClosedError

        gone = (CancelledError, KilledWorker, FutureCancelledError, CommClosedError, TimeoutError, OSError)
        if isinstance(error, gone):
            return CrewLostError(
                f"the Dask cluster at {self._address} was lost ({type(error).__name__})",
                hint="look at its scheduler and workers, then run the same command again",
                code="DASK_LOST",
            )
        return None


@contextmanager
def _connected(address: str) -> Iterator[Client]:
    try:
        from distributed import Client
    except ImportError as error:
        raise ConfigError(
            "--dask needs dask.distributed, which is not installed; nothing was run",
            hint="pip install 'weexctl[dask]'",
            code="EXTRA_MISSING",
            details={"library": "distributed"},
        ) from error
    if not _ADDRESS.fullmatch(address):
        raise UsageError(f"{address!r} is no address of a Dask scheduler; nothing was run", hint=_HINT)
    with _quiet(), _client(Client, address) as client:
        yield client


@contextmanager
def _client(make: type[Client], address: str) -> Iterator[Client]:
    try:
        client = make(address, timeout=_CONNECT_S, set_as_default=False)
    except (OSError, ValueError, TypeError) as error:
        raise ConfigError(
            f"no Dask scheduler answers at {address}; nothing was run",
            hint=_HINT,
            code="DASK_UNREACHABLE",
        ) from error
    try:
        yield client
    finally:
        with suppress(Exception):
            client.close(timeout=_CONNECT_S)


def _must_be_like_us(address: str, client: Client) -> None:
    """Every worker has to have the same weexctl and the same plugins, or the same trial would have two results."""
    try:
        client.wait_for_workers(1, timeout=_WORKERS_S)
        theirs: dict[str, dict[str, str]] = client.run(_installed)
    except TimeoutError as error:
        raise ConfigError(
            f"the Dask scheduler at {address} has no workers; nothing was run",
            hint=f"start some with `dask worker {address}`",
            code="DASK_NO_WORKERS",
        ) from error
    except ImportError as error:
        raise ConfigError(
            f"a worker of the Dask cluster at {address} has no weexctl ({error}); nothing was run",
            hint="install there what is installed here",
            code="DASK_DIFFERS",
        ) from error
    ours = _installed()
    for worker, installed in sorted(theirs.items()):
        for name in sorted(ours.keys() | installed.keys()):
            if ours.get(name) != installed.get(name):
                raise ConfigError(
                    f"the Dask worker {worker} has {name} {installed.get(name, 'not at all')}, and this machine has"
                    f" {ours.get(name, 'none')}; nothing was run",
                    hint="install there what is installed here",
                    code="DASK_DIFFERS",
                )


def _installed() -> dict[str, str]:
    """Versions that the result of a trial depends on."""
    import numpy as np

    plugins = {plugin.distribution: plugin.version for plugin in find_plugins()}
    python = ".".join(platform.python_version_tuple()[:2])
    return {**plugins, "weexctl": weexctl.__version__, "numpy": np.__version__, "Python": python}


@contextmanager
def _quiet() -> Iterator[None]:
    """Dask tells of lost workers and closed connections on stderr; what matters is said by the command itself.

    Its loggers have levels of their own from the moment it is imported.
    """
    names = [name for name in logging.root.manager.loggerDict if name.partition(".")[0] in ("distributed", "tornado")]
    loggers = [logging.getLogger(name) for name in names]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)


_SHELVES: dict[str, Shelf] = {}
_LOCK = threading.Lock()


def _do(task: Callable[..., T], bench: Bench, arguments: tuple[Any, ...]) -> T:
    """On a worker: the task, with what this worker keeps of earlier ones over the same bench."""
    with _LOCK:
        shelf = _SHELVES.get(bench.key)
        if shelf is None:
            _SHELVES.clear()  # one command at a time is worth remembering
            shelf = _SHELVES[bench.key] = Shelf()
    return task(bench, shelf, *arguments, should_stop=_never)


def _same(bench: Bench) -> Bench:
    return bench


def _never() -> bool:
    return False
