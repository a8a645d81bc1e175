"""`backtest sweep --dask` on a real scheduler with two workers on loopback, one of which is killed in the middle."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Home
from tests.cli.dask_cluster import Cluster, ran_on
from tests.cli.sweep_line import SWEEP, VARIED, a_profile, table
from weexctl.backtest import dask_crew


def swept(
    folder: Path, address: str, after: Callable[[subprocess.Popen[str]], object]
) -> tuple[int, dict[str, Any], str]:
    """Exit code, answer and notes of a sweep in which something happens after the third trial."""
    return ran_on(address, (*SWEEP, *VARIED, "--profile", a_profile(folder)), folder, "sweep: 3 of 8", after)


def test_a_cluster_that_loses_a_worker_finds_what_this_machine_finds(
    cluster: Cluster, home: Home, tmp_path: Path
) -> None:
    address, (_, first, _) = cluster

    code, document, err = swept(tmp_path, address, lambda _: first.kill())

    here = home(*SWEEP, *VARIED, "--profile", a_profile(tmp_path), "--workers", "1").document
    assert code == 0, (document["error"], err)
    assert first.wait(10) < 0
    assert table(document) == table(here)
    assert document["data"]["done"] == 8
    assert all(line.startswith(("sweep: ", "fit: ")) for line in err.splitlines()), err


def test_a_cluster_that_is_lost_leaves_what_is_done_and_this_machine_goes_on(
    cluster: Cluster, home: Home, tmp_path: Path
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


def test_ctrl_c_keeps_what_is_done_and_leaves_the_cluster_alone(cluster: Cluster, tmp_path: Path) -> None:
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
def test_a_dead_address_is_one_clear_line(
    address: str, code: str, exit_code: int, home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dask_crew, "_CONNECT_S", 1)
    ran = home(*SWEEP, *VARIED, "--profile", a_profile(tmp_path), "--dask", address)

    assert (ran.code, ran.document["error"]["code"]) == (exit_code, code)
    assert address in ran.document["error"]["message"]
    assert "nothing was run" in ran.document["error"]["message"]
    assert ran.err == ""
