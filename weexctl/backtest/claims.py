"""The claims that were written down before anything was run, and whether they held. Whatever comes out is said.

Not claimed: profit, being better than volatility targeting alone (K3), or telling trends ahead (methods 9).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from weexctl.backtest.bootstrap import Comparison, Difference
from weexctl.backtest.estimate import Estimate
from weexctl.backtest.placebo import Placebos

__all__ = [
    "Claim",
    "Risk",
    "Verdict",
    "beats_control",
    "beats_placebos",
    "forecast_beats_average",
    "not_evaluated",
    "nothing_looked_ahead",
    "odds_have_skill",
    "volatility_on_target",
]

MOST_PLACEBOS = 0.20
TARGET_RANGE = (0.60, 1.15)


class Verdict(StrEnum):
    """Whether a claim held."""

    PASS = "pass"  # noqa: S105  # no password
    FAIL = "fail"
    NOT_EVALUATED = "not evaluated"


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """One claim."""

    name: str
    statement: str
    verdict: Verdict
    because: str
    """The numbers behind it in one sentence, or why there is no verdict."""
    numbers: Mapping[str, float] = field(default_factory=dict)
    sure: bool | None = None
    """Whether the 95 % intervals say the same as the figures themselves; None without intervals."""


@dataclass(frozen=True, slots=True)
class Risk:
    """What the claims about a run look at."""

    max_drawdown: float
    calmar: float | None


_STATEMENTS = {
    "C1": "a smaller maximum drawdown than K1, and a Calmar ratio at least as high",
    "C2": "a smaller maximum drawdown than K2, and a Calmar ratio at least as high",
    "C3": "a higher Calmar ratio than at least 80 % of the placebos",
    "C4": "the odds of a loud day have a Brier skill above zero on every symbol",
    "C5": "the regression's QLIKE is below that of the 48 h average on every symbol",
    "C6": "realised volatility within 0.6 to 1.15 times the target",
    "C7": "no plugin of the profile looks ahead",
}


def not_evaluated(name: str, because: str) -> Claim:
    """A claim without a verdict, and why."""
    return Claim(name=name, statement=_STATEMENTS[name], verdict=Verdict.NOT_EVALUATED, because=because)


def beats_control(name: str, control: str, ours: Risk, theirs: Risk, compared: Comparison | None) -> Claim:
    """C1 and C2: maximum drawdown below the control's and Calmar not below it, over every mark.

    The intervals are those of daily marks; both have to lie on the right side of zero for `sure`.
    """
    if ours.calmar is None or theirs.calmar is None:
        return not_evaluated(name, "a Calmar ratio has no value")
    held = ours.max_drawdown < theirs.max_drawdown and ours.calmar >= theirs.calmar
    because = (
        f"maximum drawdown {_percent(ours.max_drawdown, 1)} against {_percent(theirs.max_drawdown, 1)}, "
        f"Calmar {ours.calmar:.2f} against {theirs.calmar:.2f} of {control}"
    )
    numbers = {
        "max_drawdown": ours.max_drawdown,
        "control_max_drawdown": theirs.max_drawdown,
        "calmar": ours.calmar,
        "control_calmar": theirs.calmar,
    }
    sure = None
    if compared is not None and compared.max_drawdown is not None and compared.calmar is not None:
        deeper, calmar = compared.max_drawdown, compared.calmar
        sure = (deeper.high < 0 and calmar.low > 0) if held else (deeper.low > 0 or calmar.high < 0)
        because += f"; {_interval('ΔMaxDD', deeper)}, {_interval('ΔCalmar', calmar)}"
        numbers |= {"p_max_drawdown": deeper.p_improvement, "p_calmar": calmar.p_improvement}
    return _claim(name, because, numbers, held=held, sure=sure)


def beats_placebos(found: Placebos) -> Claim:
    """C3: at most 20 % of the placebos reach our Calmar ratio. The interval of the share is Wilson's."""
    share, count = found.share_as_good, found.count
    held = share <= MOST_PLACEBOS
    low, high = _wilson(share, count)
    between = f"[{_percent(low)}, {_percent(high)}]"
    because = f"{_percent(share)} of {count} placebos reach our Calmar ratio of {found.ours:.2f} {between}"
    sure = high <= MOST_PLACEBOS if held else low > MOST_PLACEBOS
    return _claim("C3", because, {"share": share, "low": low, "high": high}, held=held, sure=sure)


