"""The flags that say which candles a run is made on, and what they may not say together."""

from __future__ import annotations

from collections.abc import Sequence

from weexctl.errors import UsageError

__all__ = ["market_flags_agree"]


def market_flags_agree(*, data: Sequence[str], seed: int | None, from_ms: int | None, to_ms: int | None) -> None:
    """Nothing, when the flags make sense together.

    Raises:
        UsageError: they contradict each other.
    """
    if data and seed is not None:
        raise UsageError(
            "--seed makes a synthetic market, --data names candles; nothing was done", hint="leave one of them out"
        )
    if from_ms is not None and not data:
        raise UsageError(
            "--from chooses a start in your own candles; the synthetic market has one of its own; nothing was done",
            hint="add --data PATH, or leave --from out",
        )
    if from_ms is not None and to_ms is not None and to_ms < from_ms:
        raise UsageError("--to lies before --from; nothing was done", hint="exchange them")
