"""Trade a profile on a venue."""

from __future__ import annotations

from typing import Any

from weexctl.actions.account_access import check_alias
from weexctl.actions.context import Context, Result
from weexctl.actions.market_flags import market_flags_agree
from weexctl.actions.run_report import Output
from weexctl.actions.trade_call import Input, TradeCall
from weexctl.actions.trade_sim import trade_on_sim
from weexctl.actions.trade_wire import trade_at_wire
from weexctl.config.access import require_key
from weexctl.config.arming import require_armed
from weexctl.config.environment import Environment, read_environment
from weexctl.config.paths import DEFAULT_ACCOUNT, Paths, find_paths
from weexctl.config.profile import Profile, load_profile
from weexctl.config.vault import Vault
from weexctl.config.venue import Venue
from weexctl.errors import ConfigError, UsageError
from weexctl.model.instrument import normalise_symbol
from weexctl.plugin_host import Offers, load_offers

__all__ = ["Input", "Output", "run"]


def run(input: Input, context: Context) -> Result:  # noqa: A002  # the word of every action
    """Trade, and sum up."""
    environment, paths = read_environment(context.environment), find_paths(context.environment)
    _must_agree(input)
    offers = load_offers(environ=context.environment)
    profile = _profile(input, context, environment, paths, offers)
    call = TradeCall(input, context, environment, paths, profile, offers)
    _must_be_ready(call)
    return trade_on_sim(call) if call.venue is Venue.SIM else trade_at_wire(call)


def _must_agree(input: Input) -> None:  # noqa: A002
    """Refuse flags that contradict each other."""
    if input.once and input.steps is not None:
        raise UsageError("--once is one step, --steps says how many; nothing was done", hint="leave one of them out")
    market_flags_agree(data=input.data, seed=input.seed, from_ms=input.from_ms, to_ms=input.to_ms)


def _profile(input: Input, context: Context, environment: Environment, paths: Paths, offers: Offers) -> Profile:  # noqa: A002
    overrides: dict[str, Any] = {}
    if input.venue is not None:
        overrides["venue.name"] = input.venue
    if input.symbols:
        overrides["venue.symbols"] = [normalise_symbol(symbol) for symbol in input.symbols]
    return load_profile(
        input.profile,
        offers=offers,
        overrides=overrides,
        environment=environment,
        paths=paths,
        named_by="environment" if context.origins.get("profile") == "environment" else "flag",
    )


def _must_be_ready(call: TradeCall) -> None:
    """Refuse what a venue does not have, then a missing key, then a profile that nobody armed."""
    venue, asked = call.venue, call.input
    check_alias(venue, asked.account)
    if venue is Venue.SIM:
        return
    for flag, given in (("--data", bool(asked.data)), ("--seed", asked.seed is not None)):
        if given:
            raise UsageError(
                f"{flag} is for the venue sim, and {venue.value} trades at the exchange's prices; nothing was done",
                hint=f"leave {flag} out, or add --venue sim",
            )
    if venue.needs_keys:
        require_key(venue, asked.account, environ=call.context.environment, vault=Vault(call.paths.vault))
    if venue is Venue.LIVE:
        require_armed(call.profile, asked.account or DEFAULT_ACCOUNT, paths=call.paths)
    if venue is Venue.PAPER:
        raise ConfigError(
            "this version trades at the venues sim, demo and live, not at paper; nothing was sent",
            hint="weexctl trade --venue sim, or --venue demo with the key of a demo account",
            code="VENUE_NOT_AVAILABLE",
        )
