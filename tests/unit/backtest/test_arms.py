"""The arms of an ablation: each of them a profile that passes every check, and different from ours as it says."""

from __future__ import annotations

from typing import Any

import pytest

from weexctl.backtest.arms import FULL, Arm, Group, arms_of, placebo_arms
from weexctl.config.compose import build_pipeline
from weexctl.config.profile import Profile, load_profile
from weexctl.plugin_host import Offers, load_offers

BUILT_IN = ("safe", "balanced", "competition")
OFFERS = load_offers(environ={})


def profile_of(name: str, **overrides: Any) -> Profile:
    return load_profile(name, offers=OFFERS, overrides=overrides)


def arms_by_name(profile: Profile, offers: Offers = OFFERS) -> dict[str, Arm]:
    return {arm.name: arm for arm in arms_of(profile, offers)[0]}


@pytest.mark.parametrize("name", BUILT_IN)
def test_every_arm_is_a_valid_profile_of_its_own(name: str) -> None:
    arms, _ = arms_of(profile_of(name), OFFERS)
    digests: dict[str, str] = {}
    for arm in arms:
        profile = profile_of(name, **arm.overrides)
        assert build_pipeline(profile, OFFERS).regime.name
        if arm.group is Group.ARM:
            digests[arm.name] = profile.digest
    assert len(set(digests.values())) == len(digests)
    assert len({arm.name for arm in arms}) == len(arms)
    assert arms[0].name == FULL


@pytest.mark.parametrize("name", BUILT_IN)
def test_without_an_engine_nothing_shrinks_or_refuses(name: str) -> None:
    ours = profile_of(name)
    bare = profile_of(name, **arms_by_name(ours)["A"].overrides)

    assert (bare.pipeline.risk, bare.pipeline.guards) == ((), ())
    assert bare.pipeline.sizer.to_toml_dict() == {"use": "fixed-fraction", "fraction": 0.2}
    assert (bare.pipeline.exits, bare.pipeline.strategies) == (ours.pipeline.exits, ours.pipeline.strategies)
    assert bare.limits.max_gross_exposure > 8 * 0.2
    assert min(bare.limits.daily_loss, bare.limits.kill_drawdown, bare.limits.per_trade_risk) > 0.99


def test_each_stage_is_put_in_and_taken_away() -> None:
    arms = arms_by_name(profile_of("balanced"))

    def stages(name: str) -> list[str]:
        pipeline = profile_of("balanced", **arms[name].overrides).pipeline
        return [choice.use for choice in (pipeline.sizer, *pipeline.risk, *pipeline.guards)]

    guards, policies = ["volatility-anomaly", "competition-rules"], ["regime-budget", "drawdown-brake"]
    assert stages("B") == ["volatility-target"]
    assert stages("C") == ["volatility-target", "regime-budget"]
    assert stages("D") == ["volatility-target", *guards]
    assert stages("E") == ["volatility-target", "drawdown-brake"]
    assert stages("G") == ["fixed-fraction", "regime-budget"]
    assert stages("F-trade-clustering") == ["volatility-target", *policies, *guards]
    assert stages("F-volatility-anomaly") == ["volatility-target", *policies, "trade-clustering", "competition-rules"]


def test_other_classifiers_keep_our_smoothing() -> None:
    ours = profile_of("balanced")
    for other in set(OFFERS.names("regime")) - {"two-factor-hmm"}:
        changed = profile_of("balanced", **arms_by_name(ours)[f"F={other}"].overrides).pipeline.regime.settings
        assert changed.smoothing_hours == 24  # type: ignore[attr-defined]
        assert changed.confirm_candles == 6  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("name", "there", "left_out"),
    [
        ("balanced", {"F-strict"}, {"F-soft"}),
        ("competition", {"F-soft"}, {"F-strict"}),
        ("safe", {"F-strict", "F-soft"}, set()),
    ],
)
def test_one_rule_per_regime_is_tried_against_budgets(name: str, there: set[str], left_out: set[str]) -> None:
    arms, left = arms_of(profile_of(name), OFFERS)

    assert {arm.name for arm in arms} & {"F-strict", "F-soft"} == there
    assert {one.name for one in left} == left_out


def test_what_a_profile_cannot_have_is_listed() -> None:
    plain = {"pipeline.risk": [], "pipeline.guards": [], "pipeline.sizer": {"use": "fixed-fraction"}}
    arms, left = arms_of(profile_of("balanced", **plain), OFFERS)

    assert {"C", "D", "E", "G", "K3"} <= {one.name for one in left}
    assert not {"C", "D", "E", "G", "K3"} & {arm.name for arm in arms}
    assert all(one.reason for one in left)


def test_placebos_have_the_shifts_they_are_given() -> None:
    assert [(arm.name, arm.shift) for arm in placebo_arms([500, 90])] == [("K4-01", 500), ("K4-02", 90)]
