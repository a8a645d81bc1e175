"""Ctrl-C in the middle of a run: the step is finished, one document is printed, and the run goes on later."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

COMMAND = [sys.executable, "-m", "weexctl", "trade", "--symbols", "BTCUSDT", "-v", "-o", "json"]
MANY = "6000"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["SIGINT", "SIGTERM"])
def test_a_signal_ends_the_run_after_a_whole_step_and_the_run_goes_on(number: signal.Signals, tmp_path: Path) -> None:
    with subprocess.Popen(
        [*COMMAND, "--steps", MANY], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=tmp_path
    ) as process:
        assert process.stderr is not None
        assert process.stdout is not None
        heard = []
        for line in process.stderr:  # the first tenth is done: the run is under way
            heard.append(line)
            if line.startswith("trade: "):
                break
        os.kill(process.pid, number)
        rest, document = process.stderr.read(), _one(process.stdout.read())
    data = document["data"]
    assert (process.returncode, document["ok"], data["interrupted"]) == (130, True, True), heard
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


def _one(text: str) -> dict[str, Any]:
    """The one document on stdout."""
    [line] = text.splitlines()
    document: dict[str, Any] = json.loads(line)
    return document
