"""`explain`: every id a person may have leads to the decision; so does a symbol with a moment."""

from __future__ import annotations

import contextlib
import io
import json
import os
import shutil
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

HOUR_MS = 3_600_000


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any], dict[str, Any]]:
    """A data folder with a run, and an earlier one with another seed that was put aside; and the answers of both."""
    from weexctl.cli.main import run

    folder = tmp_path_factory.mktemp("recorded")
    answers = []
    for seed, steps in (("8", "30"), ("7", "180")):
        out = io.StringIO()
        argv = ["trade", "--symbols", "BTCUSDT", "--seed", seed, "--steps", steps, "--new", "-o", "json"]
        with contextlib.redirect_stdout(out):
            code = run(argv, {"WEEXCTL_DATA_DIR": str(folder), "WEEXCTL_CONFIG_DIR": str(folder)})
        assert code == 0
        answers.append(json.loads(out.getvalue())["data"])
    return folder, answers[1], answers[0]


@pytest.fixture
def told(recorded: tuple[Path, dict[str, Any], dict[str, Any]], weexctl: Any) -> Any:
    """`explain` over the recorded runs."""

    def _told(*argv: str, **environment: str) -> Any:
        folder = str(recorded[0])
        variables = {"WEEXCTL_DATA_DIR": folder, "WEEXCTL_CONFIG_DIR": folder} | environment
        return weexctl("explain", *argv, **variables)

    return _told


@pytest.fixture
def newest(recorded: tuple[Path, dict[str, Any], dict[str, Any]]) -> dict[str, Any]:
    """The answer of the newest run."""
    return recorded[1]


@pytest.fixture
def archived(recorded: tuple[Path, dict[str, Any], dict[str, Any]]) -> dict[str, Any]:
    """The answer of the run that was put aside."""
    return recorded[2]


def entry(run: dict[str, Any]) -> dict[str, Any]:
    row: dict[str, Any] = next(row for row in run["orders"] if row["leg"] == "entry")
    return row


@pytest.mark.parametrize("name", ["order_id", "client_order_id", "decision_id"])
def test_each_id_of_an_order_leads_to_its_decision(told: Any, newest: dict[str, Any], name: str) -> None:
    ran = told(entry(newest)[name])
    data = ran.document["data"]
    assert (ran.code, data["decision_id"], data["run_id"]) == (0, entry(newest)["decision_id"], newest["run_id"])
    assert (data["archived"], data["venue"], ran.document["profile"]) == (False, "sim", "safe")


def test_the_stop_of_an_entry_leads_to_the_entry_s_decision(told: Any, newest: dict[str, Any]) -> None:
    orders = told(entry(newest)["order_id"]).document["data"]["orders"]
    [stop] = [order for order in orders if order["leg"] == "stop"]
    for name in ("order_id", "client_order_id"):
        assert told(stop[name]).document["data"]["decision_id"] == entry(newest)["decision_id"]


def test_a_trade_leads_to_the_decision_that_opened_it(told: Any, newest: dict[str, Any]) -> None:
    trade = newest["trades"][0]
    data = told(trade["trade_id"]).document["data"]
    assert trade["entry_order_id"] in {order["order_id"] for order in data["orders"]}
    assert data["trade"]["net"] == trade["net"]
    assert told(trade["exit_order_id"]).code == 0


def test_the_document_has_every_number_of_the_decision(told: Any, newest: dict[str, Any]) -> None:
    data = told(entry(newest)["order_id"]).document["data"]
    decision = data["decision"]
    sizing = decision["sizing"]
    product = sizing["raw"] * sizing["gross_scale"]
    for policy in sizing["policies"]:
        product *= policy["multiplier"]
    assert sizing["final"] == pytest.approx(min([product, *sizing["caps"].values()]), rel=1e-6)
    assert {"trending", "ranging", "unstable", "features"} <= decision["regime"].keys()
    assert decision["intent"]["quantity"] == data["orders"][0]["quantity"]
    assert all(
        "E" not in str(value) for value in decision["intent"].values() if isinstance(value, str) and value[:1].isdigit()
    )
    assert data["fills"][0]["order_id"] == entry(newest)["order_id"]
    assert data["text"][0].startswith("Opened")


def test_why_not_without_a_moment_is_about_the_end_of_the_newest_run(told: Any, newest: dict[str, Any]) -> None:
    data = told("--why-not", "BTCUSDT").document["data"]
    assert (data["run_id"], data["decision"]["close_ms"]) == (newest["run_id"], newest["to_ms"])


