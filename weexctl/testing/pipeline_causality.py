"""Does a whole pipeline decide a moment by that moment's past alone?"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Any

from weexctl.model.candle import Candles
from weexctl.pipeline.columns import SymbolColumns
from weexctl.testing.candles import as_candles
from weexctl.testing.causality import POISONS, poisoned
from weexctl.testing.pipeline_subject import Answers, PipelineSubject, named_columns, wanted_candles
from weexctl.testing.report import Finding
from weexctl.testing.subject import unequal

__all__ = ["PIPELINE_CHECKS", "run_pipeline_check"]

_POISONS = tuple(poison for poison in POISONS if poison != "nan")
"""A run refuses candles that are missing; the plugins are tried on them one by one."""
_SAME = ("outcome", "blocked")
"""What a shorter window may not change. Sizes may differ in the sixth digit, and sums of money with them."""


def check_fit(subject: PipelineSubject) -> Iterator[Finding]:
    """A fit ends before the first candle it is used on, and the candles after it change nothing in it."""
    artefact = subject.artefact
    close_ms = int(subject.first.open_time_ms[subject.trained]) + subject.first.timeframe.ms
    if artefact.train_to_ms >= close_ms:
        yield Finding("fit", "the fit knows the first candle it is used on", row=subject.trained)
    if subject.fit(_replaced(subject.first, subject.trained, "reversed")) != artefact:
        yield Finding("fit", "the fit changed when the candles after it were replaced (reversed)", row=subject.trained)


def check_columns(subject: PipelineSubject) -> Iterator[Finding]:
    """Every column of the candles up to a row is that of all candles up to the row, bit for bit."""
    for row in subject.rows:
        if found := _columns_differ(subject.prefix(row), subject.whole, row):
            yield Finding("columns", f"the columns of the first {row + 1} candles changed with the later ones", *found)
            return


def check_decide(subject: PipelineSubject) -> Iterator[Finding]:
    """At every moment and with every book, decisions, orders and stops are those made when nothing later existed."""
    for row in subject.rows:
        if found := _answers_differ(subject.early(row), subject.answers(subject.whole, row)):
            yield Finding("decide", "another decision once later candles were known", found, row)
            return


def check_poison(subject: PipelineSubject) -> Iterator[Finding]:
    """Whatever later candles are replaced by, the decision of a row stays what it was."""
    for i, row in enumerate(subject.rows):
        poison = _POISONS[i % len(_POISONS)]
        changed = {symbol: _replaced(known, row + 1, poison) for symbol, known in subject.candles.items()}
        columns, words = subject.columns(changed), f"when the candles after row {row} were replaced ({poison})"
        if place := _columns_differ(subject.prefix(row), columns, row):
            yield Finding("poison", f"columns changed {words}", *place)
            return
        if found := _answers_differ(subject.early(row), subject.answers(columns, row)):
            yield Finding("poison", f"another decision {words}", found, row)
            return


def check_window(subject: PipelineSubject) -> Iterator[Finding]:
    """From the declared warm-up alone, as a run at the exchange has it, the same is decided."""
    window = subject.pipeline.warmup_candles
    for row in subject.rows:
        cut = {symbol: known.rows(row - window, row + 1) for symbol, known in subject.candles.items()}
        short = subject.answers(subject.columns(cut), row)
        if found := _answers_differ(_outcomes(subject.early(row)), _outcomes(short)):
            yield Finding("window", f"another decision on the last {window + 1} candles alone", found, row)
            return


PIPELINE_CHECKS: Mapping[str, Callable[[PipelineSubject], Iterator[Finding]]] = MappingProxyType(
    {
        "columns": check_columns,  # first: before the plugins have seen what is later
        "decide": check_decide,
        "poison": check_poison,
        "window": check_window,
        "fit": check_fit,
    }
)
"""Every check of a pipeline by name, in the order they have to be made."""


def run_pipeline_check(name: str, subject: PipelineSubject) -> list[Finding]:
    """What the check of this name finds; an exception is a finding too, and ends it."""
    shortest, wanted = min(map(len, subject.candles.values())), wanted_candles(subject.pipeline)
    if shortest < wanted:
        return [Finding(name, f"{shortest} candles given, {wanted} needed", untested=True)]
    findings: list[Finding] = []
    try:
        findings.extend(PIPELINE_CHECKS[name](subject))
    except Exception as error:  # noqa: BLE001  # whatever a plugin raises is a finding
        findings.append(Finding(name, f"raised {type(error).__name__}: {error}", raised=True))
    return findings


def _replaced(candles: Candles, row: int, poison: str) -> Candles:
    return as_candles(poisoned(candles.frame(), row, poison), candles.symbol, candles.timeframe)


def _columns_differ(
    one: Mapping[str, SymbolColumns], other: Mapping[str, SymbolColumns], row: int
) -> tuple[str, int] | None:
    """Path and row of the first value up to `row` that is not the same; None when all are."""
    for symbol, columns in one.items():
        later = dict(named_columns(other[symbol]))
        for name, values in named_columns(columns):
            if name not in later:
                return f"{symbol}.{name}", row
            different = unequal(values[: row + 1], later[name][: row + 1])
            if different.any():
                return f"{symbol}.{name}", int(different.argmax())
    return None


def _outcomes(answers: Answers) -> Answers:
    return [{symbol: {name: case[name] for name in _SAME} for symbol, case in one.items()} for one in answers]


def _answers_differ(one: Answers, other: Answers) -> str:
    """Path of the first value that is not the same: `BTCUSDT.record.sizing.final`; empty when all are."""
    return next((path for a, b in zip(one, other, strict=True) for path in _paths(a, b)), "")


def _paths(one: Any, other: Any, path: str = "") -> Iterator[str]:
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        for key in dict.fromkeys((*one, *other)):
            yield from _paths(one.get(key), other.get(key), f"{path}.{key}" if path else str(key))
    elif isinstance(one, (list, tuple)) and isinstance(other, (list, tuple)) and len(one) == len(other):
        for i, (a, b) in enumerate(zip(one, other, strict=True)):
            yield from _paths(a, b, f"{path}[{i}]")
    elif repr(one) != repr(other):  # as text, so that NaN equals NaN
        yield path
