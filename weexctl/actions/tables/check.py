"""Checks of plugins and pipelines."""

from __future__ import annotations

from weexctl.actions.tables.action import Action, Example, Parameter
from weexctl.actions.tables.parameters import SET_UP

__all__ = ["ROWS"]

ROWS = (
    Action(
        name="check.causality",
        section=SET_UP,
        summary="Find out whether a pipeline or a plugin knows anything of the future",
        help=(
            "Tries every plugin of a profile, and then the pipeline as a whole, on candles whose future is cut off, "
            "changed and shown again: what a row says, what is fitted and what is decided may not move. The first "
            "column and row that differ are named. Ends with 0 when nothing was found, 1 when something was, 2 when "
            "something could not be tested. A profile that passes is written down in the data folder; live trading "
            "asks for that, until a plugin, its code or the profile's pipeline changes."
        ),
        risk="simulate",
        module="weexctl.actions.causality",
        parameters=(
            Parameter(
                name="profile",
                type="str",
                help="Profile whose pipeline is checked, or path of a profile file; safe if left out",
                metavar="NAME",
                env="WEEXCTL_PROFILE",
            ),
            Parameter(
                name="plugin",
                type="str",
                help="Check one plugin with its default settings instead, as plugins list has it",
                metavar="NAME",
            ),
            Parameter(
                name="data",
                type="str",
                help="Candles instead of the synthetic market: a file, a folder, or SYMBOL=PATH; may be repeated",
                repeatable=True,
                metavar="PATH",
            ),
            Parameter(name="seed", type="int", help="Seed of the synthetic market; 7 if left out"),
        ),
        examples=(
            Example("weexctl check causality --profile safe", "before it may trade live, and after every upgrade"),
            Example("weexctl check causality --plugin trend", "one plugin"),
            Example("weexctl check causality --profile safe --data candles", "on candles of your own"),
        ),
    ),
)
