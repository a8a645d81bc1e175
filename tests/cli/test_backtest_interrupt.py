"""`backtest run` that is ended while its worker processes fit."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.cli.sweep_line import a_profile
from tests.cli.test_backtest_sweep import homed, workers_of

RUN = ("backtest", "run", "--symbols", "BTCUSDT,ETHUSDT", "--steps", "3000", "--workers", "2")


@pytest.mark.parametrize("signalled", [signal.SIGINT, signal.SIGKILL], ids=["Ctrl-C", "worker killed"])
def test_it_ends_with_one_clear_line(signalled: signal.Signals, tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "weexctl", *RUN, "--profile", a_profile(tmp_path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=homed(tmp_path),
        start_new_session=True,
    ) as process:
        try:
            until = time.monotonic() + 60
            while len(found := workers_of(process.pid)) < 2:
                assert time.monotonic() < until
                assert process.poll() is None
            if signalled is signal.SIGINT:
                os.killpg(process.pid, signalled)  # as a terminal does: to the workers too
            else:
                os.kill(found[0], signalled)
            out, err = process.communicate(timeout=60)
        finally:
            if process.poll() is None:
                process.kill()
    document = json.loads(out)

    if signalled is signal.SIGINT:
        assert (process.returncode, document["error"]["code"]) == (130, "INTERRUPTED")
    else:
        assert (process.returncode, document["error"]["code"]) == (3, "WORKER_LOST")
    assert document["ok"] is False
    assert "Traceback" not in err
    assert not (tmp_path / "data").exists()
