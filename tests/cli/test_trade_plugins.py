"""A plugin that fails is refused by name before anything is written; without the fault it trades."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

_MODULE = """
from weexctl import Offer, PluginConfig, hookimpl


class Config(PluginConfig):
    fault: str = ""


class Rule:
    warmup_candles = 1

    def __init__(self, fault):
        self.fault = fault

    def columns(self, candles):
        import pandas as pd

        print("a plugin that talks")
        table = pd.DataFrame({"direction": 1, "strength": 1.0, "reason": "ALWAYS"}, index=candles.index)
        if self.fault == "raises":
            raise ZeroDivisionError("by design")
        if self.fault == "nan":
            table["strength"] = float("nan")
        if self.fault == "short":
            return table.iloc[1:]
        if self.fault == "mutates":
            candles["close"] = 1.0
        if self.fault == "words":
            return "long"
        return table


@hookimpl
def offer_strategies():
    return [Offer("acme-rule", Config, lambda config: Rule(config.fault), "Always long.")]
"""


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A folder for the path, with an installed distribution that offers the strategy `acme-rule`."""
    folder = tmp_path / "site"
    info = folder / "acme_rules-1.2.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-rules\nVersion: 1.2\n")
    (info / "entry_points.txt").write_text("[weexctl]\nacme-rules = acme_rules\n")
    (folder / "acme_rules.py").write_text(_MODULE)
    return folder


@pytest.fixture
def trade(tmp_path: Path, site: Path) -> Callable[[str], subprocess.CompletedProcess[str]]:
    """Trades a profile that uses the strategy in every regime, in a process of its own."""

    def _trade(settings: str) -> subprocess.CompletedProcess[str]:
        text = (files("weexctl.config") / "profiles" / "safe.toml").read_text(encoding="utf-8")
        rule = f'{{ use = "acme-rule"{settings} }}'
        text = text.replace('{ use = "trend" }', rule).replace('{ use = "flat" }', rule)
        (tmp_path / "acme.toml").write_text(text)
        command = [sys.executable, "-m", "weexctl", "trade", "--profile", str(tmp_path / "acme.toml")]
        command += ["--symbols", "BTCUSDT", "--steps", "30"]
        path = os.pathsep.join(filter(None, [str(site), os.environ.get("PYTHONPATH")]))
        environment = {**os.environ, "PYTHONPATH": path}
        return subprocess.run(
            command, capture_output=True, text=True, timeout=120, check=False, env=environment, cwd=tmp_path
        )

    return _trade


def journals(tmp_path: Path) -> list[Path]:
    return sorted((tmp_path / "weexctl-data").rglob("*.sqlite"))


def test_the_distribution_without_a_fault_trades(trade: Any, tmp_path: Path) -> None:
    ran = trade("")
    [line] = ran.stdout.splitlines()  # what the plugin prints is no part of the answer
    document = json.loads(line)
    assert ran.returncode == 0
    assert "a plugin that talks" in ran.stderr
    assert document["data"]["orders"]
    made_with = {(row["name"], row["distribution"]) for row in document["data"]["manifest"]["plugins"]}
    assert ("acme-rule", "acme-rules") in made_with
    assert len(journals(tmp_path)) == 1


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("raises", "raised ZeroDivisionError: by design"),
        ("nan", "NaN"),
        ("short", "rows for"),
        ("mutates", "changed the candles"),
        ("words", "a str instead of a data frame"),
    ],
)
def test_a_fault_refuses_the_run_and_names_the_plugin(trade: Any, tmp_path: Path, fault: str, words: str) -> None:
    ran = trade(f', fault = "{fault}"')
    [line] = ran.stdout.splitlines()
    error = json.loads(line)["error"]
    assert (ran.returncode, error["type"], error["code"]) == (3, "plugin", "PLUGIN_FAULT")
    assert words in error["message"]
    assert "acme-rule" in error["message"]
    assert error["suggestion"]
    assert journals(tmp_path) == []


def test_a_plugin_that_does_not_import_is_said_to_be_there_and_broken(trade: Any, site: Path, tmp_path: Path) -> None:
    (site / "acme_rules.py").write_text("import a_library_that_is_not_there\n")
    ran = trade("")
    error = json.loads(ran.stdout)["error"]
    assert (ran.returncode, error["code"]) == (3, "UNKNOWN_PLUGIN")
    assert "a_library_that_is_not_there" in error["suggestion"]
    assert journals(tmp_path) == []
