"""The record from outside: trades and their sums, the tail, the checks with their exit codes, copies and exports."""

from __future__ import annotations

import contextlib
import io
import json
import shutil
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Ran
from weexctl.actions.context import Context
from weexctl.actions.journal_tail import Input, run


@dataclass
class Folder:
    """A data folder with a run, and the command line over it."""

    path: Path
    trade: dict[str, Any]
    call: Callable[..., Ran]

    def __call__(self, *argv: str) -> Ran:
        """Run it."""
        return self.call(*argv, WEEXCTL_DATA_DIR=str(self.path), WEEXCTL_CONFIG_DIR=str(self.path))

    @property
    def journal(self) -> Path:
        """The journal's file."""
        return self.path / "accounts" / "sim" / "sim" / "journal.sqlite"

    def meddle(self, sql: str, *values: str) -> None:
        """Change the record as another program would."""
        raw = sqlite3.connect(self.journal, isolation_level=None)
        raw.execute(sql, values)
        raw.close()


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    from weexctl.cli.main import run as weexctl

    folder, out = tmp_path_factory.mktemp("made"), io.StringIO()
    with contextlib.redirect_stdout(out):
        code = weexctl(
            ["trade", "--symbols", "BTCUSDT,ETHUSDT", "--steps", "260", "-o", "json"],
            {"WEEXCTL_DATA_DIR": str(folder), "WEEXCTL_CONFIG_DIR": str(folder)},
        )
    assert code == 0
    return folder, json.loads(out.getvalue())["data"]


@pytest.fixture
def folder(made: tuple[Path, dict[str, Any]], tmp_path: Path, weexctl: Callable[..., Ran]) -> Folder:
    """A copy of the run for this test alone."""
    shutil.copytree(made[0], tmp_path / "data")
    return Folder(tmp_path / "data", made[1], weexctl)


def test_the_trades_add_up_to_those_of_the_run(folder: Folder) -> None:
    data = folder("journal", "trades", "-o", "json").document["data"]
    assert [row["trade_id"] for row in data["trades"]] == [row["trade_id"] for row in folder.trade["trades"]]
    assert len(data["trades"]) > 1
    for row in [*data["trades"], data["total"]]:
        parts = [Decimal(row[name]) for name in ("price", "slippage", "funding")]
        assert sum(parts) - Decimal(row["fees"]) == Decimal(row["net"])
    for ours, theirs in zip(data["trades"], folder.trade["trades"], strict=True):
        assert Decimal(ours["price"]) + Decimal(ours["slippage"]) == Decimal(theirs["gross"])
        assert Decimal(ours["slippage"]) < 0  # every fill of the simulator pays spread and slippage
    assert data["groups"] == []


@pytest.mark.parametrize(
    ("by", "field"), [("symbol", "symbol"), ("reason", "exit_reason"), ("rule", "rule"), ("regime", "regime")]
)
def test_groups_split_the_total(folder: Folder, by: str, field: str) -> None:
    data = folder("journal", "trades", "--by", by, "-o", "json").document["data"]
    assert {group["name"] for group in data["groups"]} == {row[field] for row in data["trades"]}
    assert sum(Decimal(group["net"]) for group in data["groups"]) == Decimal(data["total"]["net"])
    assert sum(group["trades"] for group in data["groups"]) == data["total"]["trades"]


def test_trades_since_a_moment_and_of_a_run(folder: Folder) -> None:
    last = folder.trade["trades"][-1]["closed_ms"]
    since = folder("journal", "trades", "--since", str(last), "-o", "json").document["data"]
    assert [row["closed_ms"] for row in since["trades"]] == [last]
    of_run = folder("journal", "trades", "--run", folder.trade["run_id"], "-o", "json").document["data"]
    assert of_run["total"]["trades"] == len(folder.trade["trades"])
    unknown = folder("journal", "trades", "--run", "r0", "-o", "json")
    assert (unknown.code, unknown.document["error"]["code"]) == (2, "UNKNOWN_ID")


def test_tables_for_people_show_the_sums(folder: Folder) -> None:
    shown = folder("journal", "trades", "--by", "reason", "-o", "table")
    assert shown.code == 0
    assert "slippage" in shown.out
    assert "all" in shown.out
    assert folder("journal", "tail", "-o", "table").code == 0
    assert "chain" in folder("journal", "verify", "-o", "table").out


def test_the_tail_ends_with_the_run(folder: Folder) -> None:
    data = folder("journal", "tail", "-n", "5", "-o", "json").document["data"]
    assert len(data["entries"]) == 5
    assert (data["entries"][-1]["table"], "260 steps" in data["entries"][-1]["text"]) == ("run", True)
    assert [row["seq"] for row in data["entries"]] == sorted(row["seq"] for row in data["entries"])


def test_following_shows_what_comes_until_it_is_stopped(folder: Folder) -> None:
    lines: list[str] = []
    looks = iter([False, True])

    def stop() -> bool:
        ends = next(looks)
        if not ends:
            folder("trade", "--symbols", "BTCUSDT,ETHUSDT", "--steps", "1", "-o", "json")
        return ends

    environment = {"WEEXCTL_DATA_DIR": str(folder.path), "WEEXCTL_CONFIG_DIR": str(folder.path)}
    context = Context(environment=environment, cwd=folder.path, note=lines.append, should_stop=stop)
    result = run(Input(count=1, follow=True), context)
    entries = result.data.model_dump()["entries"]
    assert len(lines) == len(entries) > 1
    assert "261 steps" in lines[-1]


