"""Does an answer depend on what was asked before, or on what a book has not come to yet?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from weexctl.model.book import Book
from weexctl.testing.causality import POISONS, cut_points, poisoned
from weexctl.testing.report import Finding
from weexctl.testing.sample_books import entry_intents, reducing_intents, sample_books
from weexctl.testing.subject import Subject, difference

__all__ = ["ACCOUNT_KINDS", "check_book", "check_fit", "check_memory"]

_CUTS = 3
_BOOKS = 20


def check_memory(subject: Subject) -> Iterator[Finding]:
    """Asked again after it has seen everything, a plugin says what it said before."""
    for surface in subject.surfaces():
        cuts = cut_points(subject, _CUTS)
        first = {cut: subject.early(surface, cut) for cut in cuts}
        subject.whole(surface)
        for cut in cuts:
            if found := difference(subject.call(surface, subject.candles.iloc[:cut]), first[cut]):
                message = f"{surface} of the first {cut} candles changed after more of them had been shown"
                yield Finding("memory", message, *found)
                break
    books = list(_books(subject))
    earlier = [_answer(subject, book) for book in books]
    later = [_answer(subject, book) for book in reversed(books)][::-1]
    if earlier != later:
        yield Finding("memory", "the same book got another answer after other books had been asked about")


def check_book(subject: Subject) -> Iterator[Finding]:
    """An account stage says the same when the columns behind its row end at that row."""
    for whole, ended in zip(_books(subject), _books(subject, ended=True), strict=True):
        expected = _answer(subject, whole)
        try:
            same = _answer(subject, ended) == expected
        except Exception:  # noqa: BLE001  # reaching for a later row is what is looked for
            same = False
        if not same:
            yield Finding("book", "the answer depends on rows later than that of the book")
            return


def check_fit(subject: Subject) -> Iterator[Finding]:
    """A fit is made of its own candles: the same one after the plugin has seen any future, and scoring leaves it be."""
    fitted = subject.fitted
    if fitted is None:
        return
    training = subject.training
    subject.whole("columns")
    for poison in POISONS:
        subject.call("columns", poisoned(subject.candles, len(training), poison))
    if subject.artefact != fitted:
        yield Finding("fit", "scoring changed the artefact it was done with")
    if subject.plugin.fit(training, fitted.symbol) != fitted:
        yield Finding("fit", "a second fit of the same candles, after later ones had been shown, gave another artefact")


def _books(subject: Subject, *, ended: bool = False) -> Iterator[Book]:
    if subject.kind in _QUESTIONS:
        yield from sample_books(subject.kind, subject.plugin, subject.seed, _BOOKS, ended=ended)


def _answer(subject: Subject, book: Book) -> str:
    """What an account stage says about a book, as text: equal answers have equal text, NaN included."""
    return repr(_QUESTIONS[subject.kind](subject.plugin, book))


_QUESTIONS: dict[str, Any] = {
    "sizer": lambda sizer, book: sorted(dict(sizer.size(book)).items()),
    "risk": lambda policy, book: [policy.assess(book, symbol) for symbol in book.symbols],
    "guard": lambda guard, book: [
        guard.review(intent, book) for intent in (*entry_intents(book), *reducing_intents(book))
    ],
    "exit": lambda rule, book: [rule.review(held, book) for held in book.positions.values()],
}
"""How each kind of account stage is asked about a book."""

ACCOUNT_KINDS = tuple(_QUESTIONS)
"""The kinds that are asked about a book."""
