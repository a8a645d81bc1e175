"""Placebo regimes: the same spells at other times."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from weexctl.backtest.placebo import placebo_shifts, placebos, shifted
from weexctl.errors import UsageError


@given(rows=st.integers(60, 100_000), seed=st.integers(0, 99))
def test_shifts_are_distinct_and_between_a_sixth_and_five_sixths(rows: int, seed: int) -> None:
    found = placebo_shifts(rows, seed=seed)

    assert len(set(found.tolist())) == 30
    assert found.min() * 6 >= rows
    assert found.max() * 6 <= 5 * rows


def test_the_same_seed_gives_the_same_shifts() -> None:
    assert placebo_shifts(5000, seed=1).tolist() == placebo_shifts(5000, seed=1).tolist()
    assert placebo_shifts(5000, seed=1).tolist() != placebo_shifts(5000, seed=2).tolist()


def test_shifts_reach_all_of_their_range() -> None:
    found = placebo_shifts(6000, seed=3, count=4001)

    assert (found.min(), found.max()) == (1000, 5000)


def test_a_shift_keeps_every_spell_and_moves_symbols_together() -> None:
    series = np.array([["t", "r"], ["t", "r"], ["r", "u"], ["u", "u"]])

    assert shifted(series, 1).tolist() == [["u", "u"], ["t", "r"], ["t", "r"], ["r", "u"]]
    assert np.array_equal(shifted(shifted(series, 3), 1), series)


def test_the_share_of_placebos_that_reach_ours() -> None:
    found = placebos(1.0, [0.0] * 27 + [1.0, 2.0] + [-1.0] * 11)

    assert found.share_as_good == pytest.approx(2 / 40)
    assert (found.count, found.best) == (40, 2.0)
    assert found.mean == pytest.approx((1 + 2 - 11) / 40)


def test_a_placebo_without_a_value_counts_against_ours() -> None:
    found = placebos(1.0, [None] * 15 + [0.0] * 15)

    assert found.share_as_good == 0.5
    assert found.mean == 0.0
    assert placebos(1.0, [None] * 30).best is None


def test_when_ours_is_one_of_the_placebos_its_rank_is_chance() -> None:
    values = np.random.default_rng(1).normal(size=(400, 41))
    shares = [placebos(row[0], row[1:].tolist()).share_as_good for row in values]

    assert np.mean(shares) == pytest.approx(0.5, abs=0.05)
    assert np.mean(np.array(shares) <= 0.05) == pytest.approx(3 / 41, abs=0.03)


def test_fewer_than_thirty_are_refused() -> None:
    with pytest.raises(UsageError, match="29 placebos"):
        placebos(1.0, [0.0] * 29)
    with pytest.raises(UsageError, match="5 placebos"):
        placebo_shifts(5000, seed=1, count=5)
    with pytest.raises(UsageError, match="of 40 rows"):
        placebo_shifts(40, seed=1)
