"""The JSON schema of a profile, with the settings of every installed plugin, for editors."""

from __future__ import annotations

from typing import Any

from pydantic.errors import PydanticInvalidForJsonSchema

from weexctl.config.tables import Document
from weexctl.hookspecs import KINDS
from weexctl.plugin_host import LoadedOffer, Offers

__all__ = ["profile_schema"]

_DRAFT = "https://json-schema.org/draft/2020-12/schema"


def profile_schema(offers: Offers) -> dict[str, Any]:
    """The JSON schema (draft 2020-12) of a profile: each entry of the pipeline is one of the installed offers."""
    schema = Document.model_json_schema(by_alias=True)
    definitions: dict[str, Any] = schema["$defs"]
    definitions.pop("PluginEntry")
    for kind in KINDS:
        definitions[kind] = {"oneOf": [_entry(offers.loaded[kind, name], definitions) for name in offers.names(kind)]}
        if not definitions[kind]["oneOf"]:
            definitions[kind] = {"not": {}, "description": f"No installed plugin offers a {kind}."}
    _point(definitions["PipelineTable"]["properties"], {"regime": "regime", "sizer": "sizer"})
    _point(definitions["StrategiesTable"]["properties"], dict.fromkeys(("trending", "ranging", "unstable"), "strategy"))
    for key, kind in {"risk": "risk", "guards": "guard", "exits": "exit"}.items():
        definitions["PipelineTable"]["properties"][key]["items"] = {"$ref": f"#/$defs/{kind}"}
    return {"$schema": _DRAFT, "title": "weexctl profile", **{k: v for k, v in schema.items() if k != "title"}}


def _point(properties: dict[str, Any], kinds: dict[str, str]) -> None:
    for key, kind in kinds.items():
        properties[key] = {"$ref": f"#/$defs/{kind}"}


def _entry(loaded: LoadedOffer, definitions: dict[str, Any]) -> dict[str, Any]:
    """The table of one offer; models inside its settings are put among the definitions under the offer's name."""
    name, kind = loaded.offer.name, loaded.kind
    prefix = f"{kind}.{name}."
    try:
        settings = loaded.offer.config.model_json_schema(ref_template=f"#/$defs/{prefix}{{model}}")
    except PydanticInvalidForJsonSchema:
        settings = {"type": "object", "additionalProperties": True}  # a type of its own that JSON has no words for
    for inner, definition in settings.pop("$defs", {}).items():
        definitions[f"{prefix}{inner}"] = definition
    settings["properties"] = {"use": {"const": name}, **settings.get("properties", {})}
    settings["required"] = ["use", *settings.get("required", ())]
    if loaded.offer.summary:
        settings["description"] = loaded.offer.summary
    return {**settings, "title": f"{kind} {name} ({loaded.distribution})"}
