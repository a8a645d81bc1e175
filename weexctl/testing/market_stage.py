"""Do the columns have the shape, the range and the steadiness the contract asks for?"""

from __future__ import annotations

import json
from collections.abc import Iterator

import numpy as np
import pandas as pd

from weexctl.model.regime import REGIMES
from weexctl.testing.report import Finding
from weexctl.testing.subject import Subject, difference

__all__ = [
    "check_artefact",
    "check_determinism",
    "check_extremes",
    "check_mutation",
    "check_ranges",
    "check_shape",
    "check_steps",
]

_REQUIRED = {
    "regime": (*(regime.value for regime in REGIMES), "name", "confidence"),
    "strategy": ("direction", "strength", "reason"),
}
_STEP_TOLERANCE = 1e-12


def check_shape(subject: Subject) -> Iterator[Finding]:
    """One row per candle, the candles' index, and the columns the kind requires."""
    for surface in subject.surfaces():
        whole = subject.whole(surface)
        if not isinstance(whole, pd.DataFrame):
            yield Finding("shape", f"{surface} returned a {type(whole).__name__}, not a data frame")
        elif not whole.index.equals(subject.candles.index):
            message = (
                f"{surface} returned {len(whole)} rows with another index than the {len(subject.candles)} candles'"
            )
            yield Finding("shape", message)
        elif surface == "columns" and (missing := set(_REQUIRED.get(subject.kind, ())) - set(whole.columns)):
            yield Finding("shape", f"no column {', '.join(sorted(missing))}")
    if subject.kind in _REQUIRED and "columns" not in subject.surfaces():
        yield Finding("shape", f"a {subject.kind} has to have columns()")


def check_ranges(subject: Subject) -> Iterator[Finding]:
    """After the warm-up, every required value is there and within its bounds."""
    if subject.kind in _REQUIRED:
        yield from _in_range("ranges", subject.kind, subject.whole("columns").iloc[subject.warmup :], subject.warmup)


def check_extremes(subject: Subject) -> Iterator[Finding]:
    """A candle a million times too high, one a million times too low, a market without trades: still within bounds.

    A classifier also has to bear missing candles.
    """
    if "columns" not in subject.surfaces():
        return
    columns = subject.call("columns", _extreme(subject))
    if subject.kind in _REQUIRED:
        yield from _in_range("extremes", subject.kind, columns.iloc[subject.warmup :], subject.warmup)


def check_determinism(subject: Subject) -> Iterator[Finding]:
    """The same candles give the same columns every time."""
    for surface in subject.surfaces():
        if found := difference(subject.call(surface, subject.candles), subject.whole(surface)):
            yield Finding("determinism", f"a second call of {surface} gave other values", *found)


def check_mutation(subject: Subject) -> Iterator[Finding]:
    """The candles are the same after a call as before it."""
    for surface, call in subject.surfaces().items():
        given = subject.candles.copy()
        call(given)
        if given.index.equals(subject.candles.index) and not difference(given, subject.candles):
            continue
        yield Finding("mutation", f"{surface} changed the candles it was given")


def check_artefact(subject: Subject) -> Iterator[Finding]:
    """What a fit leaves behind is plain data about the past."""
    artefact = subject.artefact
    if artefact is None:
        return
    last_close = int(subject.training.index[-1]) + int(np.diff(subject.candles.index.to_numpy()[:2])[0])
    if artefact.train_to_ms > last_close:
        yield Finding("artefact", "claims to know candles later than those it was fitted on")
    try:
        plain = json.loads(json.dumps(artefact.parameters, allow_nan=False)) == artefact.parameters
    except (TypeError, ValueError):
        plain = False
    if not plain:
        yield Finding("artefact", "parameters do not survive JSON: numbers, text, lists and mappings only, no NaN")
    if not artefact.id:
        yield Finding("artefact", "has no id")


