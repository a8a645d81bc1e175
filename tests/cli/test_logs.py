"""The log of a service: whole lines, in UTC, without secrets, and short in a storm."""

from __future__ import annotations

import errno
import io
import json
import logging
import sys
from collections.abc import Callable, Iterator
from typing import Any, NoReturn

import pytest

from weexctl.cli.logs import LineHandler, LogWriter, logging_to
from weexctl.config.redaction import REDACTOR

CANARY = "canary-2f9c/7e+11"


class Log:
    """A logger with a handler of its own, and a clock that the test moves."""

    def __init__(self, form: Any = "json") -> None:
        self.now = 100.0
        self.stream = io.StringIO()
        self.handler = LineHandler(self.stream, form, REDACTOR, lambda: self.now)
        self.logger = logging.Logger("weexctl.test")  # apart from every other
        self.logger.addHandler(self.handler)

    @property
    def rows(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.stream.getvalue().splitlines()]

    @property
    def messages(self) -> list[tuple[str, int]]:
        return [(row["message"], row.get("repeated", 0)) for row in self.rows]


@pytest.fixture
def log() -> Log:
    return Log()


@pytest.fixture
def secret() -> Iterator[str]:
    REDACTOR.register(CANARY)
    yield CANARY
    REDACTOR.clear()


def test_a_line_says_when_how_grave_and_what(log: Log) -> None:
    log.logger.warning("order %s", "refused", extra={"fields": {"symbol": "BTCUSDT", "quantity": "0.1"}})
    [row] = log.rows
    assert row.pop("ts").endswith("Z")
    assert row == {
        "level": "warning",
        "logger": "weexctl.test",
        "message": "order refused",
        "symbol": "BTCUSDT",
        "quantity": "0.1",
    }


