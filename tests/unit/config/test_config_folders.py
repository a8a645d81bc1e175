"""Folders, credentials and arming."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import pytest

from weexctl.config.arming import arming_of, is_armed, require_armed
from weexctl.config.credentials import SIM_CREDENTIALS, read_credentials
from weexctl.config.paths import Paths, find_paths
from weexctl.config.profile import Profile
from weexctl.config.venue import Venue
from weexctl.errors import MissingCredentialsError, NotArmedError, UsageError

Load = Callable[..., Profile]
KEYS = {"WEEX_API_KEY": "the-key", "WEEX_API_SECRET": "the-secret", "WEEX_API_PASSPHRASE": "the-phrase"}


def test_the_environment_moves_both_folders(tmp_path: Path) -> None:
    paths = find_paths({"WEEXCTL_CONFIG_DIR": str(tmp_path / "c"), "WEEXCTL_DATA_DIR": str(tmp_path / "d")})
    assert paths == Paths(tmp_path / "c", tmp_path / "d")


def test_without_it_the_platform_decides_and_the_folders_are_absolute() -> None:
    paths = find_paths({})
    assert paths.config.is_absolute()
    assert "weexctl" in str(paths.config)
    assert paths.data.is_absolute()


def test_a_relative_folder_is_made_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert find_paths({"WEEXCTL_DATA_DIR": "here"}).data == tmp_path / "here"


def test_no_two_accounts_or_venues_share_a_file(tmp_path: Path) -> None:
    paths = Paths(tmp_path, tmp_path)
    files = {
        where(venue, account)
        for where in (paths.journal, paths.kill_file)
        for venue in Venue
        for account in ("main", "second")
    }
    assert len(files) == 2 * len(Venue) * 2


@pytest.mark.parametrize("account", ["", "..", "a/b", "Main", "-x", "a b", "a" * 65, "ä", "main\n"])
def test_an_account_alias_that_could_be_a_path_is_refused(account: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is no account alias"):
        Paths(tmp_path, tmp_path).journal(Venue.SIM, account)


def test_credentials_come_from_three_variables() -> None:
    credentials = read_credentials({**KEYS, "WEEX_API_SECRET": " the-secret\n"})
    assert credentials.key.get_secret_value() == "the-key"
    assert credentials.secret.get_secret_value() == "the-secret"
    assert credentials.passphrase.get_secret_value() == "the-phrase"


def test_credentials_never_show() -> None:
    credentials = read_credentials(KEYS)
    shown = f"{credentials!r} {credentials} {asdict(credentials)} {[credentials]}"
    assert not any(value in shown for value in KEYS.values())


@pytest.mark.parametrize("missing", list(KEYS))
def test_a_missing_variable_is_named(missing: str) -> None:
    with pytest.raises(MissingCredentialsError, match=f"^{missing} is not set; nothing was sent") as caught:
        read_credentials({name: value for name, value in KEYS.items() if name != missing})
    assert caught.value.exit_code == 3
    assert "the-" not in caught.value.message + caught.value.hint


def test_all_missing_variables_are_named() -> None:
    with pytest.raises(
        MissingCredentialsError, match=r"^WEEX_API_KEY, WEEX_API_SECRET and WEEX_API_PASSPHRASE are not set"
    ):
        read_credentials({"WEEX_API_KEY": "  "})


def test_a_value_no_header_can_carry_is_refused_without_showing_it() -> None:
    with pytest.raises(MissingCredentialsError, match="WEEX_API_SECRET holds") as caught:
        read_credentials({**KEYS, "WEEX_API_SECRET": "two\nlines"})
    assert "lines" not in caught.value.message + caught.value.hint


def test_the_simulator_has_its_own_credentials() -> None:
    assert SIM_CREDENTIALS.passphrase.get_secret_value() == "sim"


def _arm(paths: Paths, profile: Profile, account: str = "main", digest: str = "") -> None:
    row = {
        "account": account,
        "profile": profile.name,
        "digest": digest or profile.at_venue(Venue.LIVE).digest,
        "armed_ms": 1,
    }
    paths.config.mkdir(exist_ok=True)
    paths.armed.write_text(json.dumps({"schema": 1, "armed": [row]}))
    paths.armed.chmod(0o600)


def test_a_profile_is_not_armed_until_the_file_says_so(folders: Paths, load: Load) -> None:
    profile = load()
    assert not is_armed(profile, "main", paths=folders)
    _arm(folders, profile)
    assert is_armed(profile, "main", paths=folders)
    assert is_armed(profile.at_venue(Venue.LIVE), "main", paths=folders)
    require_armed(profile, "main", paths=folders)


def test_arming_counts_for_one_account_only(folders: Paths, load: Load) -> None:
    profile = load()
    _arm(folders, profile, "other")
    assert not is_armed(profile, "main", paths=folders)


def test_a_changed_profile_has_to_be_armed_again(folders: Paths, load: Load) -> None:
    _arm(folders, load())
    changed = load(overrides={"limits.max_leverage": 2})
    with pytest.raises(NotArmedError, match="has changed since") as caught:
        require_armed(changed, "main", paths=folders)
    assert "`weexctl profile arm mine`" in caught.value.hint
    with pytest.raises(NotArmedError) as watched:
        require_armed(changed, "watch", paths=folders)
    assert "`weexctl profile arm mine --account watch`" in watched.value.hint
    assert caught.value.exit_code == 3


@pytest.mark.parametrize(
    "content", ["", "{", "[]", '{"schema": 2, "armed": []}', '{"schema": 1}', '{"schema": 1, "armed": [7]}', "\xff"]
)
def test_a_file_that_cannot_be_understood_arms_nothing(content: str, folders: Paths, load: Load) -> None:
    folders.config.mkdir()
    folders.armed.write_text(content, encoding="latin-1")
    folders.armed.chmod(0o600)
    assert arming_of(load(), "main", paths=folders).reason


def test_a_file_that_others_may_write_arms_nothing(folders: Paths, load: Load) -> None:
    profile = load()
    _arm(folders, profile)
    folders.armed.chmod(0o666)
    assert "others may write it" in arming_of(profile, "main", paths=folders).reason
    assert not is_armed(profile, "main", paths=folders)


def test_a_file_that_somebody_else_wrote_arms_nothing(
    folders: Paths, load: Load, monkeypatch: pytest.MonkeyPatch
) -> None:
    profile, me = load(), os.geteuid()
    _arm(folders, profile)
    monkeypatch.setattr(os, "geteuid", lambda: me + 1)
    assert f"belongs to another user, id {me}" in arming_of(profile, "main", paths=folders).reason
    assert not is_armed(profile, "main", paths=folders)
