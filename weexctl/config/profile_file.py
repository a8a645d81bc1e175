"""Profile files: where they are looked for, how they are read, and how they are written."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal

from weexctl.config.paths import Paths, find_paths
from weexctl.errors import ConfigError, UsageError, WeexctlError
from weexctl.plugin_host import nearest_word

__all__ = ["ProfileFile", "find_profile", "list_profiles", "parse_profile", "render_toml", "write_profile"]

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_LARGEST = 1_000_000
"""Bytes; a profile has a few hundred."""

NamedBy = Literal["flag", "environment"]


@dataclass(frozen=True, slots=True)
class ProfileFile:
    """A profile that was found, not yet read."""

    name: str
    words: str
    """`built-in profile safe`, or `file profiles/mine.toml`."""
    path: Path | None
    """None for a built-in one."""

    def text(self) -> str:
        """The TOML.

        Raises:
            ConfigError: the file cannot be read, or is not text.
        """
        try:
            if self.path is None:
                return (files("weexctl.config") / "profiles" / f"{self.name}.toml").read_text(encoding="utf-8")
            with self.path.open("rb") as file:
                content = file.read(_LARGEST + 1)
            if len(content) > _LARGEST:
                raise ConfigError(f"{self.words}: larger than any profile; nothing was run", code="BAD_PROFILE")
            return content.decode("utf-8")
        except OSError as error:
            raise ConfigError(f"{self.words} cannot be read: {error.strerror}; nothing was run") from error
        except UnicodeDecodeError as error:
            hint = "save it as UTF-8 text"
            raise ConfigError(f"{self.words} is not UTF-8 text; nothing was run", hint=hint) from error


def find_profile(
    name_or_path: str | Path, *, paths: Paths | None = None, named_by: NamedBy = "flag", working: Path | None = None
) -> ProfileFile:
    """The profile with this name, or at this path.

    A path has a separator or ends in `.toml`. A name is looked up in the working directory's `profiles/`, then in the
    user's config folder, then among the built-in ones.

    Args:
        name_or_path: what was asked for.
        paths: the folders; None finds them.
        named_by: a wrong flag is a usage error, a wrong environment a configuration error.
        working: the working directory; None is the process's.

    Raises:
        UsageError: a flag names no profile.
        ConfigError: `WEEXCTL_PROFILE` names no profile.
    """
    text = str(name_or_path)
    wrong: type[WeexctlError] = UsageError if named_by == "flag" else ConfigError
    if isinstance(name_or_path, Path) or "/" in text or "\\" in text or text.endswith(".toml"):
        path = Path(text).expanduser()
        if not path.is_file():
            hint = "give the path of a TOML file, or the name of a profile: `weexctl profile list`"
            raise wrong(f"there is no profile file {text}; nothing was run", hint=hint, code="UNKNOWN_PROFILE")
        return ProfileFile(path.stem, f"file {text}", path)
    offered: dict[str, ProfileFile] = {}
    for found in list_profiles(paths=paths, working=working):
        offered.setdefault(found.name, found)
    if text in offered:
        return offered[text]
    near = nearest_word(text.lower(), offered)
    hint = (f"did you mean {near}? " if near else "") + f"profiles are {', '.join(sorted(offered))}"
    raise wrong(f"no profile is called {text!r}; nothing was run", hint=hint, code="UNKNOWN_PROFILE")


def list_profiles(*, paths: Paths | None = None, working: Path | None = None) -> list[ProfileFile]:
    """Every profile that can be named, in the order of the look-up: of two with one name the first is used."""
    where = paths or find_paths()
    here = (working or Path.cwd()) / "profiles"
    return [
        *_in_folder(here, shown="profiles/"),
        *_in_folder(where.profiles),
        *_in_folder(where.config),
        *(ProfileFile(name, f"built-in profile {name}", None) for name in _built_in()),
    ]


def _in_folder(folder: Path, shown: str = "") -> Iterator[ProfileFile]:
    for path in sorted(folder.glob("*.toml")):
        if _NAME.fullmatch(path.stem) and path.is_file():
            yield ProfileFile(path.stem, f"file {shown}{path.name}" if shown else f"file {path}", path)


def _built_in() -> list[str]:
    folder = files("weexctl.config") / "profiles"
    return sorted(item.name.removesuffix(".toml") for item in folder.iterdir() if item.name.endswith(".toml"))


def parse_profile(text: str, words: str) -> dict[str, Any]:
    """The raw tables of a TOML text.

    Raises:
        ConfigError: the text is not TOML; the message names line and column.
    """
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        reason = str(error)
        at_end = text.count("\n") + 1
        reason = reason.replace("at end of document", f"at line {at_end}, the end of the document")
        hint = "correct that line; text goes in quotes, and every table begins with [name]"
        raise ConfigError(f"{words} is not TOML: {reason}; nothing was run", hint=hint, code="BAD_TOML") from error


def render_toml(values: Mapping[str, Any]) -> str:
    """The TOML of these tables."""
    import tomli_w

    return tomli_w.dumps(values)


def write_profile(values: Mapping[str, Any], path: Path) -> None:
    """Write a new profile file; one that is there stays.

    Raises:
        UsageError: there is a file already.
        ConfigError: the folder cannot be written to.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as file:
            file.write(render_toml(values))
    except FileExistsError as error:
        hint = "choose another name, or edit that file"
        raise UsageError(f"{path} is there already; nothing was written", hint=hint, code="FILE_EXISTS") from error
    except OSError as error:
        raise ConfigError(f"{path} cannot be written: {error.strerror}; nothing was written") from error
