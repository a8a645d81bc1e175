"""Building turns whatever goes wrong into an error that names the plugin."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from weexctl.errors import PluginContractError, PluginLoadError
from weexctl.hookspecs import Offer, PluginConfig
from weexctl.plugin_host import LoadedOffer, build


class Settings(PluginConfig):
    """Settings of the fake plugins."""

    window: int = 48


class Rule:
    """A strategy as far as its shape goes."""

    def __init__(self, warmup_candles: object = 0) -> None:
        self.warmup_candles = warmup_candles

    def columns(self, candles: object) -> object:
        """The candles."""
        return candles


def _loaded(make: Callable[[Any], Any], kind: str = "strategy") -> LoadedOffer:
    return LoadedOffer(Offer("breakout", Settings, make), kind, "acme", "1.2", "acme-rules")


def _raise(error: BaseException) -> Callable[[Any], Any]:
    def make(settings: Settings) -> Any:
        raise error

    return make


def test_a_sound_plugin_gets_its_settings() -> None:
    seen: list[Settings] = []

    def make(settings: Settings) -> Rule:
        seen.append(settings)
        return Rule(settings.window)

    assert build(_loaded(make), Settings(window=7)).warmup_candles == 7
    assert seen == [Settings(window=7)]


class Hourly(Rule):
    """A rule whose settings are hours."""

    def at_timeframe(self, candle_ms: int) -> None:
        """Twelve hours, counted in candles; none of them may be longer."""
        self.warmup_candles = 12 * 3_600_000 // candle_ms
        if candle_ms > 12 * 3_600_000:
            raise ValueError("a candle longer than half a day")


@pytest.mark.parametrize(("candle_ms", "warmup"), [(900_000, 48), (3_600_000, 12), (14_400_000, 3)])
def test_a_plugin_is_told_how_long_candles_are(candle_ms: int, warmup: int) -> None:
    assert build(_loaded(lambda _: Hourly()), Settings(), candle_ms=candle_ms).warmup_candles == warmup


def test_what_it_raises_then_is_its_own_fault() -> None:
    with pytest.raises(PluginContractError, match="longer than half a day"):
        build(_loaded(lambda _: Hourly()), Settings(), candle_ms=86_400_000)


def test_a_missing_library_is_a_load_error_with_the_distribution_to_reinstall() -> None:
    with pytest.raises(PluginLoadError, match=r"strategy 'breakout' of acme 1\.2 \(acme-rules\).*no torch") as caught:
        build(_loaded(_raise(ImportError("no torch"))), Settings())
    assert caught.value.exit_code == 3
    assert "reinstall acme" in caught.value.hint


@pytest.mark.parametrize("error", [ValueError("window too small"), SystemExit(1), RuntimeError("boom")])
def test_anything_else_build_raises_is_a_contract_error(error: BaseException) -> None:
    with pytest.raises(PluginContractError, match=f"could not be built: {type(error).__name__}") as caught:
        build(_loaded(_raise(error)), Settings())
    assert caught.value.__cause__ is error


def test_a_persons_interrupt_passes_through_build() -> None:
    with pytest.raises(KeyboardInterrupt):
        build(_loaded(_raise(KeyboardInterrupt())), Settings())


@pytest.mark.parametrize("count", [-1, 1.5, "10", None, True])
def test_a_warmup_that_is_no_count_is_refused(count: object) -> None:
    with pytest.raises(PluginContractError, match=r"warmup_candles is .* not a whole number"):
        build(_loaded(lambda _: Rule(count)), Settings())


@pytest.mark.parametrize(
    ("kind", "method"),
    [
        ("regime", "fit, features, start, step"),
        ("sizer", "size"),
        ("risk", "assess"),
        ("guard", "review"),
        ("exit", "review"),
    ],
)
def test_a_plugin_without_the_methods_of_its_kind_is_refused(kind: str, method: str) -> None:
    with pytest.raises(PluginContractError, match=f"is not a {kind}: it has no method {method}"):
        build(_loaded(lambda _: Rule(), kind), Settings())


def test_a_class_in_place_of_an_object_is_refused() -> None:
    with pytest.raises(PluginContractError, match="returned the class Rule"):
        build(_loaded(lambda _: Rule), Settings())


def test_none_is_refused() -> None:
    with pytest.raises(PluginContractError, match="no method columns"):
        build(_loaded(lambda _: None), Settings())


def test_a_classifier_has_to_say_how_much_it_trains_on() -> None:
    class Classifier(Rule):
        train_candles = 100
        fit = features = start = step = Rule.columns

    with pytest.raises(PluginContractError, match="min_train_candles is None"):
        build(_loaded(lambda _: Classifier(), "regime"), Settings())


def test_optional_columns_have_to_be_callable() -> None:
    class Policy:
        warmup_candles = 0
        columns = 7

        def assess(self) -> None:
            """Nothing."""

    with pytest.raises(PluginContractError, match="its columns cannot be called"):
        build(_loaded(lambda _: Policy(), "risk"), Settings())


def test_what_build_prints_does_not_reach_stdout(capsys: pytest.CaptureFixture[str]) -> None:
    def make(settings: Settings) -> Rule:
        print("building")  # noqa: T201  # the very thing under test
        return Rule()

    build(_loaded(make), Settings())
    assert capsys.readouterr().out == ""
