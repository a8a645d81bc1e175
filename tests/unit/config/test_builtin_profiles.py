"""The three profiles that come with weexctl: their values, and that they load and build."""

from __future__ import annotations

import subprocess
import sys
from decimal import Decimal

import pytest

from weexctl.config.compose import build_pipeline
from weexctl.config.environment import Environment
from weexctl.config.paths import Paths
from weexctl.config.profile import Profile, load_profile
from weexctl.config.venue import Venue
from weexctl.model.instrument import SYMBOLS
from weexctl.model.regime import REGIMES, Regime
from weexctl.plugin_host import Offers, load_offers

NAMES = ("safe", "balanced", "competition")


@pytest.fixture(scope="module")
def installed() -> Offers:
    """What the installed plugins offer."""
    return load_offers(environ={})


def _load(name: str, installed: Offers, folders: Paths) -> Profile:
    return load_profile(name, offers=installed, environment=Environment(), paths=folders)


def _settings(profile: Profile, name: str) -> dict[str, object]:
    pipeline = profile.pipeline
    everything = (pipeline.regime, pipeline.sizer, *pipeline.risk, *pipeline.guards, *pipeline.exits)
    (choice,) = (choice for choice in everything if choice.use == name)
    return choice.to_toml_dict()


@pytest.mark.parametrize("name", NAMES)
def test_a_profile_trades_the_eight_pairs_hourly_in_the_simulator(name: str, installed: Offers, folders: Paths) -> None:
    profile = _load(name, installed, folders)
    assert profile.venue.name is Venue.SIM
    assert (profile.venue.symbols, profile.venue.timeframe.value, profile.venue.api) == (SYMBOLS, "1h", "v3")
    assert profile.description


@pytest.mark.parametrize("name", NAMES)
def test_a_profile_builds_one_stage_per_plugin(name: str, installed: Offers, folders: Paths) -> None:
    profile = _load(name, installed, folders)
    pipeline = build_pipeline(profile, installed)
    assert [stage.name for stage in pipeline.risk] == ["regime-budget", "drawdown-brake", "trade-clustering"]
    assert [stage.name for stage in pipeline.guards] == ["volatility-anomaly", "competition-rules"]
    assert [stage.name for stage in pipeline.exits] == ["atr-stop", "early-failure", "time-limit"]
    assert pipeline.regime.distribution == "weexctl"
    assert pipeline.limits == profile.limits
    assert pipeline.warmup_candles > 0


@pytest.mark.parametrize(
    ("name", "rules"),
    [
        ("safe", ["trend", "flat", "flat"]),
        ("balanced", ["trend", "trend", "trend"]),
        ("competition", ["trend", "reversion", "flat"]),
    ],
)
def test_each_regime_has_its_rule(name: str, rules: list[str], installed: Offers, folders: Paths) -> None:
    strategies = _load(name, installed, folders).pipeline.strategies
    assert [strategies[regime].use for regime in REGIMES] == rules


@pytest.mark.parametrize(
    ("name", "budget"),
    [("safe", (1.0, 0.35, 0.0)), ("balanced", (1.0, 0.5, 0.25)), ("competition", (1.0, 0.33, 0.0))],
)
def test_each_regime_has_its_budget(name: str, budget: tuple[float, ...], installed: Offers, folders: Paths) -> None:
    settings = _settings(_load(name, installed, folders), "regime-budget")
    assert tuple(settings[regime.value] for regime in REGIMES) == budget


