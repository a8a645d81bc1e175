"""All checks together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from weexctl.testing.oracle.books import Acknowledged, Identity, SameBooks
from weexctl.testing.oracle.bounds import Pace, WithinLimits
from weexctl.testing.oracle.check import Check, New
from weexctl.testing.oracle.exposure import OneExposure, OneSignal, Reduces, WrittenAhead
from weexctl.testing.oracle.halting import ExitsLeave, HaltIsFinal, NotBlind
from weexctl.testing.oracle.protection import NoOrphans, Protected
from weexctl.testing.oracle.recovery import Audited, OneWriter, Settled
from weexctl.testing.oracle.violation import Violation
from weexctl.testing.oracle.wire import Allowed, Hygiene, Secret
from weexctl.testing.oracle.witness import Witness

__all__ = ["Oracle", "all_checks"]


def all_checks() -> list[Check]:
    """A fresh one of each. I18 and I21 take several runs and are checked by who drives them."""
    return [
        OneExposure(),
        WrittenAhead(),
        Protected(),
        NoOrphans(),
        SameBooks(),
        Acknowledged(),
        WithinLimits(),
        Identity(),
        Allowed(),
        Hygiene(),
        Secret(),
        Reduces(),
        OneSignal(),
        HaltIsFinal(),
        ExitsLeave(),
        Pace(),
        NotBlind(),
        OneWriter(),
        Settled(),
        Audited(),
    ]


class Oracle:
    """Looks after every step, and once more when the run is at rest."""

    def __init__(self, witness: Witness, checks: Sequence[Check] | None = None) -> None:
        self._witness = witness
        self.checks = all_checks() if checks is None else list(checks)
        self._happenings = 0
        self._calls = 0

    def during(self) -> list[Violation]:
        """What is wrong about what has come since the last look."""
        return list(self._look())

    def after(self) -> list[Violation]:
        """What is wrong at rest."""
        found = self.during()
        books, records = self._witness.books(), self._witness.journal.records()
        for check in self.checks:
            found += check.conclude(self._witness, books, records)
        return found

    @property
    def unprotected_ms(self) -> int:
        """The longest time a position of ours was without a whole stop."""
        return max((check.longest_ms for check in self.checks if isinstance(check, Protected)), default=0)

    def _look(self) -> Iterator[Violation]:
        witness = self._witness
        new = New(witness.happenings[self._happenings :], witness.calls[self._calls :])
        self._happenings, self._calls = len(witness.happenings), len(witness.calls)
        books = witness.books()
        for check in self.checks:
            yield from check.look(witness, books, new)
