"""The run against its controls, and the verdict on every claim that was written down before."""

from __future__ import annotations

from collections.abc import Iterator
from statistics import fmean

from weexctl.backtest.bootstrap import Difference
from weexctl.backtest.report.ablation_document import AblationDocument, ArmRow, ClaimRow, EvidencePart
from weexctl.backtest.report.markup import (
    Markup,
    badge,
    chart,
    element,
    minute,
    number,
    percent,
    section,
    table,
)
from weexctl.backtest.report.run_document import RunDocument

__all__ = ["ablation_section", "claims_section", "difference_cell"]

_OURS = "F"
_MANY = {"placebo": ("K4", "mean of {} placebos"), "null": ("N", "mean of {} markets where a coin decides")}
"""Groups whose arms are shown as one: its name, and what it is."""
_LOOKS = {"pass": "good", "fail": "bad"}
_FIGURES = ("cagr", "volatility", "sharpe", "max_drawdown", "cvar95", "calmar", "ulcer", "exposure")
_PLAIN = ("sharpe", "calmar")


def claims_section(found: AblationDocument) -> Markup:
    """Each claim and its verdict, in words."""
    claims = [] if found.evidence is None else found.evidence.claims
    title, name = "The claims", "claims"
    if not claims:
        return section(title, name, element("p", "No claim was looked at in this ablation.", class_="empty"))
    held = sum(claim.verdict == "pass" for claim in claims)
    open_ones = sum(claim.verdict not in _LOOKS for claim in claims)
    lead = (
        f"Written down before anything was run. {held} of {len(claims)} held, {len(claims) - held - open_ones} failed"
        f"{f', {open_ones} could not be looked at' if open_ones else ''}. Not claimed: profit, being better than "
        "volatility targeting alone, or telling trends ahead."
    )
    return section(title, name, *map(_claim, claims), lead=lead)


def _claim(claim: ClaimRow) -> Markup:
    sure = {
        True: " The intervals agree.",
        False: " Within the intervals it could be otherwise.",
        None: "",
    }[claim.sure]
    verdict = badge(claim.verdict.upper(), _LOOKS.get(claim.verdict, "open"))
    words = element("div", element("p", claim.statement, class_="claimed"), element("p", claim.because + "." + sure))
    return element("div", element("strong", claim.name), verdict, words, class_="claim")


def ablation_section(found: AblationDocument, run: RunDocument) -> Markup:
    """The arms, what separates them, and whether it was luck."""
    parts: list[Markup] = []
    if differences := _differences(found, run):
        span = f"{minute(found.from_ms)} to {minute(found.to_ms)} UTC"
        words = f"The ablation ({span}) is not quite of this run: it differs in {', '.join(differences)}."
        parts.append(element("p", words, class_="note"))
    if found.interrupted:
        parts.append(element("p", "The ablation was ended early; arms are missing.", class_="note"))
    parts.append(_arms(found.arms))
    if found.evidence is not None:
        parts += _evidence(found.evidence)
    left = [(row.name, row.reason) for row in found.left_out]
    left += [(arm.name, arm.failure) for arm in found.arms if arm.failure]
    if left:
        parts += [element("h3", "Arms without figures"), table(("arm", "why"), left, text=2)]
    lead = (
        "Whoever trades less loses less, so the profile (F) is set beside itself without each of its parts, and beside "
        "simpler accounts of the same exposure (K1) or volatility (K2, K3), regimes moved to other times (K4), and "
        "markets where nothing can be known ahead (N)."
    )
    return section("Against its controls", "ablation", *parts, lead=lead)


def _differences(found: AblationDocument, run: RunDocument) -> list[str]:
    """What the ablation and the run were not made alike from, in words."""
    pairs = (
        ("the span", (found.from_ms, found.to_ms), (run.from_ms, run.to_ms)),
        ("the profile", found.manifest.get("profile_digest"), run.manifest.get("profile_digest")),
        ("the candles", found.manifest.get("source"), run.manifest.get("source")),
    )
    return [words for words, theirs, ours in pairs if theirs != ours]