def check_steps(subject: Subject) -> Iterator[Finding]:
    """Candle by candle, a classifier says what it says in bulk."""
    if subject.artefact is None:
        return
    expected = subject.whole("columns")
    state = subject.plugin.start(subject.artefact)
    numbers = [*(regime.value for regime in REGIMES), "confidence", *(["p_vol"] if "p_vol" in expected else [])]
    bulk = expected[numbers].to_numpy(dtype=np.float64)
    names = expected["name"].tolist()
    for row, observed in enumerate(subject.whole("features").to_dict("records")):
        state, view = subject.plugin.step(state, observed)
        stepped = np.array([getattr(view, name) for name in numbers], dtype=np.float64)  # None becomes NaN
        known = ~np.isnan(bulk[row])
        if (np.abs(stepped - bulk[row])[known] > _STEP_TOLERANCE).any() or (np.isnan(stepped) == known).any():
            yield Finding("steps", f"step gave {stepped.tolist()} instead of {bulk[row].tolist()}", row=row)
            return
        if names[row] and view.name != names[row]:
            yield Finding("steps", f"step said {view.name.value} instead of {names[row]}", "name", row)
            return


def _in_range(check: str, kind: str, columns: pd.DataFrame, first_row: int) -> Iterator[Finding]:
    """Findings about the required columns of a kind; `columns` begins at `first_row`."""
    for name, message, good in _regime_rules(columns) if kind == "regime" else _strategy_rules(columns):
        if not good.all():
            yield Finding(check, message, name, first_row + int((~good).argmax()))


def _regime_rules(columns: pd.DataFrame) -> Iterator[tuple[str, str, np.ndarray[tuple[int], np.dtype[np.bool_]]]]:
    names = [regime.value for regime in REGIMES]
    probabilities = columns[names].to_numpy(dtype=np.float64)
    for i, name in enumerate(names):
        yield name, "a probability outside 0 to 1", (probabilities[:, i] >= 0.0) & (probabilities[:, i] <= 1.0)
    yield "", "probabilities that do not sum to one", np.abs(probabilities.sum(axis=1) - 1.0) <= 1e-9
    yield "name", "a name that is no regime", columns["name"].isin(names).to_numpy()
    for name in ("confidence", *(["p_vol"] if "p_vol" in columns else [])):
        values = columns[name].to_numpy(dtype=np.float64)
        yield name, f"a {name} outside 0 to 1", (values >= 0.0) & (values <= 1.0)


def _strategy_rules(columns: pd.DataFrame) -> Iterator[tuple[str, str, np.ndarray[tuple[int], np.dtype[np.bool_]]]]:
    yield "direction", "a direction that is not -1, 0 or 1", columns["direction"].isin((-1, 0, 1)).to_numpy()
    strength = columns["strength"].to_numpy(dtype=np.float64)
    yield "strength", "a strength outside 0 to 1", (strength >= 0.0) & (strength <= 1.0)
    reasons = columns["reason"].tolist()
    yield (
        "reason",
        "a reason that is no text",
        np.array([isinstance(reason, str) for reason in reasons], dtype=np.bool_),
    )
    if "entry" in columns:
        yield "entry", "an entry that is not true or false", columns["entry"].isin((True, False)).to_numpy()


def _extreme(subject: Subject) -> pd.DataFrame:
    """The candles with a spike, a crash and a dead market among the rows after the warm-up."""
    candles, first = subject.candles.copy(), subject.warmup
    at = first + (len(candles) - first) // 4
    prices = ["open", "high", "low", "close"]
    values = candles[prices].to_numpy(dtype=np.float64).copy()
    values[at] *= 1e6
    values[at + 20] *= 1e-6
    values[at + 60 : at + 90] = values[at + 60, 3]
    candles[prices] = values
    volume = candles["volume"].to_numpy(dtype=np.float64).copy()
    volume[at + 60 : at + 90] = 0.0
    candles["volume"] = volume
    if subject.kind == "regime":
        candles.iloc[at + 120 : at + 125] = np.nan
    return candles
