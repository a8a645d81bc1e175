"""Every case of the catalogue: what must hold holds, and what is known to be broken is still what is broken."""

from __future__ import annotations

import re

import pytest

from weexctl.errors import UsageError
from weexctl.testing.scenario.case import find_case, list_cases
from weexctl.testing.scenario.run import run_plan


@pytest.mark.parametrize("name", list_cases())
def test_a_case_breaks_nothing_but_what_its_file_says_is_open(name: str) -> None:
    case = find_case(name)
    outcome = run_plan(case.plan)
    on_calls = any(fault.match.path or fault.match.method for fault in case.plan.schedule.faults)
    broken = {*outcome.broken, *(["EXPECT"] if case.unexpected(outcome) else [])}

    # Equal, not only contained: whoever mends something takes it out of the file.
    said = [violation.text() for violation in outcome.violations] + case.unexpected(outcome)
    assert broken == set(case.expect.open), "\n".join(said)
    assert outcome.fired or not on_calls or broken, "no fault of this case hit a call"


def test_ids_are_the_names_of_the_files_and_titles_say_something() -> None:
    cases = [find_case(name) for name in list_cases()]

    assert [case.id for case in cases] == list(list_cases())
    assert len({case.title for case in cases}) == len(cases)
    assert all(re.match(r"[A-Z].{15,}[^.]$", case.title) for case in cases)


def test_an_unknown_case_is_refused_with_the_nearest() -> None:
    with pytest.raises(UsageError, match="no scenario 'FLASHCRASH'") as refused:
        find_case("FLASHCRASH")

    assert "FLASH-CRASH" in refused.value.hint
