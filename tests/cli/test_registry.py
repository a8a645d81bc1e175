"""The table of actions agrees with itself and with the modules it names."""

from __future__ import annotations

import shlex
import typing
from enum import Enum
from types import UnionType
from typing import Any, Literal

import pytest

from weexctl.actions.call import input_model, output_model
from weexctl.actions.registry import ACTIONS, GROUPS, KINDS, Action, Parameter, find
from weexctl.cli.app import Invocation, parse
from weexctl.cli.flags import EVERYWHERE
from weexctl.hookspecs import KINDS as HOOK_KINDS

BY_NAME = pytest.mark.parametrize("action", ACTIONS, ids=lambda action: action.name)


def allowed_values(annotation: Any) -> set[str]:
    """The words of a Literal or an enum, also inside a union."""
    if typing.get_origin(annotation) is Literal:
        return set(typing.get_args(annotation))
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return {str(member.value) for member in annotation}
    if typing.get_origin(annotation) in (UnionType, typing.Union):
        return {word for part in typing.get_args(annotation) for word in allowed_values(part)}
    return set()


def default_of(parameter: Parameter) -> object:
    return () if parameter.repeatable and parameter.default is None else parameter.default


@BY_NAME
def test_a_row_has_exactly_the_fields_of_its_input(action: Action) -> None:
    assert {parameter.field for parameter in action.parameters} == set(input_model(action).model_fields)


@BY_NAME
def test_a_row_has_the_defaults_of_its_input(action: Action) -> None:
    fields = input_model(action).model_fields
    for parameter in action.parameters:
        field = fields[parameter.field]
        assert field.is_required() == parameter.required, parameter.name
        if not parameter.required:
            assert field.get_default(call_default_factory=True) == default_of(parameter), parameter.name


@BY_NAME
def test_a_choice_of_a_row_is_a_choice_of_its_input(action: Action) -> None:
    fields = input_model(action).model_fields
    for parameter in action.parameters:
        if parameter.choices:
            assert allowed_values(fields[parameter.field].annotation) == set(parameter.choices), parameter.name


@BY_NAME
def test_an_input_refuses_what_it_does_not_know(action: Action) -> None:
    assert input_model(action).model_config.get("extra") == "forbid"


@BY_NAME
def test_an_output_is_an_object_whose_schema_can_be_shown(action: Action) -> None:
    assert output_model(action).model_json_schema()["type"] == "object"


@BY_NAME
def test_every_example_is_a_command_line_of_its_own_action(action: Action) -> None:
    assert action.examples
    for example in action.examples:
        program, *argv = shlex.split(example.command)
        parsed = parse(argv)
        assert program == "weexctl"
        assert isinstance(parsed, Invocation)
        assert parsed.action is action


@BY_NAME
def test_no_parameter_hides_a_flag_that_every_command_has(action: Action) -> None:
    shared = {parameter.name for parameter in EVERYWHERE} | {parameter.short for parameter in EVERYWHERE}
    assert not shared & {parameter.name for parameter in action.parameters}


@BY_NAME
def test_texts_are_one_clause_and_hold_no_markup(action: Action) -> None:
    texts = [action.summary, *(parameter.help for parameter in action.parameters)]
    assert all(text[0].isupper() and not text.endswith(".") for text in texts)
    assert not [text for text in (*texts, action.help) if "[" in text]


def test_names_are_unique() -> None:
    assert len({action.name for action in ACTIONS}) == len(ACTIONS)


def test_every_dotted_name_has_its_group() -> None:
    assert {action.name.split(".")[0] for action in ACTIONS if "." in action.name} == {group.name for group in GROUPS}


def test_the_kinds_are_those_of_the_hooks() -> None:
    assert set(KINDS) == set(HOOK_KINDS)


def test_an_action_is_found_by_its_dotted_name() -> None:
    found = find("plugins.list")
    assert found is not None
    assert found.command == "plugins list"
    assert find("plugins") is None


def test_a_time_carries_its_unit_in_the_field() -> None:
    assert Parameter(name="from", type="time", help="T").field == "from_ms"
    assert Parameter(name="why-not", type="str", help="T").field == "why_not"
