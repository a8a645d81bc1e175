"""The arms of an ablation: a profile with parts of it taken away or put in, and the controls it has to beat.

Every arm is a profile of its own, made by laying values over ours, and passes the same checks as any profile.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Literal

from weexctl.config.choice import Choice
from weexctl.config.profile import Profile
from weexctl.model.limits import HARD_MAX_LEVERAGE
from weexctl.model.regime import REGIMES
from weexctl.plugin_host import Offers

__all__ = ["BUY_AND_HOLD", "FULL", "Arm", "Group", "LeftOut", "Match", "arms_of", "null_arms", "placebo_arms"]

FULL = "F"
"""Name of the arm that is the profile as it is."""
BUY_AND_HOLD = "buy-and-hold"
"""Name of the arm that is no run of the engine."""

_FRACTION = 0.2
"""Of equity, per position of the arm without an engine (methods 11.1)."""
_FIXED, _BUDGET, _BRAKE = "fixed-fraction", "regime-budget", "drawdown-brake"
_OPEN_LIMITS: Mapping[str, Any] = {
    "limits.max_leverage": HARD_MAX_LEVERAGE,
    "limits.max_order_notional": "1000000000",
    "limits.max_gross_exposure": float(HARD_MAX_LEVERAGE),
    "limits.max_symbol_exposure": float(HARD_MAX_LEVERAGE),
    "limits.max_margin_per_position": 0.999,
    "limits.per_trade_risk": 0.999,
    "limits.max_positions_long": 1000,
    "limits.max_positions_short": 1000,
    "limits.daily_loss": 0.999,
    "limits.kill_drawdown": 0.999,
    "limits.max_orders_per_minute": 1_000_000,
    "limits.max_orders_per_hour": 1_000_000,
}
"""As far open as a profile can have them; none can be removed."""


class Group(StrEnum):
    """What an arm is there for."""

    ARM = "arm"
    """A profile that somebody could have chosen."""
    CONTROL = "control"
    """A simpler one made as large as ours."""
    PLACEBO = "placebo"
    """Ours with regimes of another time."""
    STRESS = "stress"
    """Ours under worse conditions."""
    NULL = "null"
    """Ours where nothing can be known ahead."""
    MARKET = "market"


@dataclass(frozen=True, slots=True)
class Match:
    """One setting is solved so that a figure of the arm is that of the profile as it is."""

    path: str
    """Where the setting lies in a profile."""
    start: float
    """Its value at a scale of one."""
    figure: Literal["exposure", "volatility"]
    like: str
    """The arm that has it at a scale of one, for a first guess."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Arm:
    """One arm."""

    name: str
    title: str
    group: Group = Group.ARM
    overrides: Mapping[str, Any] = field(default_factory=dict)
    """Values laid over the profile, by path as `load_profile` takes them."""
    delay: int = 0
    """Candles by which all market columns are older."""
    shift: int = 0
    """Rows by which the regimes are moved in a circle."""
    costs: float = 1.0
    """Multiplies fees, spread and slippage."""
    toss: int | None = None
    """Seed of the coin that says whether a candle goes up or down; None leaves the market as it was."""
    match: Match | None = None


@dataclass(frozen=True, slots=True)
class LeftOut:
    """An arm that this profile cannot have."""

    name: str
    reason: str


def arms_of(profile: Profile, offers: Offers) -> tuple[tuple[Arm, ...], tuple[LeftOut, ...]]:
    """The arms of a profile but for the placebos, ours first; and those that it cannot have."""
    found = [_full(), *_without_engine(profile, offers), *_stages(profile), *_without_each(profile)]
    found += [*_conditions(), *_classifiers(profile, offers), *_rules(profile, offers)]
    return tuple(a for a in found if isinstance(a, Arm)), tuple(a for a in found if isinstance(a, LeftOut))


def placebo_arms(shifts: Iterable[int]) -> tuple[Arm, ...]:
    """K4: ours with its regimes moved by each of these numbers of rows."""
    title = "F with its regimes {:,} candles later"
    return tuple(
        Arm(name=f"K4-{number:02}", title=title.format(shift), group=Group.PLACEBO, shift=shift)
        for number, shift in enumerate(shifts, start=1)
    )


def null_arms(count: int, *, seed: int) -> tuple[Arm, ...]:
    """N: ours over the same candles, each of which goes up or down by a coin."""
    title = "F where a coin says whether a candle goes up or down"
    return tuple(
        Arm(name=f"N-{number:02}", title=title, group=Group.NULL, toss=seed + number) for number in range(1, count + 1)
    )


def _full() -> Arm:
    return Arm(name=FULL, title="the profile as it is")


def _without_engine(profile: Profile, offers: Offers) -> Iterator[Arm | LeftOut]:
    """A, G and what is scaled from A."""
    if _FIXED not in offers.names("sizer"):
        yield from (LeftOut(name, f"no installed plugin offers the sizer {_FIXED}") for name in ("A", "G", "K1", "K2"))
        return
    bare = {**_bare(), **_OPEN_LIMITS, "pipeline.sizer": {"use": _FIXED, "fraction": _FRACTION}}
    yield Arm(name="A", title=f"no engine: {_FRACTION * 100:.0f} % of equity each, limits open", overrides=bare)
    if budget := _named(profile.pipeline.risk, _BUDGET):
        yield Arm(name="G", title=f"A with {_BUDGET}", overrides={**bare, "pipeline.risk": [budget.to_toml_dict()]})
    else:
        yield LeftOut("G", f"the profile has no {_BUDGET}")
    for name, figure in (("K1", "exposure"), ("K2", "volatility")):
        yield Arm(
            name=name,
            title=f"A, scaled to the {figure} of F",
            group=Group.CONTROL,
            overrides=bare,
            match=Match("pipeline.sizer.fraction", _FRACTION, figure, "A"),  # type: ignore[arg-type]  # both are words of it
        )


