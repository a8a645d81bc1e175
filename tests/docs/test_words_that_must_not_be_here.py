"""No file names a host of package indexes or a place on somebody's machine."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
# One letter of each word stands in brackets, so that this file holds none of them.
FORBIDDEN = {
    "host of a package index": r"python[h]osted|pypi\.[o]rg|npm[j]s\.|deb\.[d]ebian|[c]rates\.io|proxy\.[g]olang",
    "path of a machine": r"(?<![\w.])/(w[o]rk|f[a]rm|r[o]ot|t[m]p|h[o]me/\w+)/|bash_j[o]bs",
    "unfinished": r"\bT[O]DO\b|\bF[I]XME\b",
}
LEFT_BY_TOOLS = {"__pycache__", "dist", "htmlcov"}


def files() -> Iterator[Path]:
    """Every file of the tree that could be committed."""
    folders = [ROOT]
    while folders:
        for path in sorted(folders.pop().iterdir()):
            hidden = path.name.startswith(".") and path.name not in (".ci", ".gitignore")
            if hidden or path.name in LEFT_BY_TOOLS:
                continue
            if path.is_dir():
                folders.append(path)
            else:
                yield path


@pytest.mark.parametrize("what", FORBIDDEN)
def test_no_file_has_it(what: str) -> None:
    pattern = re.compile(FORBIDDEN[what])
    found = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()}"
        for path in files()
        for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), start=1)
        if pattern.search(line)
    ]

    assert found == []


def test_the_patterns_find_what_they_are_for() -> None:
    examples = {
        "host of a package index": "https://files.python" + "hosted.org/packages/x",
        "path of a machine": "see " + "/wo" + "rk/main/weexctl",
        "unfinished": "# TO" + "DO: later",
    }

    assert {what: bool(re.search(FORBIDDEN[what], text)) for what, text in examples.items()} == dict.fromkeys(
        FORBIDDEN, True
    )
