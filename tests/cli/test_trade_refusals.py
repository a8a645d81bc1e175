"""`trade` refuses what it cannot do well: one line, a hint, the right code, and nothing written."""

from __future__ import annotations

import gzip
import json
import os
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from weexctl.journal.lock import AccountLock
from weexctl.trader.session import Session

HEADER = "open_time_ms,open,high,low,close,volume"
START_MS = 1_672_531_200_000  # 2023-01-01
HOUR_MS = 3_600_000
SAFE = (files("weexctl.config") / "profiles" / "safe.toml").read_text(encoding="utf-8")
KEYS = {"WEEX_API_KEY": "some-key", "WEEX_API_SECRET": "some-secret", "WEEX_API_PASSPHRASE": "some-words"}

Write = Callable[..., str]
Rows = list[list[str]]


def rows(count: int = 48, step_ms: int = HOUR_MS) -> Rows:
    """Good candles."""
    return [[str(START_MS + i * step_ms), "100", "101", "99", "100.5", "12"] for i in range(count)]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes rows as a candle file and returns its path."""

    def _write(lines: Rows, name: str = "BTCUSDT-1h.csv") -> str:
        path = tmp_path / name
        text = "\n".join([HEADER, *(",".join(line) for line in lines), ""])
        if name.endswith(".gz"):
            path.write_bytes(gzip.compress(text.encode()))
        else:
            path.write_text(text)
        return str(path)

    return _write


@pytest.fixture
def profile(tmp_path: Path) -> Callable[[str, str], str]:
    """Writes the profile safe with one text replaced by another, and returns its path."""

    def _profile(old: str, new: str) -> str:
        assert old in SAFE
        path = tmp_path / "mine.toml"
        path.write_text(SAFE.replace(old, new, 1))
        return str(path)

    return _profile


def refused(home: Any, code: int, *argv: str, **environment: str) -> dict[str, Any]:
    """The error of a `trade` that exits so, after it was checked that nothing else happened."""
    ran = home("trade", *argv, **environment)
    assert ran.code == code, ran.out
    assert ran.err == ""
    assert not home.data.exists() or home.journals == []
    error: dict[str, Any] = ran.document["error"]
    assert error["suggestion"]
    assert "\n" not in error["message"] + error["suggestion"]
    assert error["order_state"] == "not_sent"

    shown = home("trade", *argv, "-o", "table", **environment)
    lines = shown.err.splitlines()
    assert (shown.code, shown.out) == (code, "")
    assert [line.partition(":")[0] for line in lines] == ["error", "hint"]
    return error


def test_a_misspelt_profile_is_a_usage_error_with_the_nearest(home: Any) -> None:
    error = refused(home, 2, "--profile", "saef")
    assert "did you mean safe?" in error["suggestion"]


def test_a_misspelt_profile_in_the_environment_is_a_configuration_error(home: Any) -> None:
    assert refused(home, 3, WEEXCTL_PROFILE="saef")["type"] == "config"


def test_a_misspelt_venue_is_never_taken_for_another(home: Any) -> None:
    assert "did you mean live?" in refused(home, 2, "--venue", "Live")["suggestion"]
    assert "did you mean live?" in refused(home, 3, WEEXCTL_VENUE="Live")["suggestion"]


def test_an_unknown_key_of_a_profile_is_answered_with_the_nearest(home: Any, profile: Any) -> None:
    error = refused(home, 3, "--profile", profile("daily_loss", "daily_los"))
    assert "limits.daily_los" in error["message"]
    assert "did you mean daily_loss?" in error["message"] + error["suggestion"]


def test_an_unknown_plugin_of_a_profile_is_answered_with_the_nearest(home: Any, profile: Any) -> None:
    error = refused(home, 3, "--profile", profile('use = "trend"', 'use = "trned"'))
    assert "did you mean trend?" in error["message"] + error["suggestion"]


def test_an_unknown_setting_of_a_plugin_is_answered_with_the_nearest(home: Any, profile: Any) -> None:
    error = refused(home, 3, "--profile", profile("smoothing_hours", "smooting_hours"))
    assert "did you mean smoothing_hours?" in error["message"] + error["suggestion"]


def test_leverage_above_the_hard_limit_is_refused(home: Any, profile: Any) -> None:
    error = refused(home, 3, "--profile", profile("max_leverage = 2", "max_leverage = 21"))
    assert "20" in error["message"]


def test_a_file_that_is_no_toml_names_the_line(home: Any, tmp_path: Path) -> None:
    (tmp_path / "broken.toml").write_text('schema = 1\n[venue\nname = "sim"\n')
    assert "line 2" in refused(home, 3, "--profile", str(tmp_path / "broken.toml"))["message"]


def test_an_unknown_symbol_is_answered_with_the_nearest(home: Any) -> None:
    assert "did you mean BTCUSDT?" in refused(home, 2, "--symbols", "BTCUSD")["suggestion"]


def bad(change: Callable[[Rows], Any]) -> Rows:
    lines = rows()
    changed = change(lines)
    return lines if changed is None else changed


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ([], "not one row"),
        (bad(lambda lines: lines.reverse()), "not sorted"),
        (bad(lambda lines: lines[:20] + lines[21:]), "hole of 1"),
        (bad(lambda lines: lines.insert(20, lines[20])), "there twice"),
        (bad(lambda lines: lines[20].__setitem__(4, "nan")), "close is missing or not finite"),
        (bad(lambda lines: lines[20].__setitem__(4, "")), "close is missing or not finite"),
        (bad(lambda lines: lines[20].__setitem__(1, "-100")), "negative"),
        (bad(lambda lines: lines[20].__setitem__(3, "102")), "low is above high"),
        (bad(lambda lines: lines[20].__setitem__(4, "lots")), "no number"),
        (rows(step_ms=900_000), "15m candles"),
    ],
    ids=["empty", "unsorted", "gap", "twice", "nan", "blank", "negative", "low", "word", "timeframe"],
)
def test_bad_candles_are_refused_with_the_row(home: Any, write: Write, lines: Rows, words: str) -> None:
    error = refused(home, 2, "--symbols", "BTCUSDT", "--data", write(lines))
    assert (error["type"], words in error["message"]) == ("data", True), error["message"]


def test_a_damaged_file_is_refused(home: Any, write: Write) -> None:
    path = Path(write(rows(), "BTCUSDT-1h.csv.gz"))
    path.write_bytes(path.read_bytes()[:-20])
    error = refused(home, 2, "--symbols", "BTCUSDT", "--data", str(path))
    assert "cut off or damaged" in error["message"]


def test_a_file_that_cannot_be_read_is_refused(home: Any, write: Write) -> None:
    path = Path(write(rows(), "BTCUSDT-1h.csv.gz"))
    path.write_text("this was never compressed\n")
    assert "cannot be read" in refused(home, 2, "--symbols", "BTCUSDT", "--data", str(path))["message"]


def test_a_path_that_is_not_there_is_refused(home: Any, tmp_path: Path) -> None:
    error = refused(home, 2, "--data", str(tmp_path / "BTCUSDT-1h.csv"))
    assert "there is no file" in error["message"]


def test_a_symbol_without_candles_is_named(home: Any, write: Write) -> None:
    error = refused(home, 2, "--symbols", "BTCUSDT,ETHUSDT", "--data", write(rows()))
    assert "no candles of ETHUSDT" in error["message"]


def test_a_file_of_another_timeframe_is_not_used(home: Any, write: Write) -> None:
    path = write(rows(step_ms=900_000), "BTCUSDT-15m.csv")
    assert "15m" in refused(home, 2, "--symbols", "BTCUSDT", "--data", path)["suggestion"]


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (("--steps", "0"), "--steps does not take '0'"),
        (("--steps", "many"), "--steps does not take 'many'"),
        (("--seed", "-1"), "--seed does not take '-1'"),
        (("--steps", "200001"), "less than or equal to 200000"),
        (("--seed", str(2**63)), "less than or equal to 9223372036854775807"),
        (("--from", "2025-01-01"), "--from chooses a start in your own candles"),
        (("--to", "yesterday"), "'yesterday' is not a time"),
        (("--to", "2023-01-01"), "no candle to decide on"),
        (("--once", "--steps", "5"), "--once is one step"),
    ],
)
def test_flags_that_make_no_sense_are_refused(home: Any, argv: tuple[str, ...], words: str) -> None:
    assert words in refused(home, 2, *argv)["message"]


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (("--seed", "3"), "--seed makes a synthetic market"),
        (("--from", "2023-01-02", "--to", "2023-01-01"), "--to lies before --from"),
        (("--from", "2024-01-01"), "is outside the candles"),
        (("--from", "2022-01-01"), "is outside the candles"),
        (("--from", "2023-01-02T03:10", "--to", "2023-01-02T03:50"), "no candle to decide on"),
        ((), "the candles are too few"),
    ],
)
def test_spans_that_the_candles_do_not_hold_are_refused(
    home: Any, write: Write, argv: tuple[str, ...], words: str
) -> None:
    assert words in refused(home, 2, "--symbols", "BTCUSDT", "--data", write(rows()), *argv)["message"]


def test_live_without_keys_names_the_variables(home: Any) -> None:
    error = refused(home, 3, "--venue", "live")
    assert error["code"] == "NO_KEYS"
    assert all(name in error["message"] for name in KEYS)


def test_live_with_keys_needs_an_armed_profile(home: Any) -> None:
    error = refused(home, 3, "--venue", "live", **KEYS)
    assert error["code"] == "NOT_ARMED"
    assert "profile arm safe" in error["suggestion"]


def test_candles_of_one_s_own_are_for_the_simulator_only(home: Any, write: Write) -> None:
    error = refused(home, 2, "--venue", "paper", "--data", write(rows()))
    assert "--venue sim" in error["suggestion"]


def test_a_second_writer_is_told_who_the_first_one_is(home: Any) -> None:
    home("trade", "--symbols", "BTCUSDT", "--steps", "1")
    [journal] = home.journals
    lock = AccountLock(journal.with_name(f"{journal.name}.lock"))
    try:
        before = journal.read_bytes()
        ran = home("trade", "--symbols", "BTCUSDT", "--steps", "1")
        new = home("trade", "--symbols", "BTCUSDT", "--steps", "1", "--new")
        assert journal.read_bytes() == before
    finally:
        lock.release()
    assert (ran.code, ran.document["error"]["code"], new.code) == (3, "LOCK_HELD", 3)
    assert f"process {os.getpid()}" in ran.document["error"]["message"]


@pytest.mark.parametrize("before", [0, 1], ids=["a first run", "a run on record"])
def test_a_run_that_another_process_took_on_meanwhile_is_not_gone_on_with(
    home: Any, before: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    command = ("trade", "--symbols", "BTCUSDT", "--steps", "1")
    for _ in range(before):
        home(*command)
    check = Session.check
    others: list[int] = []

    def slowly(session: Session) -> None:
        check(session)
        if not others:
            others.append(-1)
            others.append(home(*command).code)

    monkeypatch.setattr(Session, "check", slowly)
    ran = home(*command)
    assert (ran.code, ran.document["error"]["code"]) == (3, "RUN_MOVED")
    assert others == [-1, 0]
    assert len(home.journals) == 1
    assert home(*command).document["data"]["steps"] == before + 2


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (("--seed", "8"), "another seed, 7 and not 8;"),
        (("--profile", "balanced"), "another profile, safe and not balanced;"),
        (("--symbols", "ETHUSDT"), "other symbols, BTCUSDT and not BTCUSDT,ETHUSDT;"),
    ],
)
def test_a_run_goes_on_only_as_what_it_was(home: Any, argv: tuple[str, ...], words: str) -> None:
    first = ("trade", "--symbols", "BTCUSDT", "--seed", "7", "--steps", "1")
    assert home(*first).code == 0
    [journal] = home.journals
    before = journal.read_bytes()
    ran = home(*first, *argv)
    assert (ran.code, ran.document["error"]["code"]) == (3, "ANOTHER_RUN")
    assert words in ran.document["error"]["message"]
    assert "--new" in ran.document["error"]["suggestion"]
    assert (home.journals, journal.read_bytes()) == ([journal], before)


def test_a_setting_that_changed_since_is_named_with_both_values(home: Any, profile: Any) -> None:
    command = ("trade", "--symbols", "BTCUSDT", "--steps", "1", "--profile")
    assert home(*command, profile("max_leverage = 2", "max_leverage = 2")).code == 0
    error = home(*command, profile("max_leverage = 2", "max_leverage = 3")).document["error"]
    assert error["code"] == "ANOTHER_RUN"
    assert "another setting in the profile, limits.max_leverage = 2 and not 3;" in error["message"]


def test_another_start_is_named_with_both_moments(home: Any, write: Write) -> None:
    command = ("trade", "--symbols", "BTCUSDT", "--data", write(rows()), "--steps", "1", "--from")
    assert home(*command, "2023-01-02T03:00").code == 0
    error = home(*command, "2023-01-02T05:00").document["error"]
    assert error["code"] == "ANOTHER_RUN"
    assert "another start, 2023-01-02T03:00:00.000Z and not 2023-01-02T05:00:00.000Z;" in error["message"]


def test_an_end_before_the_run_began_is_refused_of_a_run_on_record_too(home: Any) -> None:
    command = ("trade", "--symbols", "BTCUSDT", "--steps", "1")
    assert home(*command).code == 0
    ran = home(*command, "--to", "2023-01-01")
    assert (ran.code, ran.document["error"]["code"]) == (2, "NO_CANDLES_IN_SPAN")


def test_the_failure_names_the_profile_that_was_asked_for(home: Any) -> None:
    ran = home("trade", "--profile", "balanced", "--symbols", "XXX")
    assert json.loads(ran.out)["profile"] == "balanced"
