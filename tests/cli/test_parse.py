"""A command line becomes an invocation, or an error that says what to type."""

from __future__ import annotations

import pytest

from weexctl.cli.app import Invocation, parse
from weexctl.cli.flags import Flags, OutputMode, choose_output, peek_output
from weexctl.errors import ConfigError, UsageError


def understood(*argv: str) -> Invocation:
    parsed = parse(argv)
    assert isinstance(parsed, Invocation)
    return parsed


def test_only_what_was_given_is_handed_on() -> None:
    assert understood("trade", "--steps", "5", "--once").values == {"steps": "5", "once": True}


def test_a_negative_value_is_a_value() -> None:
    assert understood("trade", "--steps=-5").values == {"steps": "-5"}
    assert understood("trade", "--seed", "-5").values == {"seed": "-5"}


def test_a_repeated_flag_keeps_every_value() -> None:
    assert understood("trade", "--data", "a.csv", "--data", "BTCUSDT=b.csv").values == {
        "data": ["a.csv", "BTCUSDT=b.csv"]
    }


def test_a_time_fills_the_field_with_the_unit() -> None:
    assert understood("trade", "--from", "2025-01-01").values == {"from_ms": "2025-01-01"}


def test_an_argument_may_be_left_out() -> None:
    assert understood("explain", "--why-not", "ETHUSDT").values == {"why_not": "ETHUSDT"}
    assert understood("explain", "123").values == {"id": "123"}


def test_shared_flags_stand_before_or_after_the_command() -> None:
    expected = Flags(output="json", fields=("a", "b.c"), quiet=True, verbose=True)
    assert understood("version", "-qv", "-o", "json", "--fields", "a,b.c").flags == expected
    assert understood("-qv", "-o", "json", "--fields", "a, b.c", "version").flags == expected


def test_a_flag_after_the_command_wins() -> None:
    assert understood("-o", "json", "version", "-o", "table").flags.output == "table"


@pytest.mark.parametrize(
    ("argv", "code", "message", "hint"),
    [
        (["pluginz"], "UNKNOWN_COMMAND", "weexctl has no command 'pluginz'", "did you mean `weexctl plugins`?"),
        (["plugins", "lst"], "UNKNOWN_COMMAND", "weexctl plugins has no command 'lst'", "`weexctl plugins list`"),
        (["qqqq"], "UNKNOWN_COMMAND", "weexctl has no command 'qqqq'", "choose one of "),
        (["plugins"], "MISSING_COMMAND", "weexctl plugins needs a command", "choose one of list, show"),
        (
            ["trade", "--profil", "x"],
            "UNKNOWN_OPTION",
            "weexctl trade has no option --profil",
            "did you mean --profile?",
        ),
        (["--zzz"], "UNKNOWN_OPTION", "weexctl has no option --zzz", "`weexctl --help`"),
        (["trade", "--seed"], "USAGE", "requires an argument", "--help"),
        (
            ["plugins", "show"],
            "USAGE",
            "weexctl plugins show: missing argument 'NAME'",
            "`weexctl plugins show --help`",
        ),
        (["trade", "surplus"], "USAGE", "surplus", "`weexctl trade --help`"),
        (["data", "fetch", "btcusdt", "ETHUSDT"], "USAGE", "btcusdt", "did you mean --symbols BTCUSDT,ETHUSDT?"),
        (["order", "list", "BTCUSDT"], "USAGE", "BTCUSDT", "did you mean --symbol BTCUSDT?"),
        (["version", "BTCUSDT"], "USAGE", "BTCUSDT", "`weexctl version --help`"),
    ],
)
def test_a_wrong_word_is_answered_with_the_right_one(argv: list[str], code: str, message: str, hint: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse(argv)
    assert caught.value.code == code
    assert message in caught.value.message
    assert hint in caught.value.hint
    assert "\n" not in caught.value.message + caught.value.hint


@pytest.mark.parametrize(
    ("flag", "variable", "terminal", "mode"),
    [
        (None, None, True, "table"),
        (None, None, False, "json"),
        (None, "ndjson", True, "ndjson"),
        ("table", "json", False, "table"),
    ],
)
def test_a_flag_goes_before_the_variable_and_the_variable_before_the_terminal(
    flag: str | None, variable: str | None, terminal: bool, mode: OutputMode
) -> None:
    environment = {"WEEXCTL_OUTPUT": variable} if variable else {}
    assert choose_output(flag, environment, terminal=terminal) == mode


def test_a_mode_nobody_knows_is_refused_by_where_it_came_from() -> None:
    with pytest.raises(UsageError, match="--output"):
        choose_output("jsn", {}, terminal=True)
    with pytest.raises(ConfigError, match="WEEXCTL_OUTPUT"):
        choose_output(None, {"WEEXCTL_OUTPUT": "yaml"}, terminal=True)


@pytest.mark.parametrize(
    ("argv", "mode"),
    [
        (["-o", "json", "bad"], "json"),
        (["bad", "--output=ndjson"], "ndjson"),
        (["bad", "--output", "ndjson"], "ndjson"),
        (["bad", "-ojson"], "json"),
        (["bad", "-qvo", "json"], "json"),
        (["-o", "json", "bad", "-o", "table"], "table"),
        (["bad", "-o", "yaml"], "table"),
        (["bad", "-o"], "table"),
        (["bad", "--", "-o", "json"], "table"),
        (["bad"], "table"),
    ],
)
def test_the_mode_is_seen_even_on_a_line_that_is_wrong(argv: list[str], mode: OutputMode) -> None:
    assert peek_output(argv, {}, terminal=True) == mode


def test_a_bad_variable_does_not_stop_an_error_from_being_shown() -> None:
    assert peek_output(["bad"], {"WEEXCTL_OUTPUT": "yaml"}, terminal=False) == "json"
