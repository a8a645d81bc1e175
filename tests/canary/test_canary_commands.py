"""Every command of the registry, well and badly used: no planted secret shows anywhere."""

from __future__ import annotations

import base64
import json
import logging
import re
from importlib import import_module
from urllib.parse import quote, quote_plus, urlencode

import pytest

from tests.canary.conftest import Run
from tests.canary.planted import FIRST, VAULT_PASSPHRASE, Home
from tests.canary.recipes import RECIPES
from weexctl.actions import sim
from weexctl.actions.context import Context, Result
from weexctl.actions.registry import ACTIONS, Action
from weexctl.config.access import open_access
from weexctl.config.environment import read_environment
from weexctl.config.paths import find_paths
from weexctl.config.vault import Vault
from weexctl.config.venue import Venue

SOURCES = {"environment": ("-o", "json"), "vault": ("-v", "-o", "table")}


def test_every_command_has_a_recipe() -> None:
    assert set(RECIPES) == {action.name for action in ACTIONS}


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("action", ACTIONS, ids=lambda action: action.name)
def test_a_command_at_work_shows_nothing(
    action: Action, source: str, home: Home, sim_run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sim, "_serve", lambda server, should_stop: server.close())
    home.environment |= home.keys_from(source) | {"WEEX_API_BASE": "http://127.0.0.1:9", "WEEX_API_TIMEOUT": "1"}
    sim_run.into(home)
    if action.name.startswith("keys."):
        home.environment.pop("WEEXCTL_VAULT_PASSPHRASE_FILE", None)  # a person types it
    for step in RECIPES[action.name](home, sim_run):
        ran = home(*step.argv, *SOURCES[source], **step.given)
        assert ran.code == step.code, ran.said


@pytest.mark.parametrize("action", ACTIONS, ids=lambda action: action.name)
def test_a_command_badly_typed_shows_nothing(action: Action, home: Home) -> None:
    home.environment |= FIRST.variables
    words = action.command.split()
    for more in (["--no-such-flag"], ["a", "b", "c", "--venue", "nowhere"], ["--output", "nothing"], ["--scope"]):
        assert home(*words, *more, "-v").code == 2


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("action", ACTIONS, ids=lambda action: action.name)
def test_a_bug_that_carries_the_key_shows_nothing(
    action: Action, source: str, home: Home, sim_run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The worst there is: an exception, and its cause, that hold an opened key in every spelling."""
    home.environment |= home.keys_from(source)
    words = tuple(action.command.split())
    works = next(step for step in RECIPES[action.name](home, sim_run) if step.argv[: len(words)] == words)
    monkeypatch.setattr(import_module(action.module), action.function, broken)
    for mode in ("json", "table"):
        ran = home(*works.argv, "-v", "-o", mode, **works.given)
        assert (ran.code, "RuntimeError: it broke" in ran.err, "KeyError" in ran.err) == (1, True, True)


def broken(input: object, context: Context) -> Result:  # noqa: A002  # the signature of every action
    """Opens the key of this home, as every signed call does, and then breaks."""
    environ = context.environment
    environment, vault = read_environment(environ), Vault(find_paths(environ).vault)
    access = open_access(Venue.LIVE, environ=environ, environment=environment, vault=vault, ask=context.ask_secret)
    held = [*vars(FIRST).values(), *([VAULT_PASSPHRASE] if access.source == "vault" else [])]
    told = "\n".join(text for value in held for text in spelt(value))
    context.note(told)
    logging.getLogger("canary").warning("%s", told)
    raise RuntimeError(f"it broke: {told}") from KeyError(told)


def spelt(value: str) -> list[str]:
    """A value as programs write it into messages."""
    once = json.dumps(value)
    based = [
        base64.b64encode(f"{before}{value}{after}".encode()).decode()
        for before in ("", "a", "ab")
        for after in ("", ":b")
    ]
    urls = [
        quote(value, safe=""),
        quote_plus(value),
        re.sub("%..", lambda found: found[0].lower(), urlencode({"value": value})),
    ]
    return [
        value,
        repr(value),
        once,
        json.dumps(once),
        value.encode().hex(),
        value.encode().hex().upper(),
        *based,
        *urls,
    ]
