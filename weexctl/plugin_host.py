"""Finds plugins, loads them one by one, and explains the ones that fail.

A plugin distribution declares an entry point in the group `weexctl`. Nothing runs because it is installed: offers are
listed from cheap modules, and `build` is called only for what a profile names. A broken import, a misspelt hook, junk
in a hook's answer or a name that two distributions claim takes out that plugin alone and is kept as a value.

`WEEXCTL_LOAD_PLUGINS` narrows what is loaded: unset loads every installed plugin; a list of distributions separated by
commas loads those and weexctl's own; an empty value loads weexctl's own only.
"""

from __future__ import annotations

import contextlib
import copy
import logging
import os
import re
import sys
import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import partial
from importlib.metadata import EntryPoint, entry_points
from typing import Any, Literal, TypeVar

import pluggy

from weexctl import hookspecs
from weexctl.errors import PluginContractError, PluginLoadError, UnknownOfferError
from weexctl.hookspecs import GROUP, KINDS, Offer, PluginConfig
from weexctl.model.order import OrderIntent

__all__ = [
    "LOAD_PLUGINS",
    "FoundPlugin",
    "LoadedOffer",
    "Observers",
    "Offers",
    "PluginFailure",
    "build",
    "find_plugins",
    "load_offers",
    "nearest_word",
]

LOAD_PLUGINS = "WEEXCTL_LOAD_PLUGINS"
"""Environment variable with the distributions that may be loaded."""

_OWN = "weexctl"
_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_METHODS: dict[str, tuple[str, ...]] = {
    "regime": ("fit", "features", "columns", "start", "step"),
    "strategy": ("columns",),
    "sizer": ("columns", "size"),
    "risk": ("assess",),
    "guard": ("review",),
    "exit": ("review",),
}
HOUR_MS = 3_600_000
_COUNTS = {"regime": ("warmup_candles", "train_candles", "min_train_candles")}
_OBSERVER_HOOKS = ("on_decision", "on_order", "on_fill")
_KIND_OF = {hook: kind for kind, hook in KINDS.items()}
_HOOKS = (*KINDS.values(), *_OBSERVER_HOOKS)

_log = logging.getLogger(__name__)

T = TypeVar("T")
FailureStatus = Literal["failed", "clash"]


@dataclass(frozen=True, slots=True)
class FoundPlugin:
    """An entry point of the group, not imported, and the distribution that declares it."""

    name: str
    distribution: str
    version: str
    entry: EntryPoint

    @property
    def origin(self) -> str:
        """Distribution and version, for messages."""
        return f"{self.distribution} {self.version}".strip()

    def failure(
        self, reason: str, *, kind: str = "", name: str = "", status: FailureStatus = "failed"
    ) -> PluginFailure:
        """Why this plugin, or the one offer of it that is named, cannot be used."""
        return PluginFailure(name or self.name, kind, self.distribution, self.version, status, reason)


@dataclass(frozen=True, slots=True)
class LoadedOffer:
    """An offer that can be built, and where it came from."""

    offer: Offer[Any]
    kind: str
    """One of the words in `hookspecs.KINDS`."""
    distribution: str
    version: str
    entry_point: str

    @property
    def origin(self) -> str:
        """Distribution, version and entry point, for messages."""
        return f"{self.distribution} {self.version} ({self.entry_point})".replace("  ", " ")


@dataclass(frozen=True, slots=True)
class PluginFailure:
    """A plugin that was found and cannot be used, and why."""

    name: str
    """The offer's name, or the entry point's when it failed before it offered anything."""
    kind: str
    """Empty when the plugin failed before its kind was known."""
    distribution: str
    version: str
    status: FailureStatus
    reason: str


