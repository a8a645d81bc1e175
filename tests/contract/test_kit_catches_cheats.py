"""The conformance kit catches every deliberate cheat, and lets an honest plugin pass."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from weexctl import Offer, PluginConfig
from weexctl.errors import UsageError
from weexctl.testing import CHECKS, check_offer, check_plugin, random_walk


def _load_cheats() -> ModuleType:
    """The module beside this one; test folders are no packages."""
    spec = importlib.util.spec_from_file_location("leaky_plugins", Path(__file__).with_name("leaky_plugins.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


cheats = _load_cheats()

CAUGHT = [
    ("strategy", "CentredMean", "prefix"),
    ("strategy", "CentredMean", "poison"),
    ("strategy", "NextClose", "prefix"),
    ("strategy", "NextClose", "poison"),
    ("strategy", "WholeSeriesMean", "prefix"),
    ("strategy", "WholeSeriesMean", "poison"),
    ("strategy", "FilledWithMean", "prefix"),
    ("strategy", "BackFilled", "prefix"),
    ("strategy", "SinceTheStart", "window"),
    ("strategy", "ShortWarmup", "window"),
    ("strategy", "Forgetful", "determinism"),
    ("strategy", "Scribbler", "mutation"),
    ("strategy", "Overconfident", "ranges"),
    ("strategy", "HalfHearted", "ranges"),
    ("strategy", "DropsRows", "shape"),
    ("strategy", "Brittle", "extremes"),
    ("regime", "ViterbiLabels", "prefix"),
    ("regime", "ViterbiLabels", "poison"),
    ("regime", "SmoothedPosteriors", "prefix"),
    ("regime", "SmoothedPosteriors", "poison"),
    ("regime", "Lopsided", "ranges"),
    ("regime", "Lopsided", "steps"),
    ("regime", "SilentSteps", "steps"),
    ("regime", "SurerThanSure", "ranges"),
    ("risk", "Greedy", "account"),
    ("risk", "Loosening", "account"),
    ("risk", "Wordless", "account"),
    ("sizer", "Negative", "account"),
    ("guard", "Jailer", "account"),
    ("exit", "Backwards", "account"),
]


@pytest.mark.parametrize(("kind", "name", "check"), CAUGHT)
def test_every_cheat_is_caught_by_the_check_that_is_for_it(kind: str, name: str, check: str) -> None:
    plugin = getattr(cheats, name)()

    report = check_plugin(kind, plugin, checks=(check,))

    assert report.failed(check), report.text()


def test_a_causal_plugin_that_never_forgets_passes_the_prefix_check() -> None:
    report = check_plugin("strategy", cheats.SinceTheStart(), checks=("prefix", "poison"))

    assert report.ok, report.text()


def test_an_honest_strategy_passes_every_check() -> None:
    report = check_plugin("strategy", cheats.HonestStrategy())

    assert report.ok, report.text()
    assert set(report.checks) == {"protocol", *CHECKS}


def test_a_finding_names_the_column_and_the_row() -> None:
    report = check_plugin("strategy", cheats.NextClose(), checks=("prefix",))

    (finding,) = report.broken
    assert finding.column == "direction"
    assert finding.row is not None
    assert "direction" in report.text()


def test_a_plugin_without_the_methods_of_its_kind_is_told_which() -> None:
    report = check_plugin("guard", cheats.HonestStrategy())

    assert not report.ok
    assert "review" in report.text()


def test_too_few_candles_leave_a_plugin_untested_rather_than_good_or_bad() -> None:
    report = check_plugin("strategy", cheats.HonestStrategy(), candles=random_walk(1, 100))

    assert not report.ok
    assert report.broken == ()
    assert [finding.untested for finding in report.findings] == [True]


@pytest.mark.parametrize(
    "ask",
    [
        lambda: check_plugin("strategies", cheats.HonestStrategy()),
        lambda: check_plugin("strategy", cheats.HonestStrategy(), checks=("prefixes",)),
    ],
)
def test_an_unknown_kind_or_check_is_refused(ask: Callable[[], Any]) -> None:
    with pytest.raises(UsageError):
        ask()


class Loose(PluginConfig, extra="allow"):
    """Settings that take any key."""


class Rounded(PluginConfig):
    """Settings that come back as something else."""

    window: int = 48

    def model_dump(self, **options: Any) -> dict[str, Any]:
        return {"window": super().model_dump(**options)["window"] + 1}


@pytest.mark.parametrize(("config", "words"), [(Loose, "unknown setting"), (Rounded, "not the same")])
def test_settings_that_do_not_survive_a_profile_are_caught(config: type[PluginConfig], words: str) -> None:
    offer = Offer("honest", config, lambda _: cheats.HonestStrategy())

    report = check_offer("strategy", offer, checks=())

    assert report.failed("settings")
    assert words in report.text()


def test_a_name_that_no_profile_could_hold_is_caught() -> None:
    offer = Offer("Honest_Rule", PluginConfig, lambda _: cheats.HonestStrategy())

    assert check_offer("strategy", offer, checks=()).failed("settings")
