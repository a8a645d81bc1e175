"""Traps of market data and settings, each a test under its number (docs/traps.md)."""

from __future__ import annotations

import ast
import json
from decimal import Decimal
from importlib.resources import files
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest

import weexctl
from tests.unit.execution.orders import LIMITS, NO_FLOW, a_book, an_entry, approved
from weexctl.cli.main import run as command_line
from weexctl.exchange.connect import connect
from weexctl.exchange.rate_limiter import Unlimited
from weexctl.exchange.signing import Credentials
from weexctl.execution.executor import Executor
from weexctl.execution.gate import Gate
from weexctl.execution.guardian import Guardian
from weexctl.journal.journal import Journal
from weexctl.journal.rows import RunRecord
from weexctl.model.candle import Candles, Timeframe
from weexctl.model.side import PositionSide
from weexctl.run.risk_state import RiskState
from weexctl.simulator.generator import generate_market
from weexctl.simulator.settings import SimulatorSettings
from weexctl.simulator.simulator import Simulator
from weexctl.trader.account_sync import AccountSync, AccountView
from weexctl.trader.order_desk import OrderDesk
from weexctl.trader.sim_venue import SimulatedClock

HOUR_MS = 3_600_000
START_MS = 1_704_067_200_000
BTC = "BTCUSDT"


@pytest.fixture
def said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Any:
    """Runs the command line in a home of its own: the exit code and the document."""
    folders = {"WEEXCTL_DATA_DIR": str(tmp_path / "data"), "WEEXCTL_CONFIG_DIR": str(tmp_path / "config")}

    def call(*argv: str) -> tuple[int, dict[str, Any]]:
        code = command_line((*argv, "-o", "json"), folders)
        document: dict[str, Any] = json.loads(capsys.readouterr().out)
        return code, document

    return call


def _rules_profile(folder: Path, **changes: str) -> str:
    """The profile `safe` with a classifier that needs a few months only."""
    text = (files("weexctl.config") / "profiles" / "safe.toml").read_text(encoding="utf-8")
    model = 'use = "two-factor-hmm", smoothing_hours = 48, switch_probability = 0.65, confirm_candles = 12'
    for old, new in {model: 'use = "rules", train_candles = 2000, min_train_candles = 1000', **changes}.items():
        assert old in text
        text = text.replace(old, new)
    path = folder / "quick.toml"
    path.write_text(text)
    return str(path)


def _candle_file(folder: Path) -> Path:
    candles = generate_market(3, symbols=[BTC], timeframe=Timeframe.H1, count=4_400)[BTC]
    path = folder / f"{BTC}-1h.csv"
    columns = [getattr(candles, name) for name in ("open", "high", "low", "close", "volume")]
    lines = ["open_time_ms,open,high,low,close,volume"]
    lines += [f"{t},{','.join(repr(float(c[i])) for c in columns)}" for i, t in enumerate(candles.open_time_ms)]
    path.write_text("\n".join(lines) + "\n")
    return path


# T24: funding that nobody has is not funding of zero ------------------------------------------------------------------


def test_t24_missing_funding_is_named_among_what_is_not_modelled(said: Any, tmp_path: Path) -> None:
    profile, candles = _rules_profile(tmp_path), _candle_file(tmp_path)
    command = ("trade", "--profile", profile, "--symbols", BTC, "--data", str(candles), "--from", "2024-06-01")
    code, without = said(*command, "--steps", "30")
    assert code == 0
    assert any(f"funding of {BTC}" in words for words in without["data"]["not_modelled"])
    times = range(1_717_200_000_000, 1_717_200_000_000 + 240 * HOUR_MS, 8 * HOUR_MS)
    rows = "\n".join(f"{t},0.0001" for t in times)
    header = "open_time_ms,funding_rate"
    (tmp_path / f"{BTC}-funding.csv").write_text(f"{header}\n{rows}\n")
    code, whole = said(*command, "--steps", "30", "--new")
    assert code == 0, whole
    assert not any(f"funding of {BTC}" in words for words in whole["data"]["not_modelled"])


# T25: a stop through a gap fills where the market opens ---------------------------------------------------------------


