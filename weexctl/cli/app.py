"""Rows become a typer app; the app turns a command line into an invocation and runs nothing itself."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from weexctl import __version__
from weexctl.actions.registry import ACTIONS, GROUPS, Action, Group, Parameter
from weexctl.actions.spelling import nearest
from weexctl.cli.flags import EVERYWHERE, Flags
from weexctl.errors import UsageError

__all__ = ["Invocation", "build_command", "parse"]

PROGRAM = "weexctl"
_ABOUT = (
    "Trade WEEX crypto futures under discipline: the regime decides which rule may speak, risk can only shrink, "
    "guards can only refuse, and every order explains itself."
)
_CLOSING = "Without --venue everything happens on a simulator on this machine. Times are UTC, money is in USDT."
_OUTPUT_PANEL = "Output"

# Where click lives depends on the version of typer; the base of the public BadParameter is the same class everywhere.
_CLICK_ERROR: type[Exception] = next(base for base in typer.BadParameter.__mro__ if base.__name__ == "ClickException")


@dataclass(frozen=True, slots=True)
class Invocation:
    """A command line that was understood."""

    action: Action
    values: Mapping[str, object]
    """By field of the input; only what was given."""
    flags: Flags


class SectionedGroup(TyperGroup):
    """A group whose commands stand under the headings of the registry."""

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write the commands by section."""
        sections: dict[str, list[tuple[str, str]]] = {}
        for name in self.list_commands(ctx):
            command = self.get_command(ctx, name)
            if command is not None and not command.hidden:
                panel = getattr(command, "rich_help_panel", None)
                heading = panel if isinstance(panel, str) else "Commands"
                sections.setdefault(heading, []).append((name, command.get_short_help_str(limit=90)))
        for heading, rows in sections.items():
            with formatter.section(heading):
                formatter.write_dl(rows)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """The command named by the first word, or a usage error that says what was probably meant."""
        known = not args or args[0].startswith("-") or self.get_command(ctx, args[0]) is not None
        if not known and not ctx.resilient_parsing:  # resilient: the shell completes a line that is not finished
            offered = self.list_commands(ctx)
            path = _words(ctx)
            guess = nearest(args[0], offered)
            hint = f"did you mean `{path} {guess}`?" if guess else f"choose one of {', '.join(offered)}"
            raise UsageError(f"{path} has no command {args[0]!r}; nothing was done", hint=hint, code="UNKNOWN_COMMAND")
        return super().resolve_command(ctx, args)


def parse(argv: Sequence[str]) -> Invocation | int:
    """What a command line asks for, or the exit code when help or the version was the answer.

    Args:
        argv: the words after the program's name; none asks for help.

    Raises:
        UsageError: a word on the command line is wrong; the hint says what to type.
    """
    command = build_command()
    try:
        outcome = command.main(args=list(argv) or ["--help"], prog_name=PROGRAM, standalone_mode=False)
    except _CLICK_ERROR as error:
        raise _usage_error(error) from error
    except OSError as error:  # only help was being written
        from weexctl.cli.output import answer_lost

        raise answer_lost(error) from error
    if isinstance(outcome, Invocation):
        return outcome
    return outcome if isinstance(outcome, int) else 0


def build_command(actions: Iterable[Action] = ACTIONS, groups: Iterable[Group] = GROUPS) -> Any:
    """The click command of the whole program."""
    app = _typer(help=_ABOUT, epilog=_CLOSING)
    app.callback()(_root)
    apps: dict[tuple[str, ...], typer.Typer] = {(): app}
    for group in groups:
        apps[(group.name,)] = _typer(help=f"{group.summary}.")
        app.add_typer(apps[(group.name,)], name=group.name, short_help=group.summary, rich_help_panel=group.section)
    for action in actions:
        *path, name = action.name.split(".")
        apps[tuple(path)].command(
            name,
            help=f"{action.summary}.\n\n{action.help}",
            short_help=action.summary,
            epilog=_epilog(action),
            rich_help_panel=None if path else action.section,
        )(_function(action))
    return typer.main.get_command(app)


def _typer(**texts: Any) -> typer.Typer:
    return typer.Typer(
        cls=SectionedGroup,
        rich_markup_mode=None,  # plain help: half the time, and the same for a person, a pipe and a program
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
        **texts,
    )


def _print_version(asked: bool) -> None:
    if asked:
        from weexctl.cli.output import print_text

        print_text(f"weexctl {__version__}")
        raise typer.Exit


def _root(ctx: typer.Context, **before: Any) -> None:
    ctx.obj = _flags(before)


def _function(action: Action) -> Callable[..., Invocation]:
    """A function with the signature of the row, from which typer makes a command."""

    def command(ctx: typer.Context, **values: Any) -> Invocation:
        flags = _flags(values)
        before = ctx.find_root().obj
        mine = {parameter.field for parameter in action.parameters}
        given = {name: value for name, value in values.items() if name in mine and value not in (None, False, [], ())}
        return Invocation(action, given, flags.over(before) if isinstance(before, Flags) else flags)

    _sign(command, action.parameters)
    return command


