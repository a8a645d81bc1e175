"""The oracle: reads the exchange's own books and the journal's file, and says which invariants do not hold.

It never asks the code under test. Invariants are numbered as in docs/faults.md.
"""

from __future__ import annotations

from weexctl.testing.oracle.oracle import Oracle, all_checks
from weexctl.testing.oracle.violation import Violation
from weexctl.testing.oracle.witness import Books, Exit, Live, Span, Witness

__all__ = ["Books", "Exit", "Live", "Oracle", "Span", "Violation", "Witness", "all_checks"]
