"""A pass holds for one pipeline as it is: its code, its versions and its settings."""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import weexctl
from weexctl.config import causality_pass
from weexctl.config.causality_pass import PipelineIdentity, forget_pass, identify, record_pass, require_pass
from weexctl.config.compose import build_pipeline
from weexctl.config.environment import read_environment
from weexctl.config.paths import Paths
from weexctl.config.plugin_source import source_digest
from weexctl.config.profile import load_profile
from weexctl.errors import ConfigError
from weexctl.plugin_host import load_offers

OFFERS = load_offers(environ={})


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    return Paths(tmp_path / "config", tmp_path / "data")


def identity(name: str = "safe", **overrides: Any) -> PipelineIdentity:
    """What a pass of this profile holds for."""
    profile = load_profile(name, offers=OFFERS, overrides=overrides, environment=read_environment({}))
    return identify(profile, build_pipeline(profile, OFFERS), OFFERS)


def refusal(of: PipelineIdentity, paths: Paths) -> str:
    """Why it may not trade live."""
    with pytest.raises(ConfigError) as caught:
        require_pass(of, named="./mine.toml", paths=paths)
    assert caught.value.code == "CAUSALITY_UNPROVEN"
    assert caught.value.hint == "weexctl check causality --profile ./mine.toml"
    assert "nothing was sent" in caught.value.message
    return caught.value.message


def test_what_never_passed_is_refused_and_what_passed_is_not(paths: Paths) -> None:
    mine = identity()
    assert "never passed" in refusal(mine, paths)
    file = record_pass(mine, market="seed:7:1h", checked_ms=5, paths=paths)
    require_pass(mine, named="safe", paths=paths)
    assert file.stat().st_mode & 0o777 == 0o600
    assert "never passed" in refusal(identity("balanced"), paths)


def test_venue_symbols_and_limits_are_no_part_of_it_and_the_name_is_neither() -> None:
    mine = identity()
    changes: dict[str, Any] = {"venue.name": "live", "venue.symbols": ["ETHUSDT"], "limits.max_leverage": 1}
    assert identity(**changes).digest == mine.digest
    assert replace(mine, profile="other").digest == mine.digest


@pytest.mark.parametrize(
    "changes", [{"pipeline.rebalance_band": 0.4}, {"pipeline.exits[0].multiple": 2.5}, {"venue.timeframe": "4h"}]
)
def test_another_setting_of_the_pipeline_has_to_be_checked_again(changes: dict[str, Any], paths: Paths) -> None:
    record_pass(identity(), market="seed:7:1h", checked_ms=5, paths=paths)
    assert "settings changed" in refusal(identity(**changes), paths)


@pytest.mark.parametrize("fact", ["version", "source", "distribution"])
def test_another_plugin_has_to_be_checked_again_and_is_named(fact: str, paths: Paths) -> None:
    mine = identity()
    record_pass(mine, market="seed:7:1h", checked_ms=5, paths=paths)
    stages = tuple({**stage, fact: "another"} if stage["name"] == "trend" else stage for stage in mine.stages)
    assert "strategy trend changed" in refusal(replace(mine, stages=stages), paths)


def test_another_weexctl_has_to_be_checked_again(paths: Paths, monkeypatch: pytest.MonkeyPatch) -> None:
    mine = identity()
    record_pass(mine, market="seed:7:1h", checked_ms=5, paths=paths)
    assert "weexctl has changed" in refusal(replace(mine, core="another"), paths)
    monkeypatch.setattr(weexctl, "__version__", "99.0")
    assert "weexctl has changed" in refusal(mine, paths)


def test_a_pass_can_be_taken_back_and_others_stay(paths: Paths) -> None:
    mine, other = identity(), identity("balanced")
    for passed in (mine, other):
        record_pass(passed, market="seed:7:1h", checked_ms=5, paths=paths)
    assert forget_pass(mine, paths=paths)
    assert not forget_pass(mine, paths=paths)
    assert "never passed" in refusal(mine, paths)
    require_pass(other, named="balanced", paths=paths)


def test_a_second_pass_of_the_same_pipeline_replaces_the_first_and_the_list_stays_short(
    paths: Paths, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(causality_pass, "_KEPT", 3)
    mine = identity()
    for i in range(5):
        record_pass(replace(mine, settings=str(i)), market="seed:7:1h", checked_ms=i, paths=paths)
        record_pass(mine, market="seed:7:1h", checked_ms=i, paths=paths)
    rows = json.loads(paths.causality.read_text())["passes"]
    assert [(row["settings"], row["checked_ms"]) for row in rows] == [("3", 3), ("4", 4), (mine.settings, 4)]


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"schema": 2, "passes": []}', '{"schema": 1, "passes": [7]}', "[" * 100_000, "\udcff"]
)
def test_a_list_that_cannot_be_understood_lets_nothing_through_and_is_mended_by_the_next_pass(
    text: str, paths: Paths
) -> None:
    mine = identity()
    paths.data.mkdir()
    paths.causality.write_bytes(text.encode("utf-8", "surrogateescape"))
    assert "is not usable" in refusal(mine, paths)
    record_pass(mine, market="seed:7:1h", checked_ms=5, paths=paths)
    require_pass(mine, named="safe", paths=paths)


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], Any]]:
    """A package of two modules, imported anew."""
    folder = tmp_path / "site" / "acme_numbers"
    folder.mkdir(parents=True)
    (folder / "__init__.py").write_text("from acme_numbers.rule import Rule\n")
    (folder / "rule.py").write_text("class Rule:\n    window = 1\n")
    monkeypatch.syspath_prepend(str(folder.parent))
    for name in ("acme_numbers", "acme_numbers.rule"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    importlib.import_module("acme_numbers")
    yield lambda: sys.modules["acme_numbers"]
    for name in ("acme_numbers", "acme_numbers.rule"):
        sys.modules.pop(name, None)


def test_an_edit_in_place_is_another_source(package: Callable[[], Any]) -> None:
    rule = package().Rule
    before = source_digest(rule)
    assert source_digest(rule, len, dict) == before  # what is Python's own does not count
    file = Path(package().__file__).with_name("rule.py")
    file.write_text(file.read_text().replace("1", "2"))
    edited = source_digest(rule)
    file.with_name("helper.py").write_text("")
    assert len({before, edited, source_digest(rule)}) == 3
    file.with_name("notes.txt").write_text("not code")
    file.with_name("helper.py").unlink()
    assert source_digest(rule) == edited


def test_every_first_party_stage_has_a_source_of_its_own_package() -> None:
    sources = {stage["kind"]: stage["source"] for stage in identity().stages}
    assert len(set(sources.values())) == len(sources) == 6
