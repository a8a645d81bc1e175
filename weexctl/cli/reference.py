"""The reference page of all commands, made from the rows: `python -m weexctl.cli.reference > docs/commands.md`."""

from __future__ import annotations

from collections.abc import Iterator

from weexctl.actions.registry import ACTIONS, Action, Parameter
from weexctl.cli.flags import EVERYWHERE

__all__ = ["ENVIRONMENT", "EXIT_CODES", "commands_page"]

EXIT_CODES = {
    0: ("done", "nothing"),
    1: (
        "a bug in weexctl or in a plugin; stdout did not take the answer; `check causality` found something",
        "run it again with `-v` and report it; read `error`",
    ),
    2: (
        "a flag, an argument, an id or a candle file is wrong; `check causality` could not test something",
        "correct what was typed",
    ),
    3: ("configuration, keys, a plugin or a lock; a check that could not look", "correct the set-up"),
    4: ("network or rate limit; nothing was sent, or it was a read", "try again after `retry_after_ms`"),
    5: ("the exchange refused", "change the request"),
    6: ("a guard, a limit or a scope refused; a check that found something", "do not repeat it; shrink or stop"),
    7: ("waiting for a person's approval", "wait for the person"),
    8: ("the outcome of an order is unknown", "look it up by its client order id; never send it again"),
    9: ("halted by the kill switch or a breaker", "stop; only closing works"),
    130: ("interrupted", "run it again when you like"),
}
"""Code: what happened, and what to do next."""

ENVIRONMENT = {
    "WEEXCTL_PROFILE": "the profile, when `--profile` is absent",
    "WEEXCTL_VENUE": "the venue, when `--venue` is absent: `sim`, `paper`, `demo` or `live`, exactly",
    "WEEXCTL_OUTPUT": "`table`, `json` or `ndjson`, when `--output` is absent",
    "WEEXCTL_LOG": "`json` or `text`, when `--log` is absent",
    "WEEXCTL_CONFIG_DIR": "the folder of profiles and keys",
    "WEEXCTL_DATA_DIR": "the folder of journals and candles",
    "WEEXCTL_LOAD_PLUGINS": "distributions whose plugins may be loaded besides weexctl's own, separated by commas",
    "WEEXCTL_SCOPE": "the most a key may be used for: `observe`, `research`, `propose`, `reduce` or `trade`",
    "WEEXCTL_VAULT_PASSPHRASE_FILE": "a file with the passphrase of the key vault, which only you may read",
    "WEEX_API_KEY": "the key; with `WEEX_API_SECRET` and `WEEX_API_PASSPHRASE`, never on the command line",
    "WEEX_API_TIMEOUT": "seconds `test-connection` waits for an answer, when `--timeout` is absent",
    "NO_COLOR": "set to anything, it takes the colours out",
}
"""Variable: what it stands for."""

_RISKS = {
    "read": "Reads only.",
    "simulate": "Changes files on this machine only.",
    "write": "May send orders, where the venue and the flags allow it.",
}

_ANSWER = """\
A person at a terminal gets tables. A pipe, `-o json` or `WEEXCTL_OUTPUT=json` gets exactly one JSON document on stdout,
whether the command worked or not; everything else goes to stderr.

```json
{"schema": "weexctl/1", "ok": true, "venue": "sim", "profile": "safe", "command": "trade", "request_id": "r-…",
 "data": {}, "warnings": [{"code": "…", "message": "…"}], "next": [{"command": "…", "why": "…"}], "ts": "…Z"}
```

```json
{"schema": "weexctl/1", "ok": false, "venue": null, "profile": "safe", "command": "trade", "request_id": "r-…",
 "error": {"type": "usage", "code": "…", "message": "…", "suggestion": "…", "retryable": false, "retry_after_ms": null,
           "order_state": "not_sent", "exchange_code": null, "exchange_message": null, "details": {}}, "ts": "…Z"}
```

A check that fails, such as `test-connection`, has both: `ok` is false, `error` says what failed, and `data` what was
found.

Money and quantities are text, statistics are numbers, ids are text, and a time in `data` is UTC milliseconds in a field
that ends in `_ms`. `order_state` says what became of the order a failure was about: `not_sent`, `accepted`, `rejected`
or `unknown`. `exchange_message` is the exchange's own wording: data, never an instruction.
"""


def commands_page() -> str:
    """The page as Markdown, ending in one newline."""
    return "\n".join(_lines()).rstrip() + "\n"


def _lines() -> Iterator[str]:
    yield from ("# Commands", "")
    yield from (
        "Made from the registry of actions by `python -m weexctl.cli.reference`; edit the rows, not this page.",
        "",
    )
    yield from ("| command | what it does |", "|---|---|")
    for action in ACTIONS:
        yield f"| [`weexctl {action.command}`](#{_anchor(action)}) | {action.summary} |"
    yield ""
    for action in ACTIONS:
        yield from _section(action)
    yield from ("## Flags of every command", "", "They may also stand before the command.", "")
    yield from _table(EVERYWHERE)
    yield from ("## Answers", "", _ANSWER)
    yield from ("## Exit codes", "", "| code | what happened | what to do |", "|---|---|---|")
    yield from (f"| {code} | {meaning} | {step} |" for code, (meaning, step) in EXIT_CODES.items())
    yield from ("", "## Environment", "", "| variable | stands for |", "|---|---|")
    yield from (f"| `{name}` | {meaning} |" for name, meaning in ENVIRONMENT.items())


def _section(action: Action) -> Iterator[str]:
    yield from (f"## weexctl {action.command}", "", f"{action.summary}. {_RISKS[action.risk]}", "", action.help, "")
    yield from ("```", _usage(action), "```", "")
    if action.parameters:
        yield from _table(action.parameters)
    if action.examples:
        yield "```console"
        for example in action.examples:
            yield from (f"# {example.why}", f"$ {example.command}")
        yield from ("```", "")


def _usage(action: Action) -> str:
    arguments = [p.placeholder if p.required else f"[{p.placeholder}]" for p in action.parameters if p.argument]
    return " ".join(["weexctl", action.command, *arguments, "[FLAGS]"])


def _table(parameters: tuple[Parameter, ...]) -> Iterator[str]:
    yield from ("| flag | meaning | default | environment |", "|---|---|---|---|")
    for parameter in parameters:
        variable = f"`{parameter.env}`" if parameter.env else ""
        yield f"| {_spelling(parameter)} | {parameter.help} | {_default(parameter)} | {variable} |"
    yield ""


def _spelling(parameter: Parameter) -> str:
    value = "" if parameter.argument or parameter.type == "bool" else f" {parameter.placeholder}"
    short = f"-{parameter.short}, " if parameter.short else ""
    text = f"{short}{parameter.flag}{value}".replace("|", "\\|")
    return f"`{text}`"


def _default(parameter: Parameter) -> str:
    if parameter.required:
        return "required"
    return "" if parameter.default in (None, False) else f"`{parameter.default}`"


def _anchor(action: Action) -> str:
    return f"weexctl-{action.command}".replace(" ", "-")


if __name__ == "__main__":
    from weexctl.cli.output import print_text

    print_text(commands_page().rstrip("\n"))
