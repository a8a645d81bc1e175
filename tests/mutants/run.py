"""`python -m tests.mutants.run [NAME…]`: try every sabotage of the list, and say which one no test noticed."""

from __future__ import annotations

import queue
import sys
import tempfile
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.mutants.mutant import Mutant, list_mutants
from tests.mutants.trial import Trial, Tried

__all__ = ["main", "try_all"]

_WORKERS = 2


def try_all(
    mutants: Sequence[Mutant], *, workers: int = _WORKERS, on_tried: Callable[[Tried], None] = lambda _: None
) -> list[Tried]:
    """Every sabotage in copies of the tree, so many at a time.

    Raises:
        RuntimeError: the tests are not green without any.
    """
    with tempfile.TemporaryDirectory(prefix="weexctl-mutants-") as folder:
        first = Trial(Path(folder) / "0")
        trials: queue.Queue[Trial] = queue.Queue()
        for trial in (first, *(Trial(Path(folder) / str(number), first) for number in range(1, workers))):
            trials.put(trial)

        def one(mutant: Mutant) -> Tried:
            trial = trials.get()
            try:
                tried = trial.run(mutant)
            finally:
                trials.put(trial)
            on_tried(tried)
            return tried

        def unharmed(tests: Sequence[str]) -> str:
            trial = trials.get()
            try:
                return trial.unharmed(tests)
            finally:
                trials.put(trial)

        tests = sorted({test for mutant in mutants for test in mutant.tests})
        with ThreadPoolExecutor(workers) as pool:
            parts = [
                part for n in range(workers) if (part := tests[n::workers])
            ]  # pytest given nothing runs everything
            trouble = [said for said in pool.map(unharmed, parts) if said]
            if trouble:
                raise RuntimeError("the tests are red without any sabotage; nothing was tried\n" + "\n".join(trouble))
            return list(pool.map(one, mutants))


def main(names: Sequence[str]) -> int:
    """Print what became of each sabotage; 1 when one survived or could not be tried."""
    mutants = [mutant for mutant in list_mutants() if not names or mutant.name in names]
    done = try_all(mutants, on_tried=lambda tried: _say(_line(tried)))
    bad = [tried for tried in done if not tried.killed]
    _say(f"{len(done) - len(bad)} of {len(done)} sabotages were noticed")
    for tried in bad:
        _say(f"  {tried.mutant.name}: {tried.trouble or 'survived: ' + tried.mutant.breaks}")
    return 1 if bad or not done else 0


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def _line(tried: Tried) -> str:
    said = "noticed " if tried.killed else "TROUBLE " if tried.trouble else "SURVIVED"
    return f"{said} {tried.seconds:5.1f} s  {tried.mutant.name:30} {tried.mutant.breaks:66} {tried.killed_by}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