def test_why_not_takes_the_decision_of_the_candle_that_closed_before_the_moment(
    told: Any, newest: dict[str, Any]
) -> None:
    close = newest["from_ms"] + 5 * HOUR_MS
    for moment in (close, close + HOUR_MS - 1):
        assert told("--why-not", "cmt_btcusdt", "--at", str(moment)).document["data"]["decision"]["close_ms"] == close


@pytest.mark.parametrize("side", ["before", "after"])
def test_a_moment_outside_every_run_has_no_decision_and_the_span_is_told(
    told: Any, newest: dict[str, Any], side: str
) -> None:
    moment = newest["from_ms"] - 1 if side == "before" else newest["to_ms"] + HOUR_MS
    ran = told("--why-not", "BTCUSDT", "--at", str(moment))
    assert (ran.code, ran.document["error"]["code"]) == (2, "NO_DECISION")
    assert newest["run_id"] in ran.document["error"]["suggestion"]


def test_the_last_decision_answers_until_the_next_candle_would_have_closed(told: Any, newest: dict[str, Any]) -> None:
    ran = told("--why-not", "BTCUSDT", "--at", str(newest["to_ms"] + HOUR_MS - 1))
    assert ran.document["data"]["decision"]["close_ms"] == newest["to_ms"]


@pytest.fixture(scope="module")
def rehearsed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any], dict[str, Any]]:
    """A data folder where a run that goes on is twice on record, and then rehearsed; the answers of both."""
    from weexctl.cli.main import run

    folder = tmp_path_factory.mktemp("rehearsed")
    answers = []
    for flags in ((), ("--new",), ("--dry-run",)):
        out = io.StringIO()
        argv = ["trade", "--symbols", "BTCUSDT", "--seed", "7", "--steps", "180", *flags, "-o", "json"]
        with contextlib.redirect_stdout(out):
            code = run(argv, {"WEEXCTL_DATA_DIR": str(folder), "WEEXCTL_CONFIG_DIR": str(folder)})
        assert code == 0
        answers.append(json.loads(out.getvalue())["data"])
    return folder, answers[1], answers[2]


def also_in(ran: Any) -> str:
    """What the warning about other runs says."""
    [message] = [notice["message"] for notice in ran.document["warnings"] if notice["code"] == "ALSO_IN"]
    return str(message)


def test_the_accounts_own_run_comes_before_its_rehearsal_and_the_others_are_named(rehearsed: Any, weexctl: Any) -> None:
    folder, real, rehearsal = rehearsed
    place = {"WEEXCTL_DATA_DIR": str(folder), "WEEXCTL_CONFIG_DIR": str(folder)}
    for argv in ((entry(real)["decision_id"],), ("--why-not", "BTCUSDT")):
        ran = weexctl("explain", *argv, **place)
        data = ran.document["data"]
        assert (data["run_id"], data["account"], data["archived"]) == (real["run_id"], "sim", False)
        assert f"{real['run_id']} (profile safe, sim sim, archived)" in also_in(ran)
        assert f"{rehearsal['run_id']} (profile safe, sim rehearsal)" in also_in(ran)


def test_a_rehearsed_decision_says_that_nothing_was_sent(rehearsed: Any, weexctl: Any) -> None:
    folder, real, rehearsal = rehearsed
    place = {"WEEXCTL_DATA_DIR": str(folder), "WEEXCTL_CONFIG_DIR": str(folder)}
    ran = weexctl("explain", entry(real)["decision_id"], "--run", rehearsal["run_id"], **place)
    data = ran.document["data"]
    assert (ran.code, data["account"], data["run_id"]) == (0, "rehearsal", rehearsal["run_id"])
    assert data["text"][0].startswith("Would have opened")
    assert data["text"][-1] == "Rehearsal: nothing was sent."
    assert ran.document["warnings"] == []


def test_an_archived_journal_that_cannot_be_read_keeps_no_answer_back(told: Any, recorded: Any, tmp_path: Path) -> None:
    shutil.copytree(recorded[0], tmp_path / "copy")
    [old] = (tmp_path / "copy").rglob("journal-0001.sqlite")
    old.write_bytes(b"no database" * 100)
    os.utime(old, (0, 0))
    ran = told(entry(recorded[1])["decision_id"], WEEXCTL_DATA_DIR=str(tmp_path / "copy"))
    assert (ran.code, ran.document["data"]["run_id"]) == (0, recorded[1]["run_id"])


