"""The way from a command to an account at the exchange: its key, its limits, and whether anything may open there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from weexctl.actions.key_notice import note_where_key_goes
from weexctl.config.arming import require_armed, require_armed_digest
from weexctl.config.profile import AccountTables, Profile, load_account_tables, load_profile
from weexctl.config.venue import Venue
from weexctl.errors import ConfigError, RefusedError
from weexctl.journal.rows import RunRecord
from weexctl.model.scope import Scope
from weexctl.plugin_host import load_offers
from weexctl.trader.hand_account import HandAccount
from weexctl.trader.wire_desk import WireWay
from weexctl.trader.wire_venue import WireVenue, open_wire_venue

if TYPE_CHECKING:
    from weexctl.actions.account_access import Asked

__all__ = ["beginning", "require_same_profile", "wire", "wire_way"]

_USUAL = "safe"


@contextmanager
def wire(asked: Asked) -> Iterator[WireVenue]:
    """The exchange behind the key.

    Raises:
        MissingCredentialsError, ConfigError, UsageError: the key or the address cannot be used.
    """
    access = asked.access()
    note_where_key_goes(asked.context, asked.environment.api_base, access.credentials)
    venue = open_wire_venue(
        asked.venue,
        access,
        account=asked.account,
        base_url=asked.environment.api_base,
        timeout_s=asked.environment.api_timeout_s,
    )
    try:
        yield venue
    finally:
        venue.close()


@contextmanager
def _writable(asked: Asked) -> Iterator[WireVenue]:
    with wire(asked) as venue:
        if not venue.scope.covers(Scope.REDUCE):
            raise RefusedError(
                f"the key in use may {venue.scope.value}, and orders by hand need reduce, or trade to open;"
                " nothing was sent",
                hint="`weexctl keys list` shows the scopes; WEEXCTL_SCOPE may narrow them",
                code="SCOPE",
            )
        yield venue


def wire_way(asked: Asked, profile: str | None, *, writes: bool) -> WireWay:
    """The way to the account; nothing is opened yet."""

    def tables() -> AccountTables:
        name, named_by = _named(asked, profile)
        return load_account_tables(
            name,
            overrides={"venue.name": asked.venue.value},
            environment=asked.environment,
            paths=asked.paths,
            named_by=named_by,
        )

    return WireWay(
        path=asked.journal,
        venue=asked.venue.value,
        account=asked.account,
        connect=lambda: _writable(asked) if writes else wire(asked),
        tables=tables,
        halted=asked.halted,
    )


def beginning(asked: Asked, profile: str | None) -> Callable[[RunRecord | None], Profile | None]:
    """What is asked before something may open: at live a profile that a person armed for this account."""

    def begin(run: RunRecord | None) -> Profile | None:
        if run is not None:
            if asked.venue is Venue.LIVE:
                require_armed_digest(run.profile, run.profile_digest, asked.account, paths=asked.paths)
            return None
        name, named_by = _named(asked, profile)
        found = load_profile(
            name,
            offers=load_offers(environ=asked.context.environment),
            overrides={"venue.name": asked.venue.value},
            environment=asked.environment,
            paths=asked.paths,
            named_by=named_by,
        )
        if asked.venue is Venue.LIVE:
            require_armed(found, asked.account, paths=asked.paths)
        return found

    return begin


def require_same_profile(asked: Asked, account: HandAccount, wanted: str | None) -> None:
    """Pass when nobody names another profile than that of the run on record; the environment's is a default only.

    Raises:
        ConfigError: somebody does.
    """
    run = account.terms.run
    if run is None or wanted is None or asked.context.origins.get("profile") == "environment":
        return
    on_record = run.profile
    name = Path(wanted).stem if wanted.endswith(".toml") else wanted
    if name != on_record:
        raise ConfigError(
            f"the run on record was made with the profile {on_record}, and its limits count, not those of {name};"
            " nothing was sent",
            hint=f"leave --profile out, or begin a run with `weexctl trade --profile {wanted} --new`",
            code="ANOTHER_RUN",
        )


def _named(asked: Asked, profile: str | None) -> tuple[str, Literal["flag", "environment"]]:
    if profile is not None and asked.context.origins.get("profile") != "environment":
        return profile, "flag"
    return (asked.environment.profile or _USUAL), "environment"
