"""Where an account was traded: at the exchange, or at a simulator on this machine that answers like it."""

from __future__ import annotations

from enum import StrEnum

from weexctl.errors import ConfigError
from weexctl.journal.journal import Journal

__all__ = ["Place", "keep_place", "require_place"]

_PLACE = "place"
"""Key of the journal's state table."""


class Place(StrEnum):
    """What stands behind the address that an account is asked at."""

    EXCHANGE = "exchange"
    LOOPBACK = "loopback"


_WORDS = {Place.EXCHANGE: "the exchange", Place.LOOPBACK: "a simulator on this machine"}


def require_place(journal: Journal, place: Place) -> None:
    """Pass when nothing on record was traded at the other place: what is held there says nothing about here.

    Raises:
        ConfigError: it was.
    """
    theirs = journal.state.get(_PLACE)
    if theirs is None or theirs == place:
        return
    if place is Place.LOOPBACK:
        hint = "give the rehearsal a folder of its own: WEEXCTL_DATA_DIR=~/rehearsal weexctl …"
    else:
        hint = "unset WEEXCTL_DATA_DIR, or name a folder that holds no rehearsal: WEEXCTL_DATA_DIR=~/trading weexctl …"
    raise ConfigError(
        f"{journal.path} is the record of {journal.venue}/{journal.account} at {_WORDS[Place(theirs)]}, and this would"
        f" go to {_WORDS[place]}; nothing was sent",
        hint=hint,
        code="OTHER_PLACE",
    )


def keep_place(journal: Journal, place: Place) -> None:
    """As `require_place`, and from here on the journal belongs to this place, for ever.

    Raises:
        ConfigError: it belongs to the other one.
    """
    with journal.transaction(durable=True):
        require_place(journal, place)
        if journal.state.get(_PLACE) is None:
            journal.state.put(_PLACE, place.value)