@dataclass(slots=True)
class Observers:
    """The plugins that watch: each hook is called in order of entry point.

    What an observer raises is logged, the first time as a warning, and changes nothing. Every observer gets its own
    copy of a mapping, so none can change what is recorded or what the next one sees.
    """

    _impls: Mapping[str, tuple[pluggy.HookImpl, ...]] = field(default_factory=dict)
    _seen: set[tuple[str, str]] = field(default_factory=set)

    def on_decision(self, decision: dict[str, Any]) -> None:
        """Tell every observer that a decision was recorded."""
        self._tell("on_decision", decision=decision)

    def on_order(self, intent: OrderIntent, order_id: str, state: str) -> None:
        """Tell every observer that an order was accepted, was refused or ended."""
        self._tell("on_order", intent=intent, order_id=order_id, state=state)

    def on_fill(self, fill: dict[str, Any]) -> None:
        """Tell every observer that a fill was recorded."""
        self._tell("on_fill", fill=fill)

    def __len__(self) -> int:
        return len({impl.plugin_name for impls in self._impls.values() for impl in impls})

    def _tell(self, hook: str, **facts: Any) -> None:
        for impl in self._impls.get(hook, ()):
            raised = _attempt(partial(impl.function, *(_own_copy(facts[name]) for name in impl.argnames)))[1]
            if raised is not None:
                level = logging.DEBUG if (impl.plugin_name, hook) in self._seen else logging.WARNING
                self._seen.add((impl.plugin_name, hook))
                _log.log(level, "observer %s failed in %s: %s", impl.plugin_name, hook, _words(raised))


def _own_copy(fact: Any) -> Any:
    return copy.deepcopy(fact) if isinstance(fact, dict) else fact


@dataclass(frozen=True, slots=True)
class Offers:
    """Everything the installed plugins offer, and everything that failed."""

    loaded: Mapping[tuple[str, str], LoadedOffer]
    """By kind and name."""
    failures: tuple[PluginFailure, ...] = ()
    observers: Observers = field(default_factory=Observers)
    left_out: tuple[str, ...] = ()
    """Distributions that `WEEXCTL_LOAD_PLUGINS` kept out."""

    def names(self, kind: str) -> list[str]:
        """The names offered for one kind, sorted."""
        return sorted(name for of_kind, name in self.loaded if of_kind == kind)

    def get(self, kind: str, name: str) -> LoadedOffer:
        """The offer of this kind and name.

        Raises:
            UnknownOfferError: nobody offers it, or what offers it failed to load; the hint names the nearest word,
                everything offered, and what failed.
        """
        if (found := self.loaded.get((kind, name))) is not None:
            return found
        reasons = [failure.reason for failure in self.failures if failure.name == name and failure.kind in (kind, "")]
        if reasons:
            message = f"the {kind} {name!r} is installed and cannot be used: {reasons[0]}; nothing was run"
        else:
            message = f"no {kind} is called {name!r}; nothing was run"
        raise UnknownOfferError(message, hint=self._alternatives(kind, name), details={"kind": kind, "name": name})

    def rows(self) -> list[dict[str, str]]:
        """One row per offer and per failure, sorted: name, kind, distribution, version, status, reason."""
        rows = [(kind, name, ok.distribution, ok.version, "ok", "") for (kind, name), ok in self.loaded.items()]
        rows += [(bad.kind, bad.name, bad.distribution, bad.version, bad.status, bad.reason) for bad in self.failures]
        keys = ("kind", "name", "distribution", "version", "status", "reason")
        return [dict(zip(keys, row, strict=True)) for row in sorted(rows)]

    def _alternatives(self, kind: str, name: str) -> str:
        """What can be typed instead, and what did not load."""
        offered = self.names(kind)
        near = nearest_word(name, offered)
        parts = [f"did you mean {near}?"] if near else []
        parts.append(f"offered: {', '.join(offered) or 'nothing of this kind'}")
        parts += [f"{f.name} ({f.distribution}) did not load: {f.reason}" for f in self.failures if not f.kind]
        if self.left_out:
            parts.append(f"{LOAD_PLUGINS} keeps out {', '.join(self.left_out)}")
        return "; ".join(parts)


def nearest_word(word: str, words: Iterable[str], *, cutoff: float = 0.6) -> str | None:
    """The word that was probably meant, or None when nothing is near."""
    near = get_close_matches(word, list(words), n=1, cutoff=cutoff)
    return near[0] if near else None


