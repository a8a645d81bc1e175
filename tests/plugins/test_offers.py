"""What the five packages put on the shelf, and how little it costs to look."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

from weexctl import Exit, Guard, Offer, RiskPolicy, Sizer, Strategy
from weexctl_exits import offer_exits
from weexctl_guards import offer_guards
from weexctl_risk import offer_risk
from weexctl_sizers import offer_sizers
from weexctl_strategies import offer_strategies

SHELVES: list[tuple[Callable[[], list[Offer[Any]]], type, list[str]]] = [
    (offer_strategies, Strategy, ["trend", "reversion", "flat"]),
    (offer_sizers, Sizer, ["volatility-target", "fixed-fraction"]),
    (offer_risk, RiskPolicy, ["regime-budget", "drawdown-brake", "trade-clustering"]),
    (offer_guards, Guard, ["volatility-anomaly", "competition-rules"]),
    (offer_exits, Exit, ["atr-stop", "early-failure", "time-limit"]),
]


@pytest.mark.parametrize(("hook", "port", "names"), SHELVES)
def test_every_offer_builds_its_kind_from_default_settings(
    hook: Callable[[], list[Offer[Any]]], port: type, names: list[str]
) -> None:
    offers = hook()

    assert [offer.name for offer in offers] == names
    assert all(isinstance(offer.build(offer.config()), port) for offer in offers)
    assert all(offer.summary.endswith(".") for offer in offers)


@pytest.mark.parametrize(("hook", "port", "names"), SHELVES)
def test_settings_survive_a_round_trip_and_cannot_be_changed(
    hook: Callable[[], list[Offer[Any]]], port: type, names: list[str]
) -> None:
    for offer in hook():
        config = offer.config()
        assert offer.config.model_validate_json(config.model_dump_json()) == config
        assert offer.config.model_config["frozen"]
        assert offer.config.model_config["extra"] == "forbid"


@pytest.mark.parametrize("package", ["strategies", "sizers", "risk", "guards", "exits"])
def test_listing_offers_loads_no_heavy_library(package: str) -> None:
    heavy = "{'pandas', 'numpy', 'ta', 'scipy', 'hmmlearn', 'httpx'}"
    program = f"import sys, weexctl_{package} as p; p.offer_{package}(); print(sorted({heavy} & set(sys.modules)))"
    answer = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert answer.stdout.strip() == "[]"
