"""A distribution of somebody else's, built and installed like any other, trades and refuses."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
import venv
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import weexctl
from tests.packaging.conftest import build_wheel

PYPROJECT = """\
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"

[project]
name = "outside-rules"
version = "3.2.1"
requires-python = ">=3.11"
dependencies = ["weexctl"]

[project.entry-points.weexctl]
outside-rules = "outside_rules"
"""

OFFERS = """\
from weexctl import Offer, PluginConfig, hookimpl


class HourConfig(PluginConfig):
    long_hours: int = 12


class KeepOutConfig(PluginConfig):
    symbol: str


def build_hours(config):
    from outside_rules.rules import Hours
    return Hours(config)


def build_keep_out(config):
    from outside_rules.rules import KeepOut
    return KeepOut(config)


@hookimpl
def offer_strategies():
    return [Offer("half-days", HourConfig, build_hours, "Long for some hours of the day, flat for the rest.")]


@hookimpl
def offer_guards():
    return [Offer("keep-out", KeepOutConfig, build_keep_out, "No entries in one symbol.")]
"""

RULES = """\
import numpy as np
import pandas as pd

from weexctl import ALLOW, GuardAction, Verdict

HOUR_MS = 3_600_000


class Hours:
    warmup_candles = 0

    def __init__(self, config):
        self._hours = config.long_hours

    def columns(self, candles):
        hour = np.asarray(candles.index) // HOUR_MS % 24
        direction = (hour < self._hours).astype(int)
        return pd.DataFrame(
            {
                "direction": direction,
                "strength": direction.astype(float),
                "reason": np.where(direction > 0, "FIRST_HALF", "SECOND_HALF"),
            },
            index=candles.index,
        )


class KeepOut:
    warmup_candles = 0

    def __init__(self, config):
        self._symbol = config.symbol

    def review(self, intent, book):
        if intent.reduces or intent.symbol != self._symbol:
            return ALLOW
        return Verdict(action=GuardAction.DENY, code="KEPT_OUT", reason=f"{intent.symbol} is kept out")
"""

PROFILE = """\
schema = 1

[venue]
symbols = ["BTCUSDT", "ETHUSDT"]

[pipeline]
regime = { use = "rules", train_candles = 2160 }
strategies = { trending = { use = "half-days" }, ranging = { use = "half-days" }, unstable = { use = "half-days" } }
sizer = { use = "fixed-fraction", fraction = 0.05 }
guards = [{ use = "keep-out", symbol = "ETHUSDT" }]
exits = [{ use = "atr-stop" }]
"""


@dataclass(frozen=True)
class Place:
    """An environment with both distributions installed, and a folder outside any source tree."""

    python: Path
    folder: Path

    def weexctl(self, *words: str) -> dict[str, Any]:
        """The data of one command's answer."""
        script = self.python.with_name("weexctl")
        done = subprocess.run([script, *words, "-o", "json"], cwd=self.folder, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
        data: dict[str, Any] = json.loads(done.stdout)["data"]
        return data


def write_distribution(folder: Path) -> Path:
    package = folder / "outside_rules"
    package.mkdir(parents=True)
    (folder / "pyproject.toml").write_text(PYPROJECT, encoding="utf-8")
    (package / "__init__.py").write_text(OFFERS, encoding="utf-8")
    (package / "rules.py").write_text(RULES, encoding="utf-8")
    return folder


def make_environment(folder: Path, *wheels: Path) -> Path:
    """The Python of a fresh environment with these wheels; what they need comes from the environment of the tests."""
    venv.create(folder, symlinks=True)
    python = folder / "bin" / "python"
    install = ["install", "--no-index", "--no-deps", "--quiet", *map(str, wheels)]
    subprocess.run([sys.executable, "-m", "pip", "--python", str(python), *install], check=True)
    ask = "import sysconfig; print(sysconfig.get_path('purelib'))"
    own = subprocess.run([python, "-c", ask], check=True, capture_output=True, text=True).stdout.strip()
    borrowed = dict.fromkeys((sysconfig.get_path("purelib"), sysconfig.get_path("platlib")))
    (Path(own) / "borrowed.pth").write_text("\n".join(borrowed), encoding="utf-8")  # found after the wheels' own files
    return python


@pytest.fixture(scope="module")
def environment(own_wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("outside")
    theirs = build_wheel(write_distribution(folder / "source"), folder / "dist")
    return make_environment(folder / "environment", own_wheel, theirs)


@pytest.fixture
def place(environment: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    monkeypatch.delenv("PYTHONPATH", raising=False)
    (tmp_path / "mine.toml").write_text(PROFILE, encoding="utf-8")
    return Place(environment, tmp_path)


def test_the_wheel_is_what_runs_and_not_the_tree(place: Place) -> None:
    ask = "import weexctl, weexctl_risk, outside_rules as o; print(weexctl.__file__, weexctl_risk.__file__, o.__file__)"
    answer = subprocess.run([place.python, "-c", ask], cwd=place.folder, check=True, capture_output=True, text=True)

    home = str(place.python.parents[1]) + os.sep
    assert [name.startswith(home) for name in answer.stdout.split()] == [True, True, True]


def test_its_offers_are_listed_beside_our_own(place: Place) -> None:
    rows = place.weexctl("plugins", "list")["plugins"]

    theirs = {(row["kind"], row["name"]): row["version"] for row in rows if row["distribution"] == "outside-rules"}
    assert theirs == {("strategy", "half-days"): "3.2.1", ("guard", "keep-out"): "3.2.1"}
    assert {row["distribution"]: row["version"] for row in rows} == {
        "outside-rules": "3.2.1",
        "weexctl": weexctl.__version__,
    }


def test_its_strategy_trades_and_its_guard_refuses(place: Place) -> None:
    run = place.weexctl("trade", "--profile", "mine.toml", "--steps", "40")
    entries = [order for order in run["orders"] if order["leg"] == "entry"]
    told = place.weexctl("explain", entries[-1]["order_id"])

    assert {order["symbol"] for order in run["orders"]} == {"BTCUSDT"}
    assert run["refusals"]["KEPT_OUT"] > 0
    assert told["decision"]["signal"]["rule"] == "half-days"
    assert told["decision"]["signal"]["reason"] == "FIRST_HALF"
    used = {(row["name"], row["distribution"], row["version"]) for row in run["manifest"]["plugins"]}
    assert {("half-days", "outside-rules", "3.2.1"), ("keep-out", "outside-rules", "3.2.1")} <= used
