"""`check causality` on the command line, and what live trading makes of its answer."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Home
from tests.traps import leaky_zoo
from weexctl.config.arming import arm
from weexctl.config.environment import read_environment
from weexctl.config.paths import Paths
from weexctl.config.profile import load_profile
from weexctl.plugin_host import load_offers
from weexctl.testing import Finding
from weexctl.testing.conformance import run_check

KEYS = {f"WEEX_API_{part}": "sim" for part in ("KEY", "SECRET", "PASSPHRASE")}
_MODULE = """
import pandas as pd
from weexctl import Offer, PluginConfig, hookimpl


class Config(PluginConfig):
    pass


class Rule:
    warmup_candles = 24

    def columns(self, candles):
        past = candles["close"].shift(24)
        direction = (candles["close"] > past).astype("int64")
        return pd.DataFrame({"direction": direction, "strength": 1.0, "reason": "UP"}, index=candles.index)


@hookimpl
def offer_strategies():
    return [Offer("acme-rule", Config, lambda config: Rule(), "Follows the day.")]
"""


PROFILE = """
schema = 1
description = "Quick to check."
[venue]
symbols = ["BTCUSDT", "ETHUSDT"]
[pipeline]
regime = { use = "moves" }
strategies = { trending = { use = "acme-rule" }, ranging = { use = "honest" }, unstable = { use = "honest" } }
sizer = { use = "fixed-fraction" }
risk = []
guards = []
exits = [{ use = "stop-below" }]
"""


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The one module of an installed distribution; the zoo is installed too."""
    site = tmp_path / "site"
    for name, where in (("acme_rules", "acme_rules"), ("leaky_zoo", leaky_zoo.__name__)):
        info = site / f"{name}-1.2.dist-info"
        info.mkdir(parents=True)
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name.replace('_', '-')}\nVersion: 1.2\n")
        (info / "entry_points.txt").write_text(f"[weexctl]\n{name.replace('_', '-')} = {where}\n")
    path = site / "acme_rules.py"
    path.write_text(_MODULE)
    monkeypatch.syspath_prepend(str(site))
    monkeypatch.delitem(sys.modules, "acme_rules", raising=False)
    return path


@pytest.fixture
def armed(home: Home, module: Path, tmp_path: Path) -> str:
    """A profile whose trend is the distribution's rule, armed."""
    path = tmp_path / "acme.toml"
    path.write_text(PROFILE)
    paths = Paths(home.config, home.data)
    profile = load_profile(path, offers=load_offers(environ={}), environment=read_environment({}), paths=paths)
    arm(profile, "main", armed_ms=1, paths=paths)
    return str(path)


def trade(home: Home, profile: str) -> dict[str, Any]:
    """Why a run at live ended: one that gets past the check does so at its key, which may only look."""
    ran = home("trade", "--venue", "live", "--profile", profile, WEEXCTL_SCOPE="observe", **KEYS)
    error: dict[str, Any] = ran.document["error"]
    return error


