"""What pyproject.toml declares is what the code imports and what constraints.txt pins."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, packages_distributions, requires
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PLUGINS = sorted(folder.name for folder in (ROOT / "plugins").iterdir() if (folder / "__init__.py").is_file())
OWN = {"weexctl", *PLUGINS}
EXTRAS = ["", *PYPROJECT["project"]["optional-dependencies"]]
UNSEEN = {
    "keyring": "an extra; the vault imports it by name, and does without it when it is absent",
}
"""Requirements that no import statement names, and why they are there."""
UNDECLARED = {"pydantic-core": "a part of pydantic, which pins its exact version"}
"""What is imported without being a requirement, and why that is sound."""


def pins() -> dict[str, str]:
    """Name and exact version of every line of constraints.txt."""
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    rows = [line.split("==") for line in lines if not line.startswith("#")]
    return {row[0]: row[1] for row in rows}


def declared(extra: str = "") -> dict[str, Requirement]:
    """Requirements of weexctl itself, or of one of its extras, by canonical name."""
    project = PYPROJECT["project"]
    lines = project["optional-dependencies"][extra] if extra else project["dependencies"]
    return {canonicalize_name(requirement.name): requirement for requirement in map(Requirement, lines)}


def imported_modules() -> Iterator[str]:
    """Top-level name of every import in the packages, lazy ones and those for type checkers included."""
    for package in ("weexctl", "plugins"):
        for path in (ROOT / package).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Import):
                    yield from (alias.name.partition(".")[0] for alias in node.names)
                elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                    yield node.module.partition(".")[0]


def imported_distributions() -> set[str]:
    owners = packages_distributions()
    foreign = set(imported_modules()) - OWN - set(sys.stdlib_module_names)
    return {canonicalize_name(name) for module in foreign for name in owners.get(module, [module])}


def offered() -> set[str]:
    """What a user can have installed: the requirements and the extras that are not for building weexctl itself."""
    return {name for extra in EXTRAS if extra not in ("test", "dev") for name in declared(extra)}


def with_what_they_need(names: set[str]) -> set[str]:
    """These distributions and whatever they need, as the installed metadata of this environment say."""
    seen: set[str] = set()
    while names - seen:
        name = min(names - seen)
        seen.add(name)
        needs = needs_of(name)
        names |= {canonicalize_name(n.name) for n in needs if n.marker is None or n.marker.evaluate({"extra": ""})}
    return seen


def needs_of(name: str) -> list[Requirement]:
    """What a distribution requires; nothing when it is not here, as the checkers are where only the tests run."""
    try:
        return [Requirement(line) for line in requires(name) or []]
    except PackageNotFoundError:
        return []


def test_everything_imported_is_declared() -> None:
    assert imported_distributions() - offered() == set(UNDECLARED)


def test_everything_declared_is_imported_or_has_a_reason() -> None:
    assert offered() - imported_distributions() == set(UNSEEN)


@pytest.mark.parametrize("extra", EXTRAS)
def test_every_requirement_is_pinned_to_a_version_it_allows(extra: str) -> None:
    versions = pins()

    assert [
        name for name, want in declared(extra).items() if not want.specifier.contains(versions.get(name, "0"))
    ] == []


def test_constraints_are_names_and_versions_only() -> None:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()[1:]

    assert [line for line in lines if not re.fullmatch(r"[a-z0-9-]+==[0-9][0-9a-z.]*", line)] == []
    assert lines == sorted(lines)


def test_everything_that_comes_along_is_pinned_too() -> None:
    wanted = {name for extra in EXTRAS for name in declared(extra)}

    assert with_what_they_need(wanted) <= set(pins())


def test_the_contracts_of_imports_and_the_coverage_know_every_plugin_package() -> None:
    tool = PYPROJECT["tool"]
    layers, independent = tool["importlinter"]["contracts"][0], tool["importlinter"]["contracts"][4]

    assert set(tool["importlinter"]["root_packages"]) == OWN
    assert set(tool["coverage"]["run"]["source_pkgs"]) == OWN
    assert set(independent["modules"]) == set(PLUGINS)
    assert layers["exhaustive"]
