"""The order book out of pushes: whole and in sequence, or not there."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from weexctl.exchange.feed_book import Applied, LiveBook
from weexctl.exchange.feed_messages import DepthPush

Levels = tuple[tuple[Decimal, Decimal], ...]


def levels(*rows: tuple[int, int]) -> Levels:
    return tuple((Decimal(price), Decimal(size)) for price, size in rows)


def push(first: int, last: int, bids: Levels = (), asks: Levels = (), *, snapshot: bool = False) -> DepthPush:
    return DepthPush(
        symbol="BTCUSDT",
        time_ms=last,
        snapshot=snapshot,
        levels=15,
        first_id=first,
        last_id=last,
        bids=bids,
        asks=asks,
    )


@pytest.fixture
def book() -> LiveBook:
    made = LiveBook("BTCUSDT")
    start = push(10, 10, levels((99, 1), (98, 2)), levels((101, 1), (102, 2)), snapshot=True)
    assert made.apply(start) is Applied.TAKEN
    return made


def test_changes_replace_add_and_end_levels(book: LiveBook) -> None:
    change = push(11, 13, levels((99, 0), (97, 5)), levels((101, 7)))
    assert book.apply(change) is Applied.TAKEN
    depth = book.depth(15)
    assert depth is not None
    assert depth.bids == levels((98, 2), (97, 5))
    assert depth.asks == levels((101, 7), (102, 2))
    assert (depth.update_id, depth.time_ms) == ("13", 13)


def test_only_as_many_levels_as_asked_for(book: LiveBook) -> None:
    depth = book.depth(1)
    assert depth is not None
    assert (depth.bids, depth.asks) == (levels((99, 1)), levels((101, 1)))


def test_a_missing_change_takes_the_book_away_until_the_next_snapshot(book: LiveBook) -> None:
    assert book.apply(push(12, 13, levels((99, 3)))) is Applied.GAP
    assert book.depth(15) is None
    assert book.apply(push(14, 14, levels((99, 3)))) is Applied.GAP
    assert book.apply(push(20, 20, levels((90, 1)), levels((95, 1)), snapshot=True)) is Applied.TAKEN
    depth = book.depth(15)
    assert depth is not None
    assert depth.bids == levels((90, 1))  # nothing of the old one is left


def test_a_repeated_or_late_change_says_nothing(book: LiveBook) -> None:
    change = push(11, 12, levels((99, 3)))
    assert book.apply(change) is Applied.TAKEN
    before = book.depth(15)
    assert book.apply(change) is Applied.OLD
    assert book.apply(push(9, 11, levels((99, 9)))) is Applied.OLD
    assert book.depth(15) == before


def test_a_change_that_overlaps_is_taken(book: LiveBook) -> None:
    assert book.apply(push(9, 12, levels((99, 4)))) is Applied.TAKEN


def test_a_crossed_book_is_no_book(book: LiveBook) -> None:
    assert book.apply(push(11, 11, levels((103, 1)))) is Applied.GAP
    assert not book.whole


def test_changes_before_any_snapshot_are_a_gap() -> None:
    empty = LiveBook("BTCUSDT")
    assert empty.apply(push(1, 1, levels((99, 1)))) is Applied.GAP
    assert empty.depth(15) is None


@given(st.lists(st.tuples(st.integers(1, 4), st.integers(0, 3), st.booleans()), max_size=30))
def test_the_book_is_that_of_the_unbroken_prefix_or_absent(steps: list[tuple[int, int, bool]]) -> None:
    """Any loss is noticed: after it there is no book, however many changes follow."""
    made, expected, broken = LiveBook("BTCUSDT"), {}, False
    made.apply(push(0, 0, snapshot=True))
    for number, (price, size, lost) in enumerate(steps, start=1):
        broken |= lost
        if lost:
            continue
        made.apply(push(number, number, levels((price, size))))
        expected[price] = size
    depth = made.depth(200)
    delivered_after_loss = any(not lost for _, _, lost in steps[next((k for k, s in enumerate(steps) if s[2]), 99) :])
    if broken and delivered_after_loss:
        assert depth is None
    else:
        assert depth is not None
        assert dict(depth.bids) == {Decimal(p): Decimal(s) for p, s in expected.items() if s}