def test_live_takes_what_passed_until_the_code_of_a_plugin_is_edited(
    home: Home, module: Path, armed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert trade(home, armed)["code"] == "CAUSALITY_UNPROVEN"
    assert home("check", "causality", "--profile", armed).code == 0
    assert trade(home, armed)["code"] == "SCOPE"
    module.write_text(_MODULE.replace("shift(24)", "shift(-1)"))
    error = trade(home, armed)
    assert error["code"] == "CAUSALITY_UNPROVEN"
    assert "strategy acme-rule changed" in error["message"]
    assert error["suggestion"] == f"weexctl check causality --profile {armed}"
    monkeypatch.delitem(sys.modules, "acme_rules")
    ran = home("check", "causality", "--profile", armed)
    assert (ran.code, ran.document["error"]["details"]["name"]) == (1, "acme-rule")
    assert trade(home, armed)["code"] == "CAUSALITY_UNPROVEN"


def test_a_pipeline_found_wanting_loses_its_pass_and_one_that_was_not_tested_keeps_it(
    home: Home, armed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert home("check", "causality", "--profile", armed).document["data"]["recorded"]
    home("data", "generate", "--symbols", "BTCUSDT", "--count", "400")
    ran = home("check", "causality", "--profile", armed, "--data", str(home.data / "candles" / "synthetic"))
    assert (ran.code, ran.document["error"]["code"]) == (2, "NOT_TESTED")
    assert "candles given" in ran.document["error"]["message"]
    assert trade(home, armed)["code"] == "SCOPE"
    leak = Finding("decide", "another decision", "BTCUSDT.outcome", 7)
    monkeypatch.setattr("weexctl.actions.causality.run_pipeline_check", lambda check, subject: [leak])
    assert home("check", "causality", "--profile", armed).code == 1
    assert trade(home, armed)["code"] == "CAUSALITY_UNPROVEN"


def test_a_rehearsal_at_live_needs_no_pass(home: Home, armed: str) -> None:
    words = ("trade", "--venue", "live", "--profile", armed, "--read-only")
    ran = home(*words, WEEX_API_BASE="http://127.0.0.1:9", **KEYS)
    assert ran.document["error"]["type"] == "network"


def test_people_get_a_table(home: Home) -> None:
    ran = home("check", "causality", "--plugin", "trend", "-o", "table")
    assert ran.code == 0
    for word in ("strategy", "trend", "ok", "own candle", "close", "synthetic market seed:7:1h"):
        assert word in ran.out


def test_only_checks_that_mean_something_are_listed(home: Home) -> None:
    made = {}
    for name in ("flat", "drawdown-brake", "rules"):
        [row] = home("check", "causality", "--plugin", name).document["data"]["rows"]
        made[row["kind"]] = set(row["checks"])
    assert made == {
        "strategy": {"prefix", "poison", "own-candle", "window", "memory"},
        "risk": {"memory", "book"},
        "regime": {"prefix", "poison", "own-candle", "window", "memory", "artefact", "fit", "steps"},
    }


@pytest.mark.parametrize(
    ("argv", "environment", "code", "word"),
    [
        (("--plugin", "trent"), {}, 2, "UNKNOWN_PLUGIN"),
        (("--profile", "nobody"), {}, 2, "UNKNOWN_PROFILE"),
        (("--plugin", "trend", "--profile", "safe"), {}, 2, "USAGE"),
        (("--plugin", "trend", "--seed", "3", "--data", "x.csv"), {}, 2, "USAGE"),
        (("--plugin", "trend", "--data", "nowhere.csv"), {}, 2, ""),
    ],
)
def test_what_cannot_be_meant_is_refused_before_anything_is_checked(
    home: Home, argv: tuple[str, ...], environment: dict[str, str], code: int, word: str
) -> None:
    ran = home("check", "causality", *argv, **environment)
    error = ran.document["error"]
    assert (ran.code, word in ("", error["code"])) == (code, True), error
    assert error["suggestion"]
    assert not home.data.exists()


def test_a_plugin_that_is_named_comes_before_the_profile_of_the_environment(home: Home) -> None:
    ran = home("check", "causality", "--plugin", "flat", WEEXCTL_PROFILE="balanced")
    assert (ran.code, ran.document["data"]["target"]) == (0, "plugin flat")


def test_the_seed_makes_another_market_and_files_are_named_by_their_digest(home: Home) -> None:
    seeded = home("check", "causality", "--plugin", "atr-stop", "--seed", "9").document["data"]
    assert (seeded["market"], seeded["synthetic"], seeded["passed"]) == ("seed:9:1h", True, True)
    folder = home.data / "candles" / "synthetic"
    home("data", "generate", "--symbols", "ETHUSDT", "--count", "6000")
    filed = home("check", "causality", "--plugin", "atr-stop", "--data", str(folder)).document["data"]
    assert (filed["symbols"], filed["synthetic"], filed["passed"]) == (["ETHUSDT"], True, True)
    assert len(filed["market"]) == 20


def test_asked_to_stop_it_ends_whole_and_writes_no_pass(
    home: Home, armed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*args: Any) -> Any:
        if not asked:
            asked.append(True)
            os.kill(os.getpid(), signal.SIGINT)
        return run_check(*args)

    asked: list[bool] = []
    monkeypatch.setattr("weexctl.actions.causality.run_check", interrupted)
    ran = home("check", "causality", "--profile", armed)
    assert ran.code == 130
    data = ran.document["data"]
    assert (data["passed"], data["recorded"], data["rows"][0]["checks"]) == (False, None, ["prefix"])
    assert "INTERRUPTED" in {notice["code"] for notice in ran.document["warnings"]}
    assert not (home.data / "causality.json").exists()
