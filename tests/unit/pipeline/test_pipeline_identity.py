"""Ids: what they depend on, and that both API generations take them."""

from __future__ import annotations

import re
from itertools import product

import pytest

from weexctl.model.order import Leg
from weexctl.pipeline.identity import client_order_id, decision_id, run_id, trade_id

DECISION = "d0123456789abcdef0123"


def test_a_decision_keeps_its_id_for_ever() -> None:
    assert decision_id("profile", "seed:7", "BTCUSDT", 1_700_006_400_000) == "d28f030a0e8686e1325e7"


def test_an_order_keeps_its_client_id_for_ever() -> None:
    assert client_order_id("sim", DECISION, Leg.ENTRY, 1) == "wx00vj5ivmga7tew4q52e01"


def test_runs_and_trades_keep_their_ids_for_ever() -> None:
    assert run_id("profile", "seed:7", "sim", "sim", 0, ("BTCUSDT",)) == "r4abd0114b083a9d5873b"
    assert trade_id("100000000000000001", "BTCUSDT", "long") == "t178d6ff693a3ab2e5c5a"


def test_the_runs_of_two_accounts_have_two_ids() -> None:
    accounts = ("sim", "rehearsal", "other")
    assert len({run_id("profile", "seed:7", "sim", account, 0, ("BTCUSDT",)) for account in accounts}) == len(accounts)


@pytest.mark.parametrize("leg", list(Leg))
@pytest.mark.parametrize("attempt", [1, 99])
def test_a_client_id_is_23_characters_that_both_api_generations_take(leg: Leg, attempt: int) -> None:
    made = client_order_id("sim", DECISION, leg, attempt, "7k")
    assert len(made) == 23
    assert re.fullmatch(r"[.A-Z:/a-z0-9_-]{1,36}", made)
    assert re.fullmatch(r"[a-z0-9]+", made)
    assert made[:4] == "wx7k"
    assert made[-3:] == f"{leg.letter}{attempt:02d}"


def test_no_two_legs_attempts_accounts_decisions_or_hosts_share_a_client_id() -> None:
    parts = list(product(("a", "b"), ("d1", "d2"), Leg, range(1, 6), ("00", "01")))
    made = {client_order_id(account, decision, leg, attempt, host) for account, decision, leg, attempt, host in parts}
    assert len(made) == len(parts)


def test_the_hash_itself_tells_legs_apart_whatever_follows_it() -> None:
    bodies = {client_order_id("sim", DECISION, leg, 1)[4:20] for leg in Leg}
    assert len(bodies) == len(Leg)


@pytest.mark.parametrize(
    "other",
    [
        ("other", "seed:7", "BTCUSDT", 1),
        ("profile", "seed:8", "BTCUSDT", 1),
        ("profile", "seed:7", "ETHUSDT", 1),
        ("profile", "seed:7", "BTCUSDT", 2),
    ],
)
def test_a_decision_of_another_profile_market_symbol_or_candle_has_another_id(other: tuple[str, str, str, int]) -> None:
    assert decision_id(*other) != decision_id("profile", "seed:7", "BTCUSDT", 1)


def test_parts_that_only_run_together_the_same_way_give_different_ids() -> None:
    assert decision_id("ab", "c", "BTCUSDT", 1) != decision_id("a", "bc", "BTCUSDT", 1)


@pytest.mark.parametrize("attempt", [0, 100, -1])
def test_an_attempt_that_does_not_fit_two_digits_is_refused(attempt: int) -> None:
    with pytest.raises(ValueError, match="two digits"):
        client_order_id("sim", DECISION, Leg.ENTRY, attempt)
