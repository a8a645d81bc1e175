"""Every offer of every installed distribution, for conformance tests."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.metadata import entry_points
from typing import Any

from weexctl.hookspecs import GROUP, KINDS, Offer

__all__ = ["installed_offers"]


def installed_offers(distribution: str | None = None) -> Iterator[tuple[str, Offer[Any]]]:
    """Kind and offer of everything installed, or of one distribution only; in a fixed order.

    A module that does not import raises here: a conformance run has to fail then, where the loader lists and goes on.
    """
    for entry in sorted(entry_points(group=GROUP), key=lambda entry: (entry.value, entry.name)):
        if distribution is not None and (entry.dist is None or entry.dist.name != distribution):
            continue
        module = entry.load()
        for kind, hook in KINDS.items():
            for offer in getattr(module, hook, tuple)():
                yield kind, offer
