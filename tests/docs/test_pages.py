"""Links lead somewhere, every page is in the index, and the changelog knows the version."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import weexctl
from weexctl.actions.registry import ACTIONS, Action

ROOT = Path(__file__).parents[2]
PAGES = sorted(
    [*(ROOT / "docs").rglob("*.md"), *(ROOT / name for name in ("README.md", "CHANGELOG.md", "plugins/README.md"))]
)
LINK = re.compile(r"\]\((?!https?://)([^)#\s]*)(?:#([^)\s]+))?\)")


def anchors(page: Path) -> set[str]:
    """What a link into this page can name after its #."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_link_leads_somewhere(page: Path) -> None:
    broken = []
    for path, anchor in LINK.findall(page.read_text(encoding="utf-8")):
        target = (page.parent / path).resolve() if path else page
        if not target.exists() or (anchor and anchor not in anchors(target)):
            broken.append(f"{path}#{anchor}")

    assert broken == []


@pytest.mark.parametrize("folder", ["docs", "docs/decisions"])
def test_every_page_is_in_its_folders_index(folder: str) -> None:
    index = (ROOT / folder / "README.md").read_text(encoding="utf-8")
    pages = {path.name for path in (ROOT / folder).glob("*.md")} - {"README.md"}

    assert {path for path, _ in LINK.findall(index)} >= pages


@pytest.mark.parametrize("path", sorted((ROOT / "docs" / "decisions").glob("0*.md")), ids=lambda path: path.stem)
def test_a_decision_says_its_context_its_choice_and_what_would_change_our_mind(path: Path) -> None:
    text = path.read_text(encoding="utf-8")

    assert text.startswith(f"# {path.name[:4]} ")
    assert [text.count(f"\n**{part}.**") for part in ("Context", "Choice", "What would change our mind")] == [1, 1, 1]


def test_the_changelog_has_the_version() -> None:
    assert f"\n## {weexctl.__version__} " in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_every_command_that_a_page_names_exists() -> None:
    commands = {tuple(action.command.split()) for action in ACTIONS} | {group(action) for action in ACTIONS}
    named = set()
    for page in [*PAGES, ROOT / "cassettes" / "README.md"]:
        for words in re.findall(
            r"(?:^\$ |`)weexctl ((?:[a-z][a-z-]*)(?: [a-z][a-z-]*)?)", page.read_text("utf-8"), re.M
        ):
            named.add(tuple(words.split()))

    assert {words for words in named if not {words, words[:1]} & commands} == set()


def group(action: Action) -> tuple[str, ...]:
    """The command itself when it is one word: what follows it are arguments."""
    words = tuple(action.command.split())
    return words if len(words) == 1 else ()
