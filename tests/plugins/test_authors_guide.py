"""The plugin of the authors' guide, written to disk from its own code blocks, found, checked and asked."""

from __future__ import annotations

import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.plugins.books import NOW_MS, make_book
from tests.plugins.frames import frame_of
from weexctl.plugin_host import Offers, build, load_offers
from weexctl.testing import check_offer

GUIDE = Path(__file__).parents[2] / "plugins" / "README.md"
BLOCK = re.compile(r"^```\w+\n(.*?)^```$", re.DOTALL | re.MULTILINE)
FILE = re.compile(r"`([\w./]+\.(?:py|toml))`")
DAY_MS = 86_400_000


def example_files() -> dict[str, str]:
    """Each file of the guide's example by name: a block belongs to the file named in the paragraph before it."""
    text, files = GUIDE.read_text(encoding="utf-8"), {}
    for block in BLOCK.finditer(text):
        paragraph = text[: block.start()].rstrip().rsplit("\n\n", 1)[-1]
        files.update(dict.fromkeys(FILE.findall(paragraph)[-1:], block[1]))
    return files


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The example as an installed distribution: its modules and its metadata on the path."""
    for name, body in example_files().items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(body, encoding="utf-8")
    project = tomllib.loads((tmp_path / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    metadata = tmp_path / f"my_rules-{project['version']}.dist-info"
    metadata.mkdir()
    metadata.joinpath("METADATA").write_text(
        f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n", encoding="utf-8"
    )
    points = project["entry-points"]["weexctl"]
    metadata.joinpath("entry_points.txt").write_text(
        "[weexctl]\n" + "".join(f"{name} = {module}\n" for name, module in points.items()), encoding="utf-8"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    yield tmp_path
    for module in [name for name in sys.modules if name.split(".")[0] == "my_rules"]:
        del sys.modules[module]


def built(offers: Offers, kind: str, name: str) -> Any:
    offer = offers.get(kind, name)
    return build(offer, offer.offer.config())


def test_the_guide_has_every_file_of_its_example() -> None:
    assert set(example_files()) == {
        "pyproject.toml",
        "my_rules/__init__.py",
        "my_rules/breakout.py",
        "my_rules/weekend.py",
        "test_my_rules.py",
    }


def test_the_example_is_found_beside_the_first_party_plugins(installed: Path) -> None:
    offers = load_offers()
    rows = {(row["kind"], row["name"]): row for row in offers.rows()}

    assert rows["strategy", "breakout"]["distribution"] == "my-rules"
    assert rows["risk", "weekend"]["status"] == "ok"
    assert ("strategy", "trend") in rows


def test_the_example_decides_what_the_guide_says(installed: Path) -> None:
    offers = load_offers()
    breakout, weekend = built(offers, "strategy", "breakout"), built(offers, "risk", "weekend")
    last = breakout.columns(frame_of([100.0] * 60 + [103.0])).iloc[-1]

    assert (last["direction"], last["strength"], last["reason"]) == (1, 1.0, "BREAK_UP")
    assert weekend.assess(make_book(now_ms=NOW_MS), "BTCUSDT").multiplier == 1.0
    assert weekend.assess(make_book(now_ms=NOW_MS + 3 * DAY_MS), "BTCUSDT").reason == "it is Saturday"


@pytest.mark.parametrize(("kind", "name"), [("strategy", "breakout"), ("risk", "weekend")])
def test_the_example_passes_the_conformance_suite(installed: Path, kind: str, name: str) -> None:
    report = check_offer(kind, load_offers().get(kind, name).offer)

    assert report.ok, report.text()


def test_the_guide_names_modules_that_exist() -> None:
    named = re.findall(r"`(weexctl_\w+/\w+\.py)`", GUIDE.read_text(encoding="utf-8"))

    assert len(named) == 6
    assert [name for name in named if not GUIDE.parent.joinpath(name).is_file()] == []
