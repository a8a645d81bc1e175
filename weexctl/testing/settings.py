"""Do the settings of an offer survive being written to a profile and read back?"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from typing import Any

import tomli_w
from pydantic import ValidationError

from weexctl.hookspecs import Offer, PluginConfig
from weexctl.testing.report import Finding
from weexctl.testing.subject import Subject, difference

__all__ = ["check_settings"]


def check_settings(subject: Subject, offer: Offer[Any], settings: PluginConfig) -> Iterator[Finding]:
    """Through TOML and back the settings are equal, build the same plugin, and refuse a key they do not know."""
    if not re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", offer.name):
        yield Finding("settings", f"the name {offer.name!r} is not lower case with hyphens")
    if "use" in offer.config.model_fields:
        yield Finding("settings", "a setting named `use` can never be given: that word names the plugin")
    table = settings.model_dump(mode="json", exclude_none=True)
    read = offer.config.model_validate(tomllib.loads(tomli_w.dumps(table)))
    if read != settings:
        yield Finding("settings", "settings written to TOML and read back are not the same")
    if _accepts(offer, {**table, "no_such_setting": 1}):
        yield Finding("settings", "an unknown setting is accepted; a misspelt one would be too")
    rebuilt = Subject(subject.kind, offer.build(read), subject.candles, subject.artefact, subject.seed)
    for surface in subject.surfaces():
        if found := difference(rebuilt.whole(surface), subject.whole(surface)):
            yield Finding("settings", f"built again from the same settings, {surface} gave other values", *found)


def _accepts(offer: Offer[Any], table: dict[str, Any]) -> bool:
    try:
        offer.config.model_validate(table)
    except ValidationError:
        return False
    return True
