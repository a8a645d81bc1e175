"""The jump model finds sticky groups, its path is the cheapest there is, and its online label never looks ahead."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise, product

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from weexctl_regimes.jump_model import JumpModel, _cheapest_path
from weexctl_regimes.naming import names_of_states
from weexctl_regimes.observations import OBSERVED

CENTRES = np.array([[2.0, 1.0, 1.5, 1.5], [-1.0, 0.0, 1.0, 1.0], [1.5, 1.0, -1.0, -1.0], [-1.0, -0.5, -1.0, -1.0]])
NAMES = (0, 0, 2, 1)


@pytest.fixture(scope="module")
def market() -> tuple[pd.DataFrame, NDArray[np.int64]]:
    """Noisy rows around four centres that change every 150 rows or so, and the true name of each row."""
    random = np.random.default_rng(6)
    state = np.repeat(random.integers(0, 4, 40), 150)
    rows = CENTRES[state] + random.normal(0.0, 1.0, (len(state), 4))
    return pd.DataFrame(rows, columns=list(OBSERVED)), np.array(NAMES)[state]


@pytest.fixture(scope="module")
def model(market: tuple[pd.DataFrame, NDArray[np.int64]]) -> JumpModel:
    return JumpModel.fit(market[0].iloc[:4_000], 30.0, 3, 7, None)


def _cost(labels: tuple[int, ...], costs: NDArray[np.float64], penalty: float) -> float:
    spent = sum(float(costs[row, label]) for row, label in enumerate(labels))
    return spent + penalty * sum(before != after for before, after in pairwise(labels))


@pytest.mark.parametrize("penalty", [0.0, 0.4, 1.0, 50.0])
@pytest.mark.parametrize("seed", range(5))
def test_no_path_is_cheaper_than_the_one_that_is_found(seed: int, penalty: float) -> None:
    costs = np.random.default_rng(seed).random((6, 4))

    labels, cost = _cheapest_path(costs, penalty)

    least = min(_cost(path, costs, penalty) for path in product(range(4), repeat=6))
    assert cost == pytest.approx(least)
    assert _cost(tuple(labels.tolist()), costs, penalty) == pytest.approx(least)


def test_the_last_online_label_is_the_end_of_the_cheapest_path(model: JumpModel) -> None:
    rows = np.random.default_rng(1).normal(0.0, 2.0, (300, 4))
    observed = pd.DataFrame(rows, columns=list(OBSERVED))
    scaled = model.scale.apply(rows)
    costs = 0.5 * ((scaled[:, None, :] - np.array(model.centres)[None]) ** 2).sum(axis=2)
    online = model.rows(observed)

    names = names_of_states(np.array(model.centres))
    for row in range(0, 300, 17):
        labels, _ = _cheapest_path(costs[: row + 1], model.penalty)
        assert online[row].argmax() == names[labels[-1]], row


def test_sticky_groups_are_found_and_named_out_of_sample(
    market: tuple[pd.DataFrame, NDArray[np.int64]], model: JumpModel
) -> None:
    observed, truth = market

    named = model.rows(observed).argmax(axis=1)

    assert (named[4_000:] == truth[4_000:]).mean() > 0.9


def test_a_higher_price_changes_its_mind_less(market: tuple[pd.DataFrame, NDArray[np.int64]], model: JumpModel) -> None:
    changes = []
    for penalty in (0.0, 3.0, 30.0, 1e6):
        labels = replace(model, penalty=penalty).rows(market[0]).argmax(axis=1)
        changes.append(int((labels[1:] != labels[:-1]).sum()))

    assert changes[0] > 2 * changes[1]
    assert changes[1] > changes[2] > changes[3]


def test_a_refit_begins_at_the_model_before_in_the_units_of_today(
    market: tuple[pd.DataFrame, NDArray[np.int64]], model: JumpModel
) -> None:
    observed = market[0]

    again = JumpModel.fit(observed.iloc[1_000:5_000], 30.0, 1, 7, model)

    assert (again.rows(observed).argmax(axis=1) == model.rows(observed).argmax(axis=1)).mean() > 0.95


def test_steps_and_gaps_say_what_rows_say(market: tuple[pd.DataFrame, NDArray[np.int64]], model: JumpModel) -> None:
    torn = market[0].iloc[:800].copy()
    torn.iloc[:3] = np.nan
    torn.iloc[500:510] = np.nan
    memory, stepped = model.initial(), []
    for row in torn.to_dict("records"):
        memory, label = model.advance(memory, {str(name): float(value) for name, value in row.items()})
        stepped.append((np.nan,) * 3 if label is None else label)

    np.testing.assert_array_equal(np.array(stepped), model.rows(torn))
    assert (model.rows(torn)[500:510] == model.rows(torn)[499]).all()