def _sign(function: Callable[..., Any], parameters: Sequence[Parameter], *more: inspect.Parameter) -> None:
    """Give a function that takes anything the signature of these rows and of the flags every command has."""
    context = inspect.Parameter("ctx", inspect.Parameter.KEYWORD_ONLY, annotation=typer.Context)
    rows = [_signature_parameter(parameter) for parameter in parameters]
    shared = [_signature_parameter(parameter, _OUTPUT_PANEL) for parameter in EVERYWHERE]
    signature = inspect.Signature([context, *more, *rows, *shared])
    function.__signature__ = signature  # type: ignore[attr-defined]  # what inspect.signature looks at first
    function.__annotations__ = {p.name: p.annotation for p in signature.parameters.values()}


def _version_option() -> inspect.Parameter:
    """`--version` before any command; main.py answers the plain case without coming here."""
    info = typer.Option("--version", help="Show the version and exit", is_eager=True, callback=_print_version)
    return inspect.Parameter("version", inspect.Parameter.KEYWORD_ONLY, annotation=Annotated[bool, info], default=False)


def _signature_parameter(parameter: Parameter, panel: str | None = None) -> inspect.Parameter:
    kind: Any = bool if parameter.type == "bool" else list[str] if parameter.repeatable else str
    default: Any = inspect.Parameter.empty
    if not parameter.required:
        kind, default = (bool, False) if kind is bool else (kind | None, None)
    settings: dict[str, Any] = {"help": _help(parameter), "show_default": False, "rich_help_panel": panel}
    if kind is not bool:
        settings["metavar"] = parameter.placeholder
    if parameter.argument:
        info = typer.Argument(**settings)
    else:
        letters = (f"-{parameter.short}",) if parameter.short else ()
        info = typer.Option(f"--{parameter.name}", *letters, **settings)
    return inspect.Parameter(
        parameter.field, inspect.Parameter.KEYWORD_ONLY, annotation=Annotated[kind, info], default=default
    )


def _help(parameter: Parameter) -> str:
    known = [f"default: {parameter.default}"] if parameter.default not in (None, False) else []
    known += [f"env: {parameter.env}"] if parameter.env else []
    return f"{parameter.help} ({'; '.join(known)})" if known else parameter.help


def _epilog(action: Action) -> str | None:
    if not action.examples:
        return None
    lines = [line for example in action.examples for line in (f"  {example.command}", f"      {example.why}")]
    return "\n".join(["\b", "Examples:", *lines])  # \b: click leaves the lines of this paragraph alone


def _flags(values: Mapping[str, Any]) -> Flags:
    fields = [piece.strip() for value in values.get("fields") or () for piece in value.split(",")]
    return Flags(
        output=values.get("output"),
        fields=tuple(piece for piece in fields if piece),
        quiet=bool(values.get("quiet")),
        verbose=bool(values.get("verbose")),
        log=values.get("log"),
    )


def _usage_error(error: Any) -> UsageError:
    """Click's error in our words, with the option that was probably meant."""
    ctx = getattr(error, "ctx", None)
    path = _words(ctx)
    hint = f"`{path} --help` shows what it takes"
    if (option := getattr(error, "option_name", None)) and type(error).__name__ == "NoSuchOption":
        offered = [word for parameter in ctx.command.params for word in parameter.opts] if ctx else []
        guess = nearest(str(option), offered)
        message = f"{path} has no option {option}"
        return UsageError(
            f"{message}; nothing was done", hint=f"did you mean {guess}?" if guess else hint, code="UNKNOWN_OPTION"
        )
    if ctx is not None and isinstance(ctx.command, TyperGroup) and not ctx.args:
        offered = ctx.command.list_commands(ctx)
        message = f"{path} needs a command; nothing was done"
        return UsageError(message, hint=f"choose one of {', '.join(offered)}", code="MISSING_COMMAND")
    text = " ".join(str(error.format_message()).split()).rstrip(".")
    hint = _spare_word(ctx, text) or hint
    return UsageError(f"{path}: {text[:1].lower()}{text[1:]}; nothing was done", hint=hint)


def _spare_word(ctx: Any, text: str) -> str:
    """What to type instead of a symbol that stands where none may; empty for any other mistake."""
    spare = re.search(r"unexpected extra arguments?(?:\(s\))? \((.+)\)$", text)
    if ctx is None or spare is None:
        return ""
    from weexctl.model.instrument import normalise_symbol

    options = {word for parameter in ctx.command.params for word in parameter.opts}
    flag = next((flag for flag in ("--symbols", "--symbol") if flag in options), None)
    try:
        symbols = ",".join(normalise_symbol(word) for word in spare[1].split())
    except UsageError:
        return ""
    return f"did you mean {flag} {symbols}?" if flag else ""


def _words(ctx: Any) -> str:
    """The command as typed so far: `weexctl plugins`."""
    return PROGRAM if ctx is None else " ".join(str(ctx.command_path).split())


_sign(_root, (), _version_option())
