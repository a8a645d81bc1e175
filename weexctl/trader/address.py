"""Where requests go, and what stands there."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from weexctl.exchange.base_url import DEFAULT_BASE_URL, checked_base_url, is_loopback
from weexctl.journal.place import Place

__all__ = ["Address", "address_of"]


@dataclass(frozen=True, slots=True)
class Address:
    """The base URL of an exchange, checked."""

    url: str = DEFAULT_BASE_URL

    @property
    def place(self) -> Place:
        """Whether it is the exchange, or a simulator on this machine."""
        return Place.LOOPBACK if is_loopback(urlsplit(self.url).hostname or "") else Place.EXCHANGE


def address_of(base_url: str | None) -> Address:
    """The address that somebody named, None for the exchange's.

    Raises:
        ConfigError: it is neither the exchange nor on this machine.
    """
    return Address(checked_base_url(base_url or DEFAULT_BASE_URL))
