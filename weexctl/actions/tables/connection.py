"""The way to a venue, and the version."""

from __future__ import annotations

from weexctl.actions.tables.action import Action, Example, Parameter
from weexctl.actions.tables.parameters import ALIAS, DRY_RUN, PROFILE, READ_ONLY, SET_UP, VENUE

__all__ = ["ROWS"]

ROWS = (
    Action(
        name="test-connection",
        section=SET_UP,
        summary="Check the way to a venue: network, clock, keys, permissions",
        help=(
            "Asks the venue for its time, a price and, with keys, the account, and says what works and what does not. "
            "Reads only, unless --trade asks for the smallest possible order to be placed and closed again."
        ),
        risk="write",  # with --trade; without it nothing is changed
        module="weexctl.actions.test_connection",
        parameters=(
            VENUE,
            ALIAS,
            PROFILE,
            Parameter(
                name="base-url",
                type="str",
                help="Ask this address instead of the exchange, such as that of a simulator on this machine",
                metavar="URL",
            ),
            Parameter(
                name="trade", type="bool", help="Also place and close the smallest order the venue takes", default=False
            ),
            DRY_RUN,
            READ_ONLY,
            Parameter(
                name="timeout",
                type="float",
                help="Seconds to wait for each answer",
                default=10.0,
                metavar="SECONDS",
                env="WEEX_API_TIMEOUT",
            ),
        ),
        examples=(
            Example("weexctl test-connection", "the simulator, offline"),
            Example("weexctl test-connection --venue live", "the exchange, reading only"),
        ),
    ),
    Action(
        name="version",
        section=SET_UP,
        summary="Show the version of weexctl and of what it runs on",
        help=(
            "Names the versions of weexctl, Python, the operating system and the libraries whose numbers a decision "
            "depends on. Put this into a bug report. --version prints the one number, faster."
        ),
        risk="read",
        module="weexctl.actions.version",
        examples=(Example("weexctl version -o json", "for a bug report"),),
    ),
)
