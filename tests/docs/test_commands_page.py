"""The reference page is made from the rows and lies in the tree as it was made."""

from __future__ import annotations

from pathlib import Path

import pytest

from weexctl import errors
from weexctl.actions.registry import ACTIONS, Action
from weexctl.cli.flags import EVERYWHERE
from weexctl.cli.reference import ENVIRONMENT, EXIT_CODES, commands_page

PAGE = Path(__file__).parents[2] / "docs" / "commands.md"


def test_the_page_is_fresh() -> None:
    command = "python -m weexctl.cli.reference > docs/commands.md"
    assert PAGE.read_text(encoding="utf-8") == commands_page(), f"run: {command}"


@pytest.mark.parametrize("action", ACTIONS, ids=lambda action: action.name)
def test_every_command_has_a_heading_and_every_flag_a_line(action: Action) -> None:
    page = PAGE.read_text(encoding="utf-8")
    _, _, after = page.partition(f"\n## weexctl {action.command}\n")
    section, _, _ = after.partition("\n## ")
    assert action.help in section
    for parameter in action.parameters:
        assert parameter.flag in section


def test_every_exit_code_of_the_error_tree_is_explained() -> None:
    codes = {getattr(errors, name).exit_code for name in errors.__all__}
    assert codes <= set(EXIT_CODES)


def test_every_variable_that_stands_in_for_a_flag_is_listed() -> None:
    parameters = [*EVERYWHERE, *(parameter for action in ACTIONS for parameter in action.parameters)]
    assert {parameter.env for parameter in parameters if parameter.env} <= set(ENVIRONMENT)
