"""What `pip install .` brings: every file of the packages, and nothing else."""

from __future__ import annotations

import configparser
import email
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

import weexctl
from weexctl.testing.scenario.case import list_cases

ROOT = Path(__file__).parents[2]
PLUGINS = sorted(folder.name for folder in (ROOT / "plugins").iterdir() if (folder / "__init__.py").is_file())
PACKAGES = ["weexctl", *PLUGINS]
METADATA = f"weexctl-{weexctl.__version__}.dist-info"


@pytest.fixture
def wheel(own_wheel: Path) -> Iterator[zipfile.ZipFile]:
    with zipfile.ZipFile(own_wheel) as archive:
        yield archive


def is_cache(path: Path) -> bool:
    """True for what tools leave beside the code."""
    return any(part == "__pycache__" or part.startswith(".") for part in path.parts)


def files_of_the_tree() -> set[str]:
    """Every file of the packages, by the name it has once it is installed."""
    files = set()
    for source_root, packages in ((ROOT, ["weexctl"]), (ROOT / "plugins", PLUGINS)):
        for package in packages:
            found = (path.relative_to(source_root) for path in (source_root / package).rglob("*") if path.is_file())
            files |= {path.as_posix() for path in found if not is_cache(path)}
    return files


def test_the_wheel_holds_the_packages_and_nothing_else(wheel: zipfile.ZipFile) -> None:
    files = {name for name in wheel.namelist() if not name.startswith(f"{METADATA}/")}

    assert files == files_of_the_tree()


def test_it_holds_code_profiles_cases_a_page_and_type_marks_only(wheel: zipfile.ZipFile) -> None:
    other = {
        name
        for name in wheel.namelist()
        if not name.endswith((".py", "/py.typed")) and not name.startswith(f"{METADATA}/")
    }

    profiles = {f"weexctl/config/profiles/{name}.toml" for name in ("safe", "balanced", "competition")}
    cases = {f"weexctl/testing/scenario/cases/{name.lower()}.toml" for name in list_cases()}
    page = {f"weexctl/backtest/report/page.{kind}" for kind in ("css", "js")}
    assert other == profiles | cases | page


def test_no_file_but_a_type_mark_is_empty(wheel: zipfile.ZipFile) -> None:
    assert [
        info.filename for info in wheel.infolist() if not info.file_size and info.filename[-9:] != "/py.typed"
    ] == []


def test_every_package_is_marked_as_typed(wheel: zipfile.ZipFile) -> None:
    assert {f"{package}/py.typed" for package in PACKAGES} <= set(wheel.namelist())


def test_every_plugin_folder_is_an_entry_point_and_every_entry_point_a_folder(wheel: zipfile.ZipFile) -> None:
    points = configparser.ConfigParser()
    points.read_string(wheel.read(f"{METADATA}/entry_points.txt").decode())

    assert sorted(points["weexctl"].values()) == PLUGINS
    assert dict(points["console_scripts"]) == {"weexctl": "weexctl.cli.main:main"}


def test_licence_and_version_are_in_the_metadata(wheel: zipfile.ZipFile) -> None:
    metadata = email.message_from_bytes(wheel.read(f"{METADATA}/METADATA"))

    assert metadata["Version"] == weexctl.__version__
    assert metadata["License-Expression"] == "MIT"
    assert f"{METADATA}/licenses/LICENSE" in wheel.namelist()
