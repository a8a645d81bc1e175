"""`weexctl data resample`, and series with gaps in the store."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.cli.test_bad_candles import market, rows, write
from weexctl.market.resampling import resampled
from weexctl.model.candle import Timeframe

HOUR_MS = 3_600_000


def test_hours_are_made_of_quarters_and_kept_beside_them(home: Any, tmp_path: Path) -> None:
    quarters = market(Timeframe.M15, count=403)
    home("data", "import", str(write(tmp_path / "BTCUSDT-15m.csv", rows(quarters))))
    ran = home("data", "resample", "1h")
    (row,) = ran.document["data"]["series"]
    hours = resampled(quarters, Timeframe.H1).candles
    assert (ran.code, row["timeframe"], row["using"], row["candles"], row["added"]) == (0, "1h", "15m", 100, 100)
    assert row["digest"] == hours.digest()
    assert row["source"] == f"made of 15m {quarters.digest()}"
    assert row["left_out_ms"] == [hours.last_close_ms]
    assert [notice["code"] for notice in ran.document["warnings"]] == ["INCOMPLETE"]
    listed = home("data", "list").document["data"]["series"]
    assert [one["timeframe"] for one in listed] == ["15m", "1h"]
    assert home("data", "verify").code == 0
    assert home("data", "resample", "1h").document["data"]["series"][0]["added"] == 0


def test_what_is_stored_of_the_longer_timeframe_has_to_be_equal(home: Any, tmp_path: Path) -> None:
    home("data", "import", str(write(tmp_path / "BTCUSDT-15m.csv", rows(market(Timeframe.M15)))))
    hours = rows(resampled(market(Timeframe.M15), Timeframe.H1).candles)
    first = hours[3].split(",")
    hours[3] = ",".join([*first[:5], "1.0"])
    home("data", "import", str(write(tmp_path / "BTCUSDT-1h.csv", hours)))
    ran = home("data", "resample", "1h")
    assert (ran.code, ran.document["error"]["code"]) == (2, "CONTRADICTION")
    assert home("data", "resample", "1h", "--replace").code == 0


def test_two_shorter_timeframes_ask_for_a_choice(home: Any) -> None:
    for timeframe in ("15m", "1h"):
        home("data", "generate", "--symbols", "BTCUSDT", "--timeframe", timeframe, "--count", "200")
    ran = home("data", "resample", "4h")
    assert (ran.code, ran.document["error"]["type"]) == (2, "usage")
    assert "candles of 15m, 1h are stored" in ran.document["error"]["message"]
    assert "--using 1h" in ran.document["error"]["suggestion"]
    made = home("data", "resample", "4h", "--using", "1h").document["data"]
    assert [(row["using"], row["candles"], row["synthetic"]) for row in made["series"]] == [("1h", 50, True)]
    assert made["folder"].endswith("synthetic")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("1h",), "no candles shorter than 1h are stored"),
        (("4h", "--symbols", "ETHUSDT"), "no candles shorter than 4h of ETHUSDT are stored"),
        (("4h", "--using", "5m"), "no 5m candles shorter than 4h are stored"),
        (("4h", "--using", "1d"), "no 1d candles shorter than 4h are stored"),
        (("1w",), "not one 1w candle is whole in 50 1h candles"),
    ],
)
def test_what_cannot_be_made_is_refused(home: Any, arguments: tuple[str, ...], message: str) -> None:
    home("data", "generate", "--symbols", "BTCUSDT", "--count", "50")
    ran = home("data", "resample", *arguments)
    assert ran.code == 2
    assert message in ran.document["error"]["message"]
    assert "nothing was made" in ran.document["error"]["message"]
    assert ran.document["error"]["suggestion"]


def test_a_file_with_holes_is_kept_counted_and_made_into_longer_candles_without_them(home: Any, tmp_path: Path) -> None:
    lines = rows(market(Timeframe.M15, count=400))
    path = write(tmp_path / "BTCUSDT-15m.csv", [*lines[:101], *lines[103:200], *lines[208:]])
    assert home("data", "import", str(path)).code == 2
    kept = home("data", "import", str(path), "--keep-gaps")
    (row,) = kept.document["data"]["series"]
    start_ms = row["from_ms"]
    gaps = {"count": 2, "missing": 10, "longest": 8, "first_ms": start_ms + 101 * HOUR_MS // 4}
    assert (row["gaps"], kept.document["next"]) == (gaps, [])
    assert [notice["code"] for notice in kept.document["warnings"]] == ["GAPS"]
    assert home("data", "list").document["data"]["series"][0]["gaps"] == gaps
    verified = home("data", "verify").document
    assert (verified["ok"], verified["data"]["files"][0]["gaps"]) == (True, gaps)
    (made,) = home("data", "resample", "1h").document["data"]["series"]
    assert made["left_out_ms"] == [start_ms + n * HOUR_MS for n in (25, 50, 51)]
    assert made["gaps"] == {"count": 2, "missing": 3, "longest": 2, "first_ms": start_ms + 25 * HOUR_MS}
    refused = home("trade", "--symbols", "BTCUSDT", "--data", made_folder(home))
    assert (refused.code, refused.document["error"]["type"]) == (2, "data")
    assert "there is a hole of 1 × 1h" in refused.document["error"]["message"]


def test_people_see_where_candles_are_missing(home: Any, tmp_path: Path) -> None:
    lines = rows(market())
    path = write(tmp_path / "BTCUSDT-1h.csv", [*lines[:100], *lines[103:]])
    home("data", "import", str(path), "--keep-gaps")
    for command in ("list", "verify"):
        text = home("data", command, "-o", "table").out
        assert "candles missing: 3, gaps: 1, longest: 3, first: 2024-" in " ".join(text.split())


def test_the_missing_candles_close_the_gap_when_they_come(home: Any, tmp_path: Path) -> None:
    lines = rows(market())
    home("data", "import", str(write(tmp_path / "BTCUSDT-1h.csv", [*lines[:100], *lines[103:]])), "--keep-gaps")
    (row,) = home("data", "import", str(write(tmp_path / "BTCUSDT-1h-b.csv", lines[90:110]))).document["data"]["series"]
    assert (row["added"], row["gaps"]["count"], row["digest"]) == (3, 0, market().digest())


def made_folder(home: Any) -> str:
    return str(home.data / "candles")
