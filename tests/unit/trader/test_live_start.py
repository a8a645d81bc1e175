"""The beginning of a run that goes on: what is open is looked after before anything else is read."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from tests.unit.trader.live_workshop import LiveWorkshop
from weexctl.errors import ExchangeError
from weexctl.journal.journal import Journal
from weexctl.trader.live_loop import Tempo

HOUR_MS = 3_600_000


def _paths(shop: LiveWorkshop) -> list[str]:
    """The paths that are asked for from here on."""
    answer, seen = shop.handle, list[str]()

    def noted(request: httpx.Request) -> httpx.Response:
        seen.append(request.url.path.rpartition("/")[2])
        return answer(request)

    shop.handle = noted
    return seen


def test_positions_are_read_before_candles(tmp_path: Path) -> None:
    shop = LiveWorkshop(tmp_path)
    shop.run(3)
    seen = _paths(shop)
    shop.run(1)
    assert seen.index("allPosition") < min(seen.index(path) for path in seen if "lines" in path)


def test_a_run_that_goes_on_waits_for_candles_and_keeps_looking(tmp_path: Path) -> None:
    shop = LiveWorkshop(tmp_path)
    shop.run(3)
    seen = _paths(shop)
    answer, down = shop.handle, shop.clock.now_ms() + 60_000

    def without_candles(request: httpx.Request) -> httpx.Response:
        if "lines" in request.url.path and shop.clock.now_ms() < down:
            return httpx.Response(503, text="busy")
        return answer(request)

    shop.handle = without_candles
    report = shop.run(1, tempo=Tempo(watch_ms=5_000, idle_ms=5_000, slice_ms=HOUR_MS))
    assert report.made_steps == 1
    looked = seen[: next(place for place, path in enumerate(seen) if "lines" in path)]
    assert looked.count("allPosition") >= 4


def test_a_new_run_without_candles_writes_nothing(tmp_path: Path) -> None:
    shop = LiveWorkshop(tmp_path)
    shop.handle = lambda request: httpx.Response(503, text="busy")
    with pytest.raises(ExchangeError, match="nothing was"):
        shop.run(1)
    with Journal.read(shop.path) as journal:
        assert journal.runs.latest() is None


def test_a_run_whose_exchange_is_gone_at_the_end_is_summed_up_all_the_same(tmp_path: Path) -> None:
    shop = LiveWorkshop(tmp_path)
    asked: list[int] = []

    def gone(note: str) -> None:
        asked.append(1)
        shop.handle = lambda request: httpx.Response(503, text="gone")

    session = shop.session()
    report = session.run(steps=1, on_step=gone, should_stop=lambda: False)
    assert (report.made_steps, asked) == (1, [1])
    assert report.balance.equity > 0
