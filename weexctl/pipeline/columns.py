"""Market columns: what the plugins of a pipeline say about one symbol's closed candles, checked and frozen."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from weexctl.errors import PluginContractError
from weexctl.model.candle import COLUMNS, Candles
from weexctl.model.regime import REGIMES, Artefact, Regime, RegimeView
from weexctl.model.signal import Signal
from weexctl.pipeline.stage import Pipeline, Stage

__all__ = [
    "Columns",
    "SymbolColumns",
    "checked_call",
    "compute_columns",
    "keyed_stages",
    "regime_columns",
    "strategy_columns",
]

Columns = Mapping[str, NDArray[Any]]
_TOLERANCE = 1e-6


@dataclass(frozen=True, slots=True)
class SymbolColumns:
    """Every market column of one symbol over one block of candles; row i is the candle that closed at `close_ms[i]`."""

    candles: Candles
    artefact: Artefact
    ready_row: int
    """First row whose columns count: the slowest stage's warm-up."""
    regime: Columns
    features: Columns
    """What the classifier observed, kept for the record."""
    rules: Mapping[str, Columns]
    """Strategy columns by rule name."""
    stages: Mapping[str, Columns]
    """Columns of sizer, policies, guards and exits, by `sizer`, `risk.0`, `guard.1`, `exit.2`."""

    _first_close_ms: int = field(init=False)
    _candle_ms: int = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_candle_ms", self.candles.timeframe.ms)
        object.__setattr__(self, "_first_close_ms", self.candles.first_ms + self._candle_ms if len(self.candles) else 0)

    def row_of(self, close_ms: int) -> int | None:
        """The row of the candle that closed at this moment; None when there is none."""
        position, rest = divmod(close_ms - self._first_close_ms, self._candle_ms)
        return position if not rest and 0 <= position < len(self.candles) else None

    def regime_view(self, row: int) -> RegimeView:
        """The classifier's view at a row."""
        columns = self.regime
        return RegimeView(
            float(columns["trending"][row]),
            float(columns["ranging"][row]),
            float(columns["unstable"][row]),
            Regime(columns["name"][row]),
            float(columns["confidence"][row]),
            float(columns["p_vol"][row]) if "p_vol" in columns else None,
        )

    def signal(self, rule: str, row: int) -> Signal:
        """A rule's wish at a row."""
        columns = self.rules[rule]
        return Signal(
            int(columns["direction"][row]),
            float(columns["strength"][row]),
            bool(columns["entry"][row]),
            str(columns["reason"][row]),
            rule,
        )


def compute_columns(pipeline: Pipeline, candles: Candles, artefact: Artefact) -> SymbolColumns:
    """All market columns of one symbol.

    Args:
        pipeline: the built stages.
        candles: closed candles, oldest first; row t of every column depends on rows 0..t only.
        artefact: the fitted classifier; it must have been fitted on candles before those it is asked about.

    Raises:
        PluginContractError: a plugin raised, mutated its input, or returned something it may not.
    """
    classifier = pipeline.regime
    rules = pipeline.rule_names
    frame = candles.frame(copy=False)
    return SymbolColumns(
        candles=candles,
        artefact=artefact,
        ready_row=pipeline.warmup_candles,
        regime=regime_columns(classifier, candles, artefact, frame),
        features=checked_call(classifier, "features", candles, classifier.plugin.features, frame),
        rules={
            rule: strategy_columns(stage, candles, frame)
            for rule, stage in {rules[regime]: pipeline.strategies[regime] for regime in REGIMES}.items()
        },
        stages={
            key: checked_call(stage, "columns", candles, stage.plugin.columns, frame)
            for key, stage in keyed_stages(pipeline)
            if hasattr(stage.plugin, "columns")
        },
    )


def keyed_stages(pipeline: Pipeline) -> list[tuple[str, Stage[Any]]]:
    """Sizer, policies, guards and exits with the keys their columns go by."""
    return [
        ("sizer", pipeline.sizer),
        *((f"risk.{i}", stage) for i, stage in enumerate(pipeline.risk)),
        *((f"guard.{i}", stage) for i, stage in enumerate(pipeline.guards)),
        *((f"exit.{i}", stage) for i, stage in enumerate(pipeline.exits)),
    ]


def checked_call(
    stage: Stage[Any],
    method: str,
    candles: Candles,
    call: Callable[[pd.DataFrame], pd.DataFrame],
    frame: pd.DataFrame | None = None,
) -> dict[str, NDArray[Any]]:
    """The columns a plugin returns, after proof that it kept to the contract.

    Args:
        stage: the plugin.
        method: which of its methods is called.
        candles: what it looks at.
        call: the method.
        frame: the same candles, when there already is a frame of them; the plugin gets a copy that is made on writing.

    Raises:
        PluginContractError: it raised, mutated its input, or returned no frame of the same length and index.
    """
    # Written to, the plugin's is a copy that is compared below; the candles themselves cannot be written to.
    source = candles.frame(copy=False) if frame is None else frame
    frame = source.copy(deep=False)
    try:
        result = call(frame)
    except Exception as error:
        raise _fault(stage, method, f"raised {type(error).__name__}: {error}", candles) from error
    if not _untouched(frame, candles):
        raise _fault(stage, method, "changed the candles it was given", candles)
    if not isinstance(result, pd.DataFrame):
        raise _fault(stage, method, f"returned a {type(result).__name__} instead of a data frame", candles)
    if len(result) != len(candles):
        raise _fault(stage, method, f"returned {len(result)} rows for {len(candles)} candles", candles)
    if not np.array_equal(result.index.to_numpy(), candles.open_time_ms):
        raise _fault(stage, method, "returned rows with another index than the candles'", candles)
    return {str(name): _values(result[name]) for name in result.columns}


