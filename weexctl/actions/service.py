"""A run under systemd: its unit is written, looked at and removed here. Nothing is started, stopped or enabled."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict

from weexctl.actions.account_access import VenueWord
from weexctl.actions.context import Context, NextCommand, Notice, Result
from weexctl.actions.halting import halted_by
from weexctl.actions.service_command import arguments, program, variables
from weexctl.actions.service_place import Place
from weexctl.actions.service_record import RunState, read_run
from weexctl.actions.service_unit import CREDENTIAL_FILE, NOT_FOR_USERS, SERVICE_USER, Manager, Unit, render
from weexctl.config.environment import read_environment
from weexctl.config.paths import DEFAULT_ACCOUNT, Paths, check_account, find_paths
from weexctl.config.profile import load_account_tables
from weexctl.config.vault_passphrase import CREDENTIAL
from weexctl.config.venue import Venue
from weexctl.errors import ConfigError, UsageError

__all__ = [
    "InstallInput",
    "InstallOutput",
    "StatusInput",
    "StatusOutput",
    "UninstallInput",
    "UninstallOutput",
    "install",
    "status",
    "uninstall",
]

SYSTEM_STATE = Path("/var/lib/weexctl")
"""`StateDirectory=` of a unit of the system: configuration and data."""
_HIDDEN = ("/home", "/root", "/run/user", "/tmp", "/var/tmp")  # noqa: S108  # names of folders, nothing is written there
"""What `ProtectHome=` and `PrivateTmp=` take away from a unit of the system."""


class _Which(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    venue: VenueWord | None = None
    account: str | None = None
    user: bool = False
    system: bool = False


class InstallInput(_Which):
    """Which run to make a service of, and whose."""

    profile: str
    dry_run: bool = False


class StatusInput(_Which):
    """Which service to look at."""


class UninstallInput(_Which):
    """Which service to remove."""

    dry_run: bool = False


class InstallOutput(BaseModel):
    """The unit."""

    unit: str
    path: str
    manager: Literal["user", "system"]
    installed: bool
    """False for a dry run."""
    changed: bool
    """Whether the file is, or would be, another than before."""
    left_out: tuple[str, ...]
    """Settings that only a unit of the system can have."""
    text: str


class StatusOutput(BaseModel):
    """The unit, the service manager and the journal, each as far as it can be asked."""

    unit: str
    path: str
    manager: Literal["user", "system"]
    installed: bool
    manager_absent: str
    """Why the service manager could not be asked; empty when it was."""
    manager_says: dict[str, str]
    """Its own words, by property."""
    halted: str
    """Why only closing works; empty when nobody pulled the kill switch."""
    run: RunState


class UninstallOutput(BaseModel):
    """What was removed."""

    unit: str
    path: str
    removed: bool
    """False for a dry run, or when there was nothing."""


def install(input: InstallInput, context: Context) -> Result:  # noqa: A002  # the word of every action
    """Write the unit of a run; a person starts it."""
    manager = _manager(input)
    paths = _paths(manager, context)
    environment = read_environment(context.environment)
    overrides = {"venue.name": input.venue} if input.venue else {}
    tables = load_account_tables(input.profile, overrides=overrides, environment=environment, paths=paths)
    service = _service(input, tables.venue.name, context, paths)
    command = (*program(), *arguments(service, input.profile, input.account))
    unit = Unit(
        manager=manager,
        venue=service.venue,
        account=service.account,
        command=command,
        environment=variables(service),
    )
    text = render(unit)
    changed = _content(service.file) != text
    hidden = manager == "system" and any(Path(command[0]).is_relative_to(folder) for folder in _HIDDEN)
    if hidden and not input.dry_run:
        raise ConfigError(
            f"{command[0]} cannot be seen by a unit of the system, which has no home folders; nothing was installed",
            hint="install weexctl where everybody can read it: python3 -m venv /opt/weexctl, or use --user",
            code="PROGRAM_HIDDEN",
        )
    if changed and not input.dry_run:
        _write(service.file, text)
    output = InstallOutput(
        unit=service.unit,
        path=str(service.file),
        manager=manager,
        installed=not input.dry_run,
        changed=changed,
        left_out=NOT_FOR_USERS if manager == "user" else (),
        text=text,
    )
    return Result(
        data=output,
        venue=service.venue.value,
        profile=tables.name,
        warnings=tuple(_warnings(service, hidden)),
        next=() if input.dry_run else tuple(_steps(service, tables.name)),
    )


def status(input: StatusInput, context: Context) -> Result:  # noqa: A002
    """Look at unit, service manager and journal."""
    service = _named(input, context)
    asked = service.state
    halted = halted_by(read_environment(context.environment), service.paths.kill_file(service.venue, service.account))
    output = StatusOutput(
        unit=service.unit,
        path=str(service.file),
        manager=service.manager,
        installed=service.file.exists(),
        manager_absent=asked.absent,
        manager_says=asked.properties or {},
        halted=halted(),
        run=read_run(service.paths.journal(service.venue, service.account)),
    )
    warnings = []
    if asked.absent:
        warnings.append(
            Notice("NO_SYSTEMD", f"{asked.absent}: whether the service runs is known from its journal only")
        )
    if not output.installed:
        warnings.append(Notice("NOT_INSTALLED", f"there is no {service.file}"))
    log = f"journalctl {'--user ' if service.manager == 'user' else ''}-u {service.unit} -n 50 -o cat"
    following = () if asked.absent else (NextCommand(log, "what it has said"),)
    return Result(data=output, venue=service.venue.value, warnings=tuple(warnings), next=following)


def uninstall(input: UninstallInput, context: Context) -> Result:  # noqa: A002
    """Remove the unit of a service that does not run."""
    service = _named(input, context)
    if service.state.active:
        raise ConfigError(
            f"{service.unit} runs; nothing was removed",
            hint=f"{service.systemctl} disable --now {service.unit}",
            code="SERVICE_RUNS",
        )
    there = service.file.exists()
    if there and not input.dry_run:
        try:
            service.file.unlink()
        except OSError as error:
            raise _not_written(service.file, error, "removed") from error
    output = UninstallOutput(unit=service.unit, path=str(service.file), removed=there and not input.dry_run)
    following = (NextCommand(f"{service.systemctl} daemon-reload", "let the manager forget it"),)
    return Result(data=output, venue=service.venue.value, next=following if output.removed else ())


def _manager(asked: _Which) -> Manager:
    if asked.user and asked.system:
        raise UsageError("--user and --system exclude each other; nothing was done", hint="leave one of them out")
    return "system" if asked.system else "user"


def _paths(manager: Manager, context: Context) -> Paths:
    return Paths(SYSTEM_STATE / "config", SYSTEM_STATE / "data") if manager == "system" else _own(context)


def _own(context: Context) -> Paths:
    return find_paths(context.environment)


def _named(asked: _Which, context: Context) -> Place:
    manager = _manager(asked)
    return _service(asked, Venue(asked.venue or Venue.SIM), context, _paths(manager, context))


def _service(asked: _Which, venue: Venue, context: Context, paths: Paths) -> Place:
    account = check_account(asked.account or (DEFAULT_ACCOUNT if venue is Venue.LIVE else venue.value))
    return Place(_manager(asked), venue, account, context, paths)


def _warnings(service: Place, hidden: bool) -> list[Notice]:
    warnings = []
    if service.manager == "user":
        text = f"a unit of a user cannot have {', '.join(NOT_FOR_USERS)}: --system protects keys better"
        warnings.append(Notice("LEFT_OUT", text))
    if hidden:
        warnings.append(Notice("PROGRAM_HIDDEN", "a unit of the system cannot see the folder this weexctl is in"))
    if service.venue is Venue.SIM:
        warnings.append(Notice("ENDS_BY_ITSELF", "a run at sim ends by itself; a service is for paper, demo and live"))
    return warnings


def _steps(service: Place, profile: str) -> list[NextCommand]:
    """What a person types next, in order."""
    steps = []
    if service.manager == "system":
        home = f"--home-dir {SYSTEM_STATE} --create-home"
        steps.append(NextCommand(f"sudo useradd --system {home} {SERVICE_USER}", "whom it runs as, once"))
    if service.venue.needs_keys:
        steps.append(NextCommand(f"{service.mine} keys add {DEFAULT_ACCOUNT} --scope trade", "its API key, once"))
        steps.append(_passphrase(service))
    if service.venue is Venue.LIVE:
        steps.append(NextCommand(f"{service.mine} profile arm {profile}", "allow it to trade real money"))
        steps.append(NextCommand(f"{service.mine} check causality --profile {profile}", "show that it knows no future"))
    steps.append(NextCommand(f"{service.systemctl} daemon-reload", "let the manager read the unit"))
    steps.append(NextCommand(f"{service.systemctl} enable --now {service.unit}", "start it, now and at every boot"))
    if service.manager == "user":
        steps.append(NextCommand("loginctl enable-linger", "let it go on when you log out"))
    return steps


def _passphrase(service: Place) -> NextCommand:
    if service.manager == "user":
        variable = "WEEXCTL_VAULT_PASSPHRASE_FILE"
        return NextCommand(
            f"systemctl --user edit {service.unit}",
            f"add Environment={variable}=… under [Service], a file of mode 600, unless the keyring has the passphrase",
        )
    folder = Path(CREDENTIAL_FILE).parent
    encrypt = f"sudo systemd-creds encrypt --name={CREDENTIAL} - {CREDENTIAL_FILE}"
    return NextCommand(
        f"sudo mkdir -p -m 700 {folder} && systemd-ask-password -n 'Vault passphrase:' | {encrypt}",
        "the vault's passphrase, readable by this machine only",
    )


def _content(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except OSError:
        return ""


def _write(file: Path, text: str) -> None:
    """All of it or nothing."""
    new = file.with_name(f".{file.name}.new")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        new.write_text(text, encoding="utf-8")
        new.replace(file)
    except OSError as error:
        raise _not_written(file, error, "written") from error


def _not_written(file: Path, error: OSError, what: str) -> ConfigError:
    return ConfigError(
        f"{file} cannot be {what}: {error.strerror or error}; nothing was changed",
        hint="a unit of the system needs sudo; --user does not",
        code="UNIT_FILE",
    )
