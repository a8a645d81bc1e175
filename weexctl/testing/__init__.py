"""For authors of plugins: candles to try a plugin on, and one conformance suite per kind.

from weexctl.testing import check_offer

def test_breakout_keeps_the_contract() -> None:
    report = check_offer("strategy", BREAKOUT)
    assert report.ok, report.text()
"""

from __future__ import annotations

from weexctl.testing.candles import as_candles, flat, gapped, random_walk, regimes, trending
from weexctl.testing.conformance import CHECKS, check_offer, check_plugin
from weexctl.testing.installed import installed_offers
from weexctl.testing.report import Finding, Report
from weexctl.testing.subject import Subject, columns_of

__all__ = [
    "CHECKS",
    "Finding",
    "Report",
    "Subject",
    "as_candles",
    "check_offer",
    "check_plugin",
    "columns_of",
    "flat",
    "gapped",
    "installed_offers",
    "random_walk",
    "regimes",
    "trending",
]