def _values(column: pd.Series[Any]) -> NDArray[Any]:
    """A column as a read-only array of its own."""
    if isinstance(column.dtype, pd.StringDtype):
        # Few different words, each many times: one object for each word, and not one for each row.
        codes, words = pd.factorize(column)
        if len(words) and codes.min() >= 0:
            return _frozen(words.to_numpy(dtype=object)[codes])
    return _frozen(column.to_numpy())


def _untouched(frame: pd.DataFrame, candles: Candles) -> bool:
    return (
        list(frame.columns) == list(COLUMNS)
        and len(frame) == len(candles)
        and np.array_equal(frame.index.to_numpy(), candles.open_time_ms)
        and all(_same(frame[name].to_numpy(), getattr(candles, name)) for name in COLUMNS)
    )


def _same(now: NDArray[Any], before: NDArray[np.float64]) -> bool:
    # Bit by bit, which is quicker than numbers and takes NaN for equal to itself.
    return now.dtype == np.float64 and np.array_equal(now.view(np.int64), before.view(np.int64))


def _frozen(array: NDArray[Any]) -> NDArray[Any]:
    """A read-only copy: a plugin that keeps its frame could still write through it into a mere view."""
    if len(array) > 1 and array.dtype != object and (array == array[0]).all():
        return np.broadcast_to(array[0], array.shape)  # one value, however many rows
    array = array.copy()
    array.flags.writeable = False
    return array


def regime_columns(
    stage: Stage[Any], candles: Candles, artefact: Artefact, frame: pd.DataFrame | None = None
) -> Columns:
    """A classifier's columns, after proof that they are what they have to be.

    Raises:
        PluginContractError: they are not.
    """
    columns = checked_call(stage, "columns", candles, lambda given: stage.plugin.columns(given, artefact), frame)
    counted = slice(stage.plugin.warmup_candles, None)
    _require(stage, candles, columns, ("trending", "ranging", "unstable", "name", "confidence"))
    total = np.zeros(len(candles))
    for regime in REGIMES:
        values = _finite(stage, candles, columns, regime.value, counted)
        if ((values < -_TOLERANCE) | (values > 1 + _TOLERANCE)).any():
            raise _fault(stage, "columns", f"gave a {regime.value} probability outside 0 to 1", candles)
        total[counted] += values
    if (np.abs(total[counted] - 1) > _TOLERANCE).any():
        raise _fault(stage, "columns", "gave probabilities that do not sum to one", candles)
    for name in ("confidence", *(["p_vol"] if "p_vol" in columns else [])):
        values = _finite(stage, candles, columns, name, counted)
        if ((values < -_TOLERANCE) | (values > 1 + _TOLERANCE)).any():
            raise _fault(stage, "columns", f"gave a {name} outside 0 to 1", candles)
    unknown = set(map(str, pd.unique(columns["name"][counted]))) - {regime.value for regime in REGIMES}
    if unknown:
        raise _fault(stage, "columns", f"named a regime {sorted(unknown)[0]!r}", candles)
    return columns


def strategy_columns(stage: Stage[Any], candles: Candles, frame: pd.DataFrame | None = None) -> Columns:
    """A rule's columns, after proof that they are what they have to be; `entry` is added where it has none.

    Raises:
        PluginContractError: they are not.
    """
    columns = checked_call(stage, "columns", candles, stage.plugin.columns, frame)
    counted = slice(stage.plugin.warmup_candles, None)
    _require(stage, candles, columns, ("direction", "strength", "reason"))
    direction = _finite(stage, candles, columns, "direction", counted)
    if not np.isin(direction, (-1, 0, 1)).all():
        raise _fault(stage, "columns", "gave a direction that is not -1, 0 or 1", candles)
    strength = _finite(stage, candles, columns, "strength", counted)
    if ((strength < 0) | (strength > 1)).any():
        raise _fault(stage, "columns", "gave a strength outside 0 to 1", candles)
    if "entry" not in columns:
        columns["entry"] = _frozen(np.ones(len(candles), dtype=bool))
    entry = _finite(stage, candles, columns, "entry", counted)
    if not np.isin(entry, (0, 1)).all():
        raise _fault(stage, "columns", "gave an entry that is neither true nor false", candles)
    return columns


def _require(stage: Stage[Any], candles: Candles, columns: Columns, names: tuple[str, ...]) -> None:
    if missing := [name for name in names if name not in columns]:
        raise _fault(stage, "columns", f"returned no column {', '.join(missing)}", candles)


def _finite(stage: Stage[Any], candles: Candles, columns: Columns, name: str, counted: slice) -> NDArray[np.float64]:
    try:
        values = np.asarray(columns[name][counted], dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise _fault(stage, "columns", f"gave something that is no number in column {name}", candles) from error
    if not np.isfinite(values).all():
        raise _fault(stage, "columns", f"gave NaN or infinity in column {name} after its own warm-up", candles)
    return values


def _fault(stage: Stage[Any], method: str, what: str, candles: Candles) -> PluginContractError:
    return PluginContractError(
        f"{stage.kind} plugin {stage.name!r} ({stage.distribution} {stage.version}) {what}"
        f" in {method}() on {candles.symbol}; the run was refused and nothing was written",
        hint=f"weexctl plugins show {stage.name}; choose another plugin in the profile, or report it to its author",
        details={"plugin": stage.name, "kind": stage.kind, "distribution": stage.distribution},
    )
