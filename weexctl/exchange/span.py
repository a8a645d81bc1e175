"""Every row of a span of time, from an endpoint that answers only so many at once. Nothing is lost in between."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from weexctl.errors import UnavailableError

__all__ = ["fetch_span"]

T = TypeVar("T")


def fetch_span(
    fetch: Callable[[int, int], list[T]],
    identify: Callable[[T], str],
    *,
    start_ms: int,
    end_ms: int,
    max_span_ms: int,
    page_rows: int,
    max_requests: int = 400,
) -> list[T]:
    """All rows between two moments, each once, in no order.

    A full page may hide rows, whichever end the exchange cuts off; its span is then halved and asked again. Halves
    share their border, so it does not matter whether the exchange counts its ends in.

    Args:
        fetch: the rows between two moments, at most `page_rows`.
        identify: what makes a row the same row.
        start_ms: UTC, included.
        end_ms: UTC, included.
        max_span_ms: the longest span the endpoint takes.
        page_rows: the most rows it gives.
        max_requests: after so many the search is given up.

    Raises:
        UnavailableError: completeness cannot be proven; what was read is dropped.
    """
    found: dict[str, T] = {}
    spans = _pieces(start_ms, end_ms, max_span_ms)
    allowed = max_requests + len(spans)
    while spans:
        low_ms, high_ms = spans.pop()
        allowed -= 1
        rows = fetch(low_ms, high_ms)
        if len(rows) < page_rows:
            found.update((identify(row), row) for row in rows)
            continue
        if high_ms - low_ms <= 1 or allowed <= 0:
            raise UnavailableError(
                f"the exchange has more rows between {low_ms} and {high_ms} than it can show; the list is not complete",
                hint="ask for a shorter span or for one symbol",
                code="INCOMPLETE",
            )
        middle_ms = (low_ms + high_ms) // 2
        spans += [(low_ms, middle_ms), (middle_ms, high_ms)]
    return list(found.values())


def _pieces(start_ms: int, end_ms: int, max_span_ms: int) -> list[tuple[int, int]]:
    starts = range(start_ms, max(end_ms, start_ms + 1), max_span_ms)
    return [(low_ms, min(low_ms + max_span_ms, end_ms)) for low_ms in starts]
