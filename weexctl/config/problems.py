"""What is wrong with a profile, in lines a person can act on: the path, the fault, the nearest valid word."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ValidationError

from weexctl.config.layers import Layered, Location, path_text
from weexctl.errors import ConfigError, UnknownOfferError, UsageError, WeexctlError
from weexctl.plugin_host import nearest_word

__all__ = ["Problem", "check", "refusal", "unfinite"]

M = TypeVar("M", bound=BaseModel)

_INSTEAD = {
    "model_type": "a table",
    "dict_type": "a table",
    "tuple_type": "a list",
    "list_type": "a list",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false",
    "string_type": "text in quotes",
    "decimal_type": "a number, best in quotes",
    "decimal_parsing": "a number, best in quotes",
    "finite_number": "a finite number",
}
_LONGEST_VALUE = 60


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault of a profile."""

    location: Location
    text: str
    """What is wrong there: `unknown key, did you mean soft?`."""
    hint: str = ""
    unknown_offer: bool = False
    """True when the fault is a plugin nobody offers."""

    def line(self) -> str:
        """Path and fault in one line."""
        return f"{path_text(self.location)}: {self.text}" if self.location else self.text


def check(model: type[M], values: dict[str, Any], location: Location = ()) -> M | list[Problem]:
    """The validated model, or every problem in the order of the model's keys.

    Values are read as JSON in strict mode: text is no number, 1 is no truth value, and a list is a tuple.
    """
    try:
        return model.model_validate_json(json.dumps(values, default=str), strict=True)
    except ValidationError as error:
        return [_problem(model, fault, location) for fault in error.errors(include_url=False)]


def unfinite(values: Any, location: Location = ()) -> Iterator[Problem]:
    """A problem for every `nan` and `inf`, which TOML allows and no setting means."""
    if isinstance(values, float) and not math.isfinite(values):
        yield Problem(location, f"{values} is not a finite number")
    elif isinstance(values, dict):
        for key, value in values.items():
            yield from unfinite(value, (*location, key))
    elif isinstance(values, list):
        for index, value in enumerate(values):
            yield from unfinite(value, (*location, index))


def _problem(model: type[BaseModel], fault: Any, location: Location) -> Problem:
    inner = tuple(fault["loc"])
    where = (*location, *inner)
    kind, message = str(fault["type"]), str(fault["msg"])
    if kind == "extra_forbidden":
        keys = _keys_at(model, inner[:-1])
        near = nearest_word(str(inner[-1]), keys)
        return Problem(
            where, "unknown key" + (f", did you mean {near}?" if near else ""), hint=f"keys here: {', '.join(keys)}"
        )
    if kind == "missing":
        return Problem(where, "missing")
    given = _shown(fault["input"])
    if kind in ("enum", "literal_error"):
        words = re.findall(r"'([^']*)'", str(fault["ctx"]["expected"])) or [str(fault["ctx"]["expected"])]
        near = nearest_word(str(fault["input"]).strip().lower(), words)
        text = f"{given} is not offered" + (f", did you mean {near}?" if near else "")
        return Problem(where, text, hint=f"possible here: {', '.join(words)}")
    if kind == "value_error":
        return Problem(where, message.removeprefix("Value error, "))
    if kind in _INSTEAD:
        return Problem(where, f"{given} is not {_INSTEAD[kind]}")
    return Problem(where, f"{given} is not allowed: {message[:1].lower()}{message[1:]}")


def _shown(value: object) -> str:
    text = json.dumps(value, default=str, ensure_ascii=False)
    return text if len(text) <= _LONGEST_VALUE else f"{text[:_LONGEST_VALUE]}…"


def _keys_at(model: type[BaseModel], location: Location) -> list[str]:
    """The keys of the table at a location inside a model."""
    for part in location:
        fields = {name: field for key, field in model.model_fields.items() for name in (key, field.alias)}
        field = fields.get(part) if isinstance(part, str) else None
        inner = _model_in(field.annotation) if field else None
        model = inner or model
    return [field.alias or name for name, field in model.model_fields.items()]


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    found = (_model_in(argument) for argument in get_args(annotation))
    return next((model for model in found if model is not None), None)


def refusal(problems: Sequence[Problem], layered: Layered) -> WeexctlError:
    """The error for these problems: it tells the first and counts the rest, `details["problems"]` has them all.

    A fault that a flag brought is a usage error; one of a file or of the environment is a configuration error.
    """
    first = problems[0]
    origin = layered.nearest_origin(first.location)
    more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
    source = "flag" if origin.words == f"flag {path_text(first.location)}" else origin.words
    message = f"{source}: {first.line()}{more}; nothing was run"
    details: dict[str, object] = {
        "problems": [problem.line() for problem in problems],
        "path": path_text(first.location),
    }
    hint = first.hint or f"correct {path_text(first.location)} and try again"
    if origin.layer == "flag":
        return UsageError(message, hint=hint, code="BAD_PROFILE", details=details)
    if first.unknown_offer:
        return UnknownOfferError(message, hint=hint, details=details)
    return ConfigError(message, hint=hint, code="BAD_PROFILE", details=details)
