"""Everything an author of plugins or profiles can name has its place in the pages."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel
from pydantic_core import PydanticUndefined

import weexctl
from weexctl import features, hookspecs, testing
from weexctl.config.tables import LimitsTable, PipelineTable, SimulatorTable, VenueTable
from weexctl.execution.differences import Kind
from weexctl.pipeline.explanation import WHY
from weexctl.pipeline.guards import ESSENTIAL_GUARDS
from weexctl.plugin_host import find_plugins, load_offers
from weexctl.trader.account_plan import CLOCK, LEVERAGE

ROOT = Path(__file__).parents[2]
PLUGINS_PAGE = (ROOT / "docs" / "plugins.md").read_text(encoding="utf-8")
SETTINGS_PAGE = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
JOURNAL_PAGE = (ROOT / "docs" / "journal.md").read_text(encoding="utf-8")
CODES_PAGE = (ROOT / "docs" / "explain.md").read_text(encoding="utf-8")
OFFERS = load_offers([plugin for plugin in find_plugins() if plugin.distribution == "weexctl"]).loaded
TABLES: dict[str, type[BaseModel]] = {
    "### `[venue]`": VenueTable,
    "### `[pipeline]`": PipelineTable,
    "### `[limits]`": LimitsTable,
    "### `[simulator]`": SimulatorTable,
}
CODE = re.compile(r"[A-Z]{5,}|[A-Z]+(_[A-Z]+)+")
DECIDES = ("weexctl/model/signal.py", "weexctl/pipeline", "weexctl/execution", "weexctl/trader", "plugins")
"""Where codes of decisions and orders come from."""
ELSEWHERE = {
    "ANOTHER_MARKET",
    "ANOTHER_RUN",
    "BASE_URL",
    "BREAKERS_UNREADABLE",
    "CLOCK",
    "DATA_NEEDED",
    "LEVERAGE",
    "NOTIFY_SOCKET",
    "NOT_LOCKED",
    "NO_CANDLES",
    "NO_CANDLES_IN_SPAN",
    "NO_RUN",
    "SIMULATOR_GONE",
    "RUN_MOVED",
    "STILL_DIFFERS",
    "TOO_FEW_CANDLES",
}
"""Codes of errors that end a command before it decides anything; their message explains them. Two kinds of difference
that docs/journal.md explains. And one variable."""

REASONS_OF_ORDERS = {"BY_HAND", "CONNECTION_TEST", "MANUAL", "MANUAL_CLOSE", "NOT_CLOSED"}
"""Codes that tell what an order is for, or end a check; none of them keeps an order back."""


def keys_and_defaults(model: type[BaseModel]) -> Iterator[str]:
    """How the row of each key begins in the pages."""
    for name, spec in model.model_fields.items():
        yield f"| `{name}` | {shown(spec.default)} | "


def shown(default: Any) -> str:
    if default is PydanticUndefined:
        return "required"
    value = default.value if isinstance(default, Enum) else default
    value = format(value, "f") if isinstance(value, Decimal) else value
    return f"`{value:.4g}`" if isinstance(value, float) else f"`{json.dumps(value)}`"


def section_after(page: str, heading: str) -> str:
    """The text between a heading, or a plugin's first words, and the next of its kind."""
    _, found, after = page.partition(f"\n{heading}")
    assert found, f"no {heading} in the page"
    return re.split(r"\n## |\n### |\n`[a-z0-9-]+`: ", after)[0]


def codes() -> set[str]:
    """Upper-case words in the code that decides, but for the names that modules export."""
    return {word for place in DECIDES for path in python_files(ROOT / place) for word in codes_in(path)}


def python_files(place: Path) -> Iterator[Path]:
    return iter([place]) if place.is_file() else place.rglob("*.py")


def codes_in(path: Path) -> Iterator[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    exports = {
        id(part)
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__"
        for part in ast.walk(node)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and id(node) not in exports and CODE.fullmatch(str(node.value)):
            yield str(node.value)


@pytest.mark.parametrize("kind", [*Kind, LEVERAGE, CLOCK])
def test_every_difference_is_on_the_page_of_the_journal(kind: str) -> None:
    assert f"| `{kind}` |" in section_after(JOURNAL_PAGE, "## Does the exchange agree?")


@pytest.mark.parametrize("name", weexctl.__all__)
def test_every_public_name_is_on_the_page(name: str) -> None:
    assert f"`{name}`" in section_after(PLUGINS_PAGE, "## Names of `weexctl`")


@pytest.mark.parametrize("name", features.__all__)
def test_every_shared_feature_is_on_the_page(name: str) -> None:
    assert f"`{name}`" in section_after(PLUGINS_PAGE, "## `weexctl.features`")


@pytest.mark.parametrize("name", testing.__all__)
def test_every_tool_for_testing_plugins_is_on_the_page(name: str) -> None:
    assert f"`{name}`" in section_after(PLUGINS_PAGE, "## `weexctl.testing`")


@pytest.mark.parametrize("hook", [name for name in hookspecs.__all__ if name.startswith(("offer_", "on_"))])
def test_every_hook_is_on_the_page(hook: str) -> None:
    assert f"\n| `{hook}(" in section_after(PLUGINS_PAGE, "## Hooks")


@pytest.mark.parametrize(("kind", "name"), OFFERS)
def test_every_offer_is_listed_with_its_kind(kind: str, name: str) -> None:
    rows = [row for row in section_after(PLUGINS_PAGE, "## What comes along").splitlines() if f"`{name}`" in row]

    assert [row.partition(" | ")[0] for row in rows] == [f"| {kind}"]


@pytest.mark.parametrize(("kind", "name"), OFFERS)
def test_every_setting_of_an_offer_is_listed_with_its_default(kind: str, name: str) -> None:
    section = section_after(SETTINGS_PAGE, f"`{name}`: ")

    rows = [row for row in section.splitlines() if row.startswith("| `")]
    expected = list(keys_and_defaults(OFFERS[kind, name].offer.config))
    assert [row[: len(want)] for row, want in zip(rows, expected, strict=True)] == expected


@pytest.mark.parametrize("heading", TABLES)
def test_every_key_of_a_table_is_listed_with_its_default(heading: str) -> None:
    rows = [row for row in section_after(SETTINGS_PAGE, heading).splitlines() if row.startswith("| `")]

    expected = list(keys_and_defaults(TABLES[heading]))
    assert [row[: len(want)] for row, want in zip(rows, expected, strict=True)] == expected


def test_every_essential_guard_is_named() -> None:
    section = section_after(SETTINGS_PAGE, "## Essential guards")

    assert [guard for guard in ESSENTIAL_GUARDS if f"`{guard}`" not in section] == []


def test_every_code_of_a_decision_has_its_meaning_on_the_page() -> None:
    explained = {
        word for row in CODES_PAGE.splitlines() if row.startswith("| `") for word in re.findall(r"`([A-Z_]+)`", row)
    }

    assert codes() - ELSEWHERE == explained


@pytest.mark.parametrize(
    "heading",
    [
        "Nothing was due",
        "A wish that",
        "A guard refused",
        "A breaker is open",
        "On the way to the exchange",
        "By hand",
    ],
)
def test_every_code_that_keeps_an_order_back_has_a_sentence_in_explain(heading: str) -> None:
    rows = [row for row in section_after(CODES_PAGE, f"### {heading}").splitlines() if row.startswith("| `")]
    listed = {code for row in rows for code in re.findall(r"`([A-Z_]+)`", row.split("|")[1])}

    assert listed
    assert sorted(listed - set(WHY) - REASONS_OF_ORDERS) == []
