"""A small shelf of fake offers, and folders that belong to one test."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

import pytest
from pydantic import model_validator

from weexctl.config.environment import Environment
from weexctl.config.paths import Paths
from weexctl.config.profile import Profile, load_profile
from weexctl.hookspecs import Offer, PluginConfig
from weexctl.plugin_host import LoadedOffer, Offers, PluginFailure

PROFILE = """
schema = 1
description = "For tests."

[venue]
symbols = ["BTCUSDT", "cmt_ethusdt"]

[pipeline]
regime = { use = "hmm", smoothing_hours = 24 }
strategies = { trending = { use = "trend" }, ranging = { use = "flat" }, unstable = { use = "flat" } }
sizer = { use = "target" }
risk = [
  { use = "budget" },
  { use = "brake", soft = 0.06 },
]
exits = [{ use = "stop" }]

[limits]
max_leverage = 3
max_order_notional = "2000"
"""


class Nested(PluginConfig):
    """A table inside settings."""

    depth: int = 1


class HmmConfig(PluginConfig):
    """A few numbers."""

    smoothing_hours: float = 48
    seed: int = 7


class BrakeConfig(PluginConfig):
    """A few numbers and a nested table."""

    soft: float = 0.06
    hard: float | None = None
    inner: Nested = Nested()
    on: bool = True


class FragileConfig(PluginConfig):
    """A model whose own check breaks."""

    @model_validator(mode="after")
    def _break(self) -> Self:
        raise KeyError("gone")


class EmptyConfig(PluginConfig):
    """Nothing to set."""


class Everything:
    """A plugin of every kind at once, as far as its shape goes."""

    warmup_candles = 5
    train_candles = 100
    min_train_candles = 50

    def __init__(self, config: PluginConfig) -> None:
        self.config = config

    def columns(self, *_: Any) -> None:
        """Nothing."""

    fit = features = start = step = size = assess = review = columns


def _offer(kind: str, name: str, config: type[PluginConfig]) -> tuple[tuple[str, str], LoadedOffer]:
    offer = Offer(name, config, Everything, f"The {name}.")
    return (kind, name), LoadedOffer(offer, kind, "acme", "1.2", "acme")


@pytest.fixture
def shelf() -> Offers:
    """Offers of every kind, and one plugin that failed to load."""
    offers = [
        _offer("regime", "hmm", HmmConfig),
        _offer("strategy", "trend", HmmConfig),
        _offer("strategy", "flat", EmptyConfig),
        _offer("sizer", "target", EmptyConfig),
        _offer("risk", "budget", EmptyConfig),
        _offer("risk", "brake", BrakeConfig),
        _offer("guard", "anomaly", EmptyConfig),
        _offer("exit", "stop", EmptyConfig),
        _offer("exit", "fragile", FragileConfig),
    ]
    failure = PluginFailure("momentum", "strategy", "other", "2.0", "failed", "offer_strategies raised KeyError: 'x'")
    return Offers(dict(offers), (failure,))


@pytest.fixture
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Paths:
    """An empty working directory, and empty folders for configuration and data."""
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.chdir(work)
    return Paths(tmp_path / "config", tmp_path / "data")


Load = Callable[..., Profile]


@pytest.fixture
def text() -> str:
    """A profile that uses the fake offers."""
    return PROFILE


@pytest.fixture
def load(folders: Paths, shelf: Offers) -> Load:
    """Resolve a profile from its text: `load(text, {"venue.name": "paper"}, Environment(venue=…))`."""

    def _load(
        text: str = PROFILE, overrides: dict[str, Any] | None = None, environment: Environment | None = None
    ) -> Profile:
        path = Path("mine.toml")
        path.write_text(text)
        environment = environment or Environment()
        return load_profile(path, offers=shelf, overrides=overrides, environment=environment, paths=folders)

    return _load
