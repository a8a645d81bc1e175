"""The page about the simulator says what the code says."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import pytest

from weexctl.simulator import SimulatorSettings

PAGE = Path(__file__).parents[3] / "docs" / "simulator.md"


@pytest.mark.parametrize("name", [field.name for field in fields(SimulatorSettings)])
def test_every_setting_is_in_the_table(name: str) -> None:
    rows = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("|")]
    assert any(f"`{name}`" in row for row in rows)


def test_the_example_runs() -> None:
    (example,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    found: dict[str, object] = {}
    exec(example, found)  # noqa: S102  # the page's own example
    assert getattr(found["simulator"], "now_ms", 0) > 1_704_067_200_000
