"""When a run decides: the closes of its candles, and the moments its models are fitted anew."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from weexctl.errors import DataError, UsageError
from weexctl.pipeline.stage import Pipeline
from weexctl.run.market_source import MarketSource

__all__ = ["HISTORY_CANDLES", "REFIT_CANDLES", "SYNTHETIC_STEPS", "Schedule", "plan_schedule", "wanted_history"]

TRAIN_CANDLES = 8_760
WARMUP_CANDLES = 2_160
HISTORY_CANDLES = TRAIN_CANDLES + WARMUP_CANDLES
"""Candles before the first step when no start is given: a year to fit on, and its warm-up (methods 3.5)."""
REFIT_CANDLES = 1_440
"""Candles between two fits (methods 3.5)."""
SYNTHETIC_STEPS = 1_440
"""Steps of a run on the generated market unless told otherwise: 60 days of hourly candles."""


def wanted_history(pipeline: Pipeline) -> int:
    """Candles before the first step when no start is given; more than usual where short candles make warm-ups long."""
    classifier = pipeline.regime.plugin
    return max(HISTORY_CANDLES, pipeline.warmup_candles, classifier.warmup_candles + classifier.min_train_candles)


@dataclass(frozen=True, slots=True)
class Schedule:
    """The steps of a run: one at each candle's close."""

    run_from_ms: int
    """Close of the candle of the run's very first step; fits are counted from here, also when a run goes on."""
    first_ms: int
    """Close of the first candle to decide on now."""
    last_ms: int
    """Close of the last candle to decide on."""
    candle_ms: int

    @property
    def count(self) -> int:
        """Number of steps."""
        return max(0, (self.last_ms - self.first_ms) // self.candle_ms + 1)

    def blocks(self) -> Iterator[tuple[int, int, int]]:
        """(fit moment, first step, last step) of each stretch that shares its fits, in order."""
        span = REFIT_CANDLES * self.candle_ms
        step = self.first_ms
        while step <= self.last_ms:
            fitted = self.run_from_ms + (step - self.run_from_ms) // span * span
            last = min(self.last_ms, fitted + span - self.candle_ms)
            yield fitted, step, last
            step = last + self.candle_ms


def plan_schedule(
    market: MarketSource,
    candle_ms: int,
    *,
    history: int,
    from_ms: int | None,
    to_ms: int | None,
    steps: int | None,
    run_from_ms: int | None,
    done_ms: int | None,
) -> Schedule:
    """The steps that are to be made now.

    Args:
        market: the candles.
        candle_ms: length of a candle.
        history: candles wanted before the first step when no start is given.
        from_ms: earliest close to decide on; None begins as soon as there is enough history.
        to_ms: latest close to decide on; None goes to the end of the data.
        steps: at most this many.
        run_from_ms: first step of the run that is continued; None for a new one.
        done_ms: last close that was decided on already.

    Raises:
        DataError: the candles end before the first step, or those of one symbol do not reach over all steps.
        UsageError: the span is empty or lies outside the candles.
    """
    earliest = market.first_close_ms + history * candle_ms
    if run_from_ms is None:
        run_from_ms = earliest if from_ms is None else _on_grid(from_ms, market, candle_ms)
    first = run_from_ms if done_ms is None else done_ms + candle_ms
    last = market.last_close_ms if to_ms is None else min(_at_or_before(to_ms, market, candle_ms), market.last_close_ms)
    if steps is not None:
        last = min(last, first + (steps - 1) * candle_ms)
    if done_ms is None:
        _must_be_inside(market, run_from_ms, from_ms, history)
        _must_have_begun(market, run_from_ms)
    if last < run_from_ms:  # of a run that goes on too: an end before its first step was meant for another run
        raise UsageError(
            f"there is no candle to decide on between {_iso(run_from_ms)} and {_iso(to_ms or last)}; nothing was done",
            hint="choose a later --to or more --steps",
            code="NO_CANDLES_IN_SPAN",
        )
    _must_not_have_ended(market, last)
    return Schedule(run_from_ms, first, last, candle_ms)


def _must_be_inside(market: MarketSource, first: int, from_ms: int | None, history: int) -> None:
    if first > market.last_close_ms or first < market.first_close_ms:
        if from_ms is None:
            raise DataError(
                f"the candles are too few: a first decision needs {history} candles of history; nothing was done",
                hint="give longer files, or choose a start yourself with --from (fewer than a year to fit on)",
                code="TOO_FEW_CANDLES",
            )
        raise UsageError(
            f"--from {_iso(from_ms)} is outside the candles ({_iso(market.first_close_ms)} to"
            f" {_iso(market.last_close_ms)}); nothing was done",
            hint="choose a moment inside",
            code="NO_CANDLES_IN_SPAN",
        )


def _must_have_begun(market: MarketSource, first: int) -> None:
    begins = {symbol: known.first_ms for symbol, known in market.candles.items() if known.first_ms > first}
    if begins:
        raise DataError(
            f"the candles of {', '.join(begins)} begin at {_iso(max(begins.values()))}, after the first decision at"
            f" {_iso(first)}; nothing was done",
            hint=f"{_without(market, begins)}--from {_flag(max(begins.values()))} or later",
            code="UNEVEN_CANDLES",
        )


def _must_not_have_ended(market: MarketSource, last: int) -> None:
    """A position in a symbol whose candles have ended could neither be marked nor closed."""
    ends = {symbol: known.last_close_ms for symbol, known in market.candles.items() if known.last_close_ms < last}
    if ends:
        raise DataError(
            f"the candles of {', '.join(ends)} end at {_iso(min(ends.values()))}, before the last decision at"
            f" {_iso(last)}; nothing was done",
            hint=f"{_without(market, ends)}--to {_flag(min(ends.values()))}",
            code="UNEVEN_CANDLES",
        )


def _without(market: MarketSource, out: Iterable[str]) -> str:
    """The way on with the other symbols; there are always some."""
    others = ",".join(symbol for symbol in market.candles if symbol not in set(out))
    return f"give whole files, leave them out (--symbols {others}), or choose "


def _on_grid(moment_ms: int, market: MarketSource, candle_ms: int) -> int:
    """The first candle's close at or after a moment."""
    return market.first_close_ms + -(-(moment_ms - market.first_close_ms) // candle_ms) * candle_ms


def _at_or_before(moment_ms: int, market: MarketSource, candle_ms: int) -> int:
    return market.first_close_ms + (moment_ms - market.first_close_ms) // candle_ms * candle_ms


def _iso(ms: int) -> str:
    return _time(ms, "%Y-%m-%d %H:%M UTC")


def _flag(ms: int) -> str:
    """A moment as `--from` and `--to` take it."""
    return _time(ms, "%Y-%m-%dT%H:%M")


def _time(ms: int, form: str) -> str:
    from datetime import UTC, datetime

    return datetime.fromtimestamp(ms / 1000, UTC).strftime(form)
