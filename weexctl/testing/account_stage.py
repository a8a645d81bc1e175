"""Can an account stage ever add risk, answer with something else than an answer, or change its mind?"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from weexctl.model.book import Book, HeldPosition
from weexctl.model.verdict import ExitDecision, GuardAction, RiskDecision, Verdict
from weexctl.testing.report import Finding
from weexctl.testing.sample_books import entry_intents, reducing_intents, sample_books
from weexctl.testing.subject import Subject

__all__ = ["check_account"]

_BOOKS = 40


def check_account(subject: Subject) -> Iterator[Finding]:
    """Sizers, policies, guards and exits over many books: answers are of the right type, in bounds, and repeatable.

    A policy never enlarges and never loosens a stop; a guard never stops an order that only reduces; an exit puts the
    first stop on the losing side. Each kind of finding is reported once.
    """
    ask = {"sizer": _sizes, "risk": _multipliers, "guard": _verdicts, "exit": _exits}.get(subject.kind)
    if ask is None:
        return
    seen: set[str] = set()
    for book in sample_books(subject.kind, subject.plugin, subject.seed, _BOOKS):
        for message in ask(subject.plugin, book):
            if message not in seen:
                seen.add(message)
                yield Finding("account", message)


def _sizes(sizer: Any, book: Book) -> Iterator[str]:
    sizes = sizer.size(book)
    if not isinstance(sizes, Mapping):
        yield f"size returned a {type(sizes).__name__}, not a mapping"
        return
    if unknown := sorted(set(sizes) - set(book.symbols)):
        yield f"size answered for {unknown[0]}, which the book does not have"
    if not all(math.isfinite(size) and size >= 0.0 for size in sizes.values()):
        yield "size gave an exposure that is negative or no number"
    if dict(sizer.size(book)) != dict(sizes):
        yield "size gave another answer for the same book"


def _multipliers(policy: Any, book: Book) -> Iterator[str]:
    for symbol in book.symbols:
        decision = policy.assess(book, symbol)
        if not isinstance(decision, RiskDecision):
            yield f"assess returned a {type(decision).__name__}, not a RiskDecision"
            return
        if not 0.0 <= decision.multiplier <= 1.0:
            yield "a multiplier outside 0 to 1: a policy can only shrink"
        if not 0.0 < decision.stop_multiplier <= 1.0:
            yield "a stop multiplier outside 0 to 1: a policy can only tighten"
        touched = decision.multiplier != 1.0 or decision.stop_multiplier != 1.0
        touched = touched or decision.cooldown_until_ms is not None or decision.suspend_until_ms is not None
        if touched and not (decision.code and decision.reason):
            yield "shrank a wish without a code and a reason"
        if policy.assess(book, symbol) != decision:
            yield "assess gave another answer for the same book"


def _verdicts(guard: Any, book: Book) -> Iterator[str]:
    for intent in (*entry_intents(book), *reducing_intents(book)):
        verdict = guard.review(intent, book)
        if not isinstance(verdict, Verdict) or not isinstance(verdict.action, GuardAction):
            yield f"review returned a {type(verdict).__name__}, not a Verdict"
            return
        if verdict.action is not GuardAction.ALLOW and not (verdict.code and verdict.reason):
            yield "refused an order without a code and a reason"
        if intent.reduces and verdict.action is GuardAction.DENY:
            yield "denied an order that only reduces, which leaves the risk where it is"
        if guard.review(intent, book) != verdict:
            yield "review gave another answer for the same order and book"


def _exits(plugin: Any, book: Book) -> Iterator[str]:
    for held in book.positions.values():
        for position in (held, _about_to_open(held)):
            decision = plugin.review(position, book)
            if not isinstance(decision, ExitDecision):
                yield f"review returned a {type(decision).__name__}, not an ExitDecision"
                return
            yield from _exit_faults(decision, position)
            if plugin.review(position, book) != decision:
                yield "review gave another answer for the same position and book"


def _exit_faults(decision: ExitDecision, position: HeldPosition) -> Iterator[str]:
    for name, price in (("stop", decision.stop), ("target", decision.target)):
        if price is not None and not math.isfinite(price):
            yield f"a {name} that is no number"
    if decision.close and not (decision.code and decision.reason):
        yield "closed a position without a code and a reason"
    if position.candles_held == 0 and decision.stop is not None:
        if (position.price - decision.stop) * position.side.sign <= 0:
            yield "the first stop is not on the losing side of the price"
        if decision.close:
            yield "would close a position at the moment it opens"


def _about_to_open(held: HeldPosition) -> HeldPosition:
    """The same position as an exit is asked about it before the entry."""
    return replace(held, entry_price=held.price, best_price=held.price, candles_held=0, stop=None)
