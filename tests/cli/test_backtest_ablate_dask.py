"""`backtest ablate --dask` on a real scheduler with two workers on loopback, one of which is killed in the middle."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Home
from tests.cli.dask_cluster import Cluster, ran_on
from tests.cli.sweep_line import a_profile
from weexctl.backtest import dask_crew

ABLATE = ("backtest", "ablate", "--symbols", "BTCUSDT", "--steps", "100", "--nulls", "1")


def test_a_cluster_that_loses_a_worker_finds_what_this_machine_finds(
    cluster: Cluster, home: Home, tmp_path: Path
) -> None:
    address, (_, first, _) = cluster
    line = (*ABLATE, "--profile", a_profile(tmp_path))

    code, document, err = ran_on(address, line, tmp_path, "arms: 5 of", lambda _: first.kill())

    here = home(*line, "--workers", "1").document
    assert code == 0, (document["error"], err)
    assert first.wait(10) < 0
    assert document["data"] == here["data"]
    assert all(arm["failure"] is None for arm in document["data"]["arms"])
    assert [warning["code"] for warning in document["warnings"]] == ["SYNTHETIC"]


def test_a_cluster_that_is_lost_leaves_the_arms_that_are_done(cluster: Cluster, tmp_path: Path) -> None:
    address, processes = cluster
    line = (*ABLATE, "--profile", a_profile(tmp_path))

    def kill_all(_: object) -> None:
        for process in processes:
            process.kill()

    code, document, err = ran_on(address, line, tmp_path, "arms: 5 of", kill_all)

    assert (code, document["error"]["code"]) == (3, "DASK_LOST"), (document, err)
    done = [arm["name"] for arm in document["data"]["arms"] if arm["calmar"] is not None and arm["group"] != "market"]
    assert 5 <= len(done) < 40
    assert f"{len(done)} of " in document["error"]["message"]
    assert "arms are in this answer" in document["error"]["message"]
    assert document["data"]["interrupted"]
    assert " - distributed" not in err


@pytest.mark.parametrize(
    ("address", "code", "exit_code"), [("tcp://127.0.0.1:9", "DASK_UNREACHABLE", 3), ("somewhere", "USAGE", 2)]
)
def test_a_dead_address_is_one_clear_line(
    address: str, code: str, exit_code: int, home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dask_crew, "_CONNECT_S", 1)
    ran = home(*ABLATE, "--profile", a_profile(tmp_path), "--dask", address)

    assert (ran.code, ran.document["error"]["code"]) == (exit_code, code)
    assert address in ran.document["error"]["message"]
    assert "nothing was run" in ran.document["error"]["message"]
    assert ran.err == ""
