"""README's two commands are whole, and what CI runs is what they run."""

from __future__ import annotations

import re
import shlex
import tomllib
from pathlib import Path

import pytest

from weexctl.config.environment import VARIABLES

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
CI = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")


def one_liners() -> list[str]:
    """Lines of shell blocks that make an environment and go on: each has to work by itself, on a bare machine."""
    blocks = re.findall(r"^```(?:sh|console)\n(.*?)^```$", README, re.DOTALL | re.MULTILINE)
    return [line for block in blocks for line in block.splitlines() if "-m venv" in line]


def steps(line: str) -> list[list[str]]:
    return [shlex.split(step) for step in line.split(" && ")]


def to_trade() -> list[list[str]]:
    """The words of each step of the command that trades."""
    return steps(one_liners()[0])


def to_test() -> list[list[str]]:
    """The words of each step of the command that runs the tests."""
    return steps(one_liners()[1])


def test_there_are_two_commands() -> None:
    assert len(one_liners()) == 2


@pytest.mark.parametrize("command", [0, 1])
def test_each_command_sets_up_what_it_uses(command: int) -> None:
    made, installed, used = steps(one_liners()[command])

    assert made == ["python3", "-m", "venv", ".venv"]
    assert installed[:4] == [".venv/bin/pip", "install", "-c", "constraints.txt"]
    assert used[0].startswith(".venv/bin/")


def test_the_first_command_trades_the_safe_profile() -> None:
    assert to_trade()[2] == [".venv/bin/weexctl", "trade", "--profile", "safe"]


def test_ci_and_make_run_the_tests_as_readme_says() -> None:
    interpreter, *words = to_test()[2]

    assert interpreter == ".venv/bin/python"
    assert f"\ncheck python {shlex.join(words)}\n" in CI
    assert f"\ntest:  ## run the tests\n\t$(BIN)/python {shlex.join(words)}\n" in MAKEFILE


def test_the_tests_are_installed_with_an_extra_that_exists() -> None:
    extras = re.fullmatch(r"\.\[(.*)\]", to_test()[1][-1])
    offered = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]

    assert extras is not None
    assert set(extras[1].split(",")) <= set(offered)


def test_ci_checks_format_lint_types_and_imports_before_the_tests() -> None:
    checks = re.findall(r"^check (.+)$", CI, re.MULTILINE)

    tests = shlex.join(["python", *to_test()[2][1:]])

    assert checks == ["ruff format --check", "ruff check", "mypy", "lint-imports --no-logo", tests]


def test_the_default_target_of_make_lists_every_other() -> None:
    targets = re.findall(r"^([a-z]+):  ## ", MAKEFILE, re.MULTILINE)

    assert targets[0] == "help"
    assert re.findall(r"^\.PHONY: (.+)$", MAKEFILE, re.MULTILINE) == [" ".join(targets)]


def test_the_variables_that_the_pages_name_exist() -> None:
    pages = [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]
    named = {name for page in pages for name in re.findall(r"\bWEEX(?:CTL)?_[A-Z_]+\b", page.read_text("utf-8"))}

    assert named - set(VARIABLES) == set()
