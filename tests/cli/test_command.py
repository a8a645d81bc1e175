"""Every way a command can end: its document, its lines, its exit code."""

from __future__ import annotations

import json
import sys
from decimal import Decimal
from typing import Any

import pytest
from pydantic import BaseModel

from weexctl.actions.context import Context, NextCommand, Notice, Result
from weexctl.cli.flags import Flags
from weexctl.errors import (
    ConfigError,
    HaltedError,
    OutcomeUnknownError,
    PluginContractError,
    RefusedError,
    RejectedError,
    UnavailableError,
    WeexctlError,
)

KEYS_OF_SUCCESS = ["schema", "ok", "venue", "profile", "command", "request_id", "data", "warnings", "next", "ts"]
KEYS_OF_FAILURE = ["schema", "ok", "venue", "profile", "command", "request_id", "error", "ts"]
KEYS_OF_ERROR = [
    "type", "code", "message", "suggestion", "retryable", "retry_after_ms", "order_state", "exchange_code",
    "exchange_message", "details",
]  # fmt: skip


class Answer(BaseModel):
    answer: Any


def answers(value: object, **rest: Any) -> Any:
    return lambda given, context: Result(data=Answer(answer=value), **rest)


def raises(error: BaseException) -> Any:
    def body(given: object, context: Context) -> Result:
        raise error

    return body


def test_a_result_is_one_document_with_every_key(made_up: Any) -> None:
    ran = made_up(
        answers(
            Decimal("1.10"),
            venue="sim",
            profile="safe",
            warnings=(Notice("ROUNDED", "rounded"),),
            next=(NextCommand("weexctl explain 1", "see why"),),
        )
    )
    document = ran.document
    assert ran.code == 0
    assert list(document) == KEYS_OF_SUCCESS
    assert document.pop("ts").endswith("Z")
    assert document == {
        "schema": "weexctl/1",
        "ok": True,
        "venue": "sim",
        "profile": "safe",
        "command": "made-up",
        "request_id": "r-1",
        "data": {"answer": "1.10"},
        "warnings": [{"code": "ROUNDED", "message": "rounded"}],
        "next": [{"command": "weexctl explain 1", "why": "see why"}],
    }
    assert ran.err == ""


def test_a_check_that_found_something_answers_and_still_exits_with_its_code(made_up: Any) -> None:
    ran = made_up(answers("found", exit_code=6))
    assert (ran.code, ran.document["ok"]) == (6, True)


@pytest.mark.parametrize(
    ("error", "code", "kind"),
    [
        (ConfigError("x"), 3, "config"),
        (UnavailableError("x"), 4, "network"),
        (RejectedError("x"), 5, "exchange"),
        (RefusedError("x"), 6, "risk"),
        (OutcomeUnknownError("x", order_state="unknown"), 8, "unknown_outcome"),
        (HaltedError("x"), 9, "halted"),
    ],
)
def test_a_typed_error_is_one_document_with_its_code(made_up: Any, error: WeexctlError, code: int, kind: str) -> None:
    ran = made_up(raises(error), {"venue": "live"})
    document = ran.document
    assert ran.code == code
    assert list(document) == KEYS_OF_FAILURE
    assert list(document["error"]) == KEYS_OF_ERROR
    assert (document["ok"], document["venue"], document["error"]["type"]) == (False, "live", kind)
    assert document["error"]["order_state"] == error.order_state
    assert ran.err == ""


def test_at_a_terminal_an_error_is_one_line_and_a_hint_on_stderr(made_up: Any) -> None:
    error = RejectedError("refused\x1b[2J", hint="lower the size", exchange_code="40786", exchange_message="dup\nid")
    ran = made_up(raises(error), mode="table")
    assert ran.out == ""
    assert ran.err.splitlines() == ["error: refused[2J", "exchange: dup id (40786)", "hint: lower the size"]


def test_an_exception_nobody_expected_is_a_bug_with_a_document(made_up: Any) -> None:
    ran = made_up(raises(ZeroDivisionError("division by zero")))
    assert ran.code == 1
    error = ran.document["error"]
    assert (error["type"], error["code"], error["order_state"]) == ("internal", "BUG", "unknown")
    assert "ZeroDivisionError: division by zero" in error["message"]
    assert "-v" in error["suggestion"]
    assert ran.err == ""


