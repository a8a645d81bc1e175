"""A profile: everything a run needs to know, checked, with the origin of each value."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from weexctl.config.choice import Choice, choose, plain
from weexctl.config.environment import Environment, read_environment
from weexctl.config.layers import Layered, Location, Origin, leaves, parse_path, path_text
from weexctl.config.paths import Paths
from weexctl.config.problems import Problem, check, refusal, unfinite
from weexctl.config.profile_file import NamedBy, find_profile, parse_profile
from weexctl.config.tables import Document, LimitsTable, PipelineTable, PluginEntry, SimulatorTable, VenueTable
from weexctl.config.venue import Venue
from weexctl.model.limits import Limits
from weexctl.model.regime import REGIMES, Regime
from weexctl.plugin_host import Offers

__all__ = ["AccountTables", "PipelineChoice", "Profile", "load_account_tables", "load_profile", "recorded_profile"]

_FLAGS: dict[Location, str] = {("venue", "name"): "--venue", ("venue", "symbols"): "--symbols"}
_LISTS = {"risk": "risk", "guards": "guard", "exits": "exit"}
"""Key of each list of plugins, and the kind in it."""


@dataclass(frozen=True, slots=True)
class PipelineChoice:
    """The plugins of a profile, in its order."""

    regime: Choice
    strategies: Mapping[Regime, Choice]
    sizer: Choice
    risk: tuple[Choice, ...]
    guards: tuple[Choice, ...]
    exits: tuple[Choice, ...]
    rebalance_band: float

    def to_toml_dict(self) -> dict[str, Any]:
        """The `[pipeline]` table, defaults included."""
        return {
            "regime": self.regime.to_toml_dict(),
            "strategies": {regime.value: self.strategies[regime].to_toml_dict() for regime in REGIMES},
            "sizer": self.sizer.to_toml_dict(),
            **{key: [choice.to_toml_dict() for choice in getattr(self, key)] for key in _LISTS},
            "rebalance_band": self.rebalance_band,
        }


@dataclass(frozen=True, slots=True)
class AccountTables:
    """What is needed to look after an account without any plugin: to close, to cancel, to stop."""

    name: str
    source: str
    venue: VenueTable
    limits: Limits
    simulator: SimulatorTable


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """A resolved profile: every default filled in, every name and setting checked."""

    name: str
    source: str
    """`built-in profile safe`, or `file profiles/mine.toml`."""
    description: str
    venue: VenueTable
    pipeline: PipelineChoice
    limits: Limits
    simulator: SimulatorTable
    origins: Mapping[str, str] = field(default_factory=dict, compare=False)
    """Where each value came from, by path: `limits.max_leverage` → `built-in profile safe`.

    Words begin with `default`, `built-in profile`, `file`, `environment` or `flag`.
    """

    @property
    def digest(self) -> str:
        """Hash of everything resolved but the description: 20 hexadecimal digits.

        It does not depend on comments, on the order of keys, on how a number is written, on the profile's name, or on
        whether a default was written out.
        """
        values = {key: value for key, value in self.to_toml_dict().items() if key != "description"}
        return _digest(values)

    @property
    def pipeline_digest(self) -> str:
        """The same hash of the pipeline and its timeframe alone: neither limits, nor symbols, nor the venue count."""
        return _digest({"pipeline": self.pipeline.to_toml_dict(), "timeframe": self.venue.timeframe.value})

    def to_toml_dict(self) -> dict[str, Any]:
        """The whole profile as plain tables, defaults included; loading it again gives the same digest."""
        return {
            "schema": 1,
            "description": self.description,
            "venue": plain(self.venue),
            "pipeline": self.pipeline.to_toml_dict(),
            "limits": {name: plain(getattr(self.limits, name)) for name in LimitsTable.model_fields},
            "simulator": plain(self.simulator),
        }

    def at_venue(self, venue: Venue) -> Profile:
        """The same profile at another venue: what a person arms is the profile at `live`."""
        table = self.venue.model_copy(update={"name": venue})
        return replace(self, venue=table)


def load_profile(
    name_or_path: str | Path,
    *,
    offers: Offers,
    overrides: Mapping[str, Any] | None = None,
    environment: Environment | None = None,
    paths: Paths | None = None,
    named_by: NamedBy = "flag",
) -> Profile:
    """The profile of this name or path, resolved: default < file < environment < flag.

    Args:
        name_or_path: `safe`, or `./profiles/mine.toml`.
        offers: what the installed plugins offer.
        overrides: values given by flags, by path: `{"venue.name": "paper", "pipeline.risk[1].soft": 0.05}`.
        environment: what the environment says; None reads it.
        paths: the folders; None finds them.
        named_by: who named the profile; a wrong flag is a usage error.

    Raises:
        UsageError: a flag names no profile, no key, or a wrong value.
        ConfigError: the file or the environment is wrong; the message has the path and the nearest valid word.
        UnknownOfferError: the file names a plugin that nobody offers, or that failed to load.
    """
    found = find_profile(name_or_path, paths=paths, named_by=named_by)
    layered = _layered(found.text(), found.words, overrides or {}, environment or read_environment())
    return _resolved(found.name, found.words, layered, offers)


def recorded_profile(name: str, values: Mapping[str, Any], *, offers: Offers) -> Profile:
    """The profile that a run's record holds, with the plugins that are installed now.

    Args:
        name: the profile's name then.
        values: what `Profile.to_toml_dict` gave.
        offers: what the installed plugins offer.

    Raises:
        ConfigError: the values are no profile of this version.
        UnknownOfferError: it names a plugin that nobody offers now.
    """
    words = f"the record of a run with profile {name}"
    return _resolved(name, words, Layered(dict(values), Origin("file", words)), offers)


def _resolved(name: str, words: str, layered: Layered, offers: Offers) -> Profile:
    document = _document(layered)
    pipeline = _pipeline(document.pipeline, offers)
    if isinstance(pipeline, list):
        raise refusal(pipeline, layered)
    profile = Profile(
        name=name,
        source=words,
        description=document.description,
        venue=document.venue,
        pipeline=pipeline,
        limits=document.limits.limits(),
        simulator=document.simulator,
    )
    locations = leaves(profile.to_toml_dict())
    return replace(profile, origins={path_text(place): layered.origin(place).words for place in locations})


def load_account_tables(
    name_or_path: str | Path,
    *,
    overrides: Mapping[str, Any] | None = None,
    environment: Environment | None = None,
    paths: Paths | None = None,
    named_by: NamedBy = "flag",
) -> AccountTables:
    """Venue, limits and simulator of a profile; no plugin is loaded, so that a broken one cannot stop a close.

    Arguments and errors are those of `load_profile`, without the ones about plugins and their settings.
    """
    found = find_profile(name_or_path, paths=paths, named_by=named_by)
    document = _document(_layered(found.text(), found.words, overrides or {}, environment or read_environment()))
    return AccountTables(found.name, found.words, document.venue, document.limits.limits(), document.simulator)


def _digest(values: Mapping[str, Any]) -> str:
    text = json.dumps(_one_spelling(values), sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.blake2b(text.encode(), digest_size=10).hexdigest()


def _one_spelling(values: Any) -> Any:
    """The same values with whole numbers as such: a model's default may be 48 where a file's value becomes 48.0."""
    if isinstance(values, dict):
        return {key: _one_spelling(value) for key, value in values.items()}
    if isinstance(values, list):
        return [_one_spelling(value) for value in values]
    return int(values) if isinstance(values, float) and values.is_integer() else values


def _layered(text: str, words: str, overrides: Mapping[str, Any], environment: Environment) -> Layered:
    layered = Layered(parse_profile(text, words), Origin("file", words))
    if environment.venue is not None:
        layered.lay(("venue", "name"), environment.venue.value, Origin("environment", "environment WEEXCTL_VENUE"))
    for path, value in overrides.items():
        place = parse_path(path)
        layered.lay(place, plain(value), Origin("flag", f"flag {_FLAGS.get(place, path)}"))
    return layered


def _document(layered: Layered) -> Document:
    """The checked tables.

    Raises:
        ConfigError, UsageError: a key or a value is wrong, whichever layer brought it.
    """
    if problems := list(unfinite(layered.values)):
        raise refusal(problems, layered)
    if "schema" not in layered.values:
        problem = Problem(("schema",), "missing", hint="a profile begins with the line: schema = 1")
        raise refusal([problem], layered)
    document = check(Document, layered.values)
    if isinstance(document, list):
        raise refusal(document, layered)
    return document


def _pipeline(table: PipelineTable, offers: Offers) -> PipelineChoice | list[Problem]:
    """The pipeline's choices, or every problem with them in the order of the profile."""
    chosen: dict[Location, Choice] = {}
    problems: list[Problem] = []
    for kind, location, entry in _entries(table):
        choice = choose(kind, entry, ("pipeline", *location), offers)
        if isinstance(choice, list):
            problems += choice
        else:
            chosen[location] = choice
    if problems:
        return problems
    lists = {key: tuple(chosen[key, index] for index in range(len(getattr(table, key)))) for key in _LISTS}
    return PipelineChoice(
        regime=chosen["regime",],
        strategies={regime: chosen["strategies", regime.value] for regime in REGIMES},
        sizer=chosen["sizer",],
        risk=lists["risk"],
        guards=lists["guards"],
        exits=lists["exits"],
        rebalance_band=table.rebalance_band,
    )


def _entries(table: PipelineTable) -> Iterator[tuple[str, Location, PluginEntry]]:
    yield "regime", ("regime",), table.regime
    for regime in REGIMES:
        yield "strategy", ("strategies", regime.value), getattr(table.strategies, regime.value)
    yield "sizer", ("sizer",), table.sizer
    for key, kind in _LISTS.items():
        for index, entry in enumerate(getattr(table, key)):
            yield kind, (key, index), entry
