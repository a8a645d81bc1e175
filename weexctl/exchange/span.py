"""Every row of a span of time, from an endpoint that answers only so many at once. Nothing is lost in between."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from weexctl.errors import UnavailableError
from weexctl.exchange.endpoint import Endpoint

__all__ = ["Page", "fetch_pages", "fetch_span"]

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """What one request brought."""

    rows: list[T]
    more: bool
    """True when the exchange may have more than it shows."""


def fetch_span(
    fetch: Callable[[int, int], Page[T]],
    identify: Callable[[T], str],
    *,
    start_ms: int,
    end_ms: int,
    max_span_ms: int,
    max_requests: int = 400,
) -> list[T]:
    """All rows between two moments, each once, in no order.

    A full page may hide rows, whichever end the exchange cuts off; its span is then halved and asked again. Halves
    share their border, so it does not matter whether the exchange counts its ends in.

    Args:
        fetch: the rows between two moments, as many as the endpoint shows at once.
        identify: what makes a row the same row.
        start_ms: UTC, included.
        end_ms: UTC, included.
        max_span_ms: the longest span the endpoint takes.
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
        page = fetch(low_ms, high_ms)
        if not page.more:
            found.update((identify(row), row) for row in page.rows)
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


def fetch_pages(
    fetch: Callable[[int], Page[T]],
    identify: Callable[[T], str],
    endpoint: Endpoint,
    *,
    first: int,
    max_pages: int = 50,
) -> list[T]:
    """The rows of all numbered pages, each once; a row may move to the next page while we read.

    Args:
        fetch: the page of a number.
        identify: what makes a row the same row.
        endpoint: named in the error.
        first: the number of the first page.
        max_pages: after so many the search is given up.

    Raises:
        UnavailableError: there are more; what was read is dropped.
    """
    found: dict[str, T] = {}
    for number in range(first, first + max_pages):
        page = fetch(number)
        found.update((identify(row), row) for row in page.rows)
        if not page.more:
            return list(found.values())
    raise UnavailableError(
        f"{endpoint.label} has more than {max_pages} pages; the list is not complete and was dropped",
        hint="ask for one symbol",
        code="INCOMPLETE",
        endpoint=endpoint.label,
    )
