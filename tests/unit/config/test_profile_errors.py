"""A wrong profile is refused with its path, the nearest valid word, what is offered, and the right exit code."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from weexctl.config.environment import Environment
from weexctl.config.paths import Paths
from weexctl.config.profile import Profile, load_account_tables
from weexctl.config.profile_file import find_profile
from weexctl.config.venue import Venue
from weexctl.errors import ConfigError, PluginContractError, UnknownOfferError, UsageError, WeexctlError

Load = Callable[..., Profile]


@pytest.mark.parametrize(
    ("old", "new", "words", "hint"),
    [
        ("soft = 0.06", "sof = 0.06", "pipeline.risk[1].sof: unknown key, did you mean soft?", "soft, hard, inner, on"),
        ("soft = 0.06", "inner = { dep = 2 }", "pipeline.risk[1].inner.dep: unknown key", "keys here: depth"),
        ("soft = 0.06", 'soft = "0.06"', 'pipeline.risk[1].soft: "0.06" is not a number', ""),
        ("soft = 0.06", "on = 1", "pipeline.risk[1].on: 1 is not true or false", ""),
        ("soft = 0.06", "soft = nan", "pipeline.risk[1].soft: nan is not a finite number", ""),
        ("soft = 0.06", "soft = inf", "pipeline.risk[1].soft: inf is not a finite number", ""),
        ("[limits]", "[limts]", "limts: unknown key, did you mean limits?", "venue, pipeline, limits"),
        ("max_leverage", "max_lever", "limits.max_lever: unknown key, did you mean max_leverage?", "kill_drawdown"),
        ("leverage = 3", "leverage = 25", "limits.max_leverage: 25 is above 20, the highest leverage any profile", ""),
        ("leverage = 3", "leverage = 0", "limits.max_leverage: 0 is not allowed", ""),
        ("leverage = 3", "leverage = true", "limits.max_leverage: true is not a whole number", ""),
        ("leverage = 3", "leverage = 2.5", "limits.max_leverage: 2.5 is not a whole number", ""),
        ('"2000"', '"a lot"', 'limits.max_order_notional: "a lot" is not a number', ""),
        ('"2000"', "0", "limits.max_order_notional: 0 is not allowed", ""),
        ('"2000"', "2000\ndaily_loss = 1.0", "limits.daily_loss: 1.0 is not allowed", ""),
        ('"2000"', "2000\nkill_drawdown = 0", "limits.kill_drawdown: 0 is not allowed", ""),
        ('"2000"', "2000\nmax_gross_exposure = 4.0", "max_gross_exposure 4 cannot be held at max_leverage 3", ""),
        ('"2000"', "2000\nmax_symbol_exposure = 0.8", "max_symbol_exposure 0.8 is above max_gross_exposure 0.75", ""),
        ('"cmt_ethusdt"', '"ETHUSD"', "venue.symbols: unknown symbol 'ETHUSD'; did you mean ETHUSDT?", ""),
        ('"cmt_ethusdt"', '"btcusdt"', "venue.symbols: BTCUSDT is listed more than once", ""),
        ('["BTCUSDT", "cmt_ethusdt"]', "[]", "venue.symbols: [] is not allowed", ""),
        ('["BTCUSDT", "cmt_ethusdt"]', '"BTCUSDT"', 'venue.symbols: "BTCUSDT" is not a list', ""),
        ("[venue]", '[venue]\nname = "Live"', 'venue.name: "Live" is not offered, did you mean live?', "sim, paper"),
        ("[venue]", '[venue]\ntimeframe = "2h"', 'venue.timeframe: "2h" is not offered', "15m"),
        ("[venue]", '[venue]\napi = "v1"', 'venue.api: "v1" is not offered', "v3, v2"),
        ("ranging = {", "rangng = {", "pipeline.strategies.ranging: missing", ""),
        ('sizer = { use = "target" }', "", "pipeline.sizer: missing", ""),
        ('sizer = { use = "target" }', "sizer = 3", "pipeline.sizer: 3 is not a table", ""),
        ('use = "target"', "window = 3", "pipeline.sizer.use: missing", ""),
        ('[{ use = "stop" }]', "[]", "pipeline.exits: [] is not allowed", ""),
        (
            'exits = [{ use = "stop" }]',
            'exits = [{ use = "stop" }]\nrebalance_band = 2',
            "pipeline.rebalance_band: 2",
            "",
        ),
        ("schema = 1", "schema = 2", "schema: 2 is not offered", ""),
        ("schema = 1", "", "schema: missing", "schema = 1"),
    ],
)
def test_a_wrong_value_is_refused_with_its_path(
    old: str, new: str, words: str, hint: str, load: Load, text: str
) -> None:
    assert old in text
    with pytest.raises(ConfigError) as caught:
        load(text.replace(old, new, 1))
    assert words in caught.value.message
    assert caught.value.message.startswith("file mine.toml: ")
    assert caught.value.message.endswith("; nothing was run")
    assert hint in caught.value.hint
    assert caught.value.exit_code == 3


def test_an_unknown_plugin_is_refused_with_its_path_the_nearest_word_and_the_list(load: Load, text: str) -> None:
    with pytest.raises(UnknownOfferError) as caught:
        load(text.replace('"trend"', '"trnd"'))
    assert "pipeline.strategies.trending.use: no strategy is called 'trnd'" in caught.value.message
    assert "did you mean trend?" in caught.value.hint
    assert "flat, trend" in caught.value.hint
    assert caught.value.exit_code == 3


def test_a_plugin_that_failed_to_load_is_refused_with_the_reason(load: Load, text: str) -> None:
    with pytest.raises(UnknownOfferError, match="'momentum' is installed and cannot be used: offer_strategies raised"):
        load(text.replace('"trend"', '"momentum"'))


def test_settings_that_break_their_own_check_are_the_plugins_fault(load: Load, text: str) -> None:
    with pytest.raises(PluginContractError, match=r"exit 'fragile' of acme 1\.2 .*KeyError: 'gone'") as caught:
        load(text.replace('"stop"', '"fragile"'))
    assert caught.value.exit_code == 3


def test_every_problem_is_counted_and_listed(load: Load, text: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load(text.replace("soft = 0.06", "sof = 1, har = 2").replace('"hmm", smoothing', '"hmm", smooth'))
    assert "(and 2 more)" in caught.value.message
    assert [line.partition(":")[0] for line in caught.value.details["problems"]] == [  # type: ignore[attr-defined]  # a list of lines
        "pipeline.regime.smooth_hours",
        "pipeline.risk[1].sof",
        "pipeline.risk[1].har",
    ]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("schema = 1\n[venue\n", "line 2"),
        ('schema = 1\na = "x\n', "line 2"),
        ("schema = 1\nschema = 1\n", "line 2"),
        ("schema = 1\nlist = [1,\n", "line 3"),
    ],
)
def test_broken_toml_is_refused_with_its_line(text: str, line: str, load: Load) -> None:
    with pytest.raises(ConfigError, match=r"file mine\.toml is not TOML") as caught:
        load(text)
    assert line in caught.value.message
    assert caught.value.exit_code == 3


def test_a_file_that_is_not_text_is_refused(folders: Paths) -> None:
    Path("mine.toml").write_bytes(b"schema = \xff")
    with pytest.raises(ConfigError, match="not UTF-8"):
        find_profile("mine.toml", paths=folders).text()


@pytest.mark.parametrize(
    ("overrides", "words"),
    [
        ({"venue.name": "liv"}, 'flag --venue: venue.name: "liv" is not offered, did you mean live?'),
        ({"venue.symbols": ["BTC"]}, "flag --symbols: venue.symbols: unknown symbol 'BTC'"),
        ({"limits.max_leverage": 21}, "flag: limits.max_leverage: 21 is above 20"),
        ({"limits.max_lev": 2}, "limits.max_lev: unknown key"),
        ({"pipeline.risk[1].sof": 0.1}, "pipeline.risk[1].sof: unknown key, did you mean soft?"),
        ({"pipeline.risk[7].soft": 0.1}, "pipeline.risk[7].soft: the profile has no such place"),
        ({"limits.max_leverage.deep": 1}, "limits.max_leverage.deep: the profile has no such place"),
        ({"pipeline..soft": 1}, "'pipeline..soft' is no path"),
        ({"pipeline.sizer.use": "trget"}, "pipeline.sizer.use: no sizer is called 'trget'"),
        ({"limits.max_gross_exposure": 9.0}, "max_gross_exposure 9 cannot be held"),
        ({"limits.daily_loss": float("nan")}, "limits.daily_loss: nan is not a finite number"),
    ],
)
def test_a_wrong_flag_is_a_usage_error(overrides: dict[str, Any], words: str, load: Load, text: str) -> None:
    with pytest.raises(UsageError) as caught:
        load(text, overrides)
    assert words in caught.value.message
    assert caught.value.exit_code == 2


def test_an_error_of_the_file_stays_one_beside_a_sound_flag(load: Load, text: str) -> None:
    with pytest.raises(ConfigError, match=r"^file mine\.toml: limits\.max_order"):
        load(text.replace('"2000"', "-1"), {"limits.max_leverage": 2})


@pytest.mark.parametrize(("named_by", "kind", "code"), [("flag", UsageError, 2), ("environment", ConfigError, 3)])
def test_an_unknown_profile_names_the_nearest_and_all(
    named_by: Any, kind: type[WeexctlError], code: int, folders: Paths
) -> None:
    with pytest.raises(kind, match="no profile is called 'sfae'") as caught:
        find_profile("sfae", paths=folders, named_by=named_by)
    assert caught.value.hint == "did you mean safe? profiles are balanced, competition, safe"
    assert caught.value.exit_code == code


@pytest.mark.parametrize("name", ["./nowhere.toml", "nowhere.toml", "../safe", ""])
def test_a_path_that_is_not_there_or_no_name_at_all_is_refused(name: str, folders: Paths) -> None:
    with pytest.raises(UsageError, match="nothing was run"):
        find_profile(name, paths=folders)


def test_account_tables_need_no_plugin(folders: Paths, text: str) -> None:
    Path("mine.toml").write_text(text.replace('"trend"', '"never-installed"'))
    tables = load_account_tables("mine.toml", environment=Environment(venue=Venue.PAPER), paths=folders)
    assert tables.limits.max_leverage == 3
    assert tables.venue.name is Venue.PAPER


def test_account_tables_are_checked_all_the_same(folders: Paths, text: str) -> None:
    Path("mine.toml").write_text(text.replace("leverage = 3", "leverage = 30"))
    with pytest.raises(ConfigError, match="30 is above 20"):
        load_account_tables("mine.toml", environment=Environment(), paths=folders)
