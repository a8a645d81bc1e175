"""A sweep's result is the same whoever runs its trials, in whatever order, and however often it is interrupted."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest

from tests.unit.trader.workshop import a_market
from weexctl.backtest.bench import Bench
from weexctl.backtest.composed import Composed
from weexctl.backtest.crew import CrewLostError, Task
from weexctl.backtest.sweep import Plan, Sweep, varies_regime
from weexctl.backtest.sweep_check import check_space, own_values
from weexctl.backtest.sweep_record import SweepRecord, TrialRecord
from weexctl.backtest.sweep_space import Choices, Params, Range, Space
from weexctl.backtest.sweep_trial import Outcome
from weexctl.config.compose import build_pipeline
from weexctl.config.profile import Profile, load_profile
from weexctl.errors import ConfigError, UsageError
from weexctl.plugin_host import load_offers
from weexctl.run.schedule import Schedule

OFFERS = load_offers(environ={})
SPACE = Space((Range("limits.per_trade_risk", 0.001, 0.01), Range("pipeline.rebalance_band", 0.1, 0.9)))


def profile_of(params: Params) -> Profile:
    return load_profile("safe", offers=OFFERS, overrides=params)


def a_plan(trials: int = 20, space: Space = SPACE) -> Plan:
    profile = profile_of({})
    return Plan(
        space=space,
        metric="calmar",
        trials=trials,
        batch=6,
        seed=1,
        profile=profile,
        base=own_values(space, profile),
        profile_of=profile_of,
        composed=Composed.of(profile, build_pipeline(profile, OFFERS)),
        manifest={},
        bench=Bench(a_market(), Schedule(0, 0, 3_600_000, 3_600_000), {}),
    )


def worth(profile: Profile) -> Outcome:
    """A made-up figure of a profile; none for a few."""
    risk, band = float(profile.limits.per_trade_risk), profile.pipeline.rebalance_band
    value = None if band < 0.2 else -((risk * 100 - 0.7) ** 2) - (band - 0.6) ** 2
    return Outcome(figures={"calmar": value, "sharpe": 1.0}, trades=3)


class FakeCrew:
    """Answers one question at a time, in an order that has nothing to do with that of the questions."""

    room = 10**6

    def __init__(self, seed: int = 0, answer: Callable[[Profile], Outcome] = worth, stop_after: int = 10**6) -> None:
        self._seed, self._answer, self._stop_after = seed, answer, stop_after
        self._open: list[tuple[str, Future[Any], Profile]] = []
        self.asked, self.answered = 0, 0

    def submit(self, task: Task[Any], *arguments: Any) -> Future[Any]:
        future: Future[Any] = Future()
        self.asked += 1
        order = hashlib.blake2b(f"{self._seed}|{self.asked}".encode()).hexdigest()
        self._open.append((order, future, arguments[0]))
        return future

    def should_stop(self) -> bool:
        """Looked at between two waits: time passes for the crew."""
        if self.answered >= self._stop_after:
            return True
        if self._open:
            _, future, profile = self._open.pop(self._open.index(min(self._open, key=lambda row: row[0])))
            self.answered += 1
            try:
                future.set_result(self._answer(profile))
            except RuntimeError as error:
                future.set_exception(error)
        return False

    def lost(self, error: BaseException) -> CrewLostError | None:
        return CrewLostError("the crew is gone", hint="again", code="GONE") if isinstance(error, RuntimeError) else None


def swept(plan: Plan, path: Path, crew: FakeCrew, kept: list[TrialRecord] | None = None) -> dict[int, TrialRecord]:
    """The trials of a sweep, as they are on disk afterwards."""
    record = SweepRecord(path, {})
    on_trial = (lambda _: None) if kept is None else kept.append
    Sweep(plan, record, on_trial=on_trial, should_stop=crew.should_stop).run(crew, {})
    return dict(sorted(SweepRecord(path, {}).trials.items()))


def test_the_order_of_the_answers_does_not_matter(tmp_path: Path) -> None:
    kept: list[TrialRecord] = []
    first = swept(a_plan(), tmp_path / "0", FakeCrew(0), kept)

    assert list(first) == list(range(20))
    assert first[0].params == {"limits.per_trade_risk": 0.003, "pipeline.rebalance_band": 0.5}
    assert [trial.number for trial in kept] != sorted(trial.number for trial in kept)
    assert any(trial.figures["calmar"] is None for trial in first.values())
    for seed in range(1, 4):
        assert swept(a_plan(), tmp_path / str(seed), FakeCrew(seed)) == first


@pytest.mark.parametrize("after", [0, 1, 5, 6, 7, 13, 19])
def test_an_interrupted_sweep_goes_on_to_the_same_end(after: int, tmp_path: Path) -> None:
    whole = swept(a_plan(), tmp_path / "whole", FakeCrew())

    part = swept(a_plan(), tmp_path / "part", FakeCrew(stop_after=after))
    crew = FakeCrew(7)
    assert swept(a_plan(), tmp_path / "part", crew) == whole
    assert len(part) == after
    assert crew.asked == len({trial.config_hash for trial in whole.values()}) - after


def test_more_trials_go_on_with_the_ones_there_are(tmp_path: Path) -> None:
    whole = swept(a_plan(20), tmp_path / "whole", FakeCrew())

    few = swept(a_plan(9), tmp_path / "part", FakeCrew())
    assert few == {number: whole[number] for number in range(9)}
    assert swept(a_plan(20), tmp_path / "part", FakeCrew()) == whole


def test_a_finished_sweep_asks_nobody(tmp_path: Path) -> None:
    whole = swept(a_plan(), tmp_path / "s", FakeCrew())
    crew = FakeCrew()

    assert swept(a_plan(), tmp_path / "s", crew) == whole
    assert crew.asked == 0


def test_the_same_settings_are_run_once(tmp_path: Path) -> None:
    space = Space((Choices("limits.max_positions_long", (1, 2, 3)),))
    crew = FakeCrew()

    trials = swept(a_plan(20, space), tmp_path / "s", crew)

    assert len(trials) == 20
    assert len({trial.config_hash for trial in trials.values()}) == 4  # and the profile as it is
    assert crew.asked < 10


def test_settings_that_the_profile_refuses_together_are_failures_with_a_reason(tmp_path: Path) -> None:
    space = Space((Range("limits.max_leverage", 1, 3, integer=True), Range("limits.max_gross_exposure", 0.5, 3.0)))
    check_space(space, profile_of)  # each has company in which it is taken

    trials = swept(a_plan(20, space), tmp_path / "s", FakeCrew())
    refused = [trial for trial in trials.values() if trial.failure]

    assert 0 < len(refused) < 15
    assert all("max_gross_exposure" in trial.failure and not trial.figures for trial in refused)
    assert all(
        float(trial.params["limits.max_gross_exposure"]) > int(trial.params["limits.max_leverage"]) for trial in refused
    )


def test_when_no_trial_of_the_first_batch_ran_no_more_are_tried(tmp_path: Path) -> None:
    crew = FakeCrew(answer=lambda profile: Outcome(failure="the plugin is broken"))

    with pytest.raises(UsageError, match=r"none of the first 5 trials could be run.*the plugin is broken"):
        swept(a_plan(), tmp_path / "s", crew)

    assert crew.asked == 6


def test_a_lost_crew_says_what_is_kept(tmp_path: Path) -> None:
    answers = iter([False] * 8)

    def answer(profile: Profile) -> Outcome:
        if next(answers, True):
            raise RuntimeError
        return worth(profile)

    with pytest.raises(ConfigError, match="the crew is gone; 8 of 20 trials are kept") as caught:
        swept(a_plan(), tmp_path / "s", FakeCrew(answer=answer))

    assert caught.value.code == "GONE"
    assert swept(a_plan(), tmp_path / "s", FakeCrew()) == swept(a_plan(), tmp_path / "whole", FakeCrew())


@pytest.mark.parametrize(
    ("dimension", "said", "hint"),
    [
        (Range("pipeline.rebalance_bnd", 0, 1), "did you mean rebalance_band", ""),
        (Range("pipeline.rebalance_band", 0.5, 3), "rebalance_band = 3", ""),
        (Range("limits.max_positions_long", 1, 6), "not a whole number", "add :int"),
        (Range("pipeline.risk[9].soft", 0.01, 0.1), "no such place", ""),
        (Choices("pipeline.sizer.use", ("volatility-target", "volatile")), "no sizer is called 'volatile'", ""),
        (Choices("limits.daily_loss", ("much", "little")), "not a number", ""),
        (Range("pipeline.sizer", 0, 1), "not a table", ""),
    ],
)
def test_a_space_that_the_profile_does_not_take_is_refused(dimension: Range | Choices, said: str, hint: str) -> None:
    with pytest.raises(UsageError, match=said) as caught:
        check_space(Space((SPACE.dimensions[0], dimension)), profile_of)

    assert dimension.path in caught.value.message
    assert hint in caught.value.hint


def test_the_profiles_own_values_are_found_by_their_paths() -> None:
    paths = ("pipeline.exits[0].multiple", "limits.max_order_notional", "pipeline.regime.use", "pipeline.exits[7].x")

    found = own_values(Space(tuple(Range(path, 0, 1) for path in paths if "use" not in path)), profile_of({}))

    assert found == {"pipeline.exits[0].multiple": 3.0, "limits.max_order_notional": 2000.0}


@pytest.mark.parametrize(
    ("path", "varied"),
    [("pipeline.regime.confirm_candles", True), ("pipeline.regime", True), ("pipeline.regimes", False)],
)
def test_fits_are_shared_unless_the_classifier_is_varied(path: str, varied: bool) -> None:
    assert varies_regime(Space((Range(path, 1, 2),))) is varied