@pytest.mark.parametrize(
    ("name", "volatility", "regime", "brake", "clustering", "anomaly", "band"),
    [
        ("safe", 0.08, (48, 0.65, 12), (0.06, 0.16), (3, 48), (5, 8), 0.5),
        ("balanced", 0.20, (24, 0.60, 6), (0.15, 0.40), (6, 24), (6, 10), 0.5),
        ("competition", 0.35, (12, 0.55, 4), (0.26, 0.35), (10, 12), (6, 10), 0.4),
    ],
)
def test_the_numbers_are_those_of_the_design(
    name: str,
    volatility: float,
    regime: tuple[float, ...],
    brake: tuple[float, ...],
    clustering: tuple[float, ...],
    anomaly: tuple[float, ...],
    band: float,
    installed: Offers,
    folders: Paths,
) -> None:
    profile = _load(name, installed, folders)

    def values(plugin: str, *keys: str) -> tuple[object, ...]:
        settings = _settings(profile, plugin)
        return tuple(settings[key] for key in keys)

    assert values("volatility-target", "annual_volatility") == (volatility,)
    assert values("two-factor-hmm", "smoothing_hours", "switch_probability", "confirm_candles") == regime
    assert values("drawdown-brake", "soft", "max") == brake
    assert values("trade-clustering", "max_entries_per_day", "cooldown_hours") == clustering
    assert values("volatility-anomaly", "level1_z", "level2_z") == anomaly
    assert profile.pipeline.rebalance_band == band


@pytest.mark.parametrize(
    ("name", "leverage", "gross", "symbol", "margin", "trade", "sides", "day", "kill", "order", "equity"),
    [
        ("safe", 2, 0.75, 0.15, 0.10, 0.003, 4, 0.013, 0.10, 2000, 10_000),
        ("balanced", 3, 2.0, 0.35, 0.15, 0.0075, 8, 0.031, 0.20, 5000, 10_000),
        ("competition", 5, 4.0, 0.75, 0.20, 0.015, 8, 0.055, 0.35, 1000, 1_000),
    ],
)
def test_the_limits_are_those_of_the_design(
    name: str,
    leverage: int,
    gross: float,
    symbol: float,
    margin: float,
    trade: float,
    sides: int,
    day: float,
    kill: float,
    order: int,
    equity: int,
    installed: Offers,
    folders: Paths,
) -> None:
    profile = _load(name, installed, folders)
    limits = profile.limits
    assert (limits.max_leverage, limits.max_gross_exposure, limits.max_symbol_exposure) == (leverage, gross, symbol)
    assert (limits.max_margin_per_position, limits.per_trade_risk) == (margin, trade)
    assert (limits.max_positions_long, limits.max_positions_short) == (sides, sides)
    assert (limits.daily_loss, limits.kill_drawdown) == (day, kill)
    assert (limits.max_order_notional, profile.simulator.start_equity) == (Decimal(order), Decimal(equity))


@pytest.mark.parametrize("name", NAMES)
def test_one_order_can_carry_a_full_position(name: str, installed: Offers, folders: Paths) -> None:
    profile = _load(name, installed, folders)
    full = profile.simulator.start_equity * Decimal(str(profile.limits.max_symbol_exposure))
    assert full < profile.limits.max_order_notional <= 2 * full


def test_one_rule_in_three_regimes_is_one_object(installed: Offers, folders: Paths) -> None:
    strategies = build_pipeline(_load("balanced", installed, folders), installed).strategies
    assert strategies[Regime.TRENDING] is strategies[Regime.RANGING] is strategies[Regime.UNSTABLE]


def test_resolving_a_profile_imports_no_heavy_library(folders: Paths) -> None:
    code = (
        "import sys; from weexctl.plugin_host import load_offers; from weexctl.config.profile import load_profile;"
        "from weexctl.config.environment import Environment;"
        "load_profile('safe', offers=load_offers(environ={}), environment=Environment());"
        "heavy = {'pandas', 'numpy', 'hmmlearn', 'sklearn', 'ta', 'httpx', 'scipy'} & sys.modules.keys();"
        "sys.exit(f'imported {heavy}' if heavy else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr


def test_one_rule_with_two_settings_is_two_objects(installed: Offers, folders: Paths) -> None:
    overrides = {"pipeline.strategies.ranging.vwap_window": 24}
    profile = load_profile("balanced", offers=installed, overrides=overrides, environment=Environment(), paths=folders)
    strategies = build_pipeline(profile, installed).strategies
    assert strategies[Regime.TRENDING] is strategies[Regime.UNSTABLE]
    assert strategies[Regime.RANGING].plugin is not strategies[Regime.TRENDING].plugin
