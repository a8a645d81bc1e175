"""The offers are cheap to look at, and their settings are what a profile may say."""

from __future__ import annotations

import subprocess
import sys

import pytest
from pydantic import ValidationError

from weexctl_regimes import RulesConfig, TwoFactorConfig, offer_regimes


def test_every_classifier_is_offered_with_a_summary() -> None:
    assert [offer.name for offer in offer_regimes()] == ["two-factor-hmm", "rules", "hmm3", "jump"]
    assert all(offer.summary for offer in offer_regimes())


def test_the_defaults_are_those_of_the_safe_profile() -> None:
    config = TwoFactorConfig()

    assert (config.smoothing_hours, config.switch_probability, config.confirm_candles) == (48, 0.65, 12)
    assert (config.train_candles, config.seed, config.kappa, config.min_agreement) == (8760, 7, 50, 0.70)


@pytest.mark.parametrize("table", [{"smoothing_hour": 48}, {"switch_probability": 0.4}, {"confirm_candles": 0}])
def test_a_setting_that_makes_no_sense_is_refused(table: dict[str, float]) -> None:
    with pytest.raises(ValidationError):
        RulesConfig.model_validate(table)


def test_listing_the_offers_loads_nothing_heavy_and_scoring_never_loads_hmmlearn() -> None:
    program = (
        "import sys, weexctl_regimes as r\n"
        "heavy = {'numpy', 'pandas', 'ta', 'scipy', 'sklearn', 'hmmlearn'}\n"
        "r.offer_regimes(); assert not heavy & set(sys.modules), heavy & set(sys.modules)\n"
        "c = r.build_rules(r.RulesConfig(train_candles=600, min_train_candles=500))\n"
        "r.build_two_factor(r.TwoFactorConfig())\n"
        "from weexctl.testing import random_walk\n"
        "f = random_walk(1, 2000); c.columns(f, c.fit(f, 'BTCUSDT'))\n"
        "assert not {'sklearn', 'hmmlearn'} & set(sys.modules)\n"
    )

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
