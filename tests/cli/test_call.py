"""From raw values to a checked input, the same for every door."""

from __future__ import annotations

from dataclasses import replace

import pytest

from weexctl.actions.call import _read_times, _split_commas, prepare
from weexctl.actions.moment import iso_utc, parse_time_ms
from weexctl.actions.registry import Action, Parameter, find
from weexctl.actions.spelling import did_you_mean, nearest
from weexctl.errors import ConfigError, UsageError


def row(name: str) -> Action:
    found = find(name)
    assert found is not None
    return found


WITH_VARIABLE = Action(
    name="plugins.list",
    section="Test",
    summary="List",
    help="List.",
    risk="read",
    module="weexctl.actions.plugins",
    function="list_",
    parameters=(
        Parameter(name="kind", type="str", help="Kind", choices=("regime", "strategy"), env="WEEXCTL_TEST_KIND"),
    ),
)


def test_a_value_that_is_given_is_marked_so() -> None:
    call = prepare(WITH_VARIABLE, {"kind": "regime"}, {"WEEXCTL_TEST_KIND": "strategy"})
    assert call.input.model_dump() == {"kind": "regime"}
    assert call.origins == {"kind": "given"}


def test_the_environment_stands_in_for_a_flag() -> None:
    call = prepare(WITH_VARIABLE, {}, {"WEEXCTL_TEST_KIND": "strategy"})
    assert call.input.model_dump() == {"kind": "strategy"}
    assert call.origins == {"kind": "environment"}


def test_an_empty_variable_counts_as_absent() -> None:
    assert prepare(WITH_VARIABLE, {}, {"WEEXCTL_TEST_KIND": ""}).input.model_dump() == {"kind": None}


def test_a_misspelt_flag_value_is_a_usage_error_with_the_nearest_word() -> None:
    with pytest.raises(UsageError, match="--kind does not take 'regim'") as caught:
        prepare(WITH_VARIABLE, {"kind": "regim"}, {})
    assert "did you mean regime?" in caught.value.hint


def test_a_misspelt_variable_is_a_configuration_error_that_names_the_variable() -> None:
    with pytest.raises(ConfigError, match="environment variable WEEXCTL_TEST_KIND does not take 'regim'") as caught:
        prepare(WITH_VARIABLE, {}, {"WEEXCTL_TEST_KIND": "regim"})
    assert caught.value.exit_code == 3


def test_a_field_nobody_knows_is_refused() -> None:
    with pytest.raises(UsageError, match="does not take 'knd'") as caught:
        prepare(row("plugins.list"), {"knd": "regime"}, {})
    assert "did you mean kind?" in caught.value.hint


def test_a_missing_argument_is_a_usage_error() -> None:
    with pytest.raises(UsageError, match="NAME is missing"):
        prepare(row("plugins.show"), {}, {})


def test_commas_split_only_where_the_row_says_so() -> None:
    several = Parameter(name="symbols", type="str", help="S", repeatable=True, commas=True)
    paths = Parameter(name="data", type="str", help="D", repeatable=True)
    action = Action(name="x", section="T", summary="X", help="X", risk="read", module="x", parameters=(several, paths))
    split = _split_commas(action, {"symbols": ["A, B", "C", ""], "data": ["a,b.csv"]})
    assert split == {"symbols": ("A", "B", "C"), "data": ("a,b.csv",)}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2025-01-01", 1_735_689_600_000),
        ("2025-01-01T13:00", 1_735_736_400_000),
        ("2025-01-01 13:00:00.250", 1_735_736_400_250),
        ("2025-01-01T13:00:00Z", 1_735_736_400_000),
        ("2025-01-01T13:00:00+02:00", 1_735_729_200_000),
        ("1735689600000", 1_735_689_600_000),
        (1_735_689_600_000, 1_735_689_600_000),
    ],
)
def test_a_moment_is_read_as_utc_milliseconds(text: str | int, expected: int) -> None:
    assert parse_time_ms(text) == expected


@pytest.mark.parametrize("text", ["yesterday", "2025-13-01", "1735689600", 1_735_689_600, "-5", "", 10**15])
def test_what_is_no_moment_of_this_century_is_refused(text: str | int) -> None:
    with pytest.raises(ValueError, match="time"):
        parse_time_ms(text)


def test_a_moment_is_written_as_it_can_be_read() -> None:
    assert iso_utc(1_735_736_400_250) == "2025-01-01T13:00:00.250Z"
    assert parse_time_ms(iso_utc(1_735_736_400_250)) == 1_735_736_400_250


def test_the_nearest_word_ignores_case_and_gives_up_on_strangers() -> None:
    assert nearest("PAPR", ["sim", "paper"]) == "paper"
    assert nearest("zzz", ["sim", "paper"]) is None
    assert did_you_mean("zzz", ["sim", "paper"]) == "choose one of sim, paper"


def timed() -> Action:
    parameters = (Parameter(name="at", type="time", help="When", env="WEEXCTL_TEST_AT"),)
    return replace(WITH_VARIABLE, parameters=parameters)


def test_a_time_reaches_the_input_as_milliseconds_however_it_is_written() -> None:
    assert _read_times(timed(), {"at_ms": "2025-01-01"}, {}) == {"at_ms": 1_735_689_600_000}
    assert _read_times(timed(), {"at_ms": 1_735_689_600_000}, {}) == {"at_ms": 1_735_689_600_000}
    assert _read_times(timed(), {}, {}) == {}


def test_a_time_that_is_none_is_refused_by_where_it_came_from() -> None:
    with pytest.raises(UsageError, match="--at: 'yesterday' is not a time"):
        prepare(timed(), {"at_ms": "yesterday"}, {})
    with pytest.raises(ConfigError, match="WEEXCTL_TEST_AT: 'yesterday' is not a time"):
        prepare(timed(), {}, {"WEEXCTL_TEST_AT": "yesterday"})
