"""`sim scenario`: the catalogue, one case, a seed, and what a broken invariant looks like."""

from __future__ import annotations

import json

import pytest

from weexctl.cli.main import run
from weexctl.testing.scenario.order_path import OrderPath


@pytest.fixture
def forgetful(monkeypatch: pytest.MonkeyPatch) -> None:
    """The order path drops the first stop that it sees, and never looks again."""
    watch, dropped = OrderPath.watch, set[OrderPath]()

    def watch_and_forget(self: OrderPath) -> bool:
        if self in dropped:
            return True
        done = watch(self)
        for order in self._exchange.fetch_conditional_orders():
            self._exchange.cancel_conditional_order(order.order_id)
            dropped.add(self)
        return done

    monkeypatch.setattr(OrderPath, "watch", watch_and_forget)


def answer(capsys: pytest.CaptureFixture[str], *argv: str) -> tuple[int, dict[str, object]]:
    """Exit code and JSON answer."""
    code = run(["sim", "scenario", *argv, "-o", "json"], {})
    found: dict[str, object] = json.loads(capsys.readouterr().out)
    return code, found


def test_without_a_name_the_catalogue_is_listed(capsys: pytest.CaptureFixture[str]) -> None:
    code, found = answer(capsys)
    data = found["data"]

    assert code == 0
    assert isinstance(data, dict)
    assert data["runs"] == 0
    assert {"A1", "C1", "FLASH-CRASH"} <= {row["name"] for row in data["rows"]}


def test_a_case_runs_and_reports(capsys: pytest.CaptureFixture[str]) -> None:
    code, found = answer(capsys, "gap-through-stop")
    data = found["data"]

    assert code == 0
    assert isinstance(data, dict)
    (row,) = data["rows"]
    assert (row["status"], row["broken"], row["unprotected_ms"]) == ("ok", [], 0)
    assert float(row["equity_after"]) < float(row["equity_before"]) == 10_000
    assert 0 < row["worst_drawdown"] < 0.05


@pytest.mark.usefixtures("forgetful")
def test_a_seed_that_breaks_something_exits_with_6_and_says_how_to_see_it_again(
    capsys: pytest.CaptureFixture[str],
) -> None:
    code, found = answer(capsys, "--seed", "0", "--schedules", "4")
    data, error = found["data"], found["error"]

    assert code == 6
    assert isinstance(data, dict)
    assert isinstance(error, dict)
    assert data["runs"] == 4
    assert data["failed"] == len(data["rows"]) > 0
    assert error["code"] == "INVARIANT_BROKEN"
    name = data["rows"][0]["name"].removeprefix("seed ")
    assert f"weexctl sim scenario --seed {name} --shrink" in str(found)


def test_a_name_and_a_seed_do_not_go_together(capsys: pytest.CaptureFixture[str]) -> None:
    assert answer(capsys, "A1", "--seed", "1")[0] == 2


@pytest.mark.usefixtures("forgetful")
def test_a_person_sees_both_ledgers(capsys: pytest.CaptureFixture[str]) -> None:
    run(["sim", "scenario", "C-GONE", "-o", "table"], {})
    shown = capsys.readouterr().out

    assert "venue" in shown
    assert "journal" in shown
    assert "had no whole stop" in shown
