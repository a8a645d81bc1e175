"""From a row and raw values to a checked input and the function that takes it; the same for every door."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

from weexctl.actions.context import Context, Origin, Result
from weexctl.actions.moment import parse_time_ms
from weexctl.actions.registry import Action, Parameter
from weexctl.actions.spelling import did_you_mean
from weexctl.errors import ConfigError, UsageError

if TYPE_CHECKING:
    from pydantic import BaseModel, ValidationError

__all__ = ["Call", "input_model", "output_model", "prepare"]


@dataclass(frozen=True, slots=True)
class Call:
    """An action with its input checked, ready to run."""

    action: Action
    input: BaseModel
    origins: Mapping[str, Origin]
    function: Callable[[Any, Context], Result]

    def run(self, context: Context) -> Result:
        """Do it."""
        return self.function(self.input, context)


def prepare(action: Action, values: Mapping[str, object], environment: Mapping[str, str]) -> Call:
    """The call of this action with these values.

    Args:
        action: its module is imported here.
        values: by field name; a field that was not given is absent.
        environment: fills the fields whose parameter names a variable and that were not given.

    Raises:
        UsageError: a value does not fit, or a required one is missing.
        ConfigError: the value that does not fit came from the environment.
    """
    inherited = {
        parameter.field: environment[parameter.env]
        for parameter in action.parameters
        if parameter.env and environment.get(parameter.env) and parameter.field not in values
    }
    everything = {**inherited, **values}
    origins: dict[str, Origin] = {name: "environment" if name in inherited else "given" for name in everything}
    _refuse_empty(action, values)
    split = _split_commas(action, everything)
    _refuse_bad_choices(action, split, origins)
    timed = _read_times(action, split, origins)
    return Call(
        action, _validate(action, timed, origins), origins, getattr(import_module(action.module), action.function)
    )


def input_model(action: Action) -> type[BaseModel]:
    """The pydantic model of what the action takes; imports its module."""
    return _model(action, "Input")


def output_model(action: Action) -> type[BaseModel]:
    """The pydantic model of what the action answers; imports its module."""
    return _model(action, "Output")


def _model(action: Action, suffix: str) -> type[BaseModel]:
    prefix = "" if action.function == "run" else action.function.strip("_").title().replace("_", "")
    model: type[BaseModel] = getattr(import_module(action.module), prefix + suffix)
    return model


def _refuse_empty(action: Action, values: Mapping[str, object]) -> None:
    """Refuse a text without a word in it: an unset shell variable must not stand for the default."""
    for parameter in action.parameters:
        value = values.get(parameter.field)
        listed = list(value) if isinstance(value, (list, tuple)) else [value]
        words = [piece for piece in listed for piece in _pieces(piece, parameter.commas)]
        if listed and not any(str(word).strip() for word in words):
            raise UsageError(f"{parameter.flag} is empty; nothing was done", hint=_help_hint(action))


def _split_commas(action: Action, values: Mapping[str, object]) -> dict[str, object]:
    split = dict(values)
    for parameter in action.parameters:
        value = split.get(parameter.field)
        if parameter.repeatable and value is not None:
            split[parameter.field] = tuple(_pieces(value, parameter.commas))
    return split


def _pieces(value: object, commas: bool) -> list[object]:
    listed = list(value) if isinstance(value, (list, tuple)) else [value]
    if not commas:
        return listed
    texts = (str(item).split(",") for item in listed)
    return [piece.strip() for pieces in texts for piece in pieces if piece.strip()]


def _refuse_bad_choices(action: Action, values: Mapping[str, object], origins: Mapping[str, Origin]) -> None:
    for parameter in action.parameters:
        value = values.get(parameter.field)
        if parameter.choices and value is not None and value not in parameter.choices:
            message = f"{_written(parameter, origins)} does not take {str(value)!r}; nothing was done"
            raise _blame(parameter, origins)(message, hint=did_you_mean(str(value), parameter.choices))


def _read_times(action: Action, values: Mapping[str, object], origins: Mapping[str, Origin]) -> dict[str, object]:
    read = dict(values)
    for parameter in action.parameters:
        if parameter.type == "time" and isinstance(value := read.get(parameter.field), (str, int)):
            try:
                read[parameter.field] = parse_time_ms(value)
            except ValueError as error:
                message = f"{_written(parameter, origins)}: {error}; nothing was done"
                raise _blame(parameter, origins)(message, hint=_help_hint(action)) from error
    return read


def _validate(action: Action, values: Mapping[str, object], origins: Mapping[str, Origin]) -> BaseModel:
    from pydantic import ValidationError

    model = input_model(action)
    try:
        return model.model_validate(values)
    except ValidationError as error:
        raise _explain(action, error, origins) from error


def _explain(action: Action, error: ValidationError, origins: Mapping[str, Origin]) -> UsageError | ConfigError:
    first = error.errors(include_url=False)[0]
    by_field = {parameter.field: parameter for parameter in action.parameters}
    name = str(first["loc"][0]) if first["loc"] else ""
    reason = str(first["msg"]).removeprefix("Value error, ")
    parameter = by_field.get(name)
    hint = _help_hint(action)
    if parameter is None:
        if first["type"] == "extra_forbidden":
            hint = did_you_mean(name, by_field) or f"{action.name} takes nothing"
            return UsageError(f"{action.name} does not take {name!r}; nothing was done", hint=hint)
        return UsageError(f"{action.command}: {reason}; nothing was done", hint=hint)
    if first["type"] == "missing":
        return UsageError(f"{parameter.flag} is missing; nothing was done", hint=hint)
    message = f"{_written(parameter, origins)} does not take {first['input']!r}: {reason[:1].lower()}{reason[1:]}"
    return _blame(parameter, origins)(f"{message}; nothing was done", hint=hint)


def _help_hint(action: Action) -> str:
    return f"`weexctl {action.command} --help` shows what it takes"


def _written(parameter: Parameter, origins: Mapping[str, Origin]) -> str:
    inherited = origins.get(parameter.field) == "environment"
    return f"the environment variable {parameter.env}" if inherited else parameter.flag


def _blame(parameter: Parameter, origins: Mapping[str, Origin]) -> type[UsageError | ConfigError]:
    return ConfigError if origins.get(parameter.field) == "environment" else UsageError
