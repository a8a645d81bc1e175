"""The traps of knowing too early, through the command that looks for them (docs/traps.md)."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.traps import leaky_zoo
from weexctl.cli.main import run

PROFILE = """
schema = 1
description = "Quick to check."
[venue]
symbols = ["BTCUSDT", "ETHUSDT"]
[pipeline]
regime = {{ use = "moves" }}
strategies = {{ trending = {{ use = "{rule}" }}, ranging = {{ use = "honest" }}, unstable = {{ use = "honest" }} }}
sizer = {{ use = "fixed-fraction" }}
risk = []
guards = []
exits = [{{ use = "stop-below" }}]
"""

Check = Callable[..., tuple[int, dict[str, Any]]]


@pytest.fixture
def check(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Check:
    """`weexctl check causality` with the zoo installed: its exit code and its document."""
    info = tmp_path / "site" / "leaky_zoo-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: leaky-zoo\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[weexctl]\nleaky-zoo = {leaky_zoo.__name__}\n")
    monkeypatch.syspath_prepend(str(info.parent))
    folders = {"WEEXCTL_DATA_DIR": str(tmp_path / "data"), "WEEXCTL_CONFIG_DIR": str(tmp_path / "config")}

    def call(*argv: str) -> tuple[int, dict[str, Any]]:
        code = run(["check", "causality", *argv, "-o", "json"], folders)
        return code, json.loads(capsys.readouterr().out)

    return call


CAUGHT = {
    "centred-mean": ("prefix", "poison", "own-candle"),
    "next-close": ("prefix", "poison"),
    "whole-series-mean": ("prefix", "poison"),
    "filled-with-mean": ("prefix", "poison"),
    "back-filled": ("prefix",),
    "since-the-start": ("window",),
    "full-sample-scaler": ("prefix", "poison"),
    "ta-kst": ("prefix", "poison"),
    "ta-ichimoku": ("prefix", "poison"),
    "remembers": ("prefix", "memory"),
    "looks-at-high": ("own-candle",),
    "viterbi": ("prefix", "poison"),
    "smoothed": ("prefix", "poison"),
    "learns": ("fit",),
    "fits-on-all": ("fit",),
    "peeks": ("book",),
    "tires": ("memory",),
}
"""Each leak, and the checks that have to see it."""

WITHOUT_COLUMN = {"learns", "fits-on-all", "peeks", "tires"}


@pytest.mark.parametrize("name", list(CAUGHT))
def test_t21_every_leak_of_the_zoo_is_caught_with_its_name_column_and_row(check: Check, name: str) -> None:
    code, document = check("--plugin", name)
    [row] = document["data"]["rows"]
    assert (code, document["error"]["code"], row["state"]) == (1, "NOT_CAUSAL", "found")
    assert name in document["error"]["message"]
    by_check = {finding["check"]: finding for finding in row["findings"] if finding["state"] == "found"}
    assert set(CAUGHT[name]) <= set(by_check)
    if name not in WITHOUT_COLUMN:
        finding = by_check[CAUGHT[name][0]]
        assert finding["column"] in ("direction", "strength", "ranging", "unstable")
        assert finding["row"] is not None
        assert finding["open_time_ms"] % 3_600_000 == 0
        assert f"column {finding['column']}, row {finding['row']}" in document["error"]["message"]


@pytest.mark.parametrize("name", ["honest", "moves", "stop-below"])
def test_t21_an_honest_plugin_passes(check: Check, name: str) -> None:
    code, document = check("--plugin", name)
    assert (code, document["ok"], document["data"]["passed"]) == (0, True, True), document
    assert document["data"]["recorded"] is None  # a plugin alone is no pipeline


def test_t21_what_raises_is_neither_a_leak_nor_a_pass(check: Check) -> None:
    code, document = check("--plugin", "raises-at-gaps")
    assert (code, document["error"]["code"], document["data"]["passed"]) == (2, "NOT_TESTED", False)
    assert "a candle is missing" in document["error"]["message"]


def test_t21_a_leak_in_a_profile_is_found_in_the_plugin_and_in_the_pipeline(check: Check, tmp_path: Path) -> None:
    (tmp_path / "leaky.toml").write_text(PROFILE.format(rule="next-close"))
    code, document = check("--profile", str(tmp_path / "leaky.toml"))
    rows = {(row["kind"], row["name"]): row for row in document["data"]["rows"]}
    assert code == 1
    assert {key for key, row in rows.items() if row["state"] == "found"} == {
        ("strategy", "next-close"),
        ("pipeline", "leaky"),
    }
    columns = {f["check"]: f["column"] for f in rows["pipeline", "leaky"]["findings"]}
    assert columns["columns"] == "BTCUSDT.rules.next-close.direction"
    assert columns["decide"].startswith(("BTCUSDT.", "ETHUSDT."))
    assert document["data"]["recorded"] is None
    assert not (tmp_path / "data" / "causality.json").exists()


def test_t21_a_clean_profile_passes_and_is_written_down(check: Check, tmp_path: Path) -> None:
    (tmp_path / "clean.toml").write_text(PROFILE.format(rule="honest"))
    code, document = check("--profile", str(tmp_path / "clean.toml"))
    assert (code, document["data"]["passed"]) == (0, True), document
    [passed] = json.loads((tmp_path / "data" / "causality.json").read_text())["passes"]
    assert document["data"]["recorded"] == str(tmp_path / "data" / "causality.json")
    assert (passed["digest"], passed["market"]) == (document["data"]["digest"], "seed:7:1h")
    assert {stage["distribution"] for stage in passed["stages"]} == {"leaky-zoo", "weexctl"}
