"""Runs of the small pipeline on a generated market, begun, interrupted and gone on with; and what they left behind."""

from __future__ import annotations

import functools
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.unit.trader.small_pipeline import small_pipeline
from weexctl.config.profile import Profile, load_profile
from weexctl.model.candle import Timeframe
from weexctl.pipeline.stage import Pipeline
from weexctl.plugin_host import load_offers
from weexctl.run.fitting import Blocks
from weexctl.run.market_source import MarketSource, generated_source
from weexctl.run.schedule import plan_schedule
from weexctl.trader.session import Session, read_earlier
from weexctl.trader.session_report import SessionReport

__all__ = ["HISTORY", "SYMBOLS", "Workshop", "a_market", "a_profile", "records"]

SYMBOLS = ("BTCUSDT", "ETHUSDT", "DOGEUSDT")
HISTORY = 60
_CANDLES = 400
_HOUR_MS = 3_600_000
_TABLES = ("decision", "intent", "attempt", "guard_verdict", "venue_order", "fill", "position", "trade", "equity")


@functools.cache
def a_market(seed: int = 5) -> MarketSource:
    """Four hundred hours of three symbols, with funding."""
    return generated_source(seed, SYMBOLS, Timeframe.H1, _CANDLES)


@functools.cache
def a_profile() -> Profile:
    """The built-in profile `safe`; only its name, digest and start equity matter here."""
    return load_profile("safe", offers=load_offers(environ={}))


class Workshop:
    """One journal, and runs into it."""

    def __init__(self, folder: Path, *, seed: int = 5, pipeline: Pipeline | None = None) -> None:
        self.path = folder / "journal.sqlite"
        self.market = a_market(seed)
        self.pipeline = pipeline or small_pipeline()

    def session(self, steps: int, *, new: bool = False, **changes: Any) -> Session:
        """What would be run, going on with what is on record unless `new`."""
        earlier = None if new else read_earlier(self.path)
        schedule = plan_schedule(
            self.market,
            _HOUR_MS,
            history=HISTORY,
            from_ms=None,
            to_ms=None,
            steps=steps,
            run_from_ms=earlier.run.from_ms if earlier else None,
            done_ms=earlier.run.to_ms if earlier else None,
        )
        return Session(
            profile=a_profile(),
            pipeline=self.pipeline,
            market=self.market,
            schedule=schedule,
            blocks=Blocks(self.pipeline, self.market.candles, stored=earlier.fits if earlier else None),
            journal_path=self.path,
            earlier=earlier,
            **changes,
        )

    def run(
        self, steps: int, *, stop_after: int | None = None, on_step: Callable[[str], None] | None = None, **changes: Any
    ) -> SessionReport:
        """Make steps; `stop_after` asks for an end after that many."""
        made = 0

        def count(note: str) -> None:
            nonlocal made
            made += 1
            if on_step is not None:
                on_step(note)

        session = self.session(steps, **changes)
        session.check()
        return session.run(on_step=count, should_stop=lambda: stop_after is not None and made >= stop_after)

    def records(self) -> dict[str, list[Any]]:
        """Everything on record, table by table."""
        return records(self.path)


def records(path: Path) -> dict[str, list[Any]]:
    """Every row of the tables that tell what was decided and done, and the run's memory."""
    with sqlite3.connect(path) as journal:
        found = {name: sorted(map(repr, journal.execute(f"SELECT * FROM {name}"))) for name in _TABLES}  # noqa: S608  # names from this file
        found["risk"] = journal.execute("SELECT body FROM state WHERE key = 'risk'").fetchall()
    journal.close()
    return found
