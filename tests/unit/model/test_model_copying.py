"""Frozen records that cost little: they behave like the frozen dataclasses they are."""

from __future__ import annotations

import pickle
from collections.abc import Mapping
from dataclasses import FrozenInstanceError, dataclass, field, fields, replace
from decimal import Decimal

import pytest

from weexctl.model.book import Book, HeldPosition
from weexctl.model.copying import copier, quick
from weexctl.model.fill import Fill
from weexctl.model.order import OrderIntent
from weexctl.model.side import PositionSide, Side
from weexctl.model.signal import FLAT, Signal


@quick
@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """Has a required field, a default, and one that is made anew."""

    kind: str
    count: int = 3
    notes: Mapping[str, int] = field(default_factory=dict)


FILL = Fill(
    fill_id="1",
    order_id="2",
    symbol="BTCUSDT",
    side=Side.BUY,
    position_side=PositionSide.LONG,
    quantity=Decimal(1),
    price=Decimal(2),
    value=Decimal(2),
    fee=Decimal("0.01"),
    realised=Decimal(0),
    maker=False,
    time_ms=5,
)


@pytest.mark.parametrize("record", [FLAT, FILL, Named(kind="a")])
def test_a_record_cannot_be_changed(record: object) -> None:
    name = next(iter(record.__slots__))  # type: ignore[attr-defined]
    before = getattr(record, name)
    with pytest.raises(FrozenInstanceError):
        setattr(record, name, "other")
    with pytest.raises(FrozenInstanceError):
        delattr(record, name)
    assert getattr(record, name) == before


def test_a_copy_cannot_be_changed_and_leaves_its_origin_alone() -> None:
    copied = copier(Fill)(FILL, price=Decimal(3))
    with pytest.raises(FrozenInstanceError):
        copied.price = Decimal(4)  # type: ignore[misc]
    assert (copied.price, FILL.price) == (Decimal(3), Decimal(2))
    assert copied == replace(FILL, price=Decimal(3))


def test_defaults_are_those_of_the_class_and_what_is_made_is_made_anew() -> None:
    one, other = Named(kind="a"), Named(kind="a")
    assert (one.count, one.notes) == (3, {})
    assert one.notes is not other.notes
    assert one == other
    assert Named(kind="a", count=4) != one


def test_arguments_are_asked_for_as_the_class_says() -> None:
    with pytest.raises(TypeError):
        Named("a")  # type: ignore[call-arg]
    with pytest.raises(TypeError):
        Named()  # type: ignore[call-arg]
    assert Signal(1, 1.0, True, "UP", "trend") == Signal(
        direction=1, strength=1.0, entry=True, reason="UP", rule="trend"
    )


def test_a_record_survives_the_way_to_another_process() -> None:
    again = pickle.loads(pickle.dumps(FILL))  # noqa: S301  # our own bytes
    assert again == FILL
    assert type(again) is Fill
    assert hash(again) == hash(FILL)


@pytest.mark.parametrize("kind", [Book, HeldPosition, Fill, OrderIntent, Signal])
def test_every_field_is_written(kind: type) -> None:
    names = [spec.name for spec in fields(kind)]
    record = kind(**{name: place for place, name in enumerate(names)})
    assert [getattr(record, name) for name in names] == list(range(len(names)))
    assert type(record) is kind
