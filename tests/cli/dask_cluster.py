"""A real Dask cluster of two workers on loopback, and commands that run on it while something happens to it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import weexctl

__all__ = ["Cluster", "a_cluster", "ran_on"]

ROOT = Path(weexctl.__file__).parents[1]
Cluster = tuple[str, list[subprocess.Popen[str]]]
"""The address of a scheduler, and its process before those of its two workers."""
_NOT_MORE = {
    "DASK_DISTRIBUTED__COMM__TIMEOUTS__CONNECT": "5s",
    "DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "20",
}


@contextmanager
def _started(module: str, ready: str, *argv: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A process of the cluster, and the line in which it says that it is ready. It is ended with the block."""
    command = [sys.executable, "-m", module, "--host", "127.0.0.1", "--no-dashboard", *argv]
    paths = os.pathsep.join([str(ROOT), str(ROOT / "plugins")])
    environment = {**os.environ, **_NOT_MORE, "PYTHONPATH": paths}
    with subprocess.Popen(
        command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True, env=environment
    ) as process:
        try:
            line = next((line for line in process.stderr or () if ready in line), "")
            assert line, f"{module} did not start"
            yield process, line
        finally:
            process.kill()
            process.communicate()


@contextmanager
def a_cluster(folder: Path) -> Iterator[Cluster]:
    """A scheduler and two workers. The scheduler comes first, and ends last."""
    with ExitStack() as stack:
        scheduler, line = stack.enter_context(
            _started("distributed.cli.dask_scheduler", "Scheduler at:", "--port", "0")
        )
        address = line.split()[-1]
        workers = [
            stack.enter_context(
                _started(
                    "distributed.cli.dask_worker", "Registered to:", address, "--nthreads", "1", "--no-nanny",
                    "--local-directory", str(folder / name),
                )
            )[0]
            for name in ("one", "two")
        ]  # fmt: skip
        yield address, [scheduler, *workers]


def ran_on(
    address: str, argv: Sequence[str], folder: Path, when: str, after: Callable[[subprocess.Popen[str]], object]
) -> tuple[int, dict[str, Any], str]:
    """Exit code, answer and notes of a command in which something happens as soon as a note begins with `when`."""
    line = [sys.executable, "-m", "weexctl", *argv, "--dask", address, "-v"]
    home = {"WEEXCTL_DATA_DIR": str(folder / "data"), "WEEXCTL_CONFIG_DIR": str(folder / "config")}
    with subprocess.Popen(
        line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ, **home}
    ) as process:
        said = []
        try:
            for note in process.stderr or ():
                said.append(note)
                if note.startswith(when):
                    break
            assert said, "it said nothing"
            assert said[-1].startswith(when), said
            after(process)
            out, err = process.communicate(timeout=120)
        finally:
            if process.poll() is None:
                process.kill()
    return process.returncode, json.loads(out), "".join(said) + err
