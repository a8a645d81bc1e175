"""What is different between the run on record and the one that was asked for."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from weexctl.actions.moment import iso_utc
from weexctl.config.profile import Profile
from weexctl.journal.rows import RunRecord
from weexctl.run.market_source import MarketSource

__all__ = ["changes"]

_LONGEST = 60
"""Letters of a value in a message."""


def changes(run: RunRecord, profile: Profile, market: MarketSource, start_ms: int | None) -> list[str]:
    """What the run on record was made with and was not asked for now; empty when it may go on.

    Args:
        run: the run on record.
        profile: what is asked for now.
        market: the candles that are asked for now.
        start_ms: close of the first candle that is asked for now; None when no start was given.
    """
    found = [] if run.profile_digest == profile.digest else [_of_profile(run, profile)]
    if run.source != market.source:
        found.append(_of_market(run, market))
    if start_ms is not None and start_ms != run.from_ms:
        found.append(f"another start, {iso_utc(run.from_ms)} and not {iso_utc(start_ms)}")
    return found


def _of_profile(run: RunRecord, profile: Profile) -> str:
    """The first thing that differs, the widest first: the profile, its symbols, one setting."""
    if run.profile != profile.name:
        return f"another profile, {run.profile} and not {profile.name}"
    asked = json.loads(json.dumps(profile.to_toml_dict()))
    different = list(_differences(json.loads(run.profile_json), asked))
    symbols = [difference for difference in different if difference[0] == "venue.symbols"]
    if symbols:
        _, before, now = symbols[0]
        return f"other symbols, {_listed(before)} and not {_listed(now)}"
    if different:
        path, before, now = different[0]
        return f"another setting in the profile, {path} = {_shown(before)} and not {_shown(now)}"
    return "another setting in the profile"


def _of_market(run: RunRecord, market: MarketSource) -> str:
    if run.seed is not None and market.seed is not None and run.seed != market.seed:
        return f"another seed, {run.seed} and not {market.seed}"
    return "other candles"


def _differences(before: Any, now: Any, path: str = "") -> Iterator[tuple[str, Any, Any]]:
    """(path, value before, value now) of every leaf that differs; a list of plain values is one leaf."""
    if isinstance(before, dict) and isinstance(now, dict):
        for key in sorted({*before, *now}):
            yield from _differences(before.get(key), now.get(key), f"{path}.{key}" if path else str(key))
    elif _tables(before) and _tables(now) and len(before) == len(now):
        for number, pair in enumerate(zip(before, now, strict=True)):
            yield from _differences(*pair, f"{path}[{number}]")
    elif before != now:
        yield path, before, now


def _tables(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(entry, dict) for entry in value)


def _listed(symbols: Any) -> str:
    return ",".join(map(str, symbols or ()))


def _shown(value: Any) -> str:
    text = "nothing" if value is None else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
