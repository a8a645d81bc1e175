"""A moment in time as people and programs write it."""

from __future__ import annotations

from datetime import UTC, datetime

__all__ = ["iso_utc", "parse_time_ms"]

_EARLIEST_MS = 946_684_800_000  # 2000-01-01: anything smaller is seconds by mistake
_LATEST_MS = 4_102_444_800_000  # 2100-01-01: anything larger is microseconds by mistake


def parse_time_ms(value: str | int) -> int:
    """UTC milliseconds of an ISO date (its first moment), an ISO date and time, or a number of milliseconds.

    A time without an offset is UTC.

    Raises:
        ValueError: it is not a moment, or not within this century.
    """
    time_ms = _read(value.strip()) if isinstance(value, str) else value
    if not _EARLIEST_MS <= time_ms < _LATEST_MS:
        raise ValueError(f"{value} is not a time in milliseconds between the years 2000 and 2100")
    return time_ms


def iso_utc(time_ms: int) -> str:
    """ISO 8601 in UTC with milliseconds: `2026-02-01T13:00:00.000Z`."""
    moment = datetime.fromtimestamp(time_ms // 1000, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{time_ms % 1000:03d}Z"


def _read(text: str) -> int:
    if text.lstrip("-").isdigit():
        return int(text)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{text!r} is not a time; write 2026-02-01, 2026-02-01T13:00 (UTC) or milliseconds") from None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    whole, rest = divmod((moment - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds() * 1000, 1)
    return int(whole) + round(rest)
