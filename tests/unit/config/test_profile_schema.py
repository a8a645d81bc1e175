"""The JSON schema knows the core's tables and every installed plugin's settings."""

from __future__ import annotations

import json
from typing import Any

from weexctl.config.profile_schema import profile_schema
from weexctl.plugin_host import Offers, load_offers


def _references(node: Any) -> set[str]:
    if isinstance(node, dict):
        here = {node["$ref"]} if isinstance(node.get("$ref"), str) else set()
        return here.union(*(_references(value) for value in node.values()))
    return set().union(*(_references(value) for value in node)) if isinstance(node, list) else set()


def test_each_place_of_the_pipeline_takes_the_offers_of_its_kind(shelf: Offers) -> None:
    schema = profile_schema(shelf)
    names = {entry["properties"]["use"]["const"] for entry in schema["$defs"]["risk"]["oneOf"]}
    assert names == {"budget", "brake"}
    assert schema["$defs"]["PipelineTable"]["properties"]["risk"]["items"] == {"$ref": "#/$defs/risk"}
    assert schema["$defs"]["StrategiesTable"]["properties"]["ranging"] == {"$ref": "#/$defs/strategy"}


def test_a_plugins_own_settings_are_in_the_schema_and_others_are_not_allowed(shelf: Offers) -> None:
    (brake,) = (entry for entry in profile_schema(shelf)["$defs"]["risk"]["oneOf"] if "soft" in entry["properties"])
    assert brake["required"] == ["use"]
    assert brake["additionalProperties"] is False
    assert brake["properties"]["inner"]["$ref"] == "#/$defs/risk.brake.Nested"


def test_every_reference_leads_somewhere() -> None:
    schema = profile_schema(load_offers(environ={}))
    assert {reference.removeprefix("#/$defs/") for reference in _references(schema)} <= schema["$defs"].keys()


def test_a_kind_without_offers_allows_nothing() -> None:
    assert profile_schema(Offers({}))["$defs"]["sizer"]["not"] == {}


def test_the_schema_is_json(shelf: Offers) -> None:
    assert json.loads(json.dumps(profile_schema(shelf)))["title"] == "weexctl profile"
