"""Profiles: the list, one closely, a new one, a check, and the schema for editors."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from weexctl.actions.context import Context, NextCommand, Result
from weexctl.config.arming import armed_for, arming_of
from weexctl.config.compose import build_pipeline
from weexctl.config.environment import Environment, read_environment
from weexctl.config.layers import leaves, path_text
from weexctl.config.paths import DEFAULT_ACCOUNT, Paths, find_paths
from weexctl.config.profile import Profile, load_profile
from weexctl.config.profile_file import ProfileFile, find_profile, list_profiles, render_toml, write_profile
from weexctl.config.profile_schema import profile_schema
from weexctl.errors import ConfigError, UsageError, WeexctlError
from weexctl.plugin_host import Offers, load_offers

__all__ = [
    "ListInput",
    "ListOutput",
    "NewInput",
    "NewOutput",
    "ProfileRow",
    "SchemaInput",
    "SchemaOutput",
    "SettingRow",
    "ShowInput",
    "ShowOutput",
    "ValidateInput",
    "ValidateOutput",
    "as_written",
    "list_",
    "new",
    "schema",
    "show",
    "validate",
]

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_AS_WRITTEN = Environment()
"""An environment that says nothing: what is kept, checked or armed is the profile as it is written."""
_FOUND = 6
"""Exit code of a check that found something."""


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ListInput(_Model):
    """Nothing to choose."""


class ProfileRow(BaseModel):
    """One profile that was found."""

    name: str
    source: str
    status: Literal["ok", "broken", "hidden"]
    """`hidden` when another of the same name is found first."""
    reason: str
    """Why it is broken, or what hides it; empty when it can be used."""
    description: str
    armed: bool
    """Whether live trading may use exactly this content with the account `main`."""
    armed_for: list[str]
    """Aliases of all accounts for which it may; `profile disarm` takes one back."""


class ListOutput(BaseModel):
    """Every profile, in the order they are looked up."""

    profiles: list[ProfileRow]


class ShowInput(_Model):
    """Which profile to show."""

    name: str = "safe"
    venue: Literal["sim", "paper", "demo", "live"] | None = None


class SettingRow(BaseModel):
    """One value of a profile."""

    key: str
    """Its path: `limits.max_leverage`."""
    value: Any
    origin: str
    """The layer it came from: `default`, a file, the environment or a flag."""


class ShowOutput(BaseModel):
    """A profile with every default filled in."""

    name: str
    source: str
    description: str
    digest: str
    """Names the content: two profiles with one digest trade alike."""
    armed: bool
    armed_reason: str
    """Why it is not armed; empty when it is."""
    settings: list[SettingRow]
    toml: str
    """The whole profile as a file."""


class NewInput(_Model):
    """What to call the new profile, and what to begin with."""

    name: str
    from_: str = "safe"


class NewOutput(BaseModel):
    """The file that was written."""

    name: str
    path: str
    made_from: str


class ValidateInput(_Model):
    """Which profile to check."""

    path: str


class ValidateOutput(BaseModel):
    """Whether a profile can be used, and everything that is wrong with it."""

    source: str
    valid: bool
    problems: list[str]
    digest: str | None
    """None when it is not valid."""


class SchemaInput(_Model):
    """Where to write it, besides answering."""

    write: Path | None = None


class SchemaOutput(BaseModel):
    """The JSON schema of a profile, with the settings of every plugin that is installed here."""

    path: str | None
    """The file that was written."""
    replaced: bool = False
    """True when an earlier schema was there; no other file is overwritten."""
    json_schema: dict[str, Any]


def list_(input: ListInput, context: Context) -> Result:  # noqa: A002, ARG001  # the signature of every action
    """Every profile; those that cannot be used say why."""
    offers, paths = load_offers(environ=context.environment), find_paths(context.environment)
    rows: list[ProfileRow] = []
    first: dict[str, str] = {}
    for found in list_profiles(paths=paths, working=context.cwd):
        hidden = first.setdefault(found.name, found.words)
        if hidden != found.words:
            rows.append(_row(found, "hidden", f"{hidden} has the same name and comes first"))
        else:
            rows.append(_looked_at(found, offers, paths))
    following = [NextCommand("weexctl profile show safe", "every value of it")]
    following += [NextCommand(_disarm(row), "no live trading with it any more") for row in rows if row.armed_for]
    return Result(data=ListOutput(profiles=rows), next=tuple(following))


def _disarm(row: ProfileRow) -> str:
    account = row.armed_for[0]
    named = "" if account == DEFAULT_ACCOUNT else f" --account {account}"
    return shlex.join(["weexctl", "profile", "disarm", row.name]) + named


def show(input: ShowInput, context: Context) -> Result:  # noqa: A002  # the signature of every action
    """One profile, each value with its origin.

    Raises:
        UsageError, ConfigError, UnknownOfferError: as `load_profile`.
    """
    paths = find_paths(context.environment)
    profile = load_profile(
        input.name,
        offers=load_offers(environ=context.environment),
        overrides={"venue.name": input.venue} if context.origins.get("venue") == "given" else {},
        environment=read_environment(context.environment),
        paths=paths,
        named_by="environment" if context.origins.get("name") == "environment" else "flag",
    )
    tables = profile.to_toml_dict()
    arming = arming_of(profile, paths=paths)
    keys = [(path_text(place), _value_at(tables, place)) for place in leaves(tables)]
    output = ShowOutput(
        name=profile.name,
        source=profile.source,
        description=profile.description,
        digest=profile.digest,
        armed=arming.armed,
        armed_reason=arming.reason,
        settings=[SettingRow(key=key, value=value, origin=profile.origins[key]) for key, value in keys],
        toml=render_toml(tables),
    )
    return Result(data=output, profile=profile.name)


def new(input: NewInput, context: Context) -> Result:  # noqa: A002  # the signature of every action
    """Write an editable copy of a profile, defaults included, to the configuration folder; no file is overwritten.

    Raises:
        UsageError: the name is none, is taken, or is that of a built-in profile.
        ConfigError: the folder cannot be written to, or the profile to begin with is wrong.
    """
    paths = find_paths(context.environment)
    _must_be_free(input.name, paths, context)
    begun = as_written(input.from_, context, paths)
    path = paths.profiles / f"{input.name}.toml"
    write_profile(begun.to_toml_dict(), path)
    following = (
        NextCommand(f"weexctl profile validate {input.name}", "check it once it is edited"),
        NextCommand(f"weexctl trade --profile {input.name} --new", "try it on the simulator"),
    )
    output = NewOutput(name=input.name, path=str(path), made_from=begun.source)
    return Result(data=output, profile=input.name, next=following)


def validate(input: ValidateInput, context: Context) -> Result:  # noqa: A002  # the signature of every action
    """Check a profile as it is written, down to building its plugins. Faults are the answer, with exit code 6.

    Raises:
        UsageError: there is no such profile.
        ConfigError: it cannot be read.
        PluginError: a plugin it names cannot be built.
    """
    offers, paths = load_offers(environ=context.environment), find_paths(context.environment)
    found = find_profile(input.path, paths=paths, working=context.cwd)
    found.text()  # a file that cannot be read is no finding
    try:
        profile = load_profile(input.path, offers=offers, environment=_AS_WRITTEN, paths=paths)
    except ConfigError as error:
        output = ValidateOutput(source=found.words, valid=False, problems=_problems(error), digest=None)
        return Result(data=output, profile=found.name, error=error, exit_code=_FOUND)
    build_pipeline(profile, offers)
    output = ValidateOutput(source=profile.source, valid=True, problems=[], digest=profile.digest)
    return Result(data=output, profile=profile.name)


def schema(input: SchemaInput, context: Context) -> Result:  # noqa: A002  # the signature of every action
    """The JSON schema of a profile, also as a file for an editor.

    Raises:
        UsageError: there is another file of that name.
        ConfigError: the file cannot be written.
    """
    found = profile_schema(load_offers(environ=context.environment))
    if input.write is None:
        return Result(data=SchemaOutput(path=None, json_schema=found))
    path = context.cwd / input.write.expanduser()
    _must_be_ours(path, found)
    replaced = path.exists()
    try:
        path.write_text(json.dumps(found, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    except OSError as error:
        raise ConfigError(
            f"{path} cannot be written: {error.strerror}; nothing was written", hint="choose another place"
        ) from error
    return Result(data=SchemaOutput(path=str(path), replaced=replaced, json_schema=found))


def _looked_at(found: ProfileFile, offers: Offers, paths: Paths) -> ProfileRow:
    try:
        profile = load_profile(found.path or found.name, offers=offers, environment=_AS_WRITTEN, paths=paths)
    except WeexctlError as error:
        return _row(found, "broken", "; ".join(_problems(error)))
    accounts = armed_for(profile, paths=paths)
    return _row(found, "ok", "", description=profile.description, accounts=accounts)


def _row(
    found: ProfileFile,
    status: Literal["ok", "broken", "hidden"],
    reason: str,
    *,
    description: str = "",
    accounts: Sequence[str] = (),
) -> ProfileRow:
    return ProfileRow(
        name=found.name,
        source=found.words,
        status=status,
        reason=reason,
        description=description,
        armed=DEFAULT_ACCOUNT in accounts,
        armed_for=list(accounts),
    )


def as_written(name: str, context: Context, paths: Paths) -> Profile:
    """The profile without what the environment or a flag lays over it."""
    return load_profile(name, offers=load_offers(environ=context.environment), environment=_AS_WRITTEN, paths=paths)


def _value_at(tables: Any, place: tuple[str | int, ...]) -> Any:
    for part in place:
        tables = tables[part]
    return tables


def _problems(error: WeexctlError) -> list[str]:
    told = error.details.get("problems")
    return [str(line) for line in told] if isinstance(told, list) else [error.message]


def _must_be_free(name: str, paths: Paths, context: Context) -> None:
    if not _NAME.fullmatch(name) or name.endswith(".toml"):
        raise UsageError(
            f"{name!r} is no name for a profile; nothing was written",
            hint="use letters, digits, '.', '_' and '-', beginning with a letter or a digit, without .toml",
        )
    taken = {found.name: found for found in reversed(list_profiles(paths=paths, working=context.cwd))}
    if (found := taken.get(name)) is not None:
        raise UsageError(
            f"there is a profile {name} already ({found.words}); nothing was written",
            hint="choose another name" if found.path is None else "choose another name, or edit that file",
            code="FILE_EXISTS",
        )


def _must_be_ours(path: Path, found: Mapping[str, Any]) -> None:
    """Refuse to write over anything but an earlier schema."""
    if not path.exists():
        return
    try:
        there = json.loads(path.read_text(encoding="utf-8"))
        ours = isinstance(there, dict) and there.get("title") == found["title"]
    except (OSError, ValueError):
        ours = False
    if not ours:
        raise UsageError(f"{path} is another file; nothing was written", hint="choose another name", code="FILE_EXISTS")
