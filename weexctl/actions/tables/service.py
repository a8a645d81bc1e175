"""Under a service manager."""

from __future__ import annotations

from weexctl.actions.tables.action import Action, Example, Parameter
from weexctl.actions.tables.parameters import SET_UP, VENUES

__all__ = ["ROWS"]

_UNIT = (
    Parameter(name="venue", type="str", help="Venue of the run; sim if left out", choices=VENUES, env="WEEXCTL_VENUE"),
    Parameter(name="account", type="str", help="Alias of the account; the usual one of the venue if left out"),
    Parameter(name="user", type="bool", help="Under your own service manager; this is what happens", default=False),
    Parameter(
        name="system",
        type="bool",
        help="Under the machine's service manager, fully hardened, as the user weexctl",
        default=False,
    ),
)

_DRY_RUN = Parameter(name="dry-run", type="bool", help="Show it, and write nothing", default=False)

ROWS = (
    Action(
        name="service.install",
        section=SET_UP,
        summary="Write the systemd unit of a run",
        help=(
            "Writes a hardened unit that runs `trade` with this profile, and starts nothing: the answer says what to "
            "type next. The vault's passphrase comes as an encrypted credential of the service manager."
        ),
        risk="simulate",
        module="weexctl.actions.service",
        function="install",
        people_only=True,
        parameters=(
            Parameter(
                name="profile",
                type="str",
                help="Profile name, or path of a profile file",
                required=True,
                metavar="NAME",
                env="WEEXCTL_PROFILE",
            ),
            *_UNIT,
            _DRY_RUN,
        ),
        examples=(
            Example("weexctl service install --profile safe --venue paper --dry-run", "look at the unit"),
            Example("weexctl service install --profile safe --venue live --system", "real money"),
        ),
    ),
    Action(
        name="service.status",
        section=SET_UP,
        summary="Show the unit, the service manager and the run",
        help=(
            "Reads the unit file, asks systemd when it runs this machine, and reads the journal: last heartbeat, last "
            "step, open positions, breakers. Needs no lock and disturbs nothing."
        ),
        risk="read",
        module="weexctl.actions.service",
        function="status",
        parameters=_UNIT,
        examples=(Example("weexctl service status --venue paper", "how is it"),),
    ),
    Action(
        name="service.uninstall",
        section=SET_UP,
        summary="Remove the systemd unit of a run",
        help="Removes the unit file of a service that does not run. Stops nothing; journal and keys stay.",
        risk="simulate",
        module="weexctl.actions.service",
        function="uninstall",
        people_only=True,
        parameters=(*_UNIT, _DRY_RUN),
        examples=(Example("weexctl service uninstall --venue paper", "no longer a service"),),
    ),
)
