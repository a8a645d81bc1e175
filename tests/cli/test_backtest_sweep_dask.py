"""`backtest sweep --dask` on a real scheduler with two workers on loopback, one of which is killed in the middle."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

import weexctl
from tests.cli.conftest import Home
from tests.cli.sweep_line import SWEEP, VARIED, a_profile, table

ROOT = Path(weexctl.__file__).parents[1]
_NOT_MORE = {
    "DASK_DISTRIBUTED__COMM__TIMEOUTS__CONNECT": "5s",
    "DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "20",
}


@contextmanager
def started(module: str, ready: str, *argv: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
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


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[tuple[str, list[subprocess.Popen[str]]]]:
    """The address of a scheduler, and its two workers. The scheduler comes first, and ends last."""
    with ExitStack() as stack:
        scheduler, line = stack.enter_context(started("distributed.cli.dask_scheduler", "Scheduler at:", "--port", "0"))
        address = line.split()[-1]
        workers = [
            stack.enter_context(
                started(
                    "distributed.cli.dask_worker", "Registered to:", address, "--nthreads", "1", "--no-nanny",
                    "--local-directory", str(tmp_path / name),
                )
            )[0]
            for name in ("one", "two")
        ]  # fmt: skip
        yield address, [scheduler, *workers]


def swept(
    folder: Path, address: str, after: Callable[[subprocess.Popen[str]], object]
) -> tuple[int, dict[str, Any], str]:
    """Exit code, answer and notes of a sweep in which something happens after the third trial."""
    line = [sys.executable, "-m", "weexctl", *SWEEP, *VARIED, "--profile", a_profile(folder), "--dask", address, "-v"]
    home = {"WEEXCTL_DATA_DIR": str(folder / "data"), "WEEXCTL_CONFIG_DIR": str(folder / "config")}
    with subprocess.Popen(
        line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ, **home}
    ) as process:
        try:
            said = list(islice(process.stderr or (), 4))
            assert said[3].startswith("sweep: 3 of 8"), said
            after(process)
            out, err = process.communicate(timeout=120)
        finally:
            if process.poll() is None:
                process.kill()
    return process.returncode, json.loads(out), err


def test_a_cluster_that_loses_a_worker_finds_what_this_machine_finds(
    cluster: tuple[str, list[subprocess.Popen[str]]], home: Home, tmp_path: Path
) -> None:
    address, (_, first, _) = cluster

    code, document, err = swept(tmp_path, address, lambda _: first.kill())

    here = home(*SWEEP, *VARIED, "--profile", a_profile(tmp_path), "--workers", "1").document
    assert code == 0, (document["error"], err)
    assert first.wait(10) < 0
    assert table(document) == table(here)
    assert document["data"]["done"] == 8
    assert all(line.startswith("sweep: ") for line in err.splitlines()), err


def test_a_cluster_that_is_lost_leaves_what_is_done_and_this_machine_goes_on(
    cluster: tuple[str, list[subprocess.Popen[str]]], home: Home, tmp_path: Path
) -> None:
    address, processes = cluster

    def kill_all(_: object) -> None:
        for process in processes:
            process.kill()

    code, document, err = swept(tmp_path, address, kill_all)

    assert (code, document["error"]["code"]) == (3, "DASK_LOST"), (document, err)
    assert "of 8 trials are kept" in document["error"]["message"]
    assert " - distributed" not in err
    home.data, home.config = tmp_path / "data", tmp_path / "config"
    went_on = home(*SWEEP, *VARIED, "--profile", a_profile(tmp_path), "--workers", "1").document
    assert went_on["ok"]
    assert 2 <= went_on["data"]["done_before"] < 8
    assert went_on["data"]["done"] == 8


def test_ctrl_c_keeps_what_is_done_and_leaves_the_cluster_alone(
    cluster: tuple[str, list[subprocess.Popen[str]]], tmp_path: Path
) -> None:
    address, processes = cluster

    code, document, err = swept(tmp_path, address, lambda process: process.send_signal(signal.SIGINT))

    assert (code, document["ok"], document["data"]["interrupted"]) == (130, True, True)
    assert 3 <= document["data"]["done"] < 8
    assert " - distributed" not in err
    assert all(process.poll() is None for process in processes)


@pytest.mark.parametrize(
    ("address", "code", "exit_code"),
    [("tcp://127.0.0.1:9", "DASK_UNREACHABLE", 3), ("http://127.0.0.1:80", "USAGE", 2), ("somewhere", "USAGE", 2)],
)
def test_a_dead_address_is_one_clear_line(address: str, code: str, exit_code: int, home: Home, tmp_path: Path) -> None:
    ran = home(*SWEEP, *VARIED, "--profile", a_profile(tmp_path), "--dask", address)

    assert (ran.code, ran.document["error"]["code"]) == (exit_code, code)
    assert address in ran.document["error"]["message"]
    assert "nothing was run" in ran.document["error"]["message"]
    assert ran.err == ""