def odds_have_skill(skills: Mapping[str, Estimate], plain: Mapping[str, Estimate]) -> Claim:
    """C4: the Brier skill is above zero on every symbol.

    Args:
        skills: against the share of loud moments among these very days, which nobody could have known: the verdict.
        plain: against one in five, the share of the training window, to be said beside it.
    """
    claim = _on_every("C4", "Brier skill", skills, above=True)
    if claim.verdict is Verdict.NOT_EVALUATED:
        return claim
    good = sum(one.value > 0 for one in plain.values())
    words = ", ".join(f"{symbol} {one.value:+.3f}" for symbol, one in plain.items())
    because = (
        f"{claim.because}; against one in five, known beforehand, it is above zero on {good} of {len(plain)}: {words}"
    )
    numbers = {**claim.numbers, **{f"{symbol}_plain": one.value for symbol, one in plain.items()}}
    return replace(claim, because=because, numbers=numbers)


def forecast_beats_average(differences: Mapping[str, Estimate]) -> Claim:
    """C5: QLIKE of the regression less that of the average is below zero on every symbol."""
    return _on_every("C5", "QLIKE difference", differences, above=False)


def volatility_on_target(realised: Estimate, target: float) -> Claim:
    """C6: realised annual volatility over the sizer's target lies within 0.6 to 1.15."""
    low, high = TARGET_RANGE
    ratio, least, most = (value / target for value in (realised.value, realised.low, realised.high))
    held = low <= ratio <= high
    times = f"{ratio:.2f} times the target of {_percent(target)} [{least:.2f}, {most:.2f}]"
    because = f"{_percent(realised.value, 1)} a year is {times}"
    sure = (low <= least and most <= high) if held else (most < low or least > high)
    return _claim("C6", because, {"ratio": ratio, "low": least, "high": most}, held=held, sure=sure)


def nothing_looked_ahead(checked: Mapping[str, str]) -> Claim:
    """C7: the prefix check found nothing; `checked` has a sentence for each plugin, empty when it passed."""
    found = {plugin: words for plugin, words in checked.items() if words}
    because = (
        "; ".join(f"{plugin}: {words}" for plugin, words in found.items())
        if found
        else f"{len(checked)} plugins say of the first k candles what they say of them among all"
    )
    return _claim("C7", because, {"plugins": len(checked), "violations": len(found)}, held=not found, sure=None)


def _on_every(name: str, figure: str, found: Mapping[str, Estimate], *, above: bool) -> Claim:
    if not found:
        return not_evaluated(name, "no symbol could be scored")
    good = {symbol: (one.value > 0) if above else (one.value < 0) for symbol, one in found.items()}
    held = all(good.values())
    rows = (f"{symbol} {one.value:+.3f} [{one.low:+.3f}, {one.high:+.3f}]" for symbol, one in found.items())
    if held:
        sure = all((one.low > 0) if above else (one.high < 0) for one in found.values())
    else:
        sure = any((one.high < 0) if above else (one.low > 0) for one in found.values())
    numbers = {symbol: one.value for symbol, one in found.items()}
    return _claim(name, f"{figure} {', '.join(rows)}", numbers, held=held, sure=sure)


def _claim(name: str, because: str, numbers: Mapping[str, float], *, held: bool, sure: bool | None) -> Claim:
    verdict = Verdict.PASS if held else Verdict.FAIL
    return Claim(name=name, statement=_STATEMENTS[name], verdict=verdict, because=because, numbers=numbers, sure=sure)


def _interval(word: str, found: Difference) -> str:
    return f"{word} [{found.low:+.3f}, {found.high:+.3f}] (P {found.p_improvement:.2f})"


def _percent(share: float, digits: int = 0) -> str:
    return f"{share * 100:.{digits}f} %"


def _wilson(share: float, count: int) -> tuple[float, float]:
    """The middle 95 % of a share of so many."""
    z = 1.959964
    centre = (share + z * z / (2 * count)) / (1 + z * z / count)
    half = z * (share * (1 - share) / count + z * z / (4 * count * count)) ** 0.5 / (1 + z * z / count)
    return max(0.0, centre - half), min(1.0, centre + half)