def find_plugins() -> list[FoundPlugin]:
    """Every entry point of the group, sorted, none imported: the order never depends on the disk."""
    owners: dict[int, tuple[str, str]] = {}  # reading a distribution's metadata costs more than finding it
    found = []
    for entry in entry_points(group=GROUP):
        name, version = owners.get(id(entry.dist)) or owners.setdefault(id(entry.dist), _owner_of(entry))
        found.append(FoundPlugin(entry.name, name, version, entry))
    return sorted(found, key=lambda plugin: (plugin.name, plugin.distribution, plugin.entry.value))


def _owner_of(entry: EntryPoint) -> tuple[str, str]:
    """Name and version of the distribution; a half-removed one has neither."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # newer Pythons warn about metadata without a name
        try:
            name, version = (entry.dist.name, entry.dist.version) if entry.dist else (None, None)
        except (KeyError, OSError):
            name = version = None
    return str(name or "?"), str(version or "")


def load_offers(found: Sequence[FoundPlugin] | None = None, environ: Mapping[str, str] | None = None) -> Offers:
    """The offers of every sound plugin; a broken or ambiguous one is a value, never an exception.

    Args:
        found: what to load; None finds everything installed.
        environ: where `WEEXCTL_LOAD_PLUGINS` is looked up; None is the process's environment.
    """
    installed = find_plugins() if found is None else found
    allowed = (os.environ if environ is None else environ).get(LOAD_PLUGINS)
    chosen, left_out, missing = _select(installed, allowed)
    shelf = _Shelf()
    for plugin in chosen:
        shelf.add(plugin, chosen)
    unique, clashes = _refuse_clashes(shelf.offers)
    observers = Observers({hook: tuple(impls) for hook, impls in shelf.watching.items()})
    return Offers(unique, (*missing, *shelf.failures, *clashes), observers, left_out)


def _select(
    found: Sequence[FoundPlugin], allowed: str | None
) -> tuple[Sequence[FoundPlugin], tuple[str, ...], list[PluginFailure]]:
    """What may be loaded, the distributions kept out, and the allowed names that nobody has."""
    if allowed is None:
        return found, (), []
    words = {_canonical(word): word.strip() for word in allowed.split(",") if word.strip()}
    owners = {_canonical(plugin.distribution) for plugin in found}
    chosen = [plugin for plugin in found if _canonical(plugin.distribution) in words.keys() | {_OWN}]
    missing = []
    for canonical in sorted(words.keys() - owners - {_OWN}):
        near = nearest_word(canonical, owners)
        reason = f"{LOAD_PLUGINS} names it and no installed distribution of that name offers plugins"
        reason += f"; did you mean {near}?" if near else ""
        missing.append(PluginFailure(words[canonical], "", words[canonical], "", "failed", reason))
    return chosen, tuple(sorted(owners - words.keys() - {_OWN})), missing


class _Shelf:
    """What loading has gathered so far."""

    def __init__(self) -> None:
        self.offers: list[LoadedOffer] = []
        self.failures: list[PluginFailure] = []
        self.watching: dict[str, list[pluggy.HookImpl]] = {hook: [] for hook in _OBSERVER_HOOKS}
        self._manager = pluggy.PluginManager(GROUP)
        self._manager.add_hookspecs(hookspecs)

    def add(self, plugin: FoundPlugin, everyone: Sequence[FoundPlugin]) -> None:
        """Load one plugin, and gather what it offers and watches, or why it cannot be used."""
        rivals = [other.origin for other in everyone if other.name == plugin.name and other is not plugin]
        if rivals:
            reason = f"the entry point name {plugin.name!r} is also claimed by {', '.join(rivals)}; uninstall one"
            self.failures.append(plugin.failure(reason, status="clash"))
            return
        loaded, raised = _attempt(lambda: self._register(plugin))
        if raised is not None:
            if self._manager.has_plugin(plugin.name):
                self._manager.unregister(name=plugin.name)
            self.failures.append(plugin.failure(_explain(raised)))
            return
        hooks = [(hook, impl) for hook in _HOOKS for impl in self._impls(hook) if impl.plugin is loaded]
        wrappers = [hook for hook, impl in hooks if impl.wrapper or impl.hookwrapper]
        if not hooks:
            self.failures.append(plugin.failure(_no_hooks(loaded)))
        elif wrappers:
            reason = f"{', '.join(wrappers)} is a wrapper; weexctl calls each hook plainly and wraps none"
            self.failures.append(plugin.failure(reason))
        else:
            self._gather(plugin, hooks)

    def _register(self, plugin: FoundPlugin) -> Any:
        loaded = plugin.entry.load()
        self._manager.register(loaded, name=plugin.name)
        self._manager.check_pending()  # a misspelt hook would otherwise be ignored in silence
        return loaded

    def _impls(self, hook: str) -> list[pluggy.HookImpl]:
        caller: pluggy.HookCaller = getattr(self._manager.hook, hook)
        return caller.get_hookimpls()

    def _gather(self, plugin: FoundPlugin, hooks: Sequence[tuple[str, pluggy.HookImpl]]) -> None:
        for hook, impl in hooks:
            if hook in self.watching:
                self.watching[hook].append(impl)
                continue
            kind = _KIND_OF[hook]
            offers, reason = _offers_of(impl)
            if reason:
                self.failures.append(plugin.failure(f"{hook} {reason}", kind=kind))
            for offer in offers:
                self._shelve(plugin, kind, offer)

    def _shelve(self, plugin: FoundPlugin, kind: str, offer: Any) -> None:
        """Check one offer on its own, so that a bad one takes no other with it."""
        if reason := _unfit(offer):
            name = str(offer.name) if isinstance(offer, Offer) else ""
            self.failures.append(plugin.failure(f"{KINDS[kind]}: {reason}", kind=kind, name=name))
        else:
            self.offers.append(LoadedOffer(offer, kind, plugin.distribution, plugin.version, plugin.name))


def _offers_of(impl: pluggy.HookImpl) -> tuple[Sequence[Any], str]:
    """What an offering hook answers, or why that is no answer."""
    answer, raised = _attempt(impl.function)
    if raised is not None:
        return (), f"raised {_words(raised)}"
    if not isinstance(answer, (list, tuple)):
        return (), f"returned {type(answer).__name__}, not a list of Offer"
    return answer, ""


def _unfit(offer: Any) -> str:
    """Why this is not a usable offer; empty when it is."""
    if not isinstance(offer, Offer):
        return f"it holds {type(offer).__name__} where an Offer belongs"
    name, config, maker = _parts(offer)
    if not _NAME.fullmatch(str(name)):
        return f"the name {name!r} is not lower case with hyphens"
    if not (isinstance(config, type) and issubclass(config, PluginConfig)):
        return f"the settings of {name!r} are not a subclass of weexctl.PluginConfig"
    if config.model_config.get("extra") != "forbid" or not config.model_config.get("frozen"):
        return f"the settings of {name!r} must stay frozen and must forbid unknown keys"
    if "use" in config.model_fields:
        return f"the settings of {name!r} have a key 'use', which a profile needs for the name"
    return "" if callable(maker) else f"the build of {name!r} cannot be called"


def _parts(offer: Any) -> tuple[Any, Any, Any]:
    """Name, settings and build as they came: nothing has checked their types yet."""
    return offer.name, offer.config, offer.build


def _refuse_clashes(
    offers: Sequence[LoadedOffer],
) -> tuple[dict[tuple[str, str], LoadedOffer], list[PluginFailure]]:
    """The offers whose name is unique within its kind; of the others, none: whoever comes first must not win."""
    claims: dict[tuple[str, str], list[LoadedOffer]] = {}
    for found in offers:
        claims.setdefault((found.kind, found.offer.name), []).append(found)
    unique = {key: claimants[0] for key, claimants in sorted(claims.items()) if len(claimants) == 1}
    clashes = []
    for (kind, name), claimants in sorted(claims.items()):
        who = " and by ".join(claimant.origin for claimant in claimants)
        reason = f"{kind} {name!r} is offered by {who}; uninstall one, or leave it out of {LOAD_PLUGINS}"
        if len(claimants) > 1:
            clashes += [PluginFailure(name, kind, c.distribution, c.version, "clash", reason) for c in claimants]
    return unique, clashes


def build(loaded: LoadedOffer, settings: PluginConfig, *, candle_ms: int = HOUR_MS) -> Any:
    """The plugin made from its settings, told how long candles are, and checked to be what its kind has to be.

    Raises:
        PluginLoadError: the numbers behind the offer could not be imported.
        PluginContractError: `build` raised anything else, or what it made is not of its kind.
    """
    who = f"{loaded.kind} {loaded.offer.name!r} of {loaded.origin}"
    plugin, raised = _attempt(lambda: _made(loaded, settings, candle_ms))
    if isinstance(raised, ImportError):
        raise PluginLoadError(
            f"{who} could not be imported: {_words(raised)}; nothing was run",
            hint=f"install what it needs, or reinstall {loaded.distribution}",
        ) from raised
    if raised is not None:
        raise PluginContractError(
            f"{who} could not be built: {_words(raised)}; nothing was run",
            hint=f"correct its settings, or report this to the author of {loaded.distribution}",
        ) from raised
    if reason := _broken_promise(loaded.kind, plugin):
        hint = f"run `weexctl plugins check {loaded.offer.name}`, or report this to the author of {loaded.distribution}"
        raise PluginContractError(f"{who} is not a {loaded.kind}: {reason}; nothing was run", hint=hint)
    return plugin


def _made(loaded: LoadedOffer, settings: PluginConfig, candle_ms: int) -> Any:
    plugin = loaded.offer.build(settings)
    tell = getattr(plugin, "at_timeframe", None)
    if callable(tell) and not isinstance(plugin, type):
        tell(candle_ms)
    return plugin


def _broken_promise(kind: str, plugin: Any) -> str:
    """What the built object lacks; empty when it keeps its kind's contract."""
    if isinstance(plugin, type):
        return f"build returned the class {plugin.__name__}, not an object of it"
    missing = [name for name in _METHODS[kind] if not callable(getattr(plugin, name, None))]
    if missing:
        return f"it has no method {', '.join(missing)}"
    if not callable(getattr(plugin, "columns", len)):
        return "its columns cannot be called"
    for name in _COUNTS.get(kind, ("warmup_candles",)):
        count = getattr(plugin, name, None)
        if not isinstance(count, int) or isinstance(count, bool) or count < 0:
            return f"{name} is {count!r}, not a whole number of candles, 0 or more"
    return ""


