"""One reason why nothing opens."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self

from weexctl.execution.breaker_state import BreakerState

__all__ = ["Trip"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Trip:
    """A breaker that is open, or a reading that keeps entries back."""

    code: str
    symbol: str = ""
    """Empty for the whole account."""
    reason: str
    since_ms: int
    state: BreakerState = BreakerState.ACTIVE
    """What it restricts the account or the symbol to. A reading is no state: it only keeps entries back while it
    lasts, and so stays `ACTIVE`."""
    until_ms: int | None = None
    """When it ends by itself; None for one that does not."""

    @property
    def text(self) -> str:
        """The code and the reason."""
        return f"{self.code}: {self.reason}"

    def covers(self, symbol: str) -> bool:
        """Whether it keeps entries in this symbol back."""
        return self.symbol in ("", symbol)

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return asdict(self) | {"state": self.state.word}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """The trip that was saved."""
        return cls(**(dict(data) | {"state": BreakerState[str(data["state"]).upper()]}))
