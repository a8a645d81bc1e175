"""Plugins."""

from __future__ import annotations

from weexctl.actions.tables.action import Action, Example, Parameter
from weexctl.actions.tables.parameters import KINDS, SET_UP

__all__ = ["ROWS"]

_KIND = Parameter(name="kind", type="str", help="Only plugins of this kind", choices=KINDS)

ROWS = (
    Action(
        name="plugins.list",
        section=SET_UP,
        summary="List the plugins a profile can name",
        help=(
            "Lists every plugin that an installed distribution offers, first-party ones included: its kind, where it "
            "comes from, and whether it can be used. One that failed to load is listed with the reason."
        ),
        risk="read",
        module="weexctl.actions.plugins",
        function="list_",
        parameters=(_KIND,),
        examples=(
            Example("weexctl plugins list", "everything installed"),
            Example("weexctl plugins list --kind strategy", "the rules only"),
        ),
    ),
    Action(
        name="plugins.show",
        section=SET_UP,
        summary="Show one plugin: where it comes from and what can be set",
        help=(
            "Shows one plugin's origin and every setting it takes, with type, default and bounds, as it is written "
            "in a profile."
        ),
        risk="read",
        module="weexctl.actions.plugins",
        function="show",
        parameters=(
            Parameter(
                name="name",
                type="str",
                help="Name of the plugin, as plugins list has it",
                argument=True,
                required=True,
            ),
            Parameter(
                name="kind", type="str", help="Which one, when a name is offered in several kinds", choices=KINDS
            ),
        ),
        examples=(Example("weexctl plugins show trend", "the settings of the rule trend"),),
    ),
)
