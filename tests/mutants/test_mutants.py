"""The list of sabotages fits the code, and a few of them are tried here; `make mutants` tries all."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.mutants.mutant import ROOT, Mutant, list_mutants
from tests.mutants.run import try_all

MUTANTS = list_mutants()


def test_there_are_at_least_sixty_with_a_name_each() -> None:
    assert len(MUTANTS) >= 60
    assert len({mutant.name for mutant in MUTANTS}) == len(MUTANTS)
    assert len({(mutant.file, mutant.old, mutant.new) for mutant in MUTANTS}) == len(MUTANTS)


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_a_sabotage_fits_the_code_and_its_tests_are_there(mutant: Mutant) -> None:
    changed = mutant.applied(ROOT)
    assert changed != (ROOT / mutant.file).read_text(encoding="utf-8")
    compile(changed, mutant.file, "exec")
    assert mutant.tests
    for test in mutant.tests:
        assert (ROOT / test.partition("::")[0]).is_file()


def test_a_few_of_them_are_noticed_and_one_that_breaks_nothing_is_not() -> None:
    quick = [mutant for mutant in MUTANTS if mutant.quick]
    assert len(quick) >= 5
    harmless = replace(quick[0], name="harmless", new=quick[0].old + "  # the same")
    done = {tried.mutant.name: tried for tried in try_all([*quick, harmless])}
    assert {name: tried.trouble for name, tried in done.items() if tried.trouble} == {}
    assert [name for name, tried in done.items() if not tried.killed] == ["harmless"]


def test_a_sabotage_that_does_not_fit_is_no_success() -> None:
    with pytest.raises(ValueError, match="stands 0 times"):
        replace(MUTANTS[0], old="no such text").applied(ROOT)
