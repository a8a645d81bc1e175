"""Size by regime: the budgets of the three regimes, weighted with their probabilities."""

from __future__ import annotations

from typing import TYPE_CHECKING

from weexctl import REGIMES, RiskDecision

if TYPE_CHECKING:
    from weexctl import Book, RegimeView
    from weexctl_risk import RegimeBudgetConfig

__all__ = ["RegimeBudget"]


class RegimeBudget:
    """Multiplier Σ probability · budget: continuous, so that size does not jump when the name changes.

    Smoothed probabilities against the hard label, at the same budgets: half the turnover and a better Calmar ratio
    (methods 7.1). Stops come closer while the classifier is unsure.
    """

    warmup_candles = 0

    def __init__(self, config: RegimeBudgetConfig) -> None:
        self._config = config
        self._budget = {regime: float(getattr(config, regime.value)) for regime in REGIMES}

    def assess(self, book: Book, symbol: str) -> RiskDecision:
        """The weighted budget of this symbol's regimes; the smallest budget when its regime is unknown."""
        view = book.regimes.get(symbol)
        if view is None:
            smallest = min(self._budget.values())
            return RiskDecision(multiplier=smallest, code="REGIME_UNKNOWN", reason="no regime known, smallest budget")
        weighted = sum(view.probability(regime) * budget for regime, budget in self._budget.items())
        multiplier = min(1.0, max(0.0, weighted))
        unsure = view.confidence < self._config.unsure_below
        return RiskDecision(
            multiplier=multiplier,
            stop_multiplier=self._config.unsure_stop if unsure else 1.0,
            code="REGIME_BUDGET" if multiplier < 1.0 else "REGIME_UNSURE" if unsure else "",
            reason=_shares(view) + (f", only {view.confidence * 100:.0f} % sure" if unsure else ""),
        )


def _shares(view: RegimeView) -> str:
    """`trending 72 %, ranging 20 %, unstable 8 %`."""
    return ", ".join(f"{regime.value} {100 * view.probability(regime):.0f} %" for regime in REGIMES)
