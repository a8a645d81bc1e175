"""default < file < environment < flag, and every value remembers where it came from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from decimal import Decimal
from pathlib import Path

import pytest

from weexctl.config.environment import Environment
from weexctl.config.layers import parse_path, path_text
from weexctl.config.paths import Paths
from weexctl.config.profile import Profile, load_account_tables
from weexctl.config.profile_file import find_profile, list_profiles, render_toml, write_profile
from weexctl.config.tables import LimitsTable, SimulatorTable
from weexctl.config.venue import Venue
from weexctl.errors import UsageError

Load = Callable[..., Profile]


def test_each_layer_beats_the_one_below(load: Load, text: str) -> None:
    assert load(text).venue.name is Venue.SIM
    with_file = text.replace("[venue]", '[venue]\nname = "paper"')
    assert load(with_file).venue.name is Venue.PAPER
    environment = Environment(venue=Venue.DEMO)
    assert load(with_file, {}, environment).venue.name is Venue.DEMO
    assert load(with_file, {"venue.name": "live"}, environment).venue.name is Venue.LIVE


def test_each_value_names_its_origin(load: Load, text: str) -> None:
    overrides = {"venue.symbols": ["SOLUSDT"], "pipeline.risk[1].soft": 0.05}
    origins = load(text, overrides, Environment(venue=Venue.PAPER)).origins
    assert origins["venue.name"] == "environment WEEXCTL_VENUE"
    assert origins["venue.symbols"] == "flag --symbols"
    assert origins["pipeline.risk[1].soft"] == "flag pipeline.risk[1].soft"
    assert origins["limits.max_leverage"] == "file mine.toml"
    assert origins["limits.daily_loss"] == "default"
    assert origins["pipeline.regime.smoothing_hours"] == "file mine.toml"
    assert origins["pipeline.regime.seed"] == "default"


def test_a_flag_that_replaces_a_whole_plugin_leaves_its_defaults_as_defaults(load: Load, text: str) -> None:
    profile = load(text, {"pipeline.regime": {"use": "hmm"}})
    assert profile.origins["pipeline.regime.use"] == "flag pipeline.regime"
    assert profile.origins["pipeline.regime.smoothing_hours"] == "default"
    assert profile.pipeline.regime.to_toml_dict()["smoothing_hours"] == 48


def test_origins_cover_every_value_and_nothing_else(load: Load, text: str) -> None:
    profile = load(text)
    values = profile.to_toml_dict()
    for path in profile.origins:
        place: object = values
        for part in parse_path(path):
            place = place[part]  # type: ignore[index]  # tables and lists, by construction
    assert len(profile.origins) > 30


def test_left_out_limits_fall_back_to_those_of_the_built_in_safe_profile(folders: Paths) -> None:
    safe = load_account_tables("safe", environment=Environment(), paths=folders)
    assert asdict(LimitsTable().limits()) == asdict(safe.limits)
    assert SimulatorTable() == safe.simulator


def test_symbols_are_normalised_and_money_is_decimal(load: Load) -> None:
    profile = load()
    assert profile.venue.symbols == ("BTCUSDT", "ETHUSDT")
    assert profile.limits.max_order_notional == Decimal(2000)
    assert type(profile.limits.max_order_notional) is Decimal


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("schema = 1", "# a comment\nschema = 1"),
        ('"2000"', "2000.0"),
        ("smoothing_hours = 24", "smoothing_hours = 24.0, seed = 7"),
        ("[limits]", "[limits]\nmax_positions_long = 4\ndaily_loss = 0.013"),
        ('description = "For tests."', 'description = "Other words."'),
        ("soft = 0.06", "on = true, soft = 6e-2"),
        ("max_leverage = 3\n", ""),
    ],
)
def test_the_digest_does_not_depend_on_how_a_profile_is_written(old: str, new: str, load: Load, text: str) -> None:
    changed = text.replace(old, new, 1)
    if "max_leverage" in old:
        changed += "max_leverage = 3\n"
    assert changed != text
    assert load(changed).digest == load(text).digest


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("max_leverage = 3", "max_leverage = 2"),
        ("soft = 0.06", "soft = 0.061"),
        ('ranging = { use = "flat" }', 'ranging = { use = "trend" }'),
        ('"BTCUSDT", "cmt_ethusdt"', '"ETHUSDT", "BTCUSDT"'),
        ("[limits]", "[simulator]\nstart_equity = 9000\n[limits]"),
    ],
)
def test_the_digest_changes_with_anything_that_matters(old: str, new: str, load: Load, text: str) -> None:
    assert old in text
    assert load(text.replace(old, new)).digest != load(text).digest


def test_the_digest_is_the_same_on_every_machine_and_in_every_run(load: Load) -> None:
    assert load().digest == "3bbb232c57f71cf7527b"


def test_a_profile_written_out_loads_as_the_same_profile(load: Load, text: str) -> None:
    profile = load(text, {"pipeline.risk[1].inner.depth": 3})
    again = load(render_toml(profile.to_toml_dict()))
    assert again.digest == profile.digest
    assert again.to_toml_dict() == profile.to_toml_dict()


def test_a_profile_at_another_venue_differs_in_nothing_else(load: Load) -> None:
    profile = load()
    live = profile.at_venue(Venue.LIVE)
    assert live.venue.name is Venue.LIVE
    assert live.digest != profile.digest
    assert live.at_venue(Venue.SIM).digest == profile.digest


def test_names_are_looked_up_nearest_first(folders: Paths, text: str) -> None:
    def found() -> str:
        return find_profile("safe", paths=folders).words

    assert found() == "built-in profile safe"
    folders.config.mkdir()
    (folders.config / "safe.toml").write_text(text)
    assert found() == f"file {folders.config / 'safe.toml'}"
    folders.profiles.mkdir()
    (folders.profiles / "safe.toml").write_text(text)
    assert found() == f"file {folders.profiles / 'safe.toml'}"
    Path("profiles").mkdir()
    Path("profiles/safe.toml").write_text(text)
    assert found() == "file profiles/safe.toml"
    Path("other.toml").write_text(text)
    assert find_profile("other.toml", paths=folders).words == "file other.toml"


def test_a_list_of_profiles_shows_every_one(folders: Paths, text: str) -> None:
    write_profile({"schema": 1}, folders.profiles / "mine.toml")
    assert [found.name for found in list_profiles(paths=folders)] == ["mine", "balanced", "competition", "safe"]


def test_writing_never_replaces_a_file(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "mine.toml"
    write_profile({"schema": 1}, path)
    with pytest.raises(UsageError, match="is there already"):
        write_profile({"schema": 2}, path)
    assert path.read_text() == "schema = 1\n"


@pytest.mark.parametrize("path", ["limits.max_leverage", "pipeline.risk[1].soft", "pipeline.exits[12].a-b.c_d", "x"])
def test_a_path_reads_back_as_itself(path: str) -> None:
    assert path_text(parse_path(path)) == path