def _attempt(call: Callable[[], T]) -> tuple[T | None, BaseException | None]:
    """What third-party code answered, or what it raised; even SystemExit may come out of it.

    Only the person's own interrupt passes. What the code prints goes to stderr: stdout carries exactly one document.
    """
    try:
        with contextlib.redirect_stdout(sys.stderr):
            return call(), None
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # noqa: BLE001  # see above
        return None, error


def _explain(error: BaseException) -> str:
    """Why registration failed, with the hook that was probably meant."""
    words = _words(error)
    unknown = re.search(r"unknown hook '(\w+)'", words)
    if unknown is None:
        return words
    near = nearest_word(unknown[1], _HOOKS)
    return f"unknown hook {unknown[1]!r}" + (f", did you mean {near}?" if near else f"; hooks are {', '.join(_HOOKS)}")


def _no_hooks(plugin: object) -> str:
    """Why a plugin without hooks offers nothing, with the function that was probably meant as one."""
    for name in sorted(vars(plugin)) if hasattr(plugin, "__dict__") else ():
        near = nearest_word(name, _HOOKS, cutoff=0.85)
        if near:
            return f"it answers no hook: {name} is not marked with @hookimpl, or is meant to be {near}"
    return f"it answers no hook; hooks are {', '.join(_HOOKS)}"


def _words(error: BaseException) -> str:
    """An exception in one line."""
    return f"{type(error).__name__}: {' '.join(str(error).split())}".rstrip(": ")


def _canonical(name: str) -> str:
    """A distribution's name as package indexes compare them."""
    return re.sub(r"[-_.]+", "-", name.strip()).lower()