def _stages(profile: Profile) -> Iterator[Arm | LeftOut]:
    """B to E and K3: the profile's sizer, with one kind of stage at a time."""
    sizer = profile.pipeline.sizer
    yield Arm(name="B", title=f"{sizer.use} only", overrides=_bare())
    for name, plugin in (("C", _BUDGET), ("E", _BRAKE)):
        if policy := _named(profile.pipeline.risk, plugin):
            kept = {"pipeline.risk": [policy.to_toml_dict()]}
            yield Arm(name=name, title=f"B with {plugin}", overrides={**_bare(), **kept})
        else:
            yield LeftOut(name, f"the profile has no {plugin}")
    if profile.pipeline.guards:
        yield Arm(name="D", title="B with the guards", overrides={"pipeline.risk": []})
    else:
        yield LeftOut("D", "the profile has no guards")
    target = getattr(sizer.settings, "annual_volatility", None)
    if target is None:
        yield LeftOut("K3", f"the sizer {sizer.use} has no annual_volatility to solve for")
        return
    yield Arm(
        name="K3",
        title="B, scaled to the volatility of F",
        group=Group.CONTROL,
        overrides=_bare(),
        match=Match("pipeline.sizer.annual_volatility", float(target), "volatility", "B"),
    )


def _without_each(profile: Profile) -> Iterator[Arm]:
    """F without each of its policies and guards."""
    for key in ("risk", "guards"):
        choices: tuple[Choice, ...] = getattr(profile.pipeline, key)
        for index, gone in enumerate(choices):
            kept = [choice.to_toml_dict() for place, choice in enumerate(choices) if place != index]
            again = sum(choice.use == gone.use for choice in choices[:index])
            name = f"F-{gone.use}" + (f"-{again + 1}" if again else "")
            yield Arm(name=name, title=f"F without {gone.use}", overrides={f"pipeline.{key}": kept})


def _conditions() -> Iterator[Arm]:
    yield Arm(name="F-late", title="F, every column one candle late", group=Group.STRESS, delay=1)
    yield Arm(name="F-costs", title="F, fees, spread and slippage doubled", group=Group.STRESS, costs=2.0)


def _classifiers(profile: Profile, offers: Offers) -> Iterator[Arm]:
    """F with every other classifier that is offered, smoothing and naming as ours where it has such settings."""
    ours = profile.pipeline.regime
    settings = ours.to_toml_dict()
    for name in offers.names("regime"):
        if name == ours.use:
            continue
        shared = {key: settings[key] for key in _fields(offers, name) if key in settings and key in _VIEW}
        overrides = {"pipeline.regime": {"use": name, **shared}}
        yield Arm(name=f"F={name}", title=f"F with the classifier {name}", overrides=overrides)


_VIEW = ("smoothing_hours", "switch_probability", "confirm_candles", "confirm_unstable_candles")


def _fields(offers: Offers, name: str) -> tuple[str, ...]:
    return tuple(offers.get("regime", name).offer.config.model_fields)


def _rules(profile: Profile, offers: Offers) -> Iterator[Arm | LeftOut]:
    """Exactly one rule per regime, against one rule everywhere that only the budget holds back."""
    ours = {regime.value: profile.pipeline.strategies[regime].to_toml_dict() for regime in REGIMES}
    offered = offers.names("strategy")
    strict = {
        "trending": ours["trending"],
        "ranging": ours["ranging"] if ours["ranging"]["use"] == "reversion" else {"use": "reversion"},
        "unstable": {"use": "flat"},
    }
    soft = dict.fromkeys(ours, ours["trending"])
    for name, title, wanted in (
        ("F-strict", "F, one rule per regime: {}", strict),
        ("F-soft", "F, {} in every regime, the budget decides how much", soft),
    ):
        words = [rule["use"] for rule in wanted.values()]
        if missing := sorted(set(words) - set(offered)):
            yield LeftOut(name, f"no installed plugin offers the strategy {missing[0]}")
        elif not _differ(wanted, ours):
            yield LeftOut(name, "it is the profile as it is")
        else:
            shown = words[0] if len(set(words)) == 1 else " / ".join(words)
            yield Arm(name=name, title=title.format(shown), overrides={"pipeline.strategies": wanted})


def _differ(wanted: Mapping[str, Mapping[str, Any]], ours: Mapping[str, Mapping[str, Any]]) -> bool:
    """Whether a profile with these rules is another one; settings that are left out are the defaults."""
    return any(
        wanted[regime]["use"] != ours[regime]["use"] or (len(wanted[regime]) > 1 and wanted[regime] != ours[regime])
        for regime in ours
    )


def _bare() -> dict[str, Any]:
    return {"pipeline.risk": [], "pipeline.guards": []}


def _named(choices: tuple[Choice, ...], use: str) -> Choice | None:
    return next((choice for choice in choices if choice.use == use), None)
