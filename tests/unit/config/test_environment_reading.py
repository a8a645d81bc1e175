"""The environment is read strictly: a misspelt name or value is an error with the word that was meant."""

from __future__ import annotations

from pathlib import Path

import pytest

from weexctl.config.environment import VARIABLES, Environment, read_environment
from weexctl.config.venue import Venue, parse_venue
from weexctl.errors import ConfigError, UsageError


def test_an_empty_environment_says_nothing() -> None:
    assert read_environment({"PATH": "/bin", "HOME": "/"}) == Environment()


def test_every_value_is_typed() -> None:
    environment = read_environment(
        {
            "WEEXCTL_PROFILE": "safe",
            "WEEXCTL_VENUE": "paper",
            "WEEXCTL_OUTPUT": "ndjson",
            "WEEXCTL_READ_ONLY": "1",
            "WEEXCTL_KILL": "./KILL",
            "WEEXCTL_VAULT_PASSPHRASE_FILE": "pass.txt",
            "WEEX_API_BASE": "https://api-contract.weex.com/",
            "WEEX_API_TIMEOUT": "7.5",
            "WEEX_LOCALE": "en-US",
            "NO_COLOR": "1",
        }
    )
    assert environment == Environment(
        profile="safe",
        venue=Venue.PAPER,
        output="ndjson",
        read_only=True,
        kill=Path("KILL"),
        vault_passphrase_file=Path("pass.txt"),
        api_base="https://api-contract.weex.com",
        api_timeout_s=7.5,
        locale="en-US",
        color=False,
    )


@pytest.mark.parametrize(
    ("name", "value", "hint"),
    [
        ("WEEXCTL_VENUE", "LIVE", "did you mean live? venues are sim, paper, demo, live"),
        ("WEEXCTL_VENUE", " live", "did you mean live?"),
        ("WEEXCTL_VENUE", "papr", "did you mean paper?"),
        ("WEEXCTL_OUTPUT", "jsn", "did you mean json?"),
        ("WEEXCTL_READ_ONLY", "ture", "did you mean true?"),
        ("WEEXCTL_KILL", "yse", "the path of a file"),
        ("WEEX_API_TIMEOUT", "soon", "seconds"),
        ("WEEX_API_TIMEOUT", "0", "seconds"),
        ("WEEX_API_TIMEOUT", "nan", "seconds"),
        ("WEEX_API_TIMEOUT", "1e9", "seconds"),
        ("WEEX_LOCALE", "english please", "en-US"),
        ("WEEXCTL_VENEU", "live", "did you mean WEEXCTL_VENUE?"),
        ("weexctl_venue", "live", "did you mean WEEXCTL_VENUE?"),
        ("WEEXCTL_MODE", "paper", "did you mean WEEXCTL_VENUE?"),
        ("WEEX_API_SECRET_KEY", "x", "did you mean WEEX_API_SECRET?"),
    ],
)
def test_a_wrong_name_or_value_is_refused_with_the_word_that_was_meant(name: str, value: str, hint: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read_environment({name: value})
    assert name in caught.value.message
    assert hint in caught.value.hint
    assert caught.value.exit_code == 3


@pytest.mark.parametrize(
    "address",
    [
        "http://api-contract.weex.com",
        "https://weex.com.evil.example",
        "https://evilweex.com",
        "https://api.weex.com@evil.example",
        "https://user:pass@api.weex.com",
        "https://api.weex.com:8443",
        "https://api.weex.com/elsewhere",
        "https://[::1",
        "ftp://127.0.0.1",
        "api-contract.weex.com",
    ],
)
def test_keys_are_sent_nowhere_but_to_the_exchange(address: str) -> None:
    with pytest.raises(ConfigError, match="WEEX_API_BASE"):
        read_environment({"WEEX_API_BASE": address})


def test_a_password_in_an_address_is_not_repeated() -> None:
    with pytest.raises(ConfigError) as caught:
        read_environment({"WEEX_API_BASE": "https://user:hush@api.weex.com"})
    assert "hush" not in caught.value.message + caught.value.hint


@pytest.mark.parametrize("address", ["http://127.0.0.1:8765", "http://localhost:1", "https://weex.com"])
def test_the_exchange_or_a_simulator_on_this_machine_may_be_asked(address: str) -> None:
    assert read_environment({"WEEX_API_BASE": address}).api_base == address


@pytest.mark.parametrize(("text", "killed"), [("1", True), ("on", True), ("0", False), ("", False)])
def test_the_kill_switch_takes_a_word(text: str, killed: bool) -> None:
    assert read_environment({"WEEXCTL_KILL": text}).kill is killed


def test_variables_of_the_exchanges_own_tools_are_left_alone() -> None:
    assert read_environment({"WEEX_AI_API_BASE": "https://x", "WEEX_CONTRACT_API_BASE": "y"}) == Environment()


def test_every_known_variable_says_what_it_means() -> None:
    assert all(meaning for meaning in VARIABLES.values())


def test_a_wrong_venue_flag_is_a_usage_error_and_a_wrong_file_a_configuration_error() -> None:
    with pytest.raises(UsageError, match="--venue: no venue is called 'liev'") as flag:
        parse_venue("liev", source="--venue", layer="flag")
    with pytest.raises(ConfigError) as file:
        parse_venue("liev", source="profile", layer="file")
    assert (flag.value.exit_code, file.value.exit_code) == (2, 3)
    assert "did you mean live?" in flag.value.hint


def test_only_demo_and_live_need_keys_and_only_sim_works_offline() -> None:
    assert [venue.value for venue in Venue if venue.needs_keys] == ["demo", "live"]
    assert [venue.value for venue in Venue if not venue.needs_network] == ["sim"]
