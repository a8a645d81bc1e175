"""Observers see what happened and can break nothing."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable

import pytest

from weexctl.plugin_host import Offers

Install = Callable[..., None]
Load = Callable[..., Offers]

HEAD = "from weexctl import hookimpl\nSEEN = []\n"
WATCHER = HEAD + (
    "@hookimpl\ndef on_decision(decision):\n    SEEN.append(decision['id'])\n    decision['id'] = 'spoilt'\n"
    "@hookimpl\ndef on_order(order_id):\n    SEEN.append(order_id)\n"
)
THROWER = HEAD + "@hookimpl\ndef on_decision(decision):\n    raise SystemExit('stop everything')\n"


def _seen(module: str) -> list[str]:
    seen: list[str] = sys.modules[module].SEEN
    return seen


def test_an_observer_sees_decisions_and_orders(install: Install, load: Load) -> None:
    install("watch", {"watch": "watch_all"}, {"watch_all": WATCHER})
    observers = load().observers
    observers.on_decision({"id": "d1"})
    observers.on_order(None, "o1", "accepted")  # type: ignore[arg-type]  # this observer does not ask for the intent
    observers.on_fill({"id": "f1"})
    assert _seen("watch_all") == ["d1", "o1"]
    assert len(observers) == 1


def test_an_observer_that_raises_breaks_neither_the_run_nor_the_next_observer(
    install: Install, load: Load, caplog: pytest.LogCaptureFixture
) -> None:
    install("thrower", {"a-thrower": "thrower_module"}, {"thrower_module": THROWER})
    install("watch", {"b-watch": "watch_after"}, {"watch_after": WATCHER})
    observers = load().observers
    with caplog.at_level(logging.WARNING):
        observers.on_decision({"id": "d1"})
        observers.on_decision({"id": "d2"})
    assert _seen("watch_after") == ["d1", "d2"]
    assert caplog.messages == ["observer a-thrower failed in on_decision: SystemExit: stop everything"]


def test_an_observer_cannot_change_what_is_recorded(install: Install, load: Load) -> None:
    install("watch", {"watch": "watch_spoils"}, {"watch_spoils": WATCHER})
    decision = {"id": "d1"}
    load().observers.on_decision(decision)
    assert decision == {"id": "d1"}


def test_an_observer_offers_nothing_and_is_no_failure(install: Install, load: Load) -> None:
    install("watch", {"watch": "watch_only"}, {"watch_only": WATCHER})
    assert load().rows() == []


def test_nobody_watching_is_fine(load: Load) -> None:
    observers = load().observers
    observers.on_decision({"id": "d1"})
    assert len(observers) == 0
