"""What `trade` answers: the sum of a run for programs and for people, and the words that go on from there."""

from __future__ import annotations

import shlex
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from weexctl.cli.interrupt import Interrupt
from weexctl.model.candle import Timeframe
from weexctl.simulator.generator import generate_market

HOUR_MS = Timeframe.H1.ms
ONE = ("trade", "--symbols", "BTCUSDT")


def money(value: str) -> Decimal:
    assert isinstance(value, str)
    return Decimal(value)


def test_the_parts_of_the_result_add_up_to_the_last_digit(home: Any) -> None:
    data = home(*ONE, "--steps", "150").document["data"]
    pnl = {name: money(value) for name, value in data["pnl"].items()}
    start, end = money(data["equity"]["start"]), money(data["equity"]["end"])
    assert data["orders"]
    assert start + pnl["realised"] + pnl["unrealised"] - pnl["fees"] + pnl["funding"] == end
    assert 0 <= data["max_drawdown"] < 1
    assert data["exposure"] > 0


def test_every_order_of_the_answer_can_be_explained(home: Any) -> None:
    orders = home(*ONE, "--steps", "150").document["data"]["orders"]
    assert len({row["order_id"] for row in orders}) == len(orders) > 1
    for row in orders:
        told = home("explain", row["order_id"])
        assert (told.code, told.document["data"]["decision_id"]) == (0, row["decision_id"])
        assert row["order_id"] in {order["order_id"] for order in told.document["data"]["orders"]}


def test_generated_candles_are_called_synthetic_and_the_market_s_gaps_are_named(home: Any) -> None:
    ran = home(*ONE, "--steps", "2")
    data = ran.document["data"]
    assert (data["synthetic"], data["manifest"]["seed"], ran.document["venue"]) == (True, 7, "sim")
    assert "SYNTHETIC" in {notice["code"] for notice in ran.document["warnings"]}
    assert any("order book" in words for words in data["not_modelled"])


def test_the_next_command_goes_on_with_the_run(home: Any) -> None:
    first = home(*ONE, "--steps", "3").document
    again = shlex.split(first["next"][-1]["command"])
    assert again[0] == "weexctl"
    second = home(*again[1:], "--steps", "2")
    assert second.code == 0
    assert second.document["data"]["steps"] == 5
    assert second.document["data"]["run_id"] == first["data"]["run_id"]


@pytest.mark.parametrize(
    ("argv", "variables"),
    [(("--dry-run",), {}), (("--read-only",), {}), ((), {"WEEXCTL_READ_ONLY": "1"})],
    ids=["dry run", "read only", "variable"],
)
def test_a_rehearsal_sends_nothing_and_leaves_the_account_alone(
    home: Any, argv: tuple[str, ...], variables: dict[str, str]
) -> None:
    home(*ONE, "--steps", "1")
    [real] = home.journals
    before = real.read_bytes()
    ran = home(*ONE, "--steps", "60", *argv, **variables)
    assert ran.code == 0
    assert ran.document["data"]["orders"] == []
    equity = ran.document["data"]["equity"]
    assert money(equity["start"]) == money(equity["end"])
    assert "REHEARSAL" in {notice["code"] for notice in ran.document["warnings"]}
    assert real.read_bytes() == before


def test_progress_goes_to_stderr_and_the_answer_alone_to_stdout(home: Any) -> None:
    ran = home(*ONE, "--steps", "20", "-v")
    assert ran.document["data"]["steps"] == 20
    assert "trade: 20 of 20" in ran.err
    assert home(*ONE, "--steps", "20").err == ""


