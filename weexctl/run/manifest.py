"""What a run was made from: enough to make it again."""

from __future__ import annotations

from typing import Any

import weexctl
from weexctl.config.profile import Profile
from weexctl.pipeline.stage import Pipeline
from weexctl.run.market_source import MarketSource

__all__ = ["run_manifest"]


def run_manifest(profile: Profile, pipeline: Pipeline, market: MarketSource) -> dict[str, Any]:
    """Version, data and plugins of a run on known candles, as plain data."""
    return {
        "weexctl": weexctl.__version__,
        "source": market.source,
        "synthetic": market.synthetic,
        "data": {symbol: candles.digest() for symbol, candles in market.candles.items()},
        "detail": {symbol: fine.digest() for symbol, fine in market.detail.items()},
        "plugins": [
            {"kind": s.kind, "name": s.name, "distribution": s.distribution, "version": s.version}
            for s in pipeline.stages()
        ],
        "start_equity": str(profile.simulator.start_equity),
    }
