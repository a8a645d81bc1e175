"""What people's commands may ask beyond the engine's port passes the gate too: read from the source."""

from __future__ import annotations

import ast
from pathlib import Path

import weexctl
from weexctl.ports import Exchange, ExchangeDesk

ROOT = Path(weexctl.__file__).parent
WRITES = {
    "adjust_margin",
    "cancel_all_conditional_orders",
    "cancel_all_orders",
    "cancel_order_by_client_id",
    "cancel_orders",
    "close_positions",
    "place_conditional",
    "place_orders",
    "set_auto_margin",
    "set_margin_mode",
}


def test_the_writing_methods_of_the_desk_are_those_that_do_not_fetch() -> None:
    own = {name for name in vars(ExchangeDesk) if not name.startswith(("_", "fetch_"))}
    assert own - set(vars(Exchange)) == WRITES


def test_nothing_but_the_gate_and_the_client_itself_touches_one_of_them() -> None:
    rooms = ("exchange", "simulator")  # the client, and what it is tested against
    gate = ROOT / "execution" / "gate.py"
    files = [path for path in ROOT.rglob("*.py") if path.relative_to(ROOT).parts[0] not in rooms and path != gate]
    assert len(files) > 50
    touched = [
        f"{path.relative_to(ROOT)}:{node.lineno} {node.attr}"
        for path in files
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute) and node.attr in WRITES
    ]
    assert touched == []
