"""Kill points: nothing unless armed, the right pass when armed, and a real death when the environment says so."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest

from weexctl.kill_points import VARIABLE, armed, passes


def test_the_armed_pass_acts_and_no_other() -> None:
    acted: list[str] = []
    passes("K05")
    with armed("K05", 2, lambda: acted.append("K05")):
        for point in ("K05", "K06", "K05", "K05"):
            passes(point)
            if point == "K06":
                assert acted == []
    passes("K05")

    assert acted == ["K05"]


def test_two_may_wait_at_one_point() -> None:
    acted: list[int] = []
    with armed("K05", 1, lambda: acted.append(1)), armed("K05", 2, lambda: acted.append(2)):
        passes("K05")
        passes("K05")

    assert acted == [1, 2]


@pytest.mark.parametrize(("value", "passed"), [("K05:3", 2), ("K05", 0), ("K05:x", 0)])
def test_the_environment_kills_the_process_at_that_pass(value: str, passed: int) -> None:
    code = (
        "from weexctl.kill_points import arm_from_environment, passes\n"
        "arm_from_environment()\n"
        "for number in range(5):\n"
        "    passes('K05'); print(number, flush=True)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env={VARIABLE: value}, check=False
    )

    assert done.returncode == -signal.SIGKILL
    assert done.stdout.split() == [str(number) for number in range(passed)]
