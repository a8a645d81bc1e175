"""Signals in the middle of a run: the step is finished, one document is printed, and the run goes on later."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

COMMAND = [sys.executable, "-m", "weexctl", "trade", "--symbols", "BTCUSDT", "-v", "-o", "json"]
MANY = "6000"


@contextmanager
def under_way(folder: Path, *argv: str, **environment: str) -> Iterator[subprocess.Popen[str]]:
    """A run of which the first tenth is done. It is ended with the block, whatever happens in it."""
    with subprocess.Popen(
        [*COMMAND, *argv],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=folder,
        env={**os.environ, **environment},
    ) as process:
        try:
            heard = []
            for line in process.stderr or ():
                heard.append(line)
                if line.startswith("trade: "):
                    break
            assert process.poll() is None, heard
            yield process
        finally:
            if process.poll() is None:
                process.kill()


def ended(process: subprocess.Popen[str]) -> tuple[dict[str, Any], str]:
    """Its one document, and what else it said, once it has ended."""
    out, err = process.communicate(timeout=60)
    return _one(out), err


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 0)], ids=["SIGINT", "SIGTERM"])
def test_a_signal_ends_the_run_after_a_whole_step_and_the_run_goes_on(
    number: signal.Signals, code: int, tmp_path: Path
) -> None:
    with under_way(tmp_path, "--steps", MANY) as process:
        asked_s = time.monotonic()
        os.kill(process.pid, number)
        document, rest = ended(process)
    assert time.monotonic() - asked_s < 10
    data = document["data"]
    assert (process.returncode, document["ok"], data["interrupted"]) == (code, True, True)
    assert 600 <= data["steps"] < int(MANY)
    assert "INTERRUPTED" in {notice["code"] for notice in document["warnings"]}
    assert "stopping after this step" in rest
    assert "Traceback" not in rest

    after = subprocess.run(
        [*COMMAND, "--steps", "2"], capture_output=True, text=True, timeout=120, check=False, cwd=tmp_path
    )
    went_on = _one(after.stdout)["data"]
    assert after.returncode == 0, after.stdout
    assert (went_on["run_id"], went_on["steps"]) == (data["run_id"], data["steps"] + 2)
    assert went_on["orders"][: len(data["orders"])] == data["orders"]


def test_a_second_signal_ends_it_at_once_and_nothing_of_a_whole_step_is_lost(tmp_path: Path) -> None:
    with under_way(tmp_path, "--steps", MANY) as process:
        os.kill(process.pid, signal.SIGSTOP)  # both are waiting when it goes on
        os.kill(process.pid, signal.SIGTERM)
        os.kill(process.pid, signal.SIGINT)
        os.kill(process.pid, signal.SIGCONT)
        document, rest = ended(process)
    assert process.returncode == 130
    assert (document["ok"], document["error"]["code"]) == (False, "INTERRUPTED")
    assert "Traceback" not in rest
    after = subprocess.run(
        [*COMMAND, "--steps", "1"], capture_output=True, text=True, timeout=120, check=False, cwd=tmp_path
    )
    assert (after.returncode, _one(after.stdout)["data"]["steps"] > 600) == (0, True), after.stdout


def test_sigusr2_pulls_the_kill_switch_and_the_run_goes_on_without_opening(tmp_path: Path) -> None:
    with under_way(tmp_path, "--steps", "3000") as process:
        os.kill(process.pid, signal.SIGUSR2)
        document, _ = ended(process)
    [kill_file] = Path(os.environ["WEEXCTL_DATA_DIR"]).rglob("KILL")
    assert kill_file.read_text() == "SIGUSR2 was received\n"
    assert (process.returncode, document["data"]["steps"]) == (9, 3000)
    assert "HALTED" in {notice["code"] for notice in document["warnings"]}
    assert document["data"]["refusals"]["KILL_SWITCH"] > 0


def test_a_service_manager_hears_that_it_is_ready_and_that_it_stops(tmp_path: Path) -> None:
    name = f"@weexctl-trade-{os.getpid()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(f"\0{name[1:]}")
        manager.settimeout(60)
        with under_way(tmp_path, "--steps", MANY, NOTIFY_SOCKET=name) as process:
            assert manager.recv(4096).startswith(b"READY=1\nSTATUS=safe at sim")
            os.kill(process.pid, signal.SIGTERM)
            assert manager.recv(4096).startswith(b"STOPPING=1")
            ended(process)
    assert process.returncode == 0


def _one(text: str) -> dict[str, Any]:
    """The one document on stdout."""
    [line] = text.splitlines()
    document: dict[str, Any] = json.loads(line)
    return document
