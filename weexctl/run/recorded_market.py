"""The market of a run that is on record, made or read again."""

from __future__ import annotations

from collections.abc import Sequence

from weexctl.errors import UsageError
from weexctl.journal.rows import RunRecord
from weexctl.model.candle import Timeframe
from weexctl.run.market_source import MarketSource, file_source, generated_source
from weexctl.simulator.generator import MARKET_START_MS

__all__ = ["generated_count", "recorded_market"]


def generated_count(run: RunRecord) -> int:
    """How many candles of a generated market a run has seen."""
    return (run.from_ms - MARKET_START_MS) // Timeframe(run.timeframe).ms + run.steps


def recorded_market(run: RunRecord, data: Sequence[str], *, beyond: int = 0) -> MarketSource:
    """The candles a run was made on.

    Args:
        run: the run.
        data: its candle files; empty for a generated market.
        beyond: candles that a generated market has after the run's last step.

    Raises:
        UsageError: files are missing, or were not asked for, or are others than the run's.
        DataError: a file is not what it should be.
    """
    timeframe = Timeframe(run.timeframe)
    if run.seed is not None:
        if data:
            raise UsageError(
                "the run on record trades a synthetic market and takes no --data; nothing was done",
                hint="leave --data out",
            )
        return generated_source(run.seed, run.symbols, timeframe, generated_count(run) + beyond)
    if not data:
        raise UsageError(
            "the run on record trades candle files, and they are needed here; nothing was done",
            hint="name them as in `weexctl trade`: --data PATH",
            code="DATA_NEEDED",
        )
    market = file_source(data, run.symbols, timeframe)
    if market.source != run.source:
        raise UsageError(
            f"these are not the candles of the run on record ({run.source}); nothing was done",
            hint="name the files that `weexctl trade` was given",
            code="ANOTHER_MARKET",
        )
    return market
