"""A journal belongs to the place where its account was traded first."""

from __future__ import annotations

from pathlib import Path

import pytest

from weexctl.errors import ConfigError
from weexctl.journal import Journal
from weexctl.journal.place import Place, keep_place, require_place


def _open(path: Path) -> Journal:
    return Journal.open(path, venue="live", account="main")


@pytest.mark.parametrize("place", list(Place))
def test_what_belongs_to_nobody_yet_passes_and_is_not_taken_by_a_look(journal_path: Path, place: Place) -> None:
    with _open(journal_path) as journal:
        require_place(journal, Place.LOOPBACK)
        keep_place(journal, place)
        keep_place(journal, place)
    with Journal.read(journal_path) as journal:
        require_place(journal, place)


@pytest.mark.parametrize(
    ("first", "then", "what"),
    [
        (Place.EXCHANGE, Place.LOOPBACK, "WEEXCTL_DATA_DIR=~/rehearsal weexctl"),
        (Place.LOOPBACK, Place.EXCHANGE, "unset WEEXCTL_DATA_DIR"),
    ],
)
def test_the_other_place_is_refused_and_changes_nothing(
    journal_path: Path, first: Place, then: Place, what: str
) -> None:
    with _open(journal_path) as journal:
        keep_place(journal, first)
        head = journal.head
        for ask in (keep_place, require_place):
            with pytest.raises(ConfigError, match="nothing was sent") as caught:
                ask(journal, then)
            assert caught.value.code == "OTHER_PLACE"
            assert what in caught.value.hint
        assert journal.head == head
        keep_place(journal, first)
