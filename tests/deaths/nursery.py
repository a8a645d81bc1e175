"""Starts `weexctl` in processes that share what they have read in before, so that a start takes no second.

It reads one JSON object a line: `{"argv": […], "environment": {…}, "kill_after_s": 0.4, "output": PATH}`, or
`{"arm": PROFILE}`; and answers each with one: `{"signal": 9}` or `{"code": 0}`.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

from tests.armed import make_ready
from weexctl.cli.main import main
from weexctl.config.paths import find_paths


def arm_profile(path: str) -> None:
    """As a person at a terminal does, after the check of causality."""
    make_ready(path, find_paths())


def child(order: dict[str, Any]) -> None:
    """Become `weexctl`."""
    with Path(order["output"]).open("wb") as output:
        os.dup2(output.fileno(), 1)
        os.dup2(output.fileno(), 2)
    os.environ.update(order["environment"])
    sys.argv = ["weexctl", *order["argv"]]
    main()


def run(order: dict[str, Any]) -> dict[str, int]:
    """Start a child, kill it when its time is over, and tell how it ended."""
    pid = os.fork()
    if pid == 0:
        try:
            child(order)
        except SystemExit as error:
            sys.stdout.flush()
            os._exit(error.code if isinstance(error.code, int) else 1)
        os._exit(0)
    if (limit_s := order.get("kill_after_s")) is not None:
        time.sleep(limit_s)
        os.kill(pid, signal.SIGKILL)
    _, status = os.waitpid(pid, 0)
    return {"signal": os.WTERMSIG(status)} if os.WIFSIGNALED(status) else {"code": os.WEXITSTATUS(status)}


for line in sys.stdin:
    wanted = json.loads(line)
    answer: dict[str, int] = {"code": 0}
    if "arm" in wanted:
        arm_profile(wanted["arm"])
    else:
        answer = run(wanted)
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()
