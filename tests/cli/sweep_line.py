"""A sweep that takes seconds: its command line, and its answer without what differs from call to call."""

from __future__ import annotations

from pathlib import Path
from typing import Any

__all__ = ["SWEEP", "VARIED", "a_profile", "table"]

VARIED = ("--set", "limits.per_trade_risk=0.001..0.01:log", "--set", "pipeline.exits[0].multiple=2..5:0.5")
SWEEP = ("backtest", "sweep", "--symbols", "BTCUSDT", "--steps", "200", "--trials", "8", "--batch", "4")

_PROFILE = """
schema = 1
[pipeline]
regime = { use = "rules" }
strategies = { trending = { use = "trend" }, ranging = { use = "trend" }, unstable = { use = "trend" } }
sizer = { use = "volatility-target", annual_volatility = 0.20 }
risk = [{ use = "regime-budget", trending = 1.0, ranging = 0.5, unstable = 0.25 }]
exits = [{ use = "atr-stop", multiple = 3.0, trailing = true }]
"""


def a_profile(folder: Path) -> str:
    """The path of a profile whose classifier is cheap to fit."""
    path = folder / "quick.toml"
    path.write_text(_PROFILE)
    return str(path)


def table(document: dict[str, Any]) -> dict[str, Any]:
    """What has to be the same for the same sweep, whoever runs it and however often it was interrupted."""
    assert document["ok"], document
    data = dict(document["data"])
    for name in ("folder", "done_before"):
        data.pop(name)
    return data
