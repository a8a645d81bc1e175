"""A short backtest of the small pipeline, and what is kept of it."""

from __future__ import annotations

import functools
import json
from pathlib import Path
from typing import Any

from tests.unit.trader.small_pipeline import small_pipeline
from tests.unit.trader.workshop import HISTORY, a_market, a_profile
from weexctl.actions import backtest_run
from weexctl.backtest.backtest import Backtest
from weexctl.backtest.engine import BacktestRun, Engine
from weexctl.backtest.kept_run import keep_run, read_kept
from weexctl.backtest.report.page import Reported
from weexctl.backtest.report.run_document import parse_run
from weexctl.pipeline.decide import Identity
from weexctl.run.fitting import Blocks
from weexctl.run.schedule import Schedule, plan_schedule

__all__ = ["RUN_ID", "document", "kept", "reported", "short_run"]

RUN_ID = "r0123456789abcdef0123"


def _schedule(steps: int) -> Schedule:
    return plan_schedule(
        a_market(), 3_600_000, history=HISTORY, from_ms=None, to_ms=None, steps=steps, run_from_ms=None, done_ms=None
    )


@functools.cache
def short_run(steps: int = 200) -> BacktestRun:
    """Three symbols, and enough trades of either side that some are stopped out."""
    engine = Engine.over(
        a_market(),
        small_pipeline(),
        start_ms=_schedule(steps).first_ms,
        start_equity=a_profile().simulator.start_equity,
        identity=Identity(a_profile().digest, a_market().source),
        run_id=RUN_ID,
    )
    return engine.run(_schedule(steps), Blocks(small_pipeline(), a_market().candles))


def document(steps: int = 200, **changes: Any) -> str:
    """The document that the command prints for it, with some fields changed."""
    backtest = Backtest(profile=a_profile(), pipeline=small_pipeline(), market=a_market(), schedule=_schedule(steps))
    output = backtest_run.output_of(backtest, short_run(steps))
    return json.dumps(json.loads(output.model_dump_json()) | {"run_id": RUN_ID, **changes})


def kept(root: Path, steps: int = 200, **changes: Any) -> Path:
    """The folder of that run."""
    return keep_run(root, RUN_ID, document(steps, **changes), short_run(steps), a_market().candles)


def reported(root: Path, steps: int = 200, **changes: Any) -> Reported:
    """That run, kept and read again."""
    kept(root, steps, **changes)
    found = read_kept(root, RUN_ID)
    return Reported(kept=found, run=parse_run(found.result, found.folder))