@pytest.fixture(scope="module")
def candle_file(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Half a year of hourly candles in 2024, and no funding beside them."""
    candles = generate_market(3, symbols=["BTCUSDT"], timeframe=Timeframe.H1, count=4_400)["BTCUSDT"]
    path = tmp_path_factory.mktemp("candles") / "BTCUSDT-1h.csv"
    columns = [getattr(candles, name) for name in ("open", "high", "low", "close", "volume")]
    lines = ["open_time_ms,open,high,low,close,volume"]
    lines += [f"{t},{','.join(repr(float(c[i])) for c in columns)}" for i, t in enumerate(candles.open_time_ms)]
    path.write_text("\n".join(lines) + "\n")
    return str(path)


@pytest.fixture
def quick(tmp_path: Path) -> str:
    """A profile whose classifier needs a few months only."""
    from importlib.resources import files

    text = (files("weexctl.config") / "profiles" / "safe.toml").read_text(encoding="utf-8")
    model = 'use = "two-factor-hmm", smoothing_hours = 48, switch_probability = 0.65, confirm_candles = 12'
    assert model in text
    path = tmp_path / "quick.toml"
    path.write_text(text.replace(model, 'use = "rules", train_candles = 2000, min_train_candles = 1000'))
    return str(path)


def test_bare_dates_are_midnight_and_both_ends_are_decided_on(home: Any, candle_file: str, quick: str) -> None:
    span = ("--from", "2024-06-01", "--to", "2024-06-02")
    ran = home("trade", "--profile", quick, "--symbols", "BTCUSDT", "--data", candle_file, *span)
    data = ran.document["data"]
    midnight = 1_717_200_000_000  # 2024-06-01 00:00 UTC
    assert (data["from_ms"], data["to_ms"], data["steps"]) == (midnight, midnight + 24 * HOUR_MS, 25)


def test_files_are_not_called_synthetic_and_missing_funding_is_said(home: Any, candle_file: str, quick: str) -> None:
    span = ("--from", "2024-06-01", "--steps", "3")
    ran = home("trade", "--profile", quick, "--symbols", "BTCUSDT", "--data", candle_file, *span)
    assert (ran.code, ran.document["data"]["synthetic"]) == (0, False)
    assert any("funding of BTCUSDT" in words for words in ran.document["data"]["not_modelled"])
    again = next(step["command"] for step in ran.document["next"] if step["command"].startswith("weexctl trade"))
    assert shlex.split(again)[2:] == ["--profile", quick, "--data", candle_file, "--symbols", "BTCUSDT"]


def test_a_run_at_the_end_of_its_candles_says_that_nothing_is_left(home: Any, candle_file: str, quick: str) -> None:
    command = ("trade", "--profile", quick, "--symbols", "BTCUSDT", "--data", candle_file)
    first = home(*command, "--from", "2024-06-30")
    assert not [step for step in first.document["next"] if "weexctl trade" in step["command"]]
    ran = home(*command)
    assert (ran.code, ran.document["data"]["steps"]) == (0, first.document["data"]["steps"])
    assert "NOTHING_LEFT" in {notice["code"] for notice in ran.document["warnings"]}


@pytest.mark.parametrize("switch", ["variable", "file"])
def test_a_run_that_ends_halted_says_so_and_exits_with_9(home: Any, switch: str) -> None:
    environment = {"WEEXCTL_KILL": "1"} if switch == "variable" else {}
    if switch == "file":
        assert home("kill").code == 0
    ran = home(*ONE, "--steps", "3", **environment)
    assert (ran.code, ran.document["data"]["steps"]) == (9, 3)
    [text] = [notice["message"] for notice in ran.document["warnings"] if notice["code"] == "HALTED"]
    assert ("WEEXCTL_KILL is set" if switch == "variable" else "the kill file") in text
    assert "closing by hand still work" in text


def test_before_the_first_step_a_run_ends_where_it_begins(home: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def asked(interrupt: Interrupt) -> bool:
        interrupt.heeded = True
        return True

    monkeypatch.setattr(Interrupt, "should_stop", asked)
    ran = home(*ONE, "--steps", "3")
    data = ran.document["data"]
    assert (ran.code, data["steps"], data["to_ms"]) == (130, 0, data["from_ms"])


@pytest.mark.parametrize("width", [30, 60])
def test_a_narrow_terminal_leaves_out_columns_and_never_cuts_an_id(
    home: Any, width: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    document = home(*ONE, "--steps", "300").document
    ran = home(*ONE, "--steps", "1", "-o", "table", COLUMNS=str(width))
    assert document["data"]["orders"]
    for row in document["data"]["orders"]:
        assert row["order_id"] in ran.out
    assert max(map(len, ran.out.splitlines())) <= width
    assert "…" not in ran.out
    assert "no room here for leg" in ran.out


@pytest.mark.parametrize("width", [80, 140])
def test_a_person_sees_the_run_on_a_terminal_of_any_width(
    home: Any, width: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    document = home(*ONE, "--steps", "300").document
    ran = home(*ONE, "--steps", "1", "-o", "table", COLUMNS=str(width))
    lines = ran.out.splitlines()
    assert max(map(len, lines)) <= width
    assert lines[0].split() == ["safe", "on", "sim", "SYNTHETIC", "market", "(seed", "7)"]
    assert "…" not in ran.out
    for row in document["data"]["orders"][-5:]:
        [line] = [line for line in lines if row["order_id"] in line]
        assert {row["symbol"], row["leg"], row["side"]} <= set(line.split())
    for word in ("Equity", "Max drawdown", "Mean exposure", "fees", "funding", "Not modelled"):
        assert word in ran.out
    assert "next: weexctl explain" in ran.err


def test_a_run_without_an_order_says_so(home: Any) -> None:
    ran = home(*ONE, "--steps", "2", "--dry-run", "-o", "table")
    words = " ".join(ran.out.split())
    assert "Orders none" in words
    assert "Open positions none" in words
    assert "next: weexctl explain --why-not BTCUSDT" in ran.err
