"""What a call of `trade` begins, goes on with, puts aside or refuses."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from tests.unit.trader.small_pipeline import HalfRegime, small_pipeline
from tests.unit.trader.workshop import Workshop
from weexctl.actions import trade
from weexctl.actions.context import Context
from weexctl.errors import ConfigError, LockHeldError, PluginContractError
from weexctl.journal.archive import journal_files
from weexctl.journal.journal import Journal
from weexctl.model.regime import Artefact

Trade = Callable[..., trade.Output]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def do_trade(tmp_path: Path, data: Path) -> Trade:
    """The action, on one symbol."""

    def run(**values: object) -> trade.Output:
        environment = {"WEEXCTL_DATA_DIR": str(data), "WEEXCTL_CONFIG_DIR": str(tmp_path / "config")}
        given = {"profile": "safe", "symbols": ("BTCUSDT",), "steps": 2} | values
        result = trade.run(trade.Input.model_validate(given), Context(environment=environment, cwd=tmp_path))
        assert isinstance(result.data, trade.Output)
        return result.data

    return run


def _journals(data: Path) -> list[Path]:
    (path,) = data.rglob("journal.sqlite")
    return journal_files(path)


def test_a_run_goes_on_where_it_ended_and_new_puts_it_aside(do_trade: Trade, data: Path) -> None:
    first = do_trade()
    second = do_trade(steps=3)
    assert (second.run_id, second.steps, second.from_ms) == (first.run_id, 5, first.from_ms)
    assert second.to_ms == first.to_ms + 3 * 3_600_000
    fresh = do_trade(new=True)
    assert (fresh.run_id, fresh.steps) == (first.run_id, 2)
    assert fresh.orders == first.orders
    assert [path.name for path in _journals(data)] == ["journal.sqlite", "journal-0001.sqlite"]
    with Journal.read(_journals(data)[1]) as journal:
        run = journal.runs.latest()
    assert run is not None
    assert (run.run_id, run.steps) == (first.run_id, 5)


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"profile": "balanced"}, "another profile"),
        ({"seed": 8}, "another seed"),
        ({"symbols": ("BTCUSDT", "ETHUSDT")}, "other symbols"),
    ],
    ids=["profile", "seed", "symbols"],
)
def test_a_run_goes_on_only_as_what_it_was(do_trade: Trade, data: Path, change: dict[str, object], what: str) -> None:
    do_trade(steps=1)
    (path,) = _journals(data)
    before = path.read_bytes()
    with pytest.raises(ConfigError, match=what) as raised:
        do_trade(**change)
    assert raised.value.code == "ANOTHER_RUN"
    assert "--new" in raised.value.hint
    assert path.read_bytes() == before


def test_a_plugin_that_fails_in_the_first_columns_writes_nothing(
    do_trade: Trade, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(self: object, candles: pd.DataFrame) -> pd.DataFrame:
        raise ZeroDivisionError("no candles")

    from weexctl_strategies.trend import Trend

    monkeypatch.setattr(Trend, "columns", broken)
    with pytest.raises(PluginContractError, match="ZeroDivisionError"):
        do_trade()
    assert list(data.rglob("*.sqlite")) == []


def test_a_plugin_that_fails_does_not_put_the_earlier_run_aside(
    do_trade: Trade, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    do_trade(steps=1)

    def broken(self: object, candles: pd.DataFrame) -> pd.DataFrame:
        raise ZeroDivisionError("no candles")

    from weexctl_strategies.trend import Trend

    monkeypatch.setattr(Trend, "columns", broken)
    with pytest.raises(PluginContractError):
        do_trade(new=True)
    assert [path.name for path in _journals(data)] == ["journal.sqlite"]


def test_a_rehearsal_leaves_the_accounts_own_journal_alone_and_is_a_run_of_its_own(do_trade: Trade, data: Path) -> None:
    real = do_trade(steps=1)
    (path,) = (p for p in data.rglob("journal.sqlite"))
    before = path.read_bytes()
    rehearsed = do_trade(dry_run=True, steps=3)
    assert rehearsed.run_id != real.run_id
    assert (rehearsed.steps, rehearsed.orders) == (3, [])
    assert path.read_bytes() == before


class _BrokenFilter(HalfRegime):
    def columns(self, candles: pd.DataFrame, artefact: Artefact) -> pd.DataFrame:
        raise ZeroDivisionError("no variance")


def test_a_session_that_is_refused_has_made_no_file(tmp_path: Path) -> None:
    workshop = Workshop(tmp_path / "none", pipeline=small_pipeline(_BrokenFilter()))
    with pytest.raises(PluginContractError, match="nothing was written"):
        workshop.run(5)
    assert not workshop.path.parent.exists()


def test_a_plugin_that_fails_later_keeps_what_was_done_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from weexctl.run import schedule as scheduling

    class Later(HalfRegime):
        def columns(self, candles: pd.DataFrame, artefact: Artefact) -> pd.DataFrame:
            if len(self.fits) > 3:
                raise ZeroDivisionError("no variance")
            return super().columns(candles, artefact)

    monkeypatch.setattr(scheduling, "REFIT_CANDLES", 10)
    workshop = Workshop(tmp_path, pipeline=small_pipeline(Later()))
    with pytest.raises(PluginContractError):
        workshop.run(30)
    with Journal.read(workshop.path) as journal:
        run = journal.runs.latest()
    assert run is not None
    assert (run.steps, run.status) == (10, "failed")


def test_only_one_process_trades_an_account(tmp_path: Path) -> None:
    workshop = Workshop(tmp_path)
    workshop.run(2)
    with Journal.open(workshop.path, venue="sim", account="sim"), pytest.raises(LockHeldError):
        workshop.run(2)
    assert workshop.run(2).run.steps == 4


def test_a_run_that_has_moved_on_meanwhile_is_not_gone_on_with(tmp_path: Path) -> None:
    workshop = Workshop(tmp_path)
    workshop.run(2)
    stale = workshop.session(2)
    workshop.run(2)
    with pytest.raises(ConfigError):
        stale.run(on_step=lambda note: None, should_stop=lambda: False)
    assert workshop.run(1).run.steps == 5
