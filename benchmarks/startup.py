"""How long the command line takes to start, as ratios to what nobody can avoid: `python benchmarks/startup.py`.

Each pair runs interleaved, so that a machine that slows down slows both; the minimum of many runs counts. Targets:
`--version` at most 1.3 times a bare interpreter, `--help` at most 1.6 times the help of a minimal typer app.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

MINIMAL_APP = """\
import typer

app = typer.Typer()


@app.command()
def one(name: str = "x") -> None:
    pass


@app.command()
def two(count: int = 1) -> None:
    pass


app()
"""


def wall_ms(command: list[str]) -> float:
    """Milliseconds of one whole process."""
    start = time.perf_counter()
    subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
    return (time.perf_counter() - start) * 1000


def fastest_ms(first: list[str], second: list[str], runs: int) -> tuple[float, float]:
    """The minimum of each of two commands, run in turns."""
    pairs = [(wall_ms(first), wall_ms(second)) for _ in range(runs)]
    return min(pair[0] for pair in pairs), min(pair[1] for pair in pairs)


def main() -> None:
    """Print one line per pair."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=15)
    runs = parser.parse_args().runs
    weexctl = [sys.executable, "-c", "from weexctl.cli.main import main; main()"]
    with tempfile.TemporaryDirectory() as folder:
        minimal = Path(folder) / "minimal.py"
        minimal.write_text(MINIMAL_APP, encoding="utf-8")
        pairs = {
            "--version / python -c pass": ([*weexctl, "--version"], [sys.executable, "-c", "pass"], 1.3),
            "--help / minimal typer app --help": ([*weexctl, "--help"], [sys.executable, str(minimal), "--help"], 1.6),
            "version / minimal typer app command": ([*weexctl, "version"], [sys.executable, str(minimal), "one"], 1.6),
        }
        for label, (ours, theirs, target) in pairs.items():
            mine, other = fastest_ms(ours, theirs, runs)
            print(f"{label:38} {mine:7.1f} ms / {other:7.1f} ms = {mine / other:5.2f}   target {target}")


if __name__ == "__main__":
    main()