@pytest.mark.parametrize("side", [PositionSide.LONG, PositionSide.SHORT])
def test_t25_a_gap_through_the_stop_fills_at_the_open_and_is_booked_so(tmp_path: Path, side: PositionSide) -> None:
    opened = 50_000.0 - 7_000.0 * side.sign
    exact = SimulatorSettings(spread_bps=0, slippage_bps=0, slippage_minor_bps=0, impact=0)
    market = {BTC: _flat_then(opened)}
    simulator = Simulator(market, seed=1, start_ms=START_MS + HOUR_MS, settings=exact)
    clock = SimulatedClock(simulator)
    exchange = connect(
        credentials=Credentials("sim", "sim", "sim"),
        transport=httpx.MockTransport(simulator.handle),
        clock=clock,
        limiter=Unlimited(),
        sleep=lambda pause_s: clock.sleep_ms(round(pause_s * 1000)),
    )
    stop = Decimal(50_000) - 2_000 * side.sign
    entry = an_entry(
        side=side.opening, position_side=side, stop_price=stop, quantity=Decimal("0.02"), created_ms=clock.now_ms()
    )
    with Journal.open(tmp_path / "journal.sqlite", venue="live", account="acc") as journal:
        journal.runs.add(_run())
        state = RiskState(start_equity=10_000.0, funding_ms=clock.now_ms())
        sync = AccountSync(exchange, journal, state, {}, "run-1", lambda _: None)
        gate = Gate(exchange, LIMITS)
        executor = Executor(exchange, gate, journal, clock, account="acc", run_id="run-1")
        desk = OrderDesk(executor, Guardian(exchange, gate, journal, clock, account="acc"), sync, journal, state)
        desk.send(approved(entry), a_book(now_ms=clock.now_ms()), NO_FLOW)
        simulator.advance(START_MS + 3 * HOUR_MS)
        assert isinstance(sync.refresh(clock.now_ms()), AccountView)
        (trade,) = journal.trades.of_run("run-1")
    assert (trade.exit_reason, trade.exit_price) == ("STOP_HIT", Decimal(repr(opened)))
    assert trade.exit_slippage == Decimal("0.02") * -5_000  # five thousand beyond the stop, and said so
    assert simulator.ledger.positions == {}


def _flat_then(opened: float) -> Candles:
    """Two hours at 50 000, then three that open and stay elsewhere."""
    level = np.array([50_000.0, 50_000.0, opened, opened, opened])
    times = START_MS + HOUR_MS * np.arange(5, dtype=np.int64)
    return Candles(BTC, Timeframe.H1, times, level, level, level, level, np.full(5, 1e9), synthetic=True)


def _run() -> RunRecord:
    return RunRecord(
        run_id="run-1",
        started_ms=0,
        venue="live",
        profile="safe",
        profile_digest="p",
        profile_json="{}",
        source="s",
        symbols=(BTC,),
        timeframe="1h",
        seed=None,
        from_ms=0,
        to_ms=0,
    )


# T26: nothing is made up ----------------------------------------------------------------------------------------------


def test_t26_a_missing_data_file_is_an_error_and_no_run(said: Any, tmp_path: Path) -> None:
    code, document = said("trade", "--symbols", BTC, "--data", str(tmp_path / f"{BTC}-1h.csv"))
    assert (code, document["ok"]) == (2, False)
    assert f"{BTC}-1h.csv" in document["error"]["message"]
    assert list((tmp_path / "data").rglob("*.sqlite")) == []


def test_t26_a_symbol_without_a_file_is_an_error_too(said: Any, tmp_path: Path) -> None:
    candles = _candle_file(tmp_path)
    code, document = said("trade", "--symbols", f"{BTC},ETHUSDT", "--data", str(candles))
    assert code == 2
    assert "ETHUSDT" in document["error"]["message"]


_MAY_DRAW = (
    "simulator/",
    "testing/",
    "backtest/coin_toss.py",
    "backtest/placebo.py",
    "backtest/reality_check.py",
    "backtest/resampling.py",
)
"""Where values are made up: the simulated exchange, the kit for tests, and the draws of statistics, all from seeds."""


def test_t26_no_module_that_trades_can_reach_a_random_or_made_up_value() -> None:
    root = Path(weexctl.__file__).parent
    found = []
    for path in sorted(root.rglob("*.py")):
        place = path.relative_to(root).as_posix()
        if place.startswith(_MAY_DRAW):
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                names = [node.module or ""]
            elif isinstance(node, ast.Attribute):
                names = [node.attr]
            found += [(place, name) for name in names if name.split(".")[-1] in ("random", "mock", "faker", "uuid4")]
    assert found == []


# T30: a key nobody knows ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "near"),
    [
        ("max_leverage =", "max_levrage =", "max_leverage"),
        ("soft =", "sofft =", "soft"),
        ("[limits]", "[limts]", "limits"),
        ('use = "trend"', 'use = "trned"', "trend"),
    ],
)
def test_t30_an_unknown_key_or_name_is_refused_with_the_nearest(
    said: Any, tmp_path: Path, old: str, new: str, near: str
) -> None:
    profile = _rules_profile(tmp_path, **{old: new})
    code, document = said("trade", "--profile", profile, "--symbols", BTC, "--steps", "1")
    assert (code, document["ok"]) == (3, False)
    told = json.dumps(document["error"])
    assert f"did you mean {near}?" in told
    assert new.split(" =")[0].strip("[]") in told or "trned" in told
    assert list((tmp_path / "data").rglob("*.sqlite")) == []
