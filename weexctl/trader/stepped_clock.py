"""The time of a served simulator that stands still until somebody moves it. Sleeping moves it.

For rehearsals: `weexctl sim serve --speed step --control` on this machine, and `trade` against it.
"""

from __future__ import annotations

import httpx

from weexctl.errors import UnavailableError

__all__ = ["SteppedClock", "stepped_clock"]

_TIMEOUT_S = 30.0


class SteppedClock:
    """Reads and moves a simulator's time through its control endpoint.

    Args:
        base_url: of the simulator.
        now_ms: its time.
    """

    def __init__(self, base_url: str, now_ms: int) -> None:
        self._client = httpx.Client(base_url=base_url, timeout=_TIMEOUT_S, trust_env=False)
        self._now_ms = now_ms

    def now_ms(self) -> int:
        """The simulator's time when it was last moved."""
        return self._now_ms

    def sleep_ms(self, duration_ms: int) -> None:
        """Let the simulated market go on for this long.

        Raises:
            UnavailableError: the simulator is gone.
        """
        try:
            answer = self._client.post("/control/advance", json={"by_ms": int(duration_ms)})
            answer.raise_for_status()
            self._now_ms = int(answer.json()["now_ms"])
        except (httpx.HTTPError, KeyError, ValueError) as error:
            raise UnavailableError(
                f"the simulator's time could not be moved ({type(error).__name__}); nothing was sent",
                hint="start it again with `weexctl sim serve --speed step --control`",
                code="SIMULATOR_GONE",
            ) from None

    def close(self) -> None:
        """Let go of the connection."""
        self._client.close()


def stepped_clock(base_url: str) -> SteppedClock | None:
    """The clock of a simulator at this address whose time stands still; None where time goes by itself."""
    try:
        answer = httpx.get(f"{base_url}/control/time", timeout=_TIMEOUT_S, trust_env=False)
        seen = answer.json() if answer.status_code == httpx.codes.OK else {}
    except (httpx.HTTPError, ValueError):
        return None
    stands = isinstance(seen, dict) and seen.get("speed") == 0
    return SteppedClock(base_url, int(seen["now_ms"])) if stands else None
