"""What an ablation shows: ours against the controls, against placebos and luck, and the claims."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from weexctl.backtest.ablation import Ablation
from weexctl.backtest.arm_run import ArmRun
from weexctl.backtest.arms import FULL, Group
from weexctl.backtest.bench import Bench
from weexctl.backtest.bootstrap import Comparison, compare
from weexctl.backtest.claims import (
    Claim,
    Risk,
    beats_control,
    beats_placebos,
    forecast_beats_average,
    not_evaluated,
    odds_have_skill,
    volatility_on_target,
)
from weexctl.backtest.coin_toss import Nulls, nulls
from weexctl.backtest.equity_curve import DAYS_PER_YEAR, daily_returns
from weexctl.backtest.estimate import Estimate, estimate
from weexctl.backtest.forecast_evidence import (
    brier_skill_of,
    mean_difference,
    plain_skill_of,
    variance_losses,
)
from weexctl.backtest.overfitting import Overfitting, overfitting
from weexctl.backtest.path_risk import annual_volatility
from weexctl.backtest.placebo import Placebos, placebos
from weexctl.backtest.reality_check import RealityCheck, reality_check
from weexctl.backtest.sharpe import deflated_sharpe, moments, probabilistic_sharpe
from weexctl.backtest.trial_ledger import TrialLedger
from weexctl.errors import WeexctlError

__all__ = ["COMPARED", "SEED", "Evidence", "Odds", "weigh"]

SEED = 7
"""Of every draw of days."""
COMPARED = ("A", "K1", "K2", "K3", "B")
_BENCHMARKS = ("K2", "K3")
_T = TypeVar("_T")
Odds = Callable[[str], NDArray[np.float64]]
"""Of a symbol; raises what it raises when there are none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What could be computed; `missing` says why the rest could not."""

    comparisons: Mapping[str, Comparison]
    """Ours minus theirs, by arm."""
    placebos: Placebos | None
    """Of the Calmar ratio."""
    nulls: Nulls | None
    """The same where nothing can be known ahead."""
    probabilistic_sharpe: float | None
    """That the true Sharpe ratio is above zero."""
    deflated_sharpe: float | None
    """The same, after it was the best of all trials in the ledger."""
    trials: int
    reality_checks: Mapping[str, RealityCheck]
    """The profile and its variants against K2 and K3, by benchmark."""
    overfitting: Overfitting | None
    """Of choosing among the arms that somebody could have chosen."""
    claims: tuple[Claim, ...]
    missing: Mapping[str, str] = field(default_factory=dict)


def weigh(
    found: Ablation,
    bench: Bench,
    *,
    from_ms: int,
    odds: Odds,
    target: float | None,
    ledger: TrialLedger,
    looked_ahead: Claim,
) -> Evidence:
    """Weigh the arms.

    Args:
        found: the arms.
        bench: what they were run on.
        from_ms: the first close that was measured.
        odds: gives the scores of our odds of a loud day.
        target: annual volatility that its sizer aims at; None when it has none.
        ledger: every trial so far, these included.
        looked_ahead: claim C7, which is found out elsewhere.
    """
    return _Weighing(found, bench, from_ms, odds, target, ledger).all(looked_ahead)


class _Weighing:
    def __init__(
        self, found: Ablation, bench: Bench, from_ms: int, odds: Odds, target: float | None, ledger: TrialLedger
    ) -> None:
        self._found, self._bench, self._from_ms, self._odds = found, bench, from_ms, odds
        self._target, self._ledger = target, ledger
        self._ours = found.run(FULL)
        self._missing: dict[str, str] = {}

    def all(self, looked_ahead: Claim) -> Evidence:
        """Everything; the claims last, which look at the rest."""
        comparisons = dict(self._each(COMPARED, "comparison with", self._compare))
        placebo = self._try("placebos", self._placebos)
        sharpe = self._try("deflated_sharpe", self._sharpe)
        return Evidence(
            comparisons=comparisons,
            placebos=placebo,
            nulls=self._try("nulls", self._nulls),
            probabilistic_sharpe=None if sharpe is None else sharpe[0],
            deflated_sharpe=None if sharpe is None else sharpe[1],
            trials=self._ledger.count,
            reality_checks=dict(self._each(_BENCHMARKS, "reality check against", self._reality_check)),
            overfitting=self._try("overfitting", self._overfitting),
            claims=(*self._claims(comparisons, placebo), looked_ahead),
            missing=self._missing,
        )

    def _each(self, names: tuple[str, ...], words: str, make: Callable[[str], _T]) -> Iterator[tuple[str, _T]]:
        for name in names:
            made = self._try(f"{words} {name}", lambda name=name: make(name))  # type: ignore[misc]
            if made is not None:
                yield name, made

    def _try(self, what: str, make: Callable[[], _T]) -> _T | None:
        """What `make` gives; None when it cannot, and `missing` says why."""
        try:
            return make()
        except _UntoldError as error:
            self._missing[what] = str(error)
        except WeexctlError as error:
            if error.code == "EXTRA_MISSING":
                raise
            self._missing[what] = error.message
        return None

    def _run(self, name: str) -> ArmRun:
        run = self._found.run(name)
        if run is None:
            outcome = self._found.outcomes.get(name)
            raise _UntoldError(f"there is no arm {name}" if outcome is None else f"arm {name} did not run")
        return run

    def _compare(self, name: str) -> Comparison:
        theirs = self._run(name)
        return compare(daily_returns(self._run(FULL).curve), daily_returns(theirs.curve), seed=SEED)

    def _placebos(self) -> Placebos:
        ours = self._run(FULL).metrics.calmar
        if ours is None:
            raise _UntoldError("our Calmar ratio has no value")
        return placebos(ours, [run.metrics.calmar for run in self._runs_of(Group.PLACEBO, "placebos")])

    def _nulls(self) -> Nulls:
        runs = self._runs_of(Group.NULL, "markets by a coin")
        if not runs:
            raise _UntoldError("none was asked for")
        return nulls([run.metrics.calmar for run in runs])

    def _runs_of(self, group: Group, words: str) -> list[ArmRun]:
        """Every run of a group."""
        outcomes = [outcome for outcome in self._found.outcomes.values() if outcome.arm.group is group]
        runs = [outcome.run for outcome in outcomes if outcome.run is not None]
        if len(runs) < len(outcomes):
            raise _UntoldError(f"{len(outcomes) - len(runs)} of {len(outcomes)} {words} did not run")
        return runs

    def _sharpe(self) -> tuple[float | None, float | None]:
        observed = moments(daily_returns(self._run(FULL).curve).returns)
        deviation = self._ledger.deviation("sharpe")
        if deviation is None:
            self._missing["deflated_sharpe"] = "the trial ledger has fewer than two trials with a Sharpe ratio"
            return probabilistic_sharpe(observed), None
        daily = deviation / math.sqrt(DAYS_PER_YEAR)
        return probabilistic_sharpe(observed), deflated_sharpe(observed, trials=self._ledger.count, deviation=daily)

    def _reality_check(self, benchmark: str) -> RealityCheck:
        variants = {name: returns for name, returns in self._chosen().items() if name.startswith(FULL)}
        return reality_check(daily_returns(self._run(benchmark).curve).returns, variants, seed=SEED)

    def _overfitting(self) -> Overfitting:
        return overfitting(np.column_stack(list(self._chosen().values())))

    def _chosen(self) -> dict[str, NDArray[np.float64]]:
        """Daily returns of the arms that somebody could have chosen."""
        self._run(FULL)
        return {
            name: daily_returns(outcome.run.curve).returns
            for name, outcome in self._found.outcomes.items()
            if outcome.arm.group is Group.ARM and outcome.run is not None
        }

    def _claims(self, comparisons: Mapping[str, Comparison], placebo: Placebos | None) -> Iterator[Claim]:
        for name, control in (("C1", "K1"), ("C2", "K2")):
            yield self._claim(name, lambda n=name, c=control: self._against(n, c, comparisons.get(c)))  # type: ignore[misc]
        if placebo is None:
            yield not_evaluated("C3", self._missing["placebos"])
        else:
            yield beats_placebos(placebo)
        yield self._claim("C4", self._skill)
        yield self._claim("C5", lambda: forecast_beats_average(self._estimates(self._variance, mean_difference)))
        yield self._claim("C6", self._on_target)

    def _claim(self, name: str, make: Callable[[], Claim]) -> Claim:
        made = self._try(name, make)
        return not_evaluated(name, self._missing.pop(name)) if made is None else made

    def _against(self, name: str, control: str, compared: Comparison | None) -> Claim:
        ours, theirs = (Risk(run.metrics.max_drawdown, run.metrics.calmar) for run in map(self._run, (FULL, control)))
        return beats_control(name, control, ours, theirs, compared)

    def _skill(self) -> Claim:
        scores = {symbol: self._odds(symbol) for symbol in self._bench.market.candles}
        return odds_have_skill(
            self._estimates(scores.__getitem__, brier_skill_of), self._estimates(scores.__getitem__, plain_skill_of)
        )

    def _on_target(self) -> Claim:
        if self._target is None:
            raise _UntoldError("the profile's sizer has no target")
        returns = daily_returns(self._run(FULL).curve).returns[:, None]
        realised = estimate(returns, lambda days: np.asarray(annual_volatility(days[..., 0])), seed=SEED)
        return volatility_on_target(realised, self._target)

    def _estimates(
        self,
        score: Callable[[str], NDArray[np.float64]],
        figure: Callable[[NDArray[np.float64]], NDArray[np.float64]],
    ) -> dict[str, Estimate]:
        """The figure of every symbol; one that cannot be scored leaves the claim open."""
        return {symbol: estimate(score(symbol), figure, seed=SEED) for symbol in self._bench.market.candles}

    def _variance(self, symbol: str) -> NDArray[np.float64]:
        candles = self._bench.market.candles[symbol]
        return variance_losses(candles, self._from_ms, self._bench.schedule.last_ms)


class _UntoldError(Exception):
    """Something is missing that a figure needs."""
