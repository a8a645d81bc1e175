"""Instruments: every rounding goes toward less risk, and symbols are read as people write them."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from weexctl.errors import UsageError
from weexctl.model.instrument import SYMBOLS, Instrument, normalise_symbol
from weexctl.model.side import PositionSide

LONG, SHORT = PositionSide.LONG, PositionSide.SHORT

prices = st.decimals("0.0001", "200000", places=9)
steps = st.sampled_from(["0.1", "0.01", "0.00001", "1", "5", "0.25"]).map(Decimal)
SETTINGS = settings(max_examples=100, deadline=None, derandomize=True)


def instrument(*, price_step: Decimal = Decimal("0.1"), quantity_step: Decimal = Decimal("0.001")) -> Instrument:
    return Instrument(
        symbol="BTCUSDT",
        base="BTC",
        quote="USDT",
        price_step=price_step,
        quantity_step=quantity_step,
        min_quantity=quantity_step,
        max_quantity=Decimal(1_000),
        max_leverage=100,
        maker_fee=Decimal("0.0002"),
        taker_fee=Decimal("0.0008"),
        contract_value=Decimal("0.001"),
    )


@pytest.mark.parametrize(
    ("quantity", "rounded"),
    [("0.0019999", "0.001"), ("0.002", "0.002"), ("0.0009999", "0.000"), ("12.3456", "12.345"), ("0", "0")],
)
def test_a_quantity_is_rounded_down(quantity: str, rounded: str) -> None:
    assert instrument().round_quantity(Decimal(quantity)) == Decimal(rounded)


def test_a_step_larger_than_one_is_kept_to() -> None:
    assert instrument(quantity_step=Decimal(10)).round_quantity(Decimal("1999.9")) == Decimal(1990)


def test_a_step_of_ten_is_written_out_however_it_was_listed() -> None:
    """What a size is worth is on record with the digits of the size: `1E+1` and `10` would differ there."""
    listed = instrument(quantity_step=Decimal("1E+1"))
    assert str(listed.round_quantity(Decimal(19))) == str(listed.min_quantity) == "10"
    assert str(listed.min_quantity * Decimal("0.9033")) == "9.0330"


@pytest.mark.parametrize(
    ("price", "rounded"), [("100.04", "100.0"), ("100.06", "100.1"), ("100.05", "100.0"), ("100.15", "100.2")]
)
def test_a_price_is_rounded_to_the_nearest_step_and_ties_to_even(price: str, rounded: str) -> None:
    assert instrument().round_price(Decimal(price)) == Decimal(rounded)


@pytest.mark.parametrize(
    ("side", "stop", "rounded"),
    [(LONG, "90.01", "90.1"), (LONG, "90.1", "90.1"), (SHORT, "110.09", "110.0"), (SHORT, "110.0", "110.0")],
)
def test_a_stop_is_rounded_towards_the_market(side: PositionSide, stop: str, rounded: str) -> None:
    assert instrument().round_stop(Decimal(stop), side) == Decimal(rounded)


def test_a_number_that_came_through_a_float_keeps_its_step() -> None:
    assert instrument().round_quantity(Decimal(repr(0.1 + 0.2))) == Decimal("0.3")


@SETTINGS
@given(price=prices, step=steps)
def test_rounded_values_lie_on_the_step_and_less_than_one_away(price: Decimal, step: Decimal) -> None:
    on = instrument(price_step=step, quantity_step=step)
    quantity, nearest = on.round_quantity(price), on.round_price(price)
    long_stop, short_stop = on.round_stop(price, LONG), on.round_stop(price, SHORT)
    assert all(value % step == 0 for value in (quantity, nearest, long_stop, short_stop))
    assert price - step < quantity <= price
    assert abs(nearest - price) <= step / 2
    assert price <= long_stop < price + step
    assert price - step < short_stop <= price


@SETTINGS
@given(price=prices, step=steps)
def test_rounding_twice_changes_nothing_more(price: Decimal, step: Decimal) -> None:
    on = instrument(price_step=step, quantity_step=step)
    assert on.round_quantity(on.round_quantity(price)) == on.round_quantity(price)
    assert on.round_price(on.round_price(price)) == on.round_price(price)
    assert on.round_stop(on.round_stop(price, LONG), LONG) == on.round_stop(price, LONG)


@pytest.mark.parametrize(
    "text", ["BTCUSDT", "btcusdt", "BTC/USDT", "btc-usdt", " BTCUSDT ", "cmt_btcusdt", "CMT_BTCUSDT", "BTC/USDT:USDT"]
)
def test_a_symbol_is_read_however_it_is_written(text: str) -> None:
    assert normalise_symbol(text) == "BTCUSDT"


def test_there_are_eight_symbols_and_each_is_its_own() -> None:
    assert len(set(SYMBOLS)) == 8
    assert [normalise_symbol(symbol) for symbol in SYMBOLS] == list(SYMBOLS)


@pytest.mark.parametrize(
    ("text", "meant"), [("BTCUSD", "did you mean BTCUSDT?"), ("DOGUSDT", "did you mean DOGEUSDT?")]
)
def test_a_misspelt_symbol_is_refused_with_the_nearest_one(text: str, meant: str) -> None:
    with pytest.raises(UsageError) as caught:
        normalise_symbol(text)
    assert caught.value.code == "UNKNOWN_SYMBOL"
    assert caught.value.hint.startswith(meant)


@pytest.mark.parametrize("text", ["", "XXXXXXXX", "usdt"])
def test_a_symbol_like_none_is_refused_with_the_list(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        normalise_symbol(text)
    assert all(symbol in caught.value.hint for symbol in SYMBOLS)
