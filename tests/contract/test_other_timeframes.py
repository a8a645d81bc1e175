"""Warm-ups hold for candles of any length, also where settings count in hours."""

from __future__ import annotations

from typing import Any

import pytest

from weexctl import Offer
from weexctl.model.candle import Timeframe
from weexctl.plugin_host import LoadedOffer, build
from weexctl.simulator.generator import generate_market
from weexctl.testing import installed_offers
from weexctl.testing.conformance import prepare, run_check
from weexctl.testing.subject import wanted_rows

TOLD = [
    (kind, offer)
    for kind, offer in installed_offers("weexctl")
    if hasattr(offer.build(offer.config()), "at_timeframe") and offer.name != "jump"
]
"""Those that count in hours; without the one classifier that is slow to fit, since all of them smooth alike."""


def built(kind: str, offer: Offer[Any], timeframe: Timeframe) -> Any:
    """The plugin as a profile of this timeframe has it."""
    return build(LoadedOffer(offer, kind, "weexctl", "1", "test"), offer.config(), candle_ms=timeframe.ms)


@pytest.mark.parametrize("timeframe", [Timeframe.M15, Timeframe.H4])
@pytest.mark.parametrize(("kind", "offer"), TOLD, ids=[offer.name for _, offer in TOLD])
def test_a_window_of_the_warm_up_is_enough(kind: str, offer: Offer[Any], timeframe: Timeframe) -> None:
    plugin = built(kind, offer, timeframe)
    candles = generate_market(7, timeframe=timeframe, count=wanted_rows(kind, plugin), symbols=["BTCUSDT"])["BTCUSDT"]
    subject, findings = prepare(kind, plugin, candles.frame(), 0)
    assert not findings
    assert subject is not None

    assert [finding.message for finding in run_check("window", subject)] == []


def test_shorter_candles_need_more_of_them() -> None:
    for kind, offer in TOLD:
        quarter, hour, four = (
            built(kind, offer, timeframe).warmup_candles for timeframe in (Timeframe.M15, Timeframe.H1, Timeframe.H4)
        )
        assert quarter > hour > four, offer.name
