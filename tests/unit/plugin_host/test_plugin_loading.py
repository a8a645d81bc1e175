"""Loading survives every bad plugin, and says which one is bad and why."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from weexctl.errors import UnknownOfferError
from weexctl.plugin_host import FoundPlugin, Offers, find_plugins, load_offers, nearest_word

Install = Callable[..., None]
Load = Callable[..., Offers]

HEAD = "from weexctl import Offer, PluginConfig, hookimpl\n"


def _failure(offers: Offers, name: str) -> str:
    (row,) = (row for row in offers.rows() if row["name"] == name and row["status"] != "ok")
    return f"{row['status']} {row['kind']} {row['distribution']} {row['version']}: {row['reason']}"


def test_a_sound_plugin_is_offered_with_its_distribution_and_version(install: Install, load: Load, sound: str) -> None:
    install("acme", {"acme-rules": "acme_sound"}, {"acme_sound": sound})
    offers = load()
    loaded = offers.get("strategy", "breakout")
    assert (loaded.distribution, loaded.version, loaded.entry_point) == ("acme", "1.2", "acme-rules")
    assert offers.rows() == [
        {
            "kind": "strategy",
            "name": "breakout",
            "distribution": "acme",
            "version": "1.2",
            "status": "ok",
            "reason": "",
        }
    ]


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("import a_library_that_is_not_there", ["failed", "ModuleNotFoundError", "a_library_that_is_not_there"]),
        ("raise ValueError('bad\\nday')", ["ValueError: bad day"]),
        ("raise SystemExit(3)", ["SystemExit: 3"]),
        (
            HEAD + "@hookimpl\ndef offer_strategys():\n    return []",
            ["offer_strategys", "did you mean offer_strategies"],
        ),
        (HEAD + "@hookimpl\ndef zzz():\n    return []", ["unknown hook 'zzz'", "hooks are offer_regimes"]),
        (HEAD + "@hookimpl\ndef offer_risk(extra):\n    return []", ["PluginValidationError", "extra"]),
        (HEAD + "def offer_strategy():\n    return []", ["answers no hook", "offer_strategy", "@hookimpl"]),
        ("X = 1", ["answers no hook"]),
        (HEAD + "@hookimpl\ndef offer_risk():\n    raise KeyError('x')", ["offer_risk raised KeyError: 'x'", " risk "]),
        (HEAD + "@hookimpl\ndef offer_risk():\n    raise SystemExit", ["offer_risk raised SystemExit"]),
        (HEAD + "@hookimpl\ndef offer_risk():\n    return 7", ["offer_risk returned int, not a list of Offer"]),
        (HEAD + "@hookimpl\ndef offer_risk():\n    return 'abc'", ["returned str"]),
        (HEAD + "@hookimpl\ndef offer_risk():\n    yield 1", ["returned generator"]),
        (HEAD + "@hookimpl\ndef offer_risk():\n    return [7]", ["holds int where an Offer belongs"]),
        (HEAD + "@hookimpl(wrapper=True)\ndef offer_risk():\n    return (yield)", ["is a wrapper"]),
    ],
)
def test_a_broken_plugin_is_listed_with_its_reason_and_the_sound_one_still_works(
    source: str, words: list[str], install: Install, load: Load, sound: str
) -> None:
    install("broken", {"a-broken": "broken_module"}, {"broken_module": source})
    install("acme", {"sound": "acme_beside"}, {"acme_beside": sound})
    offers = load()
    assert offers.names("strategy") == ["breakout"]
    reason = _failure(offers, "a-broken")
    assert "broken 1.2" in reason
    for word in words:
        assert word in reason


@pytest.mark.parametrize(
    ("offer", "words"),
    [
        ("Offer('Bad Name', C, print)", "the name 'Bad Name' is not lower case with hyphens"),
        ("Offer('x', dict, print)", "not a subclass of weexctl.PluginConfig"),
        ("Offer('x', Loose, print)", "must forbid unknown keys"),
        ("Offer('x', Use, print)", "have a key 'use'"),
        ("Offer('x', C, None)", "the build of 'x' cannot be called"),
    ],
)
def test_an_unfit_offer_fails_alone(offer: str, words: str, install: Install, load: Load) -> None:
    source = HEAD + (
        "class C(PluginConfig):\n    a: int = 1\n"
        "class Loose(PluginConfig, extra='allow'):\n    a: int = 1\n"
        "class Use(PluginConfig):\n    use: str = ''\n"
        f"@hookimpl\ndef offer_exits():\n    return [{offer}, Offer('good', C, print)]\n"
    )
    install("acme", {"exits-of-acme": "acme_unfit"}, {"acme_unfit": source})
    offers = load()
    assert offers.names("exit") == ["good"]
    (bad,) = offers.failures
    assert words in bad.reason
    assert bad.kind == "exit"


def test_an_entry_point_that_names_nothing_fails_alone(install: Install, load: Load) -> None:
    install("acme", {"gone": "acme_nowhere:plugin"}, {})
    assert "ModuleNotFoundError" in _failure(load(), "gone")


def test_two_distributions_with_one_entry_point_name_are_both_refused(install: Install, load: Load, sound: str) -> None:
    install("first", {"rules": "first_rules"}, {"first_rules": sound})
    install("second", {"rules": "second_rules"}, {"second_rules": sound})
    offers = load()
    assert offers.names("strategy") == []
    assert {(row["distribution"], row["status"]) for row in offers.rows()} == {("first", "clash"), ("second", "clash")}
    assert all("also claimed by" in row["reason"] for row in offers.rows())


def test_two_offers_of_one_name_are_both_refused_and_both_named(install: Install, load: Load, sound: str) -> None:
    install("first", {"first-rules": "first_offers"}, {"first_offers": sound})
    install("second", {"second-rules": "second_offers"}, {"second_offers": sound})
    offers = load()
    assert [row["status"] for row in offers.rows()] == ["clash", "clash"]
    with pytest.raises(UnknownOfferError, match=r"first 1\.2 \(first-rules\) and by second 1\.2 \(second-rules\)"):
        offers.get("strategy", "breakout")


def test_one_name_in_two_kinds_is_no_clash(install: Install, load: Load, sound: str) -> None:
    both = sound + "\n@hookimpl\ndef offer_exits():\n    return [Offer('breakout', Config, build)]\n"
    install("acme", {"acme": "acme_both"}, {"acme_both": both})
    assert [(row["kind"], row["status"]) for row in load().rows()] == [("exit", "ok"), ("strategy", "ok")]


def test_a_stranger_that_takes_a_first_party_name_takes_its_place_away_and_does_not_get_it(
    install: Install, sound: str
) -> None:
    install("stranger", {"strange": "stranger_trend"}, {"stranger_trend": sound.replace("breakout", "trend")})
    offers = load_offers(environ={})
    assert "trend" not in offers.names("strategy")
    assert {row["distribution"] for row in offers.rows() if row["name"] == "trend"} == {"stranger", "weexctl"}


def test_what_a_plugin_prints_does_not_reach_stdout(
    install: Install, load: Load, capsys: pytest.CaptureFixture[str], sound: str
) -> None:
    install("acme", {"loud": "acme_loud"}, {"acme_loud": "print('hello')\n" + sound})
    load()
    out, err = capsys.readouterr()
    assert out == ""
    assert "hello" in err


def test_a_persons_interrupt_is_not_swallowed(install: Install, load: Load) -> None:
    install("acme", {"slow": "acme_interrupted"}, {"acme_interrupted": "raise KeyboardInterrupt"})
    with pytest.raises(KeyboardInterrupt):
        load()


def test_the_allow_list_loads_only_what_it_names(install: Install, load: Load, sound: str) -> None:
    install("acme-rules", {"acme": "acme_allowed"}, {"acme_allowed": sound})
    install("other", {"other": "other_module"}, {"other_module": "raise RuntimeError('must not be imported')"})
    offers = load({"WEEXCTL_LOAD_PLUGINS": "Acme_Rules"})
    assert offers.names("strategy") == ["breakout"]
    assert offers.failures == ()
    assert offers.left_out == ("other",)
    with pytest.raises(UnknownOfferError) as caught:
        offers.get("guard", "watchdog")
    assert "WEEXCTL_LOAD_PLUGINS keeps out other" in caught.value.hint


def test_an_empty_allow_list_loads_first_party_plugins_only(install: Install, sound: str) -> None:
    install("acme", {"acme": "acme_shut_out"}, {"acme_shut_out": sound})
    offers = load_offers(environ={"WEEXCTL_LOAD_PLUGINS": ""})
    assert {row["distribution"] for row in offers.rows()} == {"weexctl"}
    assert offers.left_out == ("acme",)


def test_a_misspelt_name_in_the_allow_list_is_listed_with_the_nearest(install: Install, load: Load, sound: str) -> None:
    install("acme-rules", {"acme": "acme_misspelt"}, {"acme_misspelt": sound})
    assert "did you mean acme-rules?" in _failure(load({"WEEXCTL_LOAD_PLUGINS": "acme-rule"}), "acme-rule")


def test_an_unknown_offer_names_the_nearest_word_everything_offered_and_what_failed(
    install: Install, load: Load, sound: str
) -> None:
    install("acme", {"acme": "acme_known"}, {"acme_known": sound})
    install("broken", {"broken": "broken_here"}, {"broken_here": "import nowhere_at_all"})
    with pytest.raises(UnknownOfferError) as caught:
        load().get("strategy", "brakeout")
    assert caught.value.exit_code == 3
    assert "'brakeout'" in caught.value.message
    assert "nothing was run" in caught.value.message
    assert "did you mean breakout?" in caught.value.hint
    assert "offered: breakout" in caught.value.hint
    assert "broken (broken) did not load: ModuleNotFoundError" in caught.value.hint


def test_a_kind_without_offers_says_so(load: Load) -> None:
    with pytest.raises(UnknownOfferError) as caught:
        load().get("sizer", "volatility-target")
    assert "nothing of this kind" in caught.value.hint


def test_finding_imports_nothing_and_does_not_depend_on_the_order_of_installation(
    install: Install, found: Callable[[], list[FoundPlugin]]
) -> None:
    install("zeta", {"z": "zeta_module", "b": "zeta_other"}, {})
    install("alpha", {"m": "alpha_module"}, {})
    assert [plugin.name for plugin in found()] == ["b", "m", "z"]
    assert not {"zeta_module", "zeta_other", "alpha_module"} & sys.modules.keys()


def test_loading_the_first_party_offers_imports_no_heavy_library() -> None:
    code = (
        "import sys; from weexctl.plugin_host import load_offers; load_offers();"
        "heavy = {'pandas', 'numpy', 'hmmlearn', 'sklearn', 'ta', 'httpx', 'scipy'} & sys.modules.keys();"
        "sys.exit(f'imported {heavy}' if heavy else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr


def test_every_first_party_entry_point_loads() -> None:
    own = load_offers([plugin for plugin in find_plugins() if plugin.distribution == "weexctl"], environ={})
    assert [row for row in own.rows() if row["status"] != "ok"] == []
    assert {row["kind"] for row in own.rows()} == {"regime", "strategy", "sizer", "risk", "guard", "exit"}


def test_a_half_removed_distribution_does_not_stop_the_search(
    install: Install, load: Load, site: Path, sound: str
) -> None:
    install("ghost", {"ghost": "ghost_module"}, {"ghost_module": sound})
    (site / "ghost-1.2.dist-info" / "METADATA").unlink()
    assert load().names("strategy") == ["breakout"]


def test_the_nearest_word_is_none_when_nothing_is_near() -> None:
    assert nearest_word("trnd", ["trend", "flat"]) == "trend"
    assert nearest_word("qqqq", ["trend", "flat"]) is None
