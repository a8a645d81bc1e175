"""Sixty times the run is killed in the middle of its work and begun again; the books agree all the same."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from weexctl.config.access import Access
from weexctl.config.credentials import SIM_CREDENTIALS
from weexctl.config.venue import Venue
from weexctl.journal.journal import Journal
from weexctl.model.scope import Scope
from weexctl.trader.wire_venue import WireVenue, open_wire_venue

KILLS = int(os.environ.get("WEEXCTL_DEATHS", "60"))
FOLDER = Path(__file__).parent
ROOT = FOLDER.parent.parent
SIGKILL = 9
STEPS = 6
POINTS = tuple(f"K{n:02}" for n in (1, 2, 3, 4, 5, 6, 7, 8, 10, 11, 12, 13, 14, 15, 16, 18, 19, 20))
"""Points that this run passes; a round in which one is not passed ends by itself and counts for nothing."""
_DAY_MS = 86_400_000


@dataclass
class Nursery:
    """Starts `weexctl trade` in processes, and kills them."""

    process: subprocess.Popen[str]
    environment: dict[str, str]
    output: Path
    argv: list[str]
    kills: Counter[str] = field(default_factory=Counter)

    def ask(self, **order: Any) -> dict[str, int]:
        """One line there, one back."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(order) + "\n")
        self.process.stdin.flush()
        answer: dict[str, int] = json.loads(self.process.stdout.readline())
        return answer

    def trade(self, *, fault: str = "", kill_after_s: float | None = None) -> dict[str, int]:
        """One process from its start to its end."""
        environment = self.environment | {"WEEXCTL_FAULT": fault}
        argv = [*self.argv, "--steps", str(STEPS)]
        ended = self.ask(argv=argv, environment=environment, kill_after_s=kill_after_s, output=str(self.output))
        if ended.get("signal") == SIGKILL:
            self.kills[fault.partition(":")[0] or "any moment"] += 1
        else:
            assert ended == {"code": 0}, self.output.read_text()
        return ended


@contextmanager
def exchange_process() -> Iterator[str]:
    """`weexctl sim serve` with time that stands still."""
    command = [sys.executable, "-m", "weexctl", "sim", "serve", "--port", "0", "--history", "300", "--speed", "step"]
    with subprocess.Popen([*command, "--control", "-o", "json"], stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield json.loads(process.stdout.readline())["data"]["url"]
        finally:
            process.kill()


@contextmanager
def nursery(folder: Path, url: str) -> Iterator[Nursery]:
    """A process that has read everything in, with the busy plugin installed."""
    site, profile = folder / "site", folder / "busy.toml"
    info = site / "busy_rules-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: busy-rules\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[weexctl]\nbusy-rules = busy_rules\n")
    (site / "busy_rules.py").write_text((FOLDER / "busy_rules.py").read_text(encoding="utf-8"))
    profile.write_text((FOLDER / "busy.toml").read_text(encoding="utf-8"))
    environment = {
        "WEEXCTL_DATA_DIR": str(folder / "data"),
        "WEEXCTL_CONFIG_DIR": str(folder / "config"),
        "WEEX_API_BASE": url,
        **{f"WEEX_API_{part}": "sim" for part in ("KEY", "SECRET", "PASSPHRASE")},
    }
    paths = os.pathsep.join([str(site), str(ROOT), *filter(None, sys.path)])
    command = [sys.executable, str(FOLDER / "nursery.py")]
    argv = ["trade", "--venue", "live", "--profile", str(profile), "-o", "json"]
    with subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, **environment, "PYTHONPATH": paths},
    ) as process:
        made = Nursery(process, environment, folder / "said.txt", argv)
        try:
            assert made.ask(arm=str(profile)) == {"code": 0}
            yield made
        finally:
            process.kill()


def look(url: str) -> WireVenue:
    """An observer's client."""
    access = Access(SIM_CREDENTIALS, Scope.OBSERVE, "main", "environment")
    return open_wire_venue(Venue.LIVE, access, account="main", base_url=url, timeout_s=None)


def bare(url: str) -> list[str]:
    """Positions at the exchange that its stops do not cover."""
    venue = look(url)
    try:
        stops: Counter[tuple[str, str]] = Counter()
        for order in venue.exchange.fetch_conditional_orders():
            if order.leg.value == "stop":
                stops[order.symbol, order.position_side.value] += order.quantity  # type: ignore[assignment]
        held = venue.exchange.fetch_positions()
        return [f"{p.symbol} {p.quantity}" for p in held if stops[p.symbol, p.side.value] < p.quantity]
    finally:
        venue.close()


def ledger(url: str) -> dict[str, Any]:
    """The exchange's own books."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(f"{url}/control/ledger") as answer:
        told: dict[str, Any] = json.load(answer)
    return told


def history(url: str) -> list[Any]:
    """Every order the exchange still knows."""
    venue = look(url)
    try:
        now_ms = venue.clock.now_ms()
        return venue.exchange.fetch_order_history(None, start_ms=now_ms - 60 * _DAY_MS, end_ms=now_ms)
    finally:
        venue.close()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("deaths")


def test_it_goes_on_after_every_death_and_nothing_is_doubled_bare_or_lost(folder: Path) -> None:
    moments = random.Random(11)
    with exchange_process() as url, nursery(folder, url) as runs:
        for number in range(6 * KILLS):
            if sum(runs.kills.values()) >= KILLS:
                break
            if number % 2:
                ended = runs.trade(kill_after_s=moments.uniform(0.1, 1.0))
            else:
                ended = runs.trade(fault=f"{POINTS[number // 2 % len(POINTS)]}:{moments.randint(1, 4)}")
            if "signal" in ended:
                assert bare(url) == [], f"after kill {sum(runs.kills.values())}, {runs.kills}"
        print(f"\n{sum(runs.kills.values())} kills: {dict(sorted(runs.kills.items()))}")  # noqa: T201  # seen with -s
        assert sum(runs.kills.values()) >= KILLS, runs.kills
        assert runs.trade() == {"code": 0}
        document = json.loads(runs.output.read_text().splitlines()[-1])
        told, orders = ledger(url), history(url)
    data = document["data"]
    held = {(p["symbol"], p["position_side"]): Decimal(p["quantity"]) for p in data["open_positions"]}
    assert held == {(p["symbol"], p["side"]): Decimal(p["size"]) for p in told["positions"]}
    for name in ("realised", "fees", "funding"):
        assert Decimal(data["pnl"][name]) == Decimal(told[name])
    _nothing_doubled_or_unknown(folder, orders)


def _nothing_doubled_or_unknown(folder: Path, orders: list[Any]) -> None:
    path = folder / "data" / "accounts" / "live" / "main" / "journal.sqlite"
    with Journal.read(path) as journal:
        attempts = dict(journal._database.rows("SELECT client_order_id, intent_id FROM attempt"))
        assert [f for check in journal.verify() for f in check.findings] == []
    ours = [o for o in orders if (o.client_order_id or "").startswith("wx") and o.client_order_id in attempts]
    entries = Counter(attempts[order.client_order_id] for order in ours if order.filled_quantity > 0)
    assert len(entries) > KILLS / 2, "it hardly traded"
    assert {intent: count for intent, count in entries.items() if count > 1} == {}
