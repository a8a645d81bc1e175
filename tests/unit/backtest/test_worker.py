"""Work of each symbol in processes of their own: the same answers, an end in time, and a death that is told."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from weexctl.backtest.worker import asked_to_stop, by_symbol, end_if_asked
from weexctl.errors import ConfigError
from weexctl.model.candle import Candles, Timeframe
from weexctl.run.market_source import generated_source

SYMBOLS = ("BTCUSDT", "ETHUSDT", "SOLUSDT")


@pytest.fixture(scope="module")
def candles() -> dict[str, Candles]:
    """A few candles of three symbols."""
    return dict(generated_source(3, SYMBOLS, Timeframe.H1, 50).candles)


def highest(known: Candles) -> tuple[str, float, int]:
    """Something of the candles alone, and where it was found out."""
    return known.symbol, float(np.max(known.high)), os.getpid()


def wait_for_the_end(begun: Path, known: Candles) -> bool:
    """Goes on for ever, unless it is asked to stop."""
    (begun / known.symbol).touch()
    while not asked_to_stop():
        os.sched_yield()
    (begun / f"{known.symbol}-stopped").touch()
    return True


def die(known: Candles) -> None:
    """As the kernel does when memory runs out."""
    if known.symbol == SYMBOLS[1]:
        os.kill(os.getpid(), signal.SIGKILL)


def never() -> bool:
    """Nobody wants an end."""
    return False


def test_any_number_of_processes_comes_to_the_same(candles: dict[str, Candles]) -> None:
    told: list[str] = []
    one, two = (
        by_symbol(highest, candles, workers, lambda symbol, _: told.append(symbol), never) for workers in (1, 2)
    )
    assert {symbol: found[:2] for symbol, found in one.items()} == {
        symbol: (symbol, float(np.max(known.high))) for symbol, known in candles.items()
    }
    assert {symbol: found[:2] for symbol, found in one.items()} == {symbol: found[:2] for symbol, found in two.items()}
    assert sorted(told) == sorted(SYMBOLS * 2)
    assert len({found[2] for found in one.values()}) == 1
    assert os.getpid() not in {found[2] for found in two.values()}


def test_who_wants_an_end_gets_it_and_the_workers_hear_of_it(candles: dict[str, Candles], tmp_path: Path) -> None:
    two = {symbol: candles[symbol] for symbol in SYMBOLS[:2]}
    work = partial(wait_for_the_end, tmp_path)
    with pytest.raises(KeyboardInterrupt):
        by_symbol(work, two, 2, lambda *_: None, lambda: len(list(tmp_path.iterdir())) == 2)
    assert {path.name for path in tmp_path.iterdir()} == {*two, *(f"{symbol}-stopped" for symbol in two)}


@pytest.mark.parametrize(("wanted", "error"), [(never, ConfigError), (lambda: True, KeyboardInterrupt)])
def test_a_process_that_is_killed_is_told_unless_somebody_wanted_the_end(
    candles: dict[str, Candles], wanted: Callable[[], bool], error: type[BaseException]
) -> None:
    with pytest.raises(error) as raised:
        by_symbol(die, candles, 2, lambda *_: None, wanted)
    if isinstance(raised.value, ConfigError):
        assert raised.value.code == "WORKER_LOST"
        assert "nothing was kept" in raised.value.message
        assert raised.value.hint


def test_here_nobody_is_asked_to_stop() -> None:
    assert not asked_to_stop()
    end_if_asked(never)
    with pytest.raises(KeyboardInterrupt):
        end_if_asked(lambda: True)
