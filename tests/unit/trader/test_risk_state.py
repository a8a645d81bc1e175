"""What a run remembers: the peak of ninety days, the start of the day, and all of it across a restart."""

from __future__ import annotations

import json
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from weexctl.model.book import ClosedTrade
from weexctl.model.side import PositionSide
from weexctl.run.risk_state import DAY_MS, PEAK_DAYS, RiskState

HOUR_MS = 3_600_000
MIDNIGHT = 19_800 * DAY_MS


def _trade(closed_ms: int) -> ClosedTrade:
    return ClosedTrade(
        symbol="BTCUSDT",
        side=PositionSide.SHORT,
        opened_ms=closed_ms - HOUR_MS,
        closed_ms=closed_ms,
        pnl=-3.5,
        exit_reason="STOP_HIT",
        rule="trend",
    )


_MOMENTS = st.integers(0, 2**45)
_MONEY = st.decimals(-1_000_000, 1_000_000, places=8)
_EQUITY = st.floats(0.01, 1e9)


@given(
    start=_EQUITY,
    peaks=st.dictionaries(_MOMENTS, _EQUITY, max_size=5),
    moments=st.lists(_MOMENTS, max_size=5),
    cooldowns=st.dictionaries(st.sampled_from(("BTCUSDT", "ETHUSDT")), _MOMENTS),
    money=st.tuples(_MONEY, _MONEY, _MONEY),
    closed=st.lists(_MOMENTS.filter(lambda m: m > HOUR_MS), max_size=3),
)
def test_a_state_comes_back_equal_from_json(
    start: float,
    peaks: dict[int, float],
    moments: list[int],
    cooldowns: dict[str, int],
    money: tuple[Decimal, Decimal, Decimal],
    closed: list[int],
) -> None:
    state = RiskState(
        start_equity=start,
        daily_peaks=peaks,
        entries_ms=moments,
        order_times_ms=moments[:2],
        cooldowns=cooldowns,
        trades=[_trade(moment) for moment in closed],
        refusals={"COOLDOWN": 3},
        locked={"ETHUSDT": "STOP_UNPROVEN"},
        realised=money[0],
        fees=money[1],
        funding=money[2],
        funding_ms=7,
    )
    assert RiskState.from_json(json.loads(json.dumps(state.to_json()))) == state


def test_every_field_is_saved() -> None:
    state = RiskState(start_equity=1.0)
    assert set(state.to_json()) == set(RiskState.__dataclass_fields__)


def test_saving_shares_nothing_with_the_state() -> None:
    state = RiskState(start_equity=1.0)
    saved = json.dumps(state.to_json())
    restored = RiskState.from_json(json.loads(saved))
    restored.refuse("X")
    restored.mark(MIDNIGHT, 5.0)
    assert state == RiskState(start_equity=1.0)


def test_before_any_mark_the_peak_is_the_start() -> None:
    assert RiskState(start_equity=10_000.0).peak_equity == 10_000.0


def test_the_peak_is_remembered_for_ninety_days_and_no_longer() -> None:
    state = RiskState(start_equity=100.0)
    state.mark(MIDNIGHT, 130.0)
    for day in range(1, PEAK_DAYS):
        state.mark(MIDNIGHT + day * DAY_MS, 90.0)
    assert state.peak_equity == 130.0
    state.mark(MIDNIGHT + PEAK_DAYS * DAY_MS, 91.0)
    assert state.peak_equity == 91.0


def test_the_peak_of_a_day_is_its_highest_mark() -> None:
    state = RiskState(start_equity=100.0)
    for hour, equity in enumerate((100.0, 112.0, 90.0)):
        state.mark(MIDNIGHT + hour * HOUR_MS, equity)
    assert state.daily_peaks == {MIDNIGHT: 112.0}


def test_the_day_starts_with_the_first_mark_of_the_day_in_utc() -> None:
    state = RiskState(start_equity=100.0)
    state.mark(MIDNIGHT - HOUR_MS, 100.0)
    state.mark(MIDNIGHT, 97.0)
    state.mark(MIDNIGHT + 23 * HOUR_MS, 80.0)
    assert (state.day_start_ms, state.day_start_equity) == (MIDNIGHT, 97.0)
    state.mark(MIDNIGHT + DAY_MS, 81.0)
    assert state.day_start_equity == 81.0


def test_a_restart_within_a_day_keeps_its_start_and_the_peak() -> None:
    state = RiskState(start_equity=100.0)
    state.mark(MIDNIGHT, 120.0)
    restored = RiskState.from_json(json.loads(json.dumps(state.to_json())))
    restored.mark(MIDNIGHT + 5 * HOUR_MS, 95.0)
    assert (restored.day_start_equity, restored.peak_equity) == (120.0, 120.0)


def test_what_is_too_old_to_matter_is_forgotten() -> None:
    month = 30 * DAY_MS
    state = RiskState(
        start_equity=1.0,
        entries_ms=[MIDNIGHT - month, MIDNIGHT - month + 1],
        order_times_ms=[MIDNIGHT - HOUR_MS, MIDNIGHT - HOUR_MS + 1],
        trades=[_trade(MIDNIGHT - month), _trade(MIDNIGHT - month + 1)],
        cooldowns={"BTCUSDT": MIDNIGHT, "ETHUSDT": MIDNIGHT + 1},
    )
    state.mark(MIDNIGHT, 1.0)
    assert state.entries_ms == [MIDNIGHT - month + 1]
    assert state.order_times_ms == [MIDNIGHT - HOUR_MS + 1]
    assert [trade.closed_ms for trade in state.trades] == [MIDNIGHT - month + 1]
    assert state.cooldowns == {"ETHUSDT": MIDNIGHT + 1}
