"""The same seed and profile give the same bytes and ids: twice, and in two processes."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from pathlib import Path

SYMBOLS = "BTCUSDT,ETHUSDT,SOLUSDT"
TABLES = {
    "decision": "SELECT decision_id, symbol, close_ms, body FROM decision ORDER BY close_ms, symbol",
    "attempt": "SELECT client_order_id, order_id, signed_ms, outcome FROM attempt ORDER BY signed_ms",
    "fill": "SELECT fill_id, order_id, quantity, price, fee, time_ms FROM fill ORDER BY fill_id",
    "artefact": "SELECT artefact_id, body FROM artefact ORDER BY artefact_id",
    "log_chain": "SELECT seq, hash FROM log_chain ORDER BY seq",
}


def _trade(folder: Path, seed: int) -> dict[str, list[tuple[object, ...]]]:
    environment = os.environ | {
        "WEEXCTL_DATA_DIR": str(folder / "data"),
        "WEEXCTL_CONFIG_DIR": str(folder / "config"),
        "PYTHONHASHSEED": str(len(folder.name)),  # no order may hang on the hash of a text
    }
    command = [
        sys.executable,
        "-m",
        "weexctl",
        "trade",
        "--seed",
        str(seed),
        "--steps",
        "80",
        "--symbols",
        SYMBOLS,
        "-o",
        "json",
    ]
    subprocess.run(command, env=environment, cwd=folder, check=True, capture_output=True, timeout=120)
    with sqlite3.connect(folder / "data/accounts/sim/sim/journal.sqlite") as journal:
        return {name: journal.execute(sql).fetchall() for name, sql in TABLES.items()}


def test_two_processes_agree_to_the_byte_and_another_seed_does_not(tmp_path: Path) -> None:
    folders = [tmp_path / name for name in ("one", "second", "another")]
    for folder in folders:
        folder.mkdir()
    first, second, other = (_trade(folder, seed) for folder, seed in zip(folders, (7, 7, 8), strict=True))
    assert len(first["decision"]) == 3 * 80
    assert first["fill"]
    assert second == first
    assert {row[0] for row in other["decision"]}.isdisjoint(row[0] for row in first["decision"])
