"""`backtest run` keeps its run, and `backtest report` makes a page of it."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest

from weexctl.actions import backtest_run
from weexctl.actions.context import Context
from weexctl.backtest.kept_run import ABLATION


@pytest.fixture(scope="module")
def ran_before(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder of a short backtest."""
    folder = tmp_path_factory.mktemp("ran")
    environment = {"WEEXCTL_DATA_DIR": str(folder / "data"), "WEEXCTL_CONFIG_DIR": str(folder / "config")}
    wanted = backtest_run.Input(symbols=("BTCUSDT",), steps=40, workers=1)
    backtest_run.run(wanted, Context(environment=environment, cwd=folder))
    return folder / "data"


@pytest.fixture
def known(home: Any, ran_before: Path) -> Any:
    """A command line that has that backtest."""
    shutil.copytree(ran_before, home.data)
    return home


@pytest.fixture
def folder(known: Any) -> Path:
    """Where it is kept."""
    [found] = (known.data / "backtests").iterdir()
    return Path(found)


def test_a_run_says_where_it_is_kept_and_how_to_report_it(home: Any) -> None:
    ran = home("backtest", "run", "--symbols", "BTCUSDT", "--steps", "2", "--workers", "1")
    data = ran.document["data"]
    kept = Path(data["kept"])

    assert kept == home.data / "backtests" / data["run_id"]
    assert json.loads((kept / "result.json").read_text()) == data
    assert ran.document["next"][0]["command"] == f"weexctl backtest report {data['run_id']}"
    assert home(*ran.document["next"][0]["command"].split()[1:]).code == 0


def test_a_run_that_cannot_be_kept_is_a_result_all_the_same(home: Any) -> None:
    home.data.mkdir(parents=True)
    (home.data / "backtests").write_text("a file where the folder would be")
    ran = home("backtest", "run", "--symbols", "BTCUSDT", "--steps", "2", "--workers", "1")

    assert (ran.code, ran.document["data"]["kept"]) == (0, None)
    assert "NOT_KEPT" in [warning["code"] for warning in ran.document["warnings"]]
    assert "backtest report" not in ran.document["next"][0]["command"]


def test_the_newest_run_is_reported_in_its_folder(known: Any, folder: Path) -> None:
    ran = known("backtest", "report")
    data, page = ran.document["data"], folder / "report.html"
    text = page.read_text(encoding="utf-8")

    assert (data["run_id"], data["file"], data["bytes"]) == (folder.name, str(page), page.stat().st_size)
    assert "plotly.js" in text
    assert len(text) < 8_000_000
    assert [warning["code"] for warning in ran.document["warnings"]] == ["SYNTHETIC"]
    assert sorted(path.name for path in folder.iterdir()) == [
        "curve.parquet",
        "market.parquet",
        "report.html",
        "result.json",
        "stops.parquet",
    ]


def test_it_is_written_where_it_is_asked_for(
    known: Any, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    ran = known("backtest", "report", folder.name, "--to", "safe.html", "--compare", folder.name)

    assert (ran.document["data"]["file"], ran.document["data"]["compared"]) == (
        str(tmp_path / "safe.html"),
        folder.name,
    )
    assert (tmp_path / "safe.html").is_file()
    assert not (folder / "report.html").exists()


def test_a_person_reads_the_sum_and_the_place(known: Any, folder: Path) -> None:
    out = known("backtest", "report", "-o", "table").out

    for words in ("safe", "SYNTHETIC", folder.name, "Max drawdown", "report.html"):
        assert words in out.replace("\n", "") or words in out


def test_the_verdicts_of_an_ablation_come_along(known: Any, folder: Path) -> None:
    claim = {"name": "C7", "statement": "nothing looks ahead", "verdict": "pass", "because": "eleven were asked"}
    document = {"from_ms": 0, "to_ms": 1, "symbols": [], "synthetic": True, "interrupted": False, "arms": []}
    (folder / ABLATION).write_text(json.dumps(document | {"evidence": {"claims": [claim]}}))

    assert [row["verdict"] for row in known("backtest", "report").document["data"]["claims"]] == ["pass"]
    assert "eleven were asked" in (folder / "report.html").read_text(encoding="utf-8")
    assert "eleven were asked" in known("backtest", "report", "-o", "table").out


def test_an_ablation_of_the_same_candles_lies_beside_its_run(home: Any) -> None:
    over = ("--symbols", "BTCUSDT", "--steps", "60", "--workers", "1")
    run_id = home("backtest", "run", *over).document["data"]["run_id"]
    ablated = home("backtest", "ablate", "--nulls", "1", *over).document
    report = home(*ablated["next"][0]["command"].split()[1:]).document["data"]

    kept = json.loads((home.data / "backtests" / run_id / ABLATION).read_text())
    assert kept == ablated["data"]
    assert report["run_id"] == run_id
    assert [(c["name"], c["verdict"]) for c in report["claims"]] == [
        (c["name"], c["verdict"]) for c in ablated["data"]["evidence"]["claims"]
    ]
    assert len(report["claims"]) == 7
    assert "it differs in" not in Path(report["file"]).read_text(encoding="utf-8").split('id="data"')[0]


@pytest.mark.parametrize("flag", [(), ("--compare",)])
def test_an_unknown_run_names_the_nearest(flag: tuple[str, ...], known: Any, folder: Path) -> None:
    ran = known("backtest", "report", *flag, f"{folder.name[:-1]}x")
    error = ran.document["error"]

    assert (ran.code, error["code"]) == (2, "UNKNOWN_RUN")
    assert f"did you mean {folder.name}" in error["suggestion"]
    assert not (folder / "report.html").exists()


@pytest.mark.parametrize("word", ["..", "../..", "/"])
def test_a_run_is_named_and_no_path(word: str, known: Any) -> None:
    assert known("backtest", "report", word).document["error"]["code"] == "UNKNOWN_RUN"


def test_without_a_run_there_is_nothing_to_report(home: Any) -> None:
    ran = home("backtest", "report")

    assert (ran.code, ran.document["error"]["suggestion"]) == (2, "weexctl backtest run")


@pytest.mark.parametrize("file", ["result.json", "ablation.json", "curve.parquet"])
def test_a_broken_folder_is_one_clear_error(file: str, known: Any, folder: Path) -> None:
    (folder / file).write_text('{"run_id":')
    ran = known("backtest", "report")
    error = ran.document["error"]

    assert (ran.code, error["code"]) == (2, "BAD_RUN")
    assert str(folder) in error["message"]
    assert not (folder / "report.html").exists()


def test_without_plotly_it_says_what_to_install(known: Any, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "plotly.offline", None)
    ran = known("backtest", "report")
    error = ran.document["error"]

    assert (ran.code, error["code"], error["suggestion"]) == (3, "EXTRA_MISSING", "pip install 'weexctl[backtest]'")
    assert not (folder / "report.html").exists()


def test_a_file_that_cannot_be_written_is_said(known: Any, folder: Path, tmp_path: Path) -> None:
    ran = known("backtest", "report", "--to", str(tmp_path / "nowhere" / "page.html"))

    assert (ran.code, ran.document["error"]["code"]) == (3, "NOT_SAVED")
