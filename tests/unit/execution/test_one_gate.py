"""Only the gate writes, and there is nothing that could withdraw: read from the source, for every file there is."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import weexctl
from tests.unit.execution.scripted_exchange import WRITES
from weexctl.exchange import v3_endpoints
from weexctl.exchange.endpoint import Endpoint
from weexctl.ports import Exchange

ROOT = Path(weexctl.__file__).parent
GATE = ROOT / "execution" / "gate.py"
ADAPTER = ROOT / "trader" / "demo_exchange.py"
"""Is an exchange itself, made of another one: the gate stands before it."""
SOURCES = sorted(ROOT.rglob("*.py"))


def _attributes(path: Path) -> Iterator[tuple[str, int]]:
    """Names that are looked up on something, called or handed on, and names given to getattr."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Attribute):
            yield node.attr, node.lineno
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value, node.lineno


def _calls(path: Path) -> Iterator[tuple[str, int]]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            name = node.func
            yield (name.attr if isinstance(name, ast.Attribute) else getattr(name, "id", "")), node.lineno


def test_the_writing_methods_are_those_of_the_port_that_do_not_fetch() -> None:
    methods = {name for name in vars(Exchange) if not name.startswith("_")}
    assert {name for name in methods if not name.startswith("fetch_")} - {"close"} == WRITES


def test_nothing_but_the_gate_and_the_client_itself_touches_a_writing_method() -> None:
    outside = [path for path in SOURCES if path not in (GATE, ADAPTER) and path.parent != ROOT / "exchange"]
    assert len(outside) > 50
    found = [
        f"{path.relative_to(ROOT)}:{line} {name}"
        for path in outside
        for name, line in _attributes(path)
        if name in WRITES and not _own_method(path, name)
    ]
    assert found == []


def _own_method(path: Path, name: str) -> bool:
    """`gate.set_leverage` is the gate's method of the same name, not the exchange's."""
    if name != "set_leverage":
        return False
    text = path.read_text(encoding="utf-8")
    return all(match.endswith("gate") for match in re.findall(r"(\w+)\.set_leverage\b", text))


def test_the_gate_uses_every_writing_method() -> None:
    assert {name for name, _ in _attributes(GATE)} >= WRITES


def test_only_the_gate_admits() -> None:
    found = [path.relative_to(ROOT) for path in SOURCES for name, _ in _calls(path) if name == "Admitted"]
    assert found == [GATE.relative_to(ROOT)]


@pytest.mark.parametrize("word", ["withdraw", "transfer", "subaccount", "sub-account", "copytrad"])
def test_no_word_of_a_path_moves_money_out(word: str) -> None:
    found = [
        f"{path.relative_to(ROOT)}:{line} {text}"
        for path in SOURCES
        for text, line in _attributes(path)
        if word in text.lower() and " " not in text and text not in _FLAGS and not _is_answer(path, text)
    ]
    assert found == []


def _is_answer(path: Path, text: str) -> bool:
    """The simulator has to print the documented members of V2's accounts and bills; as a path it answers none."""
    return path.is_relative_to(ROOT / "simulator") and "/" not in text


_FLAGS = ("can_withdraw", "canWithdraw", "transferReason", "UNKNOWN_TRANSFER_REASON")
"""What the exchange says a key may do, which is read and warned about; and a member of its bills."""


def test_every_endpoint_is_one_of_the_futures_api() -> None:
    known = [value for value in vars(v3_endpoints).values() if isinstance(value, Endpoint)]
    assert len(known) > 15
    assert all(re.fullmatch(r"/capi/v3/[A-Za-z0-9/]+", endpoint.path) for endpoint in known)
