"""Every first-party offer keeps the contract, through the same door and the same kit as anybody's."""

from __future__ import annotations

from typing import Any

import pytest

from weexctl import Offer
from weexctl.hookspecs import KINDS
from weexctl.model.candle import COLUMNS
from weexctl.testing import CHECKS, check_offer, installed_offers

OFFERS = list(installed_offers("weexctl"))


@pytest.mark.parametrize(("kind", "offer"), OFFERS, ids=[f"{kind}-{offer.name}" for kind, offer in OFFERS])
def test_every_first_party_offer_keeps_the_contract(kind: str, offer: Offer[Any]) -> None:
    report = check_offer(kind, offer)

    assert report.ok, report.text()
    assert set(report.checks) == {"protocol", *CHECKS, "settings"}


@pytest.mark.parametrize(("kind", "offer"), OFFERS, ids=[f"{kind}-{offer.name}" for kind, offer in OFFERS])
def test_every_first_party_market_stage_says_what_it_uses_of_its_own_candle(kind: str, offer: Offer[Any]) -> None:
    plugin = offer.build(offer.config())
    assert hasattr(plugin, "own_candle") == hasattr(plugin, "columns")
    assert set(getattr(plugin, "own_candle", ())) <= set(COLUMNS)


def test_something_is_offered_of_every_kind() -> None:
    assert {kind for kind, _ in OFFERS} == set(KINDS)
