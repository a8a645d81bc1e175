"""What is tried next depends on the space, the seed and what was seen; and it finds better settings than chance."""

from __future__ import annotations

import math
import sys

import pytest

from weexctl.backtest.sweep_search import propose
from weexctl.backtest.sweep_space import Choices, Params, Range, Space
from weexctl.errors import ConfigError

SPACE = Space(
    (
        Range("pipeline.a", 0.001, 1.0, log=True),
        Range("pipeline.b", 1, 10, integer=True, step=4),
        Range("pipeline.c", 0.1, 1.0, step=0.25),
        Choices("pipeline.d", ("x", "y", True)),
        Range("pipeline.e", -1.0, 1.0),
    )
)


def test_proposals_lie_in_the_space_and_on_its_steps() -> None:
    proposed = propose(SPACE, [], 60, seed=1, batch=0)

    assert all(SPACE.holds(params) for params in proposed)
    assert {params["pipeline.b"] for params in proposed} == {1, 5, 9}
    assert {params["pipeline.c"] for params in proposed} == {0.1, 0.35, 0.6, 0.85}
    assert {params["pipeline.d"] for params in proposed} == {"x", "y", True}
    below = sum(1 for params in proposed if float(params["pipeline.a"]) < math.sqrt(0.001))
    assert 15 < below < 45  # half of a logarithmic range
    assert all(len(repr(params["pipeline.e"])) <= 12 for params in proposed)


def test_asked_for_more_it_begins_with_the_same() -> None:
    seen = [(params, float(params["pipeline.e"])) for params in propose(SPACE, [], 20, seed=1, batch=0)]
    many = propose(SPACE, seen, 12, seed=1, batch=1)

    assert propose(SPACE, seen, 5, seed=1, batch=1) == many[:5]
    assert propose(SPACE, seen, 12, seed=1, batch=1) == many
    assert propose(SPACE, seen, 12, seed=2, batch=1) != many
    assert propose(SPACE, seen[:-1], 12, seed=1, batch=1) != many
    assert propose(SPACE, seen, 12, seed=1, batch=2) != many


def test_it_goes_where_the_value_is_high() -> None:
    space = Space((Range("pipeline.x", -5.0, 5.0), Range("pipeline.y", -5.0, 5.0)))

    def value(params: Params) -> float:
        return -((float(params["pipeline.x"]) - 3) ** 2) - (float(params["pipeline.y"]) + 2) ** 2

    seen: list[tuple[Params, float | None]] = []
    for batch in range(8):
        seen += [(params, value(params)) for params in propose(space, seen, 10, seed=3, batch=batch)]
    first, last = [v for _, v in seen[:10] if v is not None], [v for _, v in seen[-10:] if v is not None]

    assert sum(last) / 10 > sum(first) / 10 + 5
    assert max(v for _, v in seen if v is not None) > -1


def test_trials_without_a_value_or_outside_the_space_do_no_harm() -> None:
    inside = propose(SPACE, [], 14, seed=1, batch=0)
    seen: list[tuple[Params, float | None]] = [(params, None) for params in inside]

    assert len(propose(SPACE, seen, 3, seed=1, batch=1)) == 3
    own = [({**inside[0], "pipeline.e": 7.0}, 100.0), ({}, 3.0)]
    assert propose(SPACE, [*own, *seen], 3, seed=1, batch=1) == propose(SPACE, seen, 3, seed=1, batch=1)


def test_without_the_library_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "optuna", None)

    with pytest.raises(ConfigError, match="needs optuna") as caught:
        propose(SPACE, [], 1, seed=1, batch=0)

    assert caught.value.hint == "pip install 'weexctl[backtest]'"