def test_a_stop_that_was_moved_says_where_to(told: Any, newest: dict[str, Any]) -> None:
    answers = [told(row["decision_id"]).document["data"] for row in newest["orders"] if row["leg"] == "entry"]
    stops = [(data, order) for data in answers for order in data["orders"] if order["leg"] == "stop"]
    moved = [(d, o) for d, o in stops if Decimal(o["trigger_price"]) != Decimal(o["asked_trigger_price"])]
    assert moved
    for data, order in moved:
        assert any(f"trigger moved to {order['trigger_price']}" in text for text in data["text"])


def test_an_order_that_changed_a_position_shows_what_became_of_it(told: Any, newest: dict[str, Any]) -> None:
    answers = [told(row["decision_id"]).document["data"] for row in newest["orders"]]
    changed = [data for data in answers if data["decision"]["outcome"] in ("add", "reduce")]
    assert changed
    ended = {trade["entry_order_id"]: trade["net"] for trade in newest["trades"]}
    for data in changed:
        opening = told(data["decision"]["held"]["decision_id"]).document["data"]
        assert data["trade"] == opening["trade"]
        assert data["trade"] is None or data["trade"]["net"] == ended[data["trade"]["entry_order_id"]]
    assert any(data["trade"] for data in changed)


def test_a_symbol_that_was_not_traded_has_no_decision(told: Any) -> None:
    ran = told("--why-not", "ETHUSDT")
    assert (ran.code, ran.document["error"]["code"]) == (2, "NO_DECISION")


def test_a_run_that_was_put_aside_is_still_explained(told: Any, archived: dict[str, Any]) -> None:
    by_id = told(entry(archived)["order_id"], "--run", archived["run_id"]) if archived["orders"] else None
    by_moment = told("--why-not", "BTCUSDT", "--run", archived["run_id"])
    assert (by_moment.code, by_moment.document["data"]["archived"]) == (0, True)
    assert by_moment.document["data"]["decision"]["close_ms"] == archived["to_ms"]
    assert by_id is None or by_id.document["data"]["archived"]


def test_the_newest_run_comes_first_where_two_have_decided(told: Any, newest: dict[str, Any]) -> None:
    data = told("--why-not", "BTCUSDT", "--at", str(newest["from_ms"])).document["data"]
    assert data["run_id"] == newest["run_id"]


@pytest.mark.parametrize(
    ("argv", "code"),
    [
        (("756800000000000000",), "UNKNOWN_ID"),
        ((), "USAGE"),
        (("1", "--why-not", "BTCUSDT"), "USAGE"),
        (("1", "--at", "2025-04-01"), "USAGE"),
        (("--why-not", "BTCUSD"), None),
        (("--why-not", "BTCUSDT", "--run", "r0"), "NO_DECISION"),
    ],
)
def test_what_cannot_be_explained_is_a_usage_error_with_a_hint(
    told: Any, argv: tuple[str, ...], code: str | None
) -> None:
    ran = told(*argv)
    assert ran.code == 2
    assert ran.document["error"]["suggestion"]
    assert code is None or ran.document["error"]["code"] == code


def test_the_id_of_a_run_is_told_apart_from_an_unknown_one(told: Any, newest: dict[str, Any]) -> None:
    ran = told(newest["run_id"])
    assert (ran.code, ran.document["error"]["code"]) == (2, "UNKNOWN_ID")
    assert "is a run" in ran.document["error"]["message"]


def test_without_a_journal_there_is_nothing_to_explain(home: Any) -> None:
    ran = home("explain", "123")
    assert (ran.code, ran.document["error"]["code"]) == (2, "NO_JOURNAL")


@pytest.mark.parametrize("width", [80, 140])
def test_a_person_reads_about_ten_lines(
    told: Any, newest: dict[str, Any], width: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    ran = told(entry(newest)["order_id"], "-o", "table", COLUMNS=str(width))
    lines = ran.out.splitlines()
    assert max(map(len, lines)) <= width
    assert 8 <= len([line for line in lines if line.strip()]) <= 24
    words = " ".join(ran.out.split())
    for word in (
        "Opened long BTCUSDT",
        "Regime:",
        "Rule:",
        "Base size:",
        "× ",
        "Stop:",
        "Guards:",
        "Order ",
        "decision d",
    ):
        assert word in words


def test_reading_changes_no_journal(told: Any, newest: dict[str, Any], recorded: Any) -> None:
    files = sorted(recorded[0].rglob("*.sqlite"))
    before = [file.read_bytes() for file in files]
    told(entry(newest)["order_id"])
    assert [file.read_bytes() for file in files] == before
