"""What a backtest costs beside other engines, as ratios measured in one run: `python benchmarks/backtest.py`.

The strategy is the same everywhere: EMA 20/50 cross in both directions, in at the next open, stop 2 ATR 14 and target
3 ATR 14 from the signal's close, fee 0.06 % a side, one position of one unit. The market is a random walk of minutes
with three sticky volatilities, from a seed. Ours goes through the product's own `decide`, sizing and ledger.

Each engine runs in a process of its own, in turns, and the best of the rounds counts: processor seconds of indicators
and run, without imports and reading. Other engines come from the package index into environments of their own, once,
under `--peers FOLDER`; one that cannot be installed, or does not run, is left out and said so.

The document on stdout has every engine's figures, the ratios, and each target with what was found and whether it is
met: at most a fifth of backtesting.py, aim a twentieth; cost grows at most 11 times for 10 times the candles; at most
200 MiB over what imports and candles take; trades and P&L within 0.2 % of backtesting.py. Progress goes to stderr.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

HERE = Path(__file__).parent
WARMUP = 201
SPANS = (20, 50)
OURS, REFERENCE = "weexctl", "backtesting.py"
PEERS = {
    REFERENCE: ("backtesting", "backtesting_py.py"),
    "vectorbt": ("vectorbt", "vectorbt_.py"),
    "nautilus_trader": ("nautilus_trader", "nautilus_.py"),
}
FIFTH, TWENTIETH = 0.2, 0.05
MOST_GROWTH = 11.0
MOST_MIB = 200.0
AGREES = 0.002

Figures = dict[str, float]
"""Of one engine over one market: seconds, trades, pnl, mib."""
Report = dict[int, dict[str, Figures]]
"""By number of candles and engine; the best round of each."""


@dataclass(frozen=True, slots=True)
class Runner:
    """How one engine is started."""

    name: str
    python: str
    script: Path

    def run(self, candles: Path, spans: Sequence[int]) -> Figures | None:
        """What it prints: seconds, trades, pnl, mib; None when it came to nothing."""
        command = [self.python, str(self.script), str(candles), str(max(WARMUP, spans[1] + 1)), *map(str, spans)]
        done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=candles.parent)
        if done.returncode:
            last = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
            say(f"{self.name} ended with {done.returncode} and is left out: {last}")
            return None
        result: Figures = json.loads(done.stdout.splitlines()[-1])
        return result


def say(line: str) -> None:
    """A line for whoever waits."""
    print(line, file=sys.stderr, flush=True)


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
            say(f"installing {name} under {place}")
            got = subprocess.run([str(python), "-m", "pip", "install", "-q", package], capture_output=True, check=False)
            if got.returncode:
                say(f"{name} could not be installed and is left out")
                continue
        found.append(Runner(name, str(python), HERE / "peers" / script))
    return found


def best_of(runners: list[Runner], candles: Path, rounds: int, spans: Sequence[int]) -> dict[str, Figures]:
    """The round of each engine that took the fewest seconds; they run in turns."""
    best: dict[str, Figures] = {}
    for turn in range(1, rounds + 1):
        for runner in runners:
            now = runner.run(candles, spans)
            if now is None:
                continue
            say(f"{candles.stem} candles, round {turn} of {rounds}, {runner.name}: {now['seconds']:.3f} s")
            before = best.get(runner.name)
            best[runner.name] = now if before is None or now["seconds"] < before["seconds"] else before
    return best


def ratios(report: Report) -> Figures:
    """Our seconds over those of each other engine, and how our own grow."""
    found = {
        f"{count}: {OURS} over {name}": round(rows[OURS]["seconds"] / row["seconds"], 3)
        for count, rows in report.items()
        for name, row in rows.items()
        if name != OURS
    }
    few, many = min(report), max(report)
    if few < many:
        found[f"growth from {few} to {many}"] = round(report[many][OURS]["seconds"] / report[few][OURS]["seconds"], 2)
    return found


def targets(report: Report) -> list[dict[str, Any]]:
    """Each target with what was found, whether that meets it or not."""
    rows = []
    few, many = min(report), max(report)
    for count, engines in report.items():
        ours, other = engines[OURS], engines.get(REFERENCE)
        if other is not None:
            share = ours["seconds"] / other["seconds"]
            rows.append(target(f"{count}: seconds over those of {REFERENCE}", FIFTH, share))
            rows.append(target(f"{count}: the same, as it is aimed at", TWENTIETH, share))
            rows += [
                target(f"{count}: {name} off {REFERENCE}", AGREES, abs(ours[name] / other[name] - 1))
                for name in ("trades", "pnl")
            ]
    if few < many:
        growth = report[many][OURS]["seconds"] / report[few][OURS]["seconds"]
        rows.append(target(f"growth from {few} to {many}", MOST_GROWTH * many / few / 10, growth))
    rows.append(target(f"{many}: MiB over imports and candles", MOST_MIB, report[many][OURS]["mib"]))
    return rows


def target(what: str, most: float, found: float) -> dict[str, Any]:
    """One row."""
    return {"what": what, "most": most, "found": float(f"{found:.3g}"), "met": found <= most}


def main() -> int:
    """Run them in turns and print one JSON document; 1 when ours did not run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peers", type=Path, default=Path(".benchmarks"), help="folder of their environments")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--candles", type=int, nargs="+", default=[100_000, 1_000_000])
    parser.add_argument("--spans", type=int, nargs=2, default=SPANS, help="of the two EMAs; longer ones trade less")
    asked = parser.parse_args()
    runners = [Runner(OURS, sys.executable, HERE / "peers" / "weexctl_.py"), *peers(asked.peers.absolute())]
    report: Report = {}
    with tempfile.TemporaryDirectory() as folder:
        for count in sorted(asked.candles):
            candles = Path(folder) / f"{count}.npz"
            np.savez(candles, **market(count))  # type: ignore[arg-type]  # named arrays
            report[count] = best_of(runners, candles, asked.rounds, asked.spans)
    if any(OURS not in rows for rows in report.values()):
        return 1
    print(json.dumps({"engines": report, "ratios": ratios(report), "targets": targets(report)}, indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main())