def test_a_record_that_nobody_touched_passes_every_check(folder: Folder) -> None:
    answer = folder("journal", "verify", "-o", "json")
    assert answer.code == 0
    checks = answer.document["data"]["checks"]
    assert [(row["name"], row["state"]) for row in checks] == [
        (name, "ok") for name in ("pages", "references", "chain", "ledger")
    ]
    assert checks[3]["examined"] == 260
    again = folder("journal", "verify", "--head", answer.document["data"]["head"], "-o", "json")
    assert again.code == 0


def test_a_changed_fee_is_found_twice_with_exit_code_6(folder: Folder) -> None:
    folder.meddle("UPDATE fill SET fee = '0.01' WHERE rowid = 1")
    answer = folder("journal", "verify", "-o", "json")
    assert answer.code == 6
    assert answer.document["error"]["code"] == "JOURNAL_DIFFERS"
    assert {row["code"] for row in answer.document["data"]["findings"]} == {"ROW_CHANGED", "WALLET_DIFFERS"}
    assert "ROW_CHANGED" in folder("journal", "verify", "-o", "table").out


def test_damaged_pages_are_found_and_nothing_else_is_claimed(folder: Folder) -> None:
    with folder.journal.open("r+b") as raw:
        for page in range(40, 400, 7):
            raw.seek(page * 4096)
            raw.write(b"\xff" * 600)
    answer = folder("journal", "verify", "-o", "json")
    assert answer.code in (3, 6)
    if answer.code == 6:
        states = {row["name"]: row["state"] for row in answer.document["data"]["checks"]}
        assert states == {"pages": "found", "references": "not_tested", "chain": "not_tested", "ledger": "not_tested"}


def test_what_cannot_be_tested_is_exit_code_3(folder: Folder, tmp_path: Path) -> None:
    folder.journal.with_name("journal.sqlite.head").unlink()
    answer = folder("journal", "verify", "-o", "json")
    assert (answer.code, answer.document["error"]["code"]) == (3, "NOT_TESTED")
    empty = Folder(tmp_path, {}, folder.call)
    assert empty("journal", "verify", "-o", "json").code == 3
    bad = folder("journal", "verify", "--head", "abc", "-o", "json")
    assert bad.code == 2


def test_an_explanation_can_be_checked_against_the_chain(folder: Folder) -> None:
    order = next(row["order_id"] for row in folder.trade["orders"] if row["leg"] == "entry")
    whole = folder("explain", order, "--verify", "-o", "json")
    assert whole.code == 0
    verified = whole.document["data"]["verified"]
    assert verified["rows"] >= 6
    assert (verified["findings"], verified["elsewhere"]) == ([], 0)
    assert folder("explain", order, "-o", "json").document["data"]["verified"] is None

    folder.meddle("UPDATE equity SET drawdown = 0.5 WHERE time_ms = (SELECT max(time_ms) FROM equity)")
    other = folder("explain", order, "--verify", "-o", "json")
    assert other.code == 0
    assert other.document["data"]["verified"]["elsewhere"] == 1
    assert [notice["code"] for notice in other.document["warnings"]] == ["JOURNAL_DIFFERS"]

    sql = "UPDATE intent SET quantity = '9' WHERE intent_id = (SELECT intent_id FROM attempt WHERE order_id = ?)"
    folder.meddle(sql, order)
    changed = folder("explain", order, "--verify", "-o", "json")
    assert (changed.code, changed.document["error"]["code"]) == (6, "JOURNAL_DIFFERS")
    assert "CHANGED" in folder("explain", order, "--verify", "-o", "table").out


def test_a_row_that_is_gone_concerns_every_explanation(folder: Folder) -> None:
    order = next(row["order_id"] for row in folder.trade["orders"] if row["leg"] == "entry")
    folder.meddle("DELETE FROM fill WHERE order_id = ?", order)
    assert folder("explain", order, "--verify", "-o", "json").code == 6


def test_a_copy_and_its_head(folder: Folder) -> None:
    answer = folder("journal", "backup", "-o", "json").document
    copy = Path(answer["data"]["file"])
    assert copy.stat().st_size == answer["data"]["bytes"]
    assert answer["data"]["head"] in answer["next"][0]["command"]
    there = folder("journal", "backup", "--to", str(copy), "-o", "json")
    assert (there.code, there.document["error"]["code"]) == (2, "FILE_EXISTS")


def test_an_export_lists_its_files(folder: Folder, tmp_path: Path) -> None:
    answer = folder("journal", "export", "--to", str(tmp_path / "out"), "--format", "csv", "-o", "json").document
    rows = {row["table"]: row for row in answer["data"]["tables"]}
    assert rows["decision"]["rows"] == 2 * 260
    assert all(Path(row["file"]).exists() for row in rows.values())
    again = folder("journal", "export", "--to", str(tmp_path / "out"), "--format", "csv", "-o", "json")
    assert (again.code, again.document["error"]["code"]) == (2, "FILE_EXISTS")


def test_without_a_run_there_is_nothing_to_read(tmp_path: Path, weexctl: Callable[..., Ran]) -> None:
    for words in (["trades"], ["tail"], ["verify"], ["backup"], ["export", "--to", str(tmp_path / "out")]):
        answer = weexctl(
            "journal", *words, "-o", "json", WEEXCTL_DATA_DIR=str(tmp_path), WEEXCTL_CONFIG_DIR=str(tmp_path)
        )
        assert (answer.code, answer.document["error"]["code"]) == (3, "NO_JOURNAL")


def test_it_grows_by_little(folder: Folder) -> None:
    """20 MiB a day at eight symbols would be 109 kB for a symbol and candle."""
    assert folder.journal.stat().st_size / (2 * 260) < 3_000
    with sqlite3.connect(folder.journal) as raw:
        (longest,) = raw.execute('SELECT max(length(body)) FROM decision WHERE NOT "full"').fetchone()
    raw.close()
    assert longest < 400
