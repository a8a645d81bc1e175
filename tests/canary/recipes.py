"""How to run every command: a row of the registry without a recipe fails the canary test."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.canary.conftest import Run
from tests.canary.planted import FIRST, SECOND, VAULT_PASSPHRASE, WRONG_PASSPHRASE, Home

__all__ = ["ORDER", "RECIPES", "Step"]


@dataclass(frozen=True)
class Step:
    """One command line, the code it ends with, and what a person types or pipes in."""

    argv: tuple[str, ...]
    code: int = 0
    given: dict[str, Any] = field(default_factory=dict)


def step(line: str, code: int = 0, **given: Any) -> Step:
    """The step of a line without quotes."""
    return Step(tuple(line.split()), code, given)


Recipe = Callable[[Home, Run], list[Step]]
_NEW = (VAULT_PASSPHRASE, VAULT_PASSPHRASE)
ORDER = "BTCUSDT --side buy --position long --size 20 --unit quote --stop 1"

WALK = "--symbols BTCUSDT --steps 49 --train 1 --test 1 --purge 0 --embargo 1 --workers 1 --trials 2"


def _lines(*lines: str) -> Recipe:
    return lambda home, run: [step(line) for line in lines]


def _stored(*after: Step) -> list[Step]:
    """A key in the vault, then these."""
    return [step("keys add other --scope trade --secret-stdin", stdin=SECOND.text, answers=_NEW), *after]


def _keys_add(home: Home, run: Run) -> list[Step]:  # the shape of a recipe
    file = home.secret_file("key.txt", "\n".join(vars(SECOND).values()))
    return [
        step("keys add typed --scope trade", answers=(*vars(FIRST).values(), *_NEW)),
        step(f"keys add filed --scope observe --secret-file {file}", answers=(VAULT_PASSPHRASE,)),
        step("keys add piped --scope reduce --secret-stdin", stdin=FIRST.text, answers=(VAULT_PASSPHRASE,)),
        step("keys add again --scope reduce --secret-stdin", 3, stdin=FIRST.text, answers=(WRONG_PASSPHRASE,)),
        step("keys add piped --scope reduce --secret-stdin", 2, stdin=FIRST.text),
        step("keys add half --scope trade --secret-stdin", 2, stdin=FIRST.text[:-40], answers=_NEW),
        step("keys add two --scope trade --secret-stdin", 2, stdin=f"{FIRST.key}\n{FIRST.secret}", answers=_NEW),
        step(
            "keys add odd --scope trade --secret-stdin", 3, stdin=f"{FIRST.key} x\n{FIRST.secret}\n{FIRST.passphrase}"
        ),
        step("keys add list --scope trade --secret-stdin", 2, stdin=f'{{"key": ["{FIRST.key}"]}}'),
    ]


def _keys_rotate(home: Home, run: Run) -> list[Step]:  # the shape of a recipe
    new: dict[str, Any] = {"stdin": FIRST.text, "answers": (VAULT_PASSPHRASE,)}
    return _stored(
        step("keys rotate other --secret-stdin --no-check", **new),
        step("keys rotate other --secret-stdin", 4, **new),
        step("keys rotate other --secret-stdin --no-check", 3, stdin=FIRST.text, answers=(WRONG_PASSPHRASE,)),
        step("keys rotate nobody --secret-stdin", 3, **new),
    )


def _keys_remove(home: Home, run: Run) -> list[Step]:  # the shape of a recipe
    return _stored(
        step("keys remove other", 3, answers=(WRONG_PASSPHRASE,)),
        step("keys remove other", answers=(VAULT_PASSPHRASE,)),
    )


RECIPES: dict[str, Recipe] = {
    "backtest.ablate": _lines("backtest ablate --symbols BTCUSDT --steps 60 --nulls 1 --workers 1"),
    "backtest.run": _lines("backtest run --symbols BTCUSDT --steps 30 --workers 1"),
    "backtest.report": _lines("backtest run --symbols BTCUSDT --steps 2 --workers 1", "backtest report"),
    "backtest.sweep": lambda home, run: [
        step("backtest sweep --symbols BTCUSDT --steps 30 --workers 1 --trials 2 --set limits.daily_loss=0.01..0.02"),
        step("backtest sweep --symbols BTCUSDT --steps 30 --set limits.daily_los=0.01..0.02", 2),
    ],
    "backtest.walk-forward": lambda home, run: [
        step(f"backtest walk-forward {WALK} --set limits.daily_loss=0.01..0.02"),
        step(f"backtest walk-forward {WALK} --set limits.daily_los=0.01..0.02", 2),
    ],
    "trade": _lines("trade --symbols BTCUSDT --steps 3", "trade --symbols BTCUSDT --once --dry-run --new"),
    "order.preview": _lines(f"order preview {ORDER}"),
    "order.place": lambda home, run: [
        step(f"order place {ORDER} --dry-run"),
        step(f"order place {ORDER} --read-only", 6),
        step("close BTCUSDT"),
        step(f"order place {ORDER}"),
    ],
    "order.status": lambda home, run: [step(f"order status {run.order_id}"), step("order status 1", 2)],
    "order.list": _lines("order list"),
    "order.wait": lambda home, run: [step(f"order wait {run.order_id} --timeout 1"), step("order wait 1", 2)],
    "order.cancel": lambda home, run: [step("order cancel --all"), step("order cancel 1", 2)],
    "close": _lines("close BTCUSDT"),
    "flatten": _lines("flatten --all"),
    "kill": _lines("kill --reason because"),
    "resume": lambda home, run: [step("kill"), step("resume", 2, person="no"), step("resume", person="sim/sim")],
    "account.balance": _lines("account balance"),
    "account.positions": _lines("account positions"),
    "account.risk": _lines("account risk"),
    "sim.scenario": _lines("sim scenario", "sim scenario A1"),
    "sim.serve": _lines("sim serve --port 0 --history 2"),
    "explain": lambda home, run: [step(f"explain {run.order_id}"), step("explain 1", 2)],
    "test-connection": _lines("test-connection", "test-connection --trade"),
    "version": _lines("version"),
    "plugins.list": _lines("plugins list"),
    "plugins.show": lambda home, run: [step("plugins show trend"), step("plugins show nothing", 2)],
    "check.causality": _lines("check causality --plugin flat", "check causality --plugin atr-stop --seed 3"),
    "keys.add": _keys_add,
    "keys.list": lambda home, run: _stored(step("keys list")),
    "keys.remove": _keys_remove,
    "keys.rotate": _keys_rotate,
    "profile.list": _lines("profile list"),
    "profile.show": _lines("profile show safe", "profile show safe --venue live"),
    "profile.new": lambda home, run: [step("profile new mine"), step("profile new mine", 2)],
    "profile.validate": lambda home, run: [step("profile validate safe"), step("profile validate nothing", 2)],
    "profile.schema": _lines("profile schema --write schema.json"),
    "profile.arm": lambda home, run: [
        step("profile arm safe", person="main"),
        step("profile arm safe", 2, person="no"),
    ],
    "profile.disarm": lambda home, run: [step("profile disarm safe"), step("profile disarm nothing")],
    "service.install": _lines("service install --profile safe --venue paper --dry-run"),
    "service.status": _lines("service status --venue paper"),
    "service.uninstall": _lines("service uninstall --venue paper --dry-run"),
    "journal.trades": _lines("journal trades", "journal trades --by reason"),
    "journal.tail": _lines("journal tail -n 50"),
    "journal.replay": _lines("trade --symbols BTCUSDT --steps 3 --new", "journal replay --workers 1"),
    "journal.verify": _lines("journal verify"),
    "journal.reconcile": _lines("journal reconcile", "journal reconcile --apply"),
    "journal.export": lambda home, run: [
        step(f"journal export --to {home.data / 'tables'} --format csv"),
        step(f"journal export --to {home.data / 'tables'} --format csv", 2),
    ],
    "journal.backup": _lines("journal backup"),
    "market.watch": lambda home, run: [step("market watch --symbols BTCUSDT --seconds 1", 2)],  # a run has no feed
    "market.ticker": _lines("market ticker"),
    "market.depth": _lines("market depth BTCUSDT"),
    "market.candles": _lines("market candles BTCUSDT"),
    "market.funding": _lines("market funding BTCUSDT"),
    "market.contracts": _lines("market contracts"),
    "data.generate": _lines("data generate --symbols BTCUSDT --count 300"),
    "data.import": lambda home, run: [
        step("data generate --symbols BTCUSDT --count 300 --seed 9"),
        step(f"data import {home.data / 'candles'} --symbols BTCUSDT", 2),
        step("data import nowhere.csv", 2),
    ],
    "data.fetch": _lines("data fetch --symbols BTCUSDT"),
    "data.list": _lines("data list"),
    "data.resample": _lines("data generate --symbols BTCUSDT --count 300", "data resample 4h --symbols BTCUSDT"),
    "data.verify": _lines("data generate --symbols BTCUSDT --count 300", "data verify"),
}
"""Action: its command lines, at the venue sim, in a home with a run. The first of most is one that works."""
