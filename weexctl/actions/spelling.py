"""The word a person probably meant."""

from __future__ import annotations

from collections.abc import Iterable

__all__ = ["did_you_mean", "nearest"]


def nearest(word: str, offered: Iterable[str]) -> str | None:
    """The offered word that looks most like this one, None when nothing does."""
    from difflib import get_close_matches

    spellings = {candidate.lower(): candidate for candidate in offered}
    found = get_close_matches(word.lower(), list(spellings), n=1, cutoff=0.6)
    return spellings[found[0]] if found else None


def did_you_mean(word: str, offered: Iterable[str]) -> str:
    """A hint: the nearest word if there is one, and otherwise, or besides, everything that is offered."""
    words = list(offered)
    choice = f"choose one of {', '.join(words)}" if words else ""
    if (guess := nearest(word, words)) is None:
        return choice
    return f"did you mean {guess}?" if len(words) > 12 else f"did you mean {guess}? {choice}"
