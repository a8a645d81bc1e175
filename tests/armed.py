"""A profile made ready for `live`, as a person makes it at a terminal."""

from __future__ import annotations

from weexctl.config.arming import arm
from weexctl.config.causality_pass import identify, record_pass
from weexctl.config.compose import build_pipeline
from weexctl.config.environment import read_environment
from weexctl.config.paths import Paths
from weexctl.config.profile import load_profile
from weexctl.plugin_host import load_offers

__all__ = ["make_ready"]


def make_ready(name: str, paths: Paths, symbols: tuple[str, ...] = (), *, proven: bool = True) -> None:
    """Arm a profile for the account `main`; with `proven` the check of causality has passed as well."""
    offers = load_offers(environ={})
    overrides = {"venue.symbols": list(symbols)} if symbols else {}
    profile = load_profile(name, offers=offers, overrides=overrides, environment=read_environment({}), paths=paths)
    arm(profile, "main", armed_ms=1, paths=paths)
    if proven:
        identity = identify(profile, build_pipeline(profile, offers), offers)
        record_pass(identity, market="seed:7:1h", checked_ms=1, paths=paths)