@pytest.mark.parametrize("form", ["json", "text"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\u2028", "\x85", "\x1b[2J", "\0"])
def test_nothing_that_is_logged_can_begin_a_line_of_its_own(form: str, end: str) -> None:
    log = Log(form)
    log.logger.error('it said "x%s{"level": "info"}', end, extra={"fields": {"more": f"a{end}b"}})
    log.logger.error("failed", exc_info=ValueError(f"two{end}lines"))

    text = log.stream.getvalue()
    assert text.count("\n") == 2
    assert not set(text) & set("\r\x1b\0\x85\u2028")


def test_a_field_cannot_take_the_place_of_the_message(log: Log) -> None:
    log.logger.info("mine", extra={"fields": {"message": "theirs", "level": "debug"}})

    assert (log.rows[0]["message"], log.rows[0]["level"]) == ("mine", "info")


def test_no_secret_is_in_message_fields_or_traceback(log: Log, secret: str) -> None:
    error = ValueError(f"key {secret}")
    log.logger.error("with %s", secret, exc_info=error, extra={"fields": {"deep": {"er": [secret]}}})
    log.logger.info("sent %s", {"ACCESS-SIGN": "c2lnbmF0dXJl", "ACCESS-KEY": "k-123456"})

    text = log.stream.getvalue()
    assert secret not in text
    assert "c2lnbmF0dXJl" not in text
    assert "k-123456" not in text
    assert len(log.rows) == 2


def test_a_storm_is_a_line_every_ten_seconds_with_a_count(log: Log) -> None:
    for number in range(1000):  # 25 seconds of errors that differ in an id
        log.now = 100 + number * 0.025
        log.logger.error("request %d failed", number)

    assert [repeated for _, repeated in log.messages] == [0, 399, 399]
    log.handler.close()
    assert sum(1 + repeated for _, repeated in log.messages) == 1000


def test_the_rest_of_a_storm_is_told_by_whatever_comes_after_it(log: Log) -> None:
    for _ in range(5):
        log.logger.error("request 1 failed")
    log.now += 11
    log.logger.info("calm")

    assert log.messages == [("request 1 failed", 0), ("request 1 failed", 3), ("calm", 0)]


def test_orders_that_differ_in_a_digit_have_a_line_each(log: Log) -> None:
    for order in ("1", "2", "2"):
        log.logger.info("order filled", extra={"fields": {"order_id": order}})

    assert [row["order_id"] for row in log.rows] == ["1", "2"]


def test_a_thousand_kinds_of_lines_are_not_kept_in_memory(log: Log) -> None:
    for number in range(1000):
        log.logger.info("line %s", "x" * number)

    assert len(log.rows) == 1000
    assert len(log.handler._seen) <= 256


def test_a_stream_that_fails_ends_nothing(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(text: str) -> NoReturn:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(log.stream, "write", full)
    log.logger.info("lost")


def test_what_others_print_becomes_lines(log: Log) -> None:
    print("one\ntwo", end="", file=LogWriter(log.logger))
    print("three", file=LogWriter(log.logger))

    assert [message for message, _ in log.messages] == ["one", "three"]


def test_handlers_and_levels_are_as_before_afterwards() -> None:
    root, own = logging.getLogger(), logging.getLogger("weexctl")
    before = (list(root.handlers), own.level)
    with logging_to(io.StringIO(), "json", REDACTOR):
        assert (list(root.handlers), own.level) != before
    assert (list(root.handlers), own.level) == before


def rows(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


@pytest.mark.parametrize("how", ["flag", "variable"])
def test_a_run_says_that_it_began_what_it_ordered_and_that_it_ended(home: Any, how: str) -> None:
    argv = ["trade", "--symbols", "BTCUSDT", "--steps", "40"]
    ran = home(*argv, "--log", "json") if how == "flag" else home(*argv, WEEXCTL_LOG="json")
    said = [row["message"] for row in rows(ran.err)]

    orders = ran.document["data"]["orders"]
    assert orders
    assert (said[0], "run stopped" in said) == ("run started", True)
    told = [row["order_id"] for row in rows(ran.err) if row["message"].startswith("order ")]
    assert set(told) <= {order["order_id"] for order in orders}
    assert len(told) == len(set(told)) > 0
    assert len(said) < 40  # none for a candle at which nothing happened


def test_a_refusal_is_told_when_it_begins(home: Any) -> None:
    ran = home("trade", "--symbols", "BTCUSDT", "--steps", "40", "--log", "json", WEEXCTL_KILL="1")
    told = [row for row in rows(ran.err) if row["message"] == "refused: KILL_SWITCH"]

    assert ran.document["data"]["refusals"]["KILL_SWITCH"] > len(told) > 0


def test_without_it_nothing_changes(home: Any) -> None:
    assert home("trade", "--symbols", "BTCUSDT", "--steps", "5").err == ""


def test_quiet_leaves_warnings_only(home: Any) -> None:
    assert home("trade", "--symbols", "BTCUSDT", "--steps", "5", "--log", "json", "-q").err == ""


@pytest.mark.parametrize(("argv", "environment", "code"), [(("--log", "xml"), {}, 2), ((), {"WEEXCTL_LOG": "jsn"}, 3)])
def test_another_word_is_refused(home: Any, argv: tuple[str, ...], environment: dict[str, str], code: int) -> None:
    ran = home("version", *argv, **environment)

    assert ran.code == code
    assert "json" in ran.document["error"]["suggestion"] + ran.document["error"]["message"]


def test_a_failure_is_in_the_log_and_is_one_document_all_the_same(made_up: Any, home: Any) -> None:
    ran = home("trade", "--venue", "live", "--log", "json")

    assert ran.document["error"]["code"] == "NO_KEYS"
    [row] = rows(ran.err)
    assert (row["level"], row["message"].endswith("[NO_KEYS]")) == ("error", True)


def test_what_a_plugin_prints_is_a_line_of_the_log(home: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from weexctl.actions import version

    before: Callable[..., Any] = version.run

    def noisy(*args: Any) -> Any:
        sys.stdout.write("from elsewhere\n")
        return before(*args)

    monkeypatch.setattr(version, "run", noisy)
    ran = home("version", "--log", "json", "-o", "json")

    assert [row["message"] for row in rows(ran.err)] == ["from elsewhere"]
    assert ran.document["ok"]
