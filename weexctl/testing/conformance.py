"""The conformance suite: one call, whatever the kind."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import pandas as pd

from weexctl import ports
from weexctl.errors import UsageError
from weexctl.hookspecs import Offer, PluginConfig
from weexctl.testing.account_stage import check_account
from weexctl.testing.causality import check_own_candle, check_poison, check_prefix, check_window
from weexctl.testing.market_stage import (
    check_artefact,
    check_determinism,
    check_extremes,
    check_mutation,
    check_ranges,
    check_shape,
    check_steps,
)
from weexctl.testing.memory import ACCOUNT_KINDS, check_book, check_fit, check_memory
from weexctl.testing.report import Finding, Report
from weexctl.testing.settings import check_settings
from weexctl.testing.subject import Subject, subject_of

__all__ = ["CAUSALITY", "CHECKS", "causality_checks", "check_offer", "check_plugin", "prepare", "run_check"]

Check = Callable[[Subject], Iterator[Finding]]

CHECKS: Mapping[str, Check] = MappingProxyType(
    {
        "prefix": check_prefix,  # first: before the plugin has seen what is later
        "poison": check_poison,
        "own-candle": check_own_candle,
        "window": check_window,
        "memory": check_memory,
        "shape": check_shape,
        "ranges": check_ranges,
        "determinism": check_determinism,
        "mutation": check_mutation,
        "extremes": check_extremes,
        "artefact": check_artefact,
        "fit": check_fit,
        "steps": check_steps,
        "book": check_book,
        "account": check_account,
    }
)
"""Every check by name. `check_offer` adds `settings`."""

CAUSALITY = ("prefix", "poison", "own-candle", "window", "memory", "artefact", "fit", "steps", "book")
"""The checks that ask whether anything is known too early."""

_LEAST_SCORED = 300
"""Candles beyond warm-up and training, or there is nothing to look at."""

_PROTOCOLS: Mapping[str, Any] = MappingProxyType(
    {
        "regime": ports.RegimeClassifier,
        "strategy": ports.Strategy,
        "sizer": ports.Sizer,
        "risk": ports.RiskPolicy,
        "guard": ports.Guard,
        "exit": ports.Exit,
    }
)


def check_plugin(
    kind: str,
    plugin: Any,
    *,
    name: str = "",
    candles: pd.DataFrame | None = None,
    seed: int = 0,
    checks: Sequence[str] = tuple(CHECKS),
) -> Report:
    """Everything these checks find about a built plugin.

    Args:
        kind: regime, strategy, sizer, risk, guard or exit.
        plugin: the built plugin.
        name: what to call it in the report; the name of its class when empty.
        candles: hourly candles to try it on, at least 300 more than its warm-up (and, for a classifier, its least
            training); synthetic ones when None.
        seed: of the synthetic candles, the cut points and the books.
        checks: names out of `CHECKS`.

    Raises:
        UsageError: the kind or a check is unknown.
    """
    subject, broken = prepare(kind, plugin, candles, seed)
    if unknown := sorted(set(checks) - set(CHECKS)):
        raise UsageError(f"no check {unknown[0]!r}; nothing was checked", hint=f"one of {', '.join(CHECKS)}")
    called = name or type(plugin).__name__
    if subject is None:
        return Report(kind, called, ("protocol",), broken)
    findings = [finding for check in checks for finding in run_check(check, subject)]
    return Report(kind, called, ("protocol", *checks), (*broken, *findings))


def check_offer(
    kind: str,
    offer: Offer[Any],
    settings: PluginConfig | None = None,
    *,
    candles: pd.DataFrame | None = None,
    seed: int = 0,
    checks: Sequence[str] = tuple(CHECKS),
) -> Report:
    """The report of `check_plugin` on what the offer builds, and whether its settings survive a profile.

    `settings` are the offer's defaults when None.
    """
    chosen = offer.config() if settings is None else settings
    plugin = offer.build(chosen)
    report = check_plugin(kind, plugin, name=offer.name, candles=candles, seed=seed, checks=checks)
    subject, _ = prepare(kind, plugin, candles, seed)
    if subject is None:
        return report
    found = tuple(_run("settings", lambda under_test: check_settings(under_test, offer, chosen), subject))
    return Report(kind, offer.name, (*report.checks, "settings"), (*report.findings, *found))


def prepare(
    kind: str, plugin: Any, candles: pd.DataFrame | None, seed: int
) -> tuple[Subject | None, tuple[Finding, ...]]:
    """The plugin with its candles, ready for the checks, or why it is not.

    Raises:
        UsageError: the kind is unknown.
    """
    if kind not in _PROTOCOLS:
        raise UsageError(f"no plugin kind {kind!r}; nothing was checked", hint=f"one of {', '.join(_PROTOCOLS)}")
    if not isinstance(plugin, _PROTOCOLS[kind]):
        protocol = _PROTOCOLS[kind]
        missing = [part for part in dir(protocol) if not part.startswith("_") and not hasattr(plugin, part)]
        missing += [part for part in protocol.__annotations__ if not hasattr(plugin, part)]
        return None, (Finding("protocol", f"a {kind} also has {', '.join(sorted(set(missing)))}"),)
    wanted = int(plugin.warmup_candles) + int(getattr(plugin, "min_train_candles", 0)) + _LEAST_SCORED
    if candles is not None and len(candles) < wanted:
        return None, (Finding("candles", f"{len(candles)} candles given, {wanted} needed", untested=True),)
    try:
        return subject_of(kind, plugin, candles, seed), ()
    except UsageError:
        raise
    except Exception as error:  # noqa: BLE001  # whatever a plugin raises is a finding
        return None, (Finding("protocol", f"fit raised {type(error).__name__}: {error}", raised=True),)


def causality_checks(subject: Subject) -> tuple[str, ...]:
    """Those of `CAUSALITY` that mean something for this plugin: one without columns has no rows to look at."""
    market, fitted, account = bool(subject.surfaces()), subject.artefact is not None, subject.kind in ACCOUNT_KINDS
    applies = {
        **dict.fromkeys(("prefix", "poison", "own-candle", "window"), market),
        "memory": market or account,
        **dict.fromkeys(("artefact", "fit", "steps"), fitted),
        "book": account,
    }
    return tuple(check for check in CAUSALITY if applies[check])


def run_check(name: str, subject: Subject) -> list[Finding]:
    """What the check of this name finds; an exception is a finding too."""
    return _run(name, CHECKS[name], subject)


def _run(name: str, check: Check, subject: Subject) -> list[Finding]:
    """What one check finds; an exception is a finding too, and ends that check."""
    findings: list[Finding] = []
    try:
        findings.extend(check(subject))
    except Exception as error:  # noqa: BLE001  # whatever a plugin raises is a finding
        findings.append(Finding(name, f"raised {type(error).__name__}: {error}", raised=True))
    return findings
