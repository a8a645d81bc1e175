"""Which settings to try next: a tree of Parzen estimators, asked for one batch after another.

A batch depends on the space, the seed and what the batches before it showed, and on nothing else: neither on how many
processes there are, nor on which of them was first, nor on whether the search was interrupted in between.
"""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from weexctl.backtest.extra import missing_extra
from weexctl.backtest.sweep_space import Choices, Dimension, Params, Space, Value

if TYPE_CHECKING:
    from optuna.distributions import BaseDistribution

__all__ = ["propose"]


def propose(
    space: Space, seen: Sequence[tuple[Params, float | None]], count: int, *, seed: int, batch: int
) -> list[Params]:
    """The first `count` settings of a batch; asked for more, it begins with the same.

    Args:
        space: what is varied.
        seen: what earlier batches tried and what it was worth, oldest first; more is better, None is no value.
        count: how many are wanted.
        seed: of the search.
        batch: number of the batch.

    Raises:
        ConfigError: `optuna` is not installed.
    """
    if not count:
        return []
    try:
        import optuna
    except ImportError as error:
        raise missing_extra("optuna", "a sweep") from error
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    distributions = {dimension.path: _distribution(dimension) for dimension in space.dimensions}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        sampler = optuna.samplers.TPESampler(seed=_mixed(seed, batch), constant_liar=True)
        study = optuna.create_study(direction="maximize", sampler=sampler)
        for params, value in seen:
            if space.holds(params):
                study.add_trial(_trial(optuna, dict(params), distributions, value))
        return [_plain(space, study.ask(distributions).params) for _ in range(count)]


def _plain(space: Space, params: Params) -> Params:
    """The same with numbers that a person can write down, and get the same trial from."""
    return {dimension.path: _short(dimension, params[dimension.path]) for dimension in space.dimensions}


def _short(dimension: Dimension, value: Value) -> Value:
    if isinstance(dimension, Choices) or not isinstance(value, float):
        return value
    return min(max(float(f"{value:.6g}"), dimension.low), dimension.high)


def _trial(optuna: Any, params: dict[str, Any], distributions: dict[str, BaseDistribution], value: float | None) -> Any:
    state = optuna.trial.TrialState
    return optuna.trial.create_trial(
        params=params,
        distributions=distributions,
        value=value,
        state=state.COMPLETE if value is not None else state.FAIL,
    )


def _distribution(dimension: Dimension) -> BaseDistribution:
    from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

    if isinstance(dimension, Choices):
        return CategoricalDistribution(dimension.choices)
    step = dimension.step or (1 if dimension.integer else None)
    high = dimension.high if step is None else _last(dimension.low, dimension.high, step)
    if dimension.integer:
        return IntDistribution(int(dimension.low), int(high), dimension.log, int(step or 1))
    return FloatDistribution(dimension.low, high, dimension.log, step)


def _last(low: float, high: float, step: float) -> float:
    """The highest value that whole steps reach."""
    first, stride = Decimal(str(low)), Decimal(str(step))
    return float(first + (Decimal(str(high)) - first) // stride * stride)


def _mixed(seed: int, batch: int) -> int:
    """A seed of its own for each batch."""
    digest = hashlib.blake2b(f"{seed}|{batch}".encode(), digest_size=4).digest()
    return int.from_bytes(digest, "big")
