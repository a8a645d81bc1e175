"""A recorded run made again: nothing differs from itself, and what differs is named."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.backtest.test_parity import STEPS, backtested
from tests.unit.trader.small_pipeline import Breathing, a_stage, small_pipeline
from tests.unit.trader.workshop import Workshop
from weexctl.backtest.replay import Replay, differences
from weexctl.journal.journal import Journal
from weexctl.model.decision import Decision
from weexctl.pipeline.stage import Pipeline

PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)


@given(PLAIN)
def test_nothing_differs_from_itself(value: Any) -> None:
    assert list(differences(value, value)) == []


@given(PLAIN, PLAIN)
def test_what_is_not_equal_differs_somewhere(one: Any, other: Any) -> None:
    if list(differences(one, other)) == []:
        assert _without_none(one) == _without_none(other)  # a key that is absent reads like one without a value


def _without_none(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_none(inner) for key, inner in value.items() if inner is not None}
    return [_without_none(inner) for inner in value] if isinstance(value, list) else value


def test_a_field_is_named_by_its_way() -> None:
    before = {"sizing": {"caps": {"a": 1.0}}, "why": ["X", "Y"], "gone": 3}
    now = {"sizing": {"caps": {"a": 1.0 + 1e-15}}, "why": ["X", "Z"], "new": 4}

    assert list(differences(before, now)) == [
        ("gone", 3, None),
        ("new", None, 4),
        ("sizing.caps.a", 1.0, 1.000000000000001),
        ("why[1]", "Y", "Z"),
    ]


def test_lists_of_another_length_differ_as_a_whole() -> None:
    assert list(differences({"a": [1, 2]}, {"a": [1]})) == [("a", [1, 2], [1])]


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    workshop = Workshop(tmp_path_factory.mktemp("replay"))
    return workshop.path, workshop.run(STEPS).run.run_id


def replayed(recorded: tuple[Path, str], pipeline: Pipeline) -> Replay:
    path, run_id = recorded
    decisions: list[Decision] = []
    found = backtested(pipeline, 5, decisions)
    with Journal.read(path) as journal:
        replay = Replay(journal, run_id)
        replay.decisions(tuple(decisions))
        replay.trades(found.trades)
    return replay


def test_a_run_made_again_is_what_was_recorded(recorded: tuple[Path, str]) -> None:
    replay = replayed(recorded, small_pipeline())

    assert replay.found == []
    assert replay.differing == 0
    assert replay.compared > STEPS * 3


def test_another_pipeline_differs_and_says_where(recorded: tuple[Path, str]) -> None:
    class Deeper(Breathing):
        def size(self, book: Any) -> Any:
            return {symbol: 1.1 * size for symbol, size in super().size(book).items()}

    replay = replayed(recorded, replace(small_pipeline(), sizer=a_stage("sizer", Deeper())))

    assert 0 < replay.differing <= replay.compared
    first = replay.found[0]
    assert first.record.startswith("decision d")
    assert "sizing.raw" in {difference.field for difference in replay.found}
    assert any(difference.record.startswith("trade of d") for difference in replay.found) or len(replay.found) == 1_000
