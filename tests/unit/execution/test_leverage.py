"""Leverage is read before anything opens: too high, it is set back where nothing is held, and keeps entries out."""

from __future__ import annotations

import pytest

from tests.unit.execution.orders import LIMITS
from tests.unit.execution.scripted_exchange import ScriptedExchange
from weexctl.errors import RejectedError, UnavailableError
from weexctl.execution.gate import Gate
from weexctl.execution.leverage import LeverageCheck

BTC = "BTCUSDT"


@pytest.fixture
def check(exchange: ScriptedExchange, gate: Gate) -> LeverageCheck:
    return LeverageCheck(exchange, gate, LIMITS.max_leverage)


@pytest.mark.parametrize("leverage", [1, 3])
def test_leverage_within_the_limit_is_left_as_it_is(
    check: LeverageCheck, exchange: ScriptedExchange, leverage: int
) -> None:
    exchange.leverages[BTC] = leverage
    assert check.refusal(BTC, flat=True) == ""
    assert exchange.writes == []


def test_leverage_that_is_too_high_is_set_back_and_read_again(check: LeverageCheck, exchange: ScriptedExchange) -> None:
    exchange.leverages[BTC] = 4
    assert check.refusal(BTC, flat=True) == ""
    assert exchange.leverages[BTC] == LIMITS.max_leverage
    assert [call.name for call in exchange.calls] == ["fetch_leverage", "set_leverage", "fetch_leverage"]


def test_beside_a_position_it_is_left_alone_and_nothing_opens(check: LeverageCheck, exchange: ScriptedExchange) -> None:
    exchange.leverages[BTC] = 4
    assert check.refusal(BTC, flat=False) != ""
    assert exchange.leverages[BTC] == 4
    assert exchange.writes == []


def test_an_exchange_that_says_yes_and_does_nothing_is_not_believed(
    check: LeverageCheck, exchange: ScriptedExchange, monkeypatch: pytest.MonkeyPatch
) -> None:
    exchange.leverages[BTC] = 4
    monkeypatch.setattr(ScriptedExchange, "set_leverage", lambda self, symbol, leverage: self._leverage(symbol))
    assert check.refusal(BTC, flat=True) != ""


def test_what_cannot_be_read_or_set_opens_nothing(check: LeverageCheck, exchange: ScriptedExchange) -> None:
    exchange.leverages[BTC] = 4
    exchange.always_fail("set_leverage", RejectedError("no", code="LEVERAGE"))
    assert check.refusal(BTC, flat=True) == "LEVERAGE"
    exchange.always_fail("fetch_leverage", UnavailableError("down"))
    assert check.refusal(BTC, flat=True) == "UNAVAILABLE"
