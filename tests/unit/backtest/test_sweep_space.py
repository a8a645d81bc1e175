"""What is varied: ranges and choices as a person writes them, and what makes no sense."""

from __future__ import annotations

import pytest

from weexctl.backtest.sweep_space import Choices, Dimension, Range, Space, parse_setting, read_space
from weexctl.errors import UsageError


@pytest.mark.parametrize(
    ("text", "dimension"),
    [
        ("pipeline.rebalance_band=0.2..0.8", Range("pipeline.rebalance_band", 0.2, 0.8)),
        ("limits.max_positions_long=1..6:int", Range("limits.max_positions_long", 1, 6, integer=True)),
        ("limits.per_trade_risk=1e-3..0.1:log", Range("limits.per_trade_risk", 0.001, 0.1, log=True)),
        ("pipeline.exits[0].multiple=2..5:0.5", Range("pipeline.exits[0].multiple", 2, 5, step=0.5)),
        (
            "pipeline.exits[2].candles=24..480:24:int",
            Range("pipeline.exits[2].candles", 24, 480, integer=True, step=24),
        ),
        ("pipeline.x=-3..-1", Range("pipeline.x", -3, -1)),
        ("pipeline.x=.5..1.", Range("pipeline.x", 0.5, 1)),
        ("pipeline.exits[0].trailing=true,false", Choices("pipeline.exits[0].trailing", (True, False))),
        ("pipeline.regime.use=rules, two-factor-hmm", Choices("pipeline.regime.use", ("rules", "two-factor-hmm"))),
        ("pipeline.x=1,2.5,'3'", Choices("pipeline.x", (1, 2.5, "3"))),
    ],
)
def test_a_setting_is_read(text: str, dimension: Dimension) -> None:
    assert parse_setting(text) == dimension


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("pipeline.x", "no range and no choice"),
        ("=1..2", "no range and no choice"),
        ("pipeline.x=", "no range and no choice"),
        ("pipeline.x=1", "two different choices"),
        ("pipeline.x=1,1", "two different choices"),
        ("pipeline.x=1,", "two different choices"),
        ("pipeline.x=a..b", "'a' is no number"),
        ("pipeline.x=0..nan", "'nan' is no number"),
        ("pipeline.x=0..inf", "'inf' is no number"),
        ("pipeline.x=1..1", "is empty"),
        ("pipeline.x=2..1", "is empty"),
        ("pipeline.x=0..1:log", "cannot begin at 0"),
        ("pipeline.x=1..2:log:0.1", "has no steps"),
        ("pipeline.x=0.5..2:int", "whole"),
        ("pipeline.x=0..1:2", "does not fit"),
        ("pipeline.x=0..1:0", "does not fit"),
        ("pipeline.x=0..1:lug", "'lug' is no number"),
        ("pipeline.x=0..1:log:log", "makes no sense"),
        ("pipeline.x=..1", "is no range"),
    ],
)
def test_what_makes_no_sense_is_refused_by_name(text: str, said: str) -> None:
    with pytest.raises(UsageError, match=said) as caught:
        parse_setting(text)

    assert "nothing was run" in caught.value.message


def test_a_file_has_a_table_for_each_path() -> None:
    text = """
    [pipeline]
    rebalance_band = { low = 0.2, high = 0.8 }
    ["pipeline.risk[1].soft"]
    low = 0.01
    high = 0.1
    log = true
    [limits.max_positions_long]
    low = 1
    high = 5
    int = true
    [pipeline.exits]
    x = { choices = [1, "a", true] }
    """

    assert read_space(text, "s.toml") == (
        Range("pipeline.rebalance_band", 0.2, 0.8),
        Choices("pipeline.exits.x", (1, "a", True)),
        Range("pipeline.risk[1].soft", 0.01, 0.1, log=True),
        Range("limits.max_positions_long", 1, 5, integer=True),
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("x = [", "no TOML"),
        ("[pipeline.x]\nlow = 1", "needs low and high, or choices"),
        ("[pipeline.x]\nlow = 1\nhigh = 2\nchoices = [1, 2]", "needs low and high, or choices"),
        ("[pipeline.x]\nlow = 1\nhigh = 2\nwidth = 1", r"pipeline\.x\.width"),
        ("[pipeline.x]\nlow = '1'\nhigh = 2", r"pipeline\.x\.low"),
        ("pipeline = 3", "pipeline"),
    ],
)
def test_a_file_that_makes_no_sense_is_refused_by_name(text: str, said: str) -> None:
    with pytest.raises(UsageError, match=said) as caught:
        read_space(text, "s.toml")

    assert caught.value.message.startswith("s.toml")


@pytest.mark.parametrize(
    ("paths", "said"),
    [
        (("venue.symbols",), "not venue.symbols"),
        (("pipeline.a", "pipeline.a"), "varied twice"),
        (("pipeline.a", "pipeline.a.b"), "varied twice"),
        (("pipeline.a[0].b", "pipeline.a[0]"), "varied twice"),
        (("pipeline..a",), "no path"),
    ],
)
def test_a_space_varies_each_setting_of_pipeline_and_limits_once(paths: tuple[str, ...], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        Space(tuple(Range(path, 0, 1) for path in paths))


def test_a_space_knows_what_lies_in_it() -> None:
    space = Space((Range("pipeline.a", 0, 1, step=0.25), Choices("pipeline.b", (1, True))))

    assert space.holds({"pipeline.a": 0.75, "pipeline.b": True})
    assert not space.holds({"pipeline.a": 0.7, "pipeline.b": True})
    assert not space.holds({"pipeline.a": 1.25, "pipeline.b": True})
    assert not space.holds({"pipeline.a": 0.75, "pipeline.b": 2})
    assert not space.holds({"pipeline.a": 0.75})
    assert not space.holds({"pipeline.a": "0.75", "pipeline.b": 1})


def test_another_space_has_another_digest() -> None:
    one = Range("pipeline.a", 0, 1)
    others: list[Dimension] = [
        Range("pipeline.a", 0, 2),
        Range("pipeline.a", 0, 1, step=0.5),
        Choices("pipeline.a", (0, 1)),
    ]

    assert len({Space((dimension,)).digest for dimension in [one, *others]}) == 4
    assert Space((one,)).digest == Space((Range("pipeline.a", 0.0, 1.0),)).digest
