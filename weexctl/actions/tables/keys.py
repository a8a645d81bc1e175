"""API keys."""

from __future__ import annotations

from weexctl.actions.tables.action import Action, Example, Parameter
from weexctl.actions.tables.parameters import SET_UP

__all__ = ["ROWS"]

_SCOPES = ("observe", "research", "propose", "reduce", "trade")

_KEY_NAME = Parameter(
    name="name",
    type="str",
    help="Alias of the key; the one called main is used by itself",
    argument=True,
    required=True,
)

_SECRET_STDIN = Parameter(
    name="secret-stdin",
    type="bool",
    help="Read the key from standard input: JSON with key, secret and passphrase, or the three on a line each",
    default=False,
)

_SECRET_FILE = Parameter(name="secret-file", type="path", help="Read the key from a file that only you may read")

ROWS = (
    Action(
        name="keys.add",
        section=SET_UP,
        summary="Store an API key, encrypted under a passphrase",
        help=(
            "Asks for key, secret and passphrase without showing them, or reads them from a pipe or a file, and stores "
            "them encrypted in the configuration folder. No flag takes a secret. The key may be used for no more than "
            "its scope says, whoever asks. The first key also asks for the passphrase of the vault, twice."
        ),
        risk="simulate",
        module="weexctl.actions.keys",
        function="add",
        people_only=True,
        parameters=(
            _KEY_NAME,
            Parameter(name="scope", type="str", help="The most it may be used for", choices=_SCOPES, required=True),
            Parameter(
                name="venue",
                type="str",
                help="The furthest venue it may be used at; live includes demo",
                choices=("live", "demo"),
                default="live",
            ),
            _SECRET_STDIN,
            _SECRET_FILE,
        ),
        examples=(
            Example("weexctl keys add main --scope trade", "the key that is used when none is named"),
            Example("weexctl keys add watcher --scope observe --secret-stdin", "piped in by a password manager"),
        ),
    ),
    Action(
        name="keys.list",
        section=SET_UP,
        summary="List the keys, without any part of them",
        help=(
            "Lists the stored keys and that of the environment: alias, scope, venue, when it was stored, and a "
            "fingerprint that tells keys apart on this machine. Needs no passphrase and opens nothing."
        ),
        risk="read",
        module="weexctl.actions.keys",
        function="list_",
        examples=(Example("weexctl keys list", "what there is"),),
    ),
    Action(
        name="keys.remove",
        section=SET_UP,
        summary="Forget a stored key",
        help=(
            "Takes a key out of the vault; asks for the vault's passphrase. The exchange accepts the key until it is "
            "deleted there."
        ),
        risk="simulate",
        module="weexctl.actions.keys",
        function="remove",
        people_only=True,
        parameters=(_KEY_NAME,),
        examples=(Example("weexctl keys remove watcher", "forget the key watcher"),),
    ),
    Action(
        name="keys.rotate",
        section=SET_UP,
        summary="Replace a stored key by a new one that works",
        help=(
            "Reads a new key as keys add does, asks the exchange for the balance with it, and puts it in the place of "
            "the old one when that works. Until then, and when anything fails, the old key stays."
        ),
        risk="simulate",
        module="weexctl.actions.keys",
        function="rotate",
        people_only=True,
        parameters=(
            _KEY_NAME,
            Parameter(
                name="scope",
                type="str",
                help="Another scope for the new key; that of the old if left out",
                choices=_SCOPES,
            ),
            _SECRET_STDIN,
            _SECRET_FILE,
            Parameter(
                name="no-check", type="bool", help="Store the new key without asking the exchange", default=False
            ),
        ),
        examples=(Example("weexctl keys rotate main", "after making a new key on the exchange's page"),),
    ),
)
