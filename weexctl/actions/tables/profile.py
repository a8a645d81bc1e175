"""Profiles."""

from __future__ import annotations

from weexctl.actions.tables.action import Action, Example, Parameter
from weexctl.actions.tables.parameters import SET_UP, VENUE

__all__ = ["ROWS"]

ROWS = (
    Action(
        name="profile.list",
        section=SET_UP,
        summary="List the profiles that can be named",
        help=(
            "Lists the profiles of the working directory's profiles folder, of the configuration folder, and the "
            "built-in ones, in the order of the look-up: whether each can be used, and whether it is armed."
        ),
        risk="read",
        module="weexctl.actions.profiles",
        function="list_",
        examples=(Example("weexctl profile list", "what there is"),),
    ),
    Action(
        name="profile.show",
        section=SET_UP,
        summary="Show every value of a profile and where it came from",
        help=(
            "Shows a profile as a run would use it: defaults filled in, the environment and --venue laid over it, and "
            "beside each value the layer it came from."
        ),
        risk="read",
        module="weexctl.actions.profiles",
        function="show",
        parameters=(
            Parameter(
                name="name",
                type="str",
                help="Profile name, or path of a profile file",
                default="safe",
                argument=True,
                env="WEEXCTL_PROFILE",
            ),
            VENUE,
        ),
        examples=(
            Example("weexctl profile show balanced", "the values of a built-in profile"),
            Example("weexctl profile show safe -o json --fields toml", "the whole of it as TOML"),
        ),
    ),
    Action(
        name="profile.new",
        section=SET_UP,
        summary="Write a copy of a profile to edit",
        help=(
            "Writes a profile with every default spelt out into the configuration folder, where its name is found. "
            "It never overwrites a file, and does not take the name of a profile that is there."
        ),
        risk="simulate",
        module="weexctl.actions.profiles",
        function="new",
        parameters=(
            Parameter(name="name", type="str", help="Name of the new profile", argument=True, required=True),
            Parameter(
                name="from", type="str", help="Profile name or path to begin with", default="safe", metavar="NAME"
            ),
        ),
        examples=(Example("weexctl profile new mine --from balanced", "begin with balanced"),),
    ),
    Action(
        name="profile.validate",
        section=SET_UP,
        summary="Check a profile and list everything that is wrong with it",
        help=(
            "Reads a profile as it is written, checks every key, value and plugin, and builds the plugins. Answers "
            "with exit code 6 when something is wrong, each fault with its path and the nearest valid word."
        ),
        risk="read",
        module="weexctl.actions.profiles",
        function="validate",
        parameters=(
            Parameter(
                name="path",
                type="str",
                help="Path of a profile file, or profile name",
                argument=True,
                required=True,
            ),
        ),
        examples=(Example("weexctl profile validate profiles/mine.toml", "before it trades"),),
    ),
    Action(
        name="profile.schema",
        section=SET_UP,
        summary="Show the JSON schema of a profile, for editors",
        help=(
            "Makes the JSON schema of a profile with the settings of every plugin that is installed here, so that an "
            "editor can complete and check a profile while it is written. An earlier schema is replaced, no other file."
        ),
        risk="simulate",
        module="weexctl.actions.profiles",
        function="schema",
        parameters=(Parameter(name="write", type="path", help="Also write it to this file"),),
        examples=(Example("weexctl profile schema --write profile.schema.json", "for an editor"),),
    ),
    Action(
        name="profile.arm",
        section=SET_UP,
        summary="Let live trading use a profile, as a person at a terminal",
        help=(
            "Asks for the account's alias at a terminal; a pipe is refused. Live trading then accepts exactly this "
            "content for this account; whatever changes in the profile has to be armed again. Sends nothing."
        ),
        risk="simulate",
        module="weexctl.actions.profile_arm",
        people_only=True,
        parameters=(
            Parameter(
                name="name",
                type="str",
                help="Profile name, or path of a profile file",
                argument=True,
                required=True,
            ),
            Parameter(name="account", type="str", help="Alias of the account's key", default="main", metavar="ALIAS"),
        ),
        examples=(Example("weexctl profile arm safe", "before the first trade with --venue live"),),
    ),
    Action(
        name="profile.disarm",
        section=SET_UP,
        summary="Take back the arming of a profile",
        help=(
            "Live trading accepts the profile for this account no more, whatever content was armed under its name. "
            "Anybody may do this, also a program; arming it again takes a person. Sends nothing."
        ),
        risk="simulate",
        module="weexctl.actions.profile_arm",
        function="disarm",
        parameters=(
            Parameter(name="name", type="str", help="Profile name", argument=True, required=True),
            Parameter(name="account", type="str", help="Alias of the account's key", default="main", metavar="ALIAS"),
        ),
        examples=(Example("weexctl profile disarm safe", "no live trading with it any more"),),
    ),
)
