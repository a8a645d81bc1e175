"""What is installed for the pipeline: the list, and one plugin closely."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from weexctl.actions.context import Context, NextCommand, Notice, Result
from weexctl.actions.spelling import did_you_mean
from weexctl.errors import UsageError
from weexctl.hookspecs import KINDS, PluginConfig
from weexctl.plugin_host import LoadedOffer, Offers, load_offers

__all__ = ["ListInput", "ListOutput", "PluginRow", "Setting", "ShowInput", "ShowOutput", "list_", "show"]

Kind = Literal["regime", "strategy", "sizer", "risk", "guard", "exit"]

_BOUNDS = {"exclusiveMinimum": "> {}", "minimum": "≥ {}", "exclusiveMaximum": "< {}", "maximum": "≤ {}"}


class ListInput(BaseModel):
    """Which plugins to list."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Kind | None = None


class PluginRow(BaseModel):
    """One plugin that was found."""

    name: str
    kind: str
    """Empty when it failed before its kind was known."""
    distribution: str
    version: str
    status: Literal["ok", "failed", "clash"]
    reason: str
    """Why it cannot be used; empty when it can."""
    summary: str


class ListOutput(BaseModel):
    """Every plugin that was found, sorted by kind and name."""

    plugins: list[PluginRow]


class ShowInput(BaseModel):
    """Which plugin to show."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    kind: Kind | None = None


class Setting(BaseModel):
    """One key of a plugin's table in a profile."""

    name: str
    type: str
    default: Any
    """None for a required key too; see `required`."""
    required: bool
    bounds: str
    """Such as `> 0, ≤ 1`; empty when anything of the type will do."""
    help: str


class ShowOutput(BaseModel):
    """One plugin: its origin and its settings."""

    name: str
    kind: str
    distribution: str
    version: str
    entry_point: str
    summary: str
    settings: list[Setting]
    settings_schema: dict[str, Any]
    """JSON Schema of the settings."""


def list_(input: ListInput, context: Context) -> Result:  # noqa: A002  # the signature of every action
    """Every plugin that is installed; the ones that cannot be used are warnings, not errors.

    A plugin that failed before its kind was known is listed whatever kind is asked for.
    """
    offers = load_offers(environ=context.environment)
    rows = [_row(row, offers) for row in offers.rows() if input.kind is None or row["kind"] in (input.kind, "")]
    return Result(data=ListOutput(plugins=rows), warnings=(*_broken(rows), *_left_out(offers)))


def show(input: ShowInput, context: Context) -> Result:  # noqa: A002  # the signature of every action
    """One plugin's origin and settings.

    Raises:
        UnknownOfferError: it is installed and cannot be used.
        UsageError: nobody offers it, or not in the kind asked for, or several kinds have the name.
    """
    offers = load_offers(environ=context.environment)
    if input.kind is not None:
        _must_be_of_kind(input.kind, input.name, offers)
    found = offers.get(input.kind or _only_kind(input.name, offers), input.name)
    data = ShowOutput(
        name=found.offer.name,
        kind=found.kind,
        distribution=found.distribution,
        version=found.version,
        entry_point=found.entry_point,
        summary=found.offer.summary,
        settings=_settings(found.offer.config),
        settings_schema=found.offer.config.model_json_schema(),
    )
    return Result(data=data, next=(NextCommand(f"weexctl plugins list --kind {found.kind}", "see its alternatives"),))


def _must_be_of_kind(kind: str, name: str, offers: Offers) -> None:
    kinds = {row["kind"] for row in offers.rows() if row["name"] == name}
    if kinds & {kind, ""}:  # "": it failed before its kind was known, which offers.get explains
        return
    if kinds:
        its = " and ".join(f"a {found}" for found in sorted(kinds)).replace("a exit", "an exit")
        hint = " or ".join(f"`weexctl plugins show {name} --kind {found}`" for found in sorted(kinds))
        raise UsageError(f"the plugin {name!r} is {its}, not a {kind}", hint=hint, code="UNKNOWN_PLUGIN")
    hint = did_you_mean(name, offers.names(kind))
    raise UsageError(f"no {kind} is called {name!r}", hint=hint, code="UNKNOWN_PLUGIN")


def _only_kind(name: str, offers: Offers) -> str:
    kinds = {row["kind"] for row in offers.rows() if row["name"] == name}
    if len(kinds) == 1:
        return kinds.pop() or next(iter(KINDS))
    if not kinds:
        names = sorted({found for _, found in offers.loaded})
        raise UsageError(f"no plugin is called {name!r}", hint=did_you_mean(name, names), code="UNKNOWN_PLUGIN")
    choice = " or ".join(f"--kind {kind}" for kind in sorted(kinds))
    raise UsageError(f"{name!r} is the name of several plugins", hint=f"add {choice}", code="AMBIGUOUS_PLUGIN")


def _row(row: Mapping[str, str], offers: Offers) -> PluginRow:
    found: LoadedOffer | None = offers.loaded.get((row["kind"], row["name"])) if row["status"] == "ok" else None
    return PluginRow.model_validate({**row, "summary": found.offer.summary if found else ""})


def _broken(rows: Iterable[PluginRow]) -> Iterable[Notice]:
    for row in rows:
        if row.status != "ok":
            yield Notice("PLUGIN_LOAD", f"{row.name} of {row.distribution or 'nobody'} cannot be used: {row.reason}")


def _left_out(offers: Offers) -> Iterable[Notice]:
    if offers.left_out:
        yield Notice("PLUGINS_LEFT_OUT", f"WEEXCTL_LOAD_PLUGINS keeps out {', '.join(offers.left_out)}")


def _settings(config: type[PluginConfig]) -> list[Setting]:
    schema = config.model_json_schema()
    required = schema.get("required", ())
    return [
        Setting(
            name=name,
            type=_type_text(shape),
            default=shape.get("default"),
            required=name in required,
            bounds=_bounds(shape),
            help=" ".join(str(shape.get("description", "")).split()),
        )
        for name, shape in schema.get("properties", {}).items()
    ]


def _type_text(shape: Mapping[str, Any]) -> str:
    """A JSON Schema type as a person reads it: `number`, `a | b`, `list of integer`, `integer or nothing`."""
    if "enum" in shape:
        return " | ".join(str(value) for value in shape["enum"])
    if "const" in shape:
        return str(shape["const"])
    if "anyOf" in shape:
        return " or ".join(_type_text(part) for part in shape["anyOf"])
    if "prefixItems" in shape:
        return f"({', '.join(_type_text(part) for part in shape['prefixItems'])})"
    if shape.get("type") == "array":
        return f"list of {_type_text(shape.get('items', {}))}"
    if "$ref" in shape:
        return str(shape["$ref"]).rsplit("/", 1)[-1]
    word = str(shape.get("type", "anything"))
    return {"object": "table", "null": "nothing"}.get(word, word)


def _bounds(shape: Mapping[str, Any]) -> str:
    parts = [shape, *shape.get("anyOf", ())]
    return ", ".join(words.format(f"{part[key]:g}") for part in parts for key, words in _BOUNDS.items() if key in part)
