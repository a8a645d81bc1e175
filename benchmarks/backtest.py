"""What a backtest costs beside other engines, as ratios measured in one run: `python benchmarks/backtest.py`.

The strategy is the same everywhere: EMA 20/50 cross in both directions, in at the next open, stop 2 ATR 14 and target
3 ATR 14 from the signal's close, fee 0.06 % a side, one position of one unit. The market is a random walk of minutes
with three sticky volatilities, from a seed. Ours goes through the product's own `decide`, sizing and ledger.

Each engine runs in a process of its own, in turns, and the best of the rounds counts: processor seconds of indicators
and run, without imports and reading. Other engines come from the package index into environments of their own, once,
under `--peers FOLDER`; one that cannot be installed is left out and said so.

Targets: at most a fifth of backtesting.py, aim a twentieth; cost grows at most 11 times for 10 times the candles; at
most 200 MiB over what imports and candles take; trades and P&L within 0.2 % of backtesting.py.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

HERE = Path(__file__).parent
WARMUP = 201
PEERS = {"backtesting.py": ("backtesting", "backtesting_py.py"), "vectorbt": ("vectorbt", "vectorbt_.py")}


@dataclass(frozen=True, slots=True)
class Runner:
    """How one engine is started."""

    name: str
    python: str
    script: Path

    def run(self, candles: Path) -> dict[str, Any]:
        """What it prints: seconds, trades, pnl, mib."""
        command = [self.python, str(self.script), str(candles), str(WARMUP)]
        done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=candles.parent)
        result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
        return result


def market(count: int, seed: int = 1) -> dict[str, np.ndarray]:
    """Minutes of a random walk with three sticky volatilities; prices on a tick of 0.1."""
    draw = np.random.default_rng(seed)
    levels = np.array([2.5e-4, 5e-4, 9e-4])
    lengths = draw.geometric(1 / 1_500, size=count // 200 + 10)
    volatility = np.repeat(levels[draw.integers(0, 3, lengths.size)], lengths)[:count]
    close = 42_000 * np.exp(np.cumsum(draw.normal(0, 1, count) * volatility))
    opened = np.r_[42_000.0, close[:-1]] * (1 + draw.normal(0, 1, count) * volatility * 0.05)
    above, below = (np.abs(draw.normal(0, 1, count)) * volatility * 0.6 for _ in range(2))
    columns = {
        "open": opened,
        "high": np.maximum(opened, close) * (1 + above),
        "low": np.minimum(opened, close) * (1 - below),
        "close": close,
    }
    prices = {name: np.round(column, 1) for name, column in columns.items()}
    times = 1_609_459_200_000 + 60_000 * np.arange(count, dtype=np.int64)
    return {"open_time_ms": times, **prices, "volume": draw.uniform(50, 150, count)}


def peers(folder: Path) -> list[Runner]:
    """The other engines, each installed once."""
    found = []
    for name, (package, script) in PEERS.items():
        place = folder / package
        python = place / "bin" / "python"
        if not python.exists():
            subprocess.run([sys.executable, "-m", "venv", str(place)], check=True)
        known = subprocess.run([str(python), "-c", f"import {package}"], capture_output=True, check=False)
        if known.returncode:
            got = subprocess.run([str(python), "-m", "pip", "install", "-q", package], capture_output=True, check=False)
            if got.returncode:
                print(f"{name} could not be installed and is left out", file=sys.stderr)
                continue
        found.append(Runner(name, str(python), HERE / "peers" / script))
    return found


def main() -> None:
    """Run them in turns and print one JSON document."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peers", type=Path, default=Path(".benchmarks"), help="folder of their environments")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--candles", type=int, nargs="+", default=[100_000, 1_000_000])
    asked = parser.parse_args()
    runners = [Runner("weexctl", sys.executable, HERE / "peers" / "weexctl_.py"), *peers(asked.peers.absolute())]
    report: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as folder:
        for count in asked.candles:
            candles = Path(folder) / f"{count}.npz"
            np.savez(candles, **market(count))  # type: ignore[arg-type]  # named arrays
            best: dict[str, dict[str, Any]] = {}
            for _ in range(asked.rounds):
                for runner in runners:
                    now = runner.run(candles)
                    before = best.get(runner.name)
                    best[runner.name] = now if before is None or now["seconds"] < before["seconds"] else before
            report[str(count)] = best
    ours = {count: rows["weexctl"] for count, rows in report.items()}
    ratios: dict[str, Any] = {
        f"{count}: weexctl over {name}": round(ours[count]["seconds"] / row["seconds"], 2)
        for count, rows in report.items()
        for name, row in rows.items()
        if name != "weexctl"
    }
    if len(ours) > 1:
        first, last = min(ours, key=int), max(ours, key=int)
        ratios[f"growth from {first} to {last}"] = round(ours[last]["seconds"] / ours[first]["seconds"], 1)
    print(json.dumps({"engines": report, "ratios": ratios}, indent=2))


main()
