"""Requests to close: put down, taken once, answered, and dropped with the run they were meant for."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from weexctl.execution.close_requests import CloseRequests

LONG = ("BTCUSDT", "long")


@pytest.fixture
def requests(tmp_path: Path) -> CloseRequests:
    return CloseRequests.beside(tmp_path / "journal.sqlite")


def test_a_request_is_taken_once_and_answered_once(requests: CloseRequests) -> None:
    with requests.served():
        name = requests.ask([LONG], 5)
        [waiting] = requests.waiting()
        assert (waiting.name, waiting.means(*LONG), waiting.means("BTCUSDT", "short")) == (name, True, False)
        assert (requests.take(name), requests.take(name), requests.waiting()) == (True, False, [])
        assert requests.answered(name) is None
        requests.answer(name, {"orders": []})
        assert requests.answered(name) == {"orders": []}
        assert requests.answered(name) is None


def test_everything_is_meant_where_no_position_is_named(requests: CloseRequests) -> None:
    with requests.served():
        requests.ask(None, 5)
        assert requests.waiting()[0].means("ANY", "short")


def test_the_oldest_comes_first_and_what_cannot_be_read_is_dropped(requests: CloseRequests) -> None:
    with requests.served():
        late, early = requests.ask(None, 20), requests.ask([LONG], 3)
        for content in ("", "[]", '{"positions": 4}', "{}"):
            (requests.folder / "0.asked").write_text(content)
            assert [request.name for request in requests.waiting()] == [early, late]
            assert not (requests.folder / "0.asked").exists()


def test_nobody_else_on_this_machine_may_ask(requests: CloseRequests) -> None:
    with requests.served():
        requests.ask(None, 5)
        [file] = requests.folder.iterdir()
        assert [stat.S_IMODE(path.stat().st_mode) for path in (requests.folder, file)] == [0o700, 0o600]


def test_what_was_asked_of_an_earlier_run_closes_nothing_later(requests: CloseRequests) -> None:
    requests.folder.mkdir()  # that run was killed
    requests.ask(None, 5)
    with requests.served():
        assert requests.waiting() == []
        requests.ask(None, 6)
    assert not requests.open
    with requests.served():
        assert requests.waiting() == []


def test_a_run_whose_disk_takes_no_folder_goes_on(tmp_path: Path) -> None:
    requests = CloseRequests(tmp_path / "file" / "close")
    (tmp_path / "file").write_text("in the way")
    with requests.served():
        assert (requests.open, requests.waiting()) == (False, [])
        with pytest.raises(OSError, match="close"):
            requests.ask(None, 5)