def test_with_verbose_a_bug_shows_its_traceback_on_stderr_only(made_up: Any) -> None:
    ran = made_up(raises(ZeroDivisionError("boom")), flags=Flags(verbose=True))
    assert "Traceback" in ran.err
    assert ran.document["error"]["code"] == "BUG"


def test_with_verbose_an_error_shows_what_caused_it(made_up: Any) -> None:
    error = PluginContractError("broken")
    error.__cause__ = KeyError("inner")
    assert "KeyError: 'inner'" in made_up(raises(error), flags=Flags(verbose=True)).err
    assert made_up(raises(PluginContractError("broken")), flags=Flags(verbose=True)).err == ""


def test_a_plugin_that_exits_does_not_end_the_program_without_a_word(made_up: Any) -> None:
    ran = made_up(raises(SystemExit(0)))
    assert (ran.code, ran.document["error"]["code"]) == (1, "BUG")


def test_a_bug_before_the_action_ran_sent_nothing(made_up: Any) -> None:
    ran = made_up(answers(1), {"steps": "many"})
    assert ran.code == 2
    assert ran.document["error"]["order_state"] == "not_sent"
    assert "--steps does not take 'many'" in ran.document["error"]["message"]


def test_an_interrupt_exits_130_and_says_that_orders_may_be_open(made_up: Any) -> None:
    ran = made_up(raises(KeyboardInterrupt()))
    assert ran.code == 130
    assert (ran.document["error"]["code"], ran.document["error"]["order_state"]) == ("INTERRUPTED", "unknown")


def test_what_an_action_prints_goes_to_stderr(made_up: Any) -> None:
    def body(given: object, context: Context) -> Result:
        sys.stdout.write("chatter\n")
        return Result(data=Answer(answer=1))

    ran = made_up(body)
    assert ran.document["data"] == {"answer": 1}
    assert ran.err == "chatter\n"


def test_notes_warnings_and_next_steps_stay_off_stdout(made_up: Any) -> None:
    def body(given: object, context: Context) -> Result:
        context.note("looking")
        return Result(
            data=Answer(answer=1), warnings=(Notice("ODD", "odd"),), next=(NextCommand("weexctl version", "see"),)
        )

    loud = made_up(body, mode="table")
    assert loud.out.split() == ["answer", "1"]
    assert loud.err.splitlines() == ["looking", "warning: odd [ODD]", "next: weexctl version (see)"]
    assert made_up(body, mode="table", flags=Flags(quiet=True)).err == ""


def test_a_secret_of_the_environment_never_leaves(made_up: Any) -> None:
    made_up.environment["WEEX_API_SECRET"] = "correct-horse"
    ran = made_up(raises(ValueError("signed with correct-horse")), flags=Flags(verbose=True))
    assert "correct-horse" not in ran.out + ran.err
    assert "********" in ran.document["error"]["message"]
    assert "correct-horse" not in made_up(answers("correct-horse"), mode="table").out


def test_the_action_sees_where_its_values_came_from(made_up: Any) -> None:
    made_up.environment["WEEXCTL_VENUE"] = "sim"
    seen: dict[str, object] = {}

    def body(given: Any, context: Context) -> Result:
        seen.update(context.origins, request=context.request_id, value=given.steps)
        return Result(data=Answer(answer=1))

    made_up(body, {"steps": "5"})
    assert seen == {"steps": "given", "venue": "environment", "request": "r-1", "value": 5}


def test_ndjson_is_one_document_on_one_line(made_up: Any) -> None:
    ran = made_up(answers({"a": [1, 2]}), mode="ndjson")
    assert ran.out.count("\n") == 1
    assert json.loads(ran.out)["data"] == {"answer": {"a": [1, 2]}}


def test_fields_narrow_the_data_and_an_unknown_one_is_a_warning(made_up: Any) -> None:
    ran = made_up(answers({"a": 1, "b": 2}), flags=Flags(fields=("answer.a", "answer.c")))
    assert ran.document["data"] == {"answer": {"a": 1}}
    assert [notice["code"] for notice in ran.document["warnings"]] == ["UNKNOWN_FIELD"]
    assert ran.code == 0


def test_an_answer_that_cannot_be_drawn_is_a_bug_and_not_a_crash(made_up: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(name: str) -> Any:
        raise LookupError(name)

    monkeypatch.setattr("weexctl.cli.views.find_view", broken)
    ran = made_up(answers(1), mode="table")
    assert ran.code == 1
    assert ran.err.startswith("error: made-up failed unexpectedly: LookupError: made-up")