def _arms(arms: list[ArmRow]) -> Markup:
    header = ("arm", "what it is", "CAGR", "vol", "Sharpe", "max DD", "CVaR", "Calmar", "Ulcer", "exposure")
    rows: list[tuple[str, ...]] = [
        (
            arm.name,
            element("span", arm.title, class_="words"),
            *(_figure(name, getattr(arm, name)) for name in _FIGURES),
        )
        for arm in arms
        if not arm.failure and arm.group not in _MANY
    ]
    for group, (short, words) in _MANY.items():
        if known := [arm for arm in arms if arm.group == group and not arm.failure]:
            means = (_figure(name, _mean(known, name)) for name in _FIGURES)
            rows.append((short, element("span", words.format(len(known)), class_="words"), *means))
    return table(header, rows, text=2, strong=_OURS)


def _mean(arms: list[ArmRow], name: str) -> float | None:
    values = [value for arm in arms if (value := getattr(arm, name)) is not None]
    return fmean(values) if values else None


def _figure(name: str, value: float | None) -> str:
    return number(value) if name in _PLAIN else percent(value)


def _evidence(evidence: EvidencePart) -> Iterator[Markup]:
    if evidence.comparisons:
        yield element("h3", "F minus the others")
        yield element("p", "Median of the draws, the middle 95 %, and how often F is better.", class_="lead")
        rows = (
            (
                f"F\u00a0−\u00a0{name}",
                difference_cell(found.max_drawdown, 100, 1),
                difference_cell(found.calmar, 1, 2),
                difference_cell(found.cvar95, 100, 2),
                difference_cell(found.ulcer, 100, 1),
            )
            for name, found in evidence.comparisons.items()
        )
        yield table(("", "max DD, points", "Calmar", "CVaR, points", "Ulcer, points"), rows)
        yield chart("differences", "Intervals of the difference in maximum drawdown", "low")
    if luck := list(_luck(evidence)):
        yield element("h3", "Was it luck?")
        yield table(("", ""), luck, text=2)
    if evidence.missing:
        yield element("h3", "Not computed")
        yield table(("what", "why"), evidence.missing.items(), text=2)


def difference_cell(found: Difference | None, by: int, digits: int) -> str:
    """The median, and below it the interval and how often ours is better."""
    if found is None:
        return "–"
    low, high = (number(value * by, digits, sign=True) for value in (found.low, found.high))
    below = f"[{low}, {high}] · {found.p_improvement:.0%}"
    return element("span", number(found.median * by, digits, sign=True), element("small", below), class_="stack")


def _luck(evidence: EvidencePart) -> Iterator[tuple[str, str]]:
    if (placebo := evidence.placebos) is not None:
        words = f"{percent(placebo.share_as_good, 0)} of {placebo.count} reach our Calmar ratio of {placebo.ours:.2f}"
        yield "Placebos", f"{words}; their mean is {number(placebo.mean)}"
    if (coin := evidence.nulls) is not None:
        words = (
            f"our mean Calmar ratio over {coin.count} markets where nothing can be known ahead is {number(coin.mean)}"
        )
        yield "A coin", f"{words}; it is expected to be zero at most"
    if evidence.probabilistic_sharpe is not None:
        yield "Sharpe ratio above zero", f"probability {evidence.probabilistic_sharpe:.2f}"
    if evidence.deflated_sharpe is not None:
        words = f"probability {evidence.deflated_sharpe:.2f}, after {evidence.trials} trials in the ledger"
        yield "The same, deflated", words
    for name, check in evidence.reality_checks.items():
        best = f"; the best is {check.best}" if check.best else ""
        yield f"Better than {name} by luck", f"p = {number(check.consistent)} (Hansen's test){best}"
    if (chosen := evidence.overfitting) is not None:
        share = percent(chosen.probability, 0)
        words = f"in {share} of the halves the best of {chosen.variants} arms is below the median of the other half"
        yield "Overfitting", f"{words}; below 20 % is wanted"
