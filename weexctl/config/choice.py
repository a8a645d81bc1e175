"""A plugin chosen by a profile, with settings that its own model has checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from pathlib import PurePath
from typing import Any

from pydantic import BaseModel

from weexctl.config.layers import Location
from weexctl.config.problems import Problem, check
from weexctl.config.tables import PluginEntry
from weexctl.errors import PluginContractError, UnknownOfferError
from weexctl.hookspecs import PluginConfig
from weexctl.plugin_host import Offers

__all__ = ["Choice", "choose", "plain"]


@dataclass(frozen=True, slots=True)
class Choice:
    """One plugin of a profile: its kind, its offer's name and its settings. Equal choices make equal plugins."""

    kind: str
    use: str
    settings: PluginConfig

    def to_toml_dict(self) -> dict[str, Any]:
        """`use` and every setting, defaults included."""
        return {"use": self.use, **plain(self.settings)}


def choose(kind: str, entry: PluginEntry, location: Location, offers: Offers) -> Choice | list[Problem]:
    """The choice an entry makes, or what is wrong with its name or its settings.

    Raises:
        PluginContractError: the plugin's own check of its settings broke.
    """
    try:
        loaded = offers.get(kind, entry.use)
    except UnknownOfferError as error:
        return [Problem((*location, "use"), error.message.partition("; nothing")[0], error.hint, unknown_offer=True)]
    try:
        settings = check(loaded.offer.config, entry.settings, location)
    except Exception as error:
        raise PluginContractError(
            f"{kind} {entry.use!r} of {loaded.origin} broke while it checked its settings: "
            f"{type(error).__name__}: {error}; nothing was run",
            hint=f"report this to the author of {loaded.distribution}, or choose another {kind}",
        ) from error
    return settings if isinstance(settings, list) else Choice(kind, entry.use, settings)


def plain(value: Any) -> Any:
    """A setting as TOML and JSON can hold it; None is left out of tables, as TOML has no word for it.

    Equal decimals give equal text, however they were written.
    """
    if isinstance(value, BaseModel):
        return plain(value.model_dump(by_alias=True))
    if isinstance(value, Mapping):
        return {str(plain(key)): plain(inner) for key, inner in value.items() if inner is not None}
    if isinstance(value, (list, tuple)):
        return [plain(inner) for inner in value]
    if isinstance(value, (set, frozenset)):
        return sorted((plain(inner) for inner in value), key=repr)
    if isinstance(value, Enum):
        return plain(value.value)
    if isinstance(value, Decimal):
        return format(value.normalize(), "f")
    return str(value) if isinstance(value, PurePath) else value
