"""`kill` needs nothing but a folder; `resume` needs a person, an account typed and a reason."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from weexctl.actions.registry import find
from weexctl.config.paths import Paths
from weexctl.config.venue import Venue
from weexctl.execution.breaker_events import BreakerEvent, EquityMarked, PositionChanged
from weexctl.execution.breaker_settings import BreakerSettings
from weexctl.execution.breakers import BREAKERS, Breakers
from weexctl.journal.journal import Journal

SETTINGS = BreakerSettings(daily_loss=0.05, drawdown=0.1)
NOON = 1_704_067_200_000 + 43_200_000


@pytest.fixture
def person(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Somebody at the terminal who answers these, one after the other."""

    def answers(*lines: str) -> None:
        waiting = iter(lines)
        monkeypatch.setattr("weexctl.cli.command.ask", lambda question: next(waiting))

    return answers


def place(home: Any, venue: Venue = Venue.SIM) -> tuple[Path, Path]:
    """Journal and kill file."""
    paths = Paths(home.config, home.data)
    account = "main" if venue is Venue.LIVE else venue.value
    return paths.journal(venue, account), paths.kill_file(venue, account)


def tripped(home: Any, *events: BreakerEvent, venue: Venue = Venue.SIM) -> Path:
    """A journal in which these breakers are open."""
    path, _ = place(home, venue)
    breakers = Breakers(SETTINGS)
    for event in events:
        breakers = breakers.take(event, NOON)
    with Journal.open(path, venue=venue.value, account=path.parent.name) as journal:
        journal.state.put(BREAKERS, breakers.to_json())
    return path


def saved(path: Path) -> Breakers:
    with Journal.read(path) as journal:
        return Breakers.from_json(SETTINGS, journal.state.get(BREAKERS))


def test_kill_works_when_the_journal_is_dead(home: Any) -> None:
    journal, kill_file = place(home)
    journal.parent.mkdir(parents=True)
    journal.write_bytes(b"this is no journal" * 100)

    assert home("kill").code == 0
    assert kill_file.exists()


def test_kill_says_so_when_it_cannot_pull_the_switch(home: Any) -> None:
    _, kill_file = place(home)
    kill_file.parent.parent.mkdir(parents=True)
    kill_file.parent.touch()

    ran = home("kill")
    assert (ran.code, ran.document["error"]["code"]) == (3, "KILL_FILE")
    assert "trading goes on" in ran.document["error"]["message"]


def test_models_may_kill_and_never_resume() -> None:
    kill, resume = find("kill"), find("resume")

    assert kill is not None
    assert resume is not None
    assert (kill.people_only, resume.people_only) == (False, True)


def test_resume_refuses_a_pipe(home: Any) -> None:
    home("kill")
    ran = home("resume", "--reason", "because")

    assert (ran.code, ran.document["error"]["code"]) == (2, "NO_TERMINAL")
    assert place(home)[1].exists()


@pytest.mark.parametrize(
    ("answers", "argv", "code"),
    [
        (["sim"], [], "NOT_CONFIRMED"),
        (["live/main"], [], "NOT_CONFIRMED"),
        ([""], ["--reason", "x"], "NOT_CONFIRMED"),
        (["sim/sim", ""], [], "NO_REASON"),
    ],
)
def test_resume_needs_the_account_and_a_reason(
    home: Any, person: Any, answers: list[str], argv: list[str], code: str
) -> None:
    home("kill")
    person(*answers)
    ran = home("resume", *argv)

    assert (ran.code, ran.document["error"]["code"]) == (2, code)
    assert place(home)[1].exists()


def test_resume_removes_the_file_and_writes_down_why(home: Any, person: Any) -> None:
    home("kill", "--reason", "the news")
    person("sim/sim", "they were old")
    data = home("resume").document["data"]

    assert (data["changed"], data["reason"], data["halted"]) == (True, "the news", "")
    assert '"they were old"' in (place(home)[1].parent / "halts.jsonl").read_text()


def test_resume_with_nothing_to_clear_asks_nobody(home: Any) -> None:
    ran = home("resume")

    assert (ran.code, ran.document["data"]["changed"]) == (0, False)


def test_resume_closes_the_breakers_on_record(home: Any, person: Any) -> None:
    path = tripped(home, PositionChanged("BTCUSDT"))
    person("sim/sim")
    data = home("resume", "--reason", "looked at it").document["data"]

    assert (data["changed"], data["latches"]) == (True, [])
    assert saved(path).latches == ()


def test_a_daily_loss_of_today_stays_and_the_answer_says_until_when(home: Any, person: Any) -> None:
    path = tripped(home, EquityMarked(1000.0), EquityMarked(940.0))  # at sim it is still that day
    person("sim/sim")
    document = home("resume", "--reason", "looked at it").document

    assert [latch["code"] for latch in document["data"]["latches"]] == ["DAILY_LOSS"]
    assert "next UTC day" in document["warnings"][0]["message"]
    assert [trip.code for trip in saved(path).latches] == ["DAILY_LOSS"]


def test_elsewhere_than_sim_the_day_is_that_of_the_clock(home: Any, person: Any) -> None:
    path = tripped(home, EquityMarked(1000.0), EquityMarked(940.0), venue=Venue.LIVE)
    person("live/main")
    home("resume", "--venue", "live", "--reason", "a day has passed")

    assert saved(path).latches == ()


def test_breakers_of_a_run_that_goes_on_are_left_to_it(home: Any, person: Any) -> None:
    path = tripped(home, PositionChanged("BTCUSDT"))
    home("kill")
    person("sim/sim")
    with Journal.open(path, venue="sim", account="sim"):
        ran = home("resume", "--reason", "looked at it")

    assert (ran.code, ran.document["error"]["code"]) == (3, "LOCK_HELD")
    assert place(home)[1].exists()
    assert len(saved(path).latches) == 1
