"""`weexctl data`: candles into the store, what is in it, and whether it is still what it was."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import pytest

from weexctl.model.candle import Candles
from weexctl.simulator.generator import generate_market

START_MS = 1_704_067_200_000
HOUR_MS = 3_600_000


def made(count: int = 30) -> Candles:
    return generate_market(5, symbols=["BTCUSDT"], count=count)["BTCUSDT"]


def candle_file(folder: Path, name: str, first: int = 0, last: int = 30, shift: float = 0.0) -> Path:
    """Candles `first` to `last` as a person's file; `shift` is added to the highs."""
    candles = made()
    rows = [
        f"{candles.open_time_ms[n]},{candles.open[n]},{candles.high[n] + shift},{candles.low[n]},{candles.close[n]},1.5"
        for n in range(first, last)
    ]
    path = folder / name
    text = "\n".join(["open_time_ms,open,high,low,close,volume", *rows]) + "\n"
    path.write_bytes(gzip.compress(text.encode()) if name.endswith(".gz") else text.encode())
    return path


def test_generated_candles_are_labelled_and_stored_with_their_funding(home: Any) -> None:
    ran = home("data", "generate", "--symbols", "BTCUSDT,ETHUSDT", "--count", "50", "--seed", "5")
    assert {notice["code"] for notice in ran.document["warnings"]} == {"SYNTHETIC"}
    rows = ran.document["data"]["series"]
    assert [(row["symbol"], row["candles"], row["added"], row["funding"]) for row in rows] == [
        ("BTCUSDT", 50, 50, 6),
        ("ETHUSDT", 50, 50, 6),
    ]
    assert all(row["synthetic"] and row["source"] == "seed:5:1h" for row in rows)
    assert rows[0]["digest"] == made(50).digest()


def test_a_longer_market_of_the_same_seed_is_joined_and_another_seed_is_refused(home: Any) -> None:
    generate = ("data", "generate", "--symbols", "BTCUSDT")
    home(*generate, "--count", "50")
    assert home(*generate, "--count", "60").document["data"]["series"][0]["added"] == 10
    other = home(*generate, "--count", "60", "--seed", "9")
    assert (other.code, other.document["error"]["code"]) == (2, "CONTRADICTION")
    assert home(*generate, "--count", "60", "--seed", "9", "--replace").code == 0


def test_the_store_can_be_named_as_data_of_a_run(home: Any) -> None:
    generated = home("data", "generate", "--symbols", "BTCUSDT", "--count", "20").document
    folder = generated["data"]["folder"]
    assert f"--data {folder} " in generated["next"][0]["command"]
    ran = home("trade", "--data", folder, "--symbols", "BTCUSDT")
    assert ran.document["error"]["code"] == "TOO_FEW_CANDLES"  # it was read: twenty candles are too few to fit on


def test_two_years_of_files_become_one_series(home: Any, tmp_path: Path) -> None:
    first = candle_file(tmp_path, "BTCUSDT-1h-2024.csv.gz", 0, 20)
    second = candle_file(tmp_path, "BTCUSDT-1h-2025.csv", 15, 30)
    assert home("data", "import", str(first)).code == 0
    (row,) = home("data", "import", str(second)).document["data"]["series"]
    assert (row["candles"], row["added"], row["synthetic"], row["funding"]) == (30, 10, False, None)
    assert row["source"] == "file BTCUSDT-1h-2024.csv.gz; file BTCUSDT-1h-2025.csv"
    (listed,) = home("data", "list").document["data"]["series"]
    assert (listed["from_ms"], listed["to_ms"]) == (START_MS, START_MS + 30 * HOUR_MS)


def test_funding_beside_a_file_is_brought_in_with_it(home: Any, tmp_path: Path) -> None:
    path = candle_file(tmp_path, "BTCUSDT-1h.csv")
    (tmp_path / "BTCUSDT-funding.csv").write_text(f"open_time_ms,funding_rate\n{START_MS},0.0001\n")
    (row,) = home("data", "import", str(path)).document["data"]["series"]
    assert row["funding"] == 1
    assert (home.data / "candles" / "BTCUSDT-funding.parquet").is_file()


def test_a_file_with_a_hole_is_refused_and_nothing_is_stored(home: Any, tmp_path: Path) -> None:
    path = candle_file(tmp_path, "BTCUSDT-1h.csv")
    lines = path.read_text().splitlines()
    path.write_text("\n".join([*lines[:10], *lines[11:]]) + "\n")
    ran = home("data", "import", str(path))
    assert (ran.code, ran.document["error"]["type"]) == (2, "data")
    assert "there is a hole of 1 × 1h" in ran.document["error"]["message"]
    assert not (home.data / "candles").exists()


def test_no_file_of_several_is_stored_when_one_is_wrong(home: Any, tmp_path: Path) -> None:
    candle_file(tmp_path, "BTCUSDT-1h.csv")
    (tmp_path / "ETHUSDT-1h.csv").write_text("open_time_ms,open\n1,2\n")
    assert home("data", "import", str(tmp_path)).code == 2
    assert home("data", "list").document["data"]["series"] == []


def test_an_import_needs_a_path(home: Any) -> None:
    assert home("data", "import").code == 2


def test_an_empty_store_says_how_to_fill_it(home: Any) -> None:
    document = home("data", "list").document
    assert document["data"]["series"] == []
    assert [step["command"] for step in document["next"]] == ["weexctl data generate", "weexctl data import PATH"]
    assert "No candles are stored" in home("data", "list", "-o", "table").out


def test_people_see_what_is_synthetic(home: Any) -> None:
    home("data", "generate", "--symbols", "BTCUSDT", "--count", "5")
    assert "SYNTHETIC" in home("data", "list", "-o", "table").out


def test_a_sound_store_passes_and_a_damaged_file_is_found(home: Any) -> None:
    home("data", "generate", "--symbols", "BTCUSDT,ETHUSDT", "--count", "30")
    good = home("data", "verify")
    assert (good.code, good.document["ok"], good.document["data"]["faults"]) == (0, True, 0)
    with (home.data / "candles" / "synthetic" / "ETHUSDT-1h-synthetic.parquet").open("ab") as file:
        file.write(b"x")
    bad = home("data", "verify")
    assert (bad.code, bad.document["ok"], bad.document["error"]["code"]) == (6, False, "STORE_FAULT")
    wrong = [row["file"] for row in bad.document["data"]["files"] if not row["ok"]]
    assert wrong == ["synthetic/ETHUSDT-1h-synthetic.parquet"]
    assert home("data", "verify", "--symbols", "BTCUSDT").code == 0


def test_a_file_without_a_manifest_is_listed_as_such(home: Any) -> None:
    home("data", "generate", "--symbols", "BTCUSDT", "--count", "5")
    (home.data / "candles" / "synthetic" / "BTCUSDT-1h-synthetic.json").unlink()
    data = home("data", "list").document["data"]
    assert (data["series"], data["unlisted"]) == ([], ["synthetic/BTCUSDT-1h-synthetic.parquet: it has no manifest"])


@pytest.mark.shared_data
def test_real_candles_survive_the_store_to_the_last_bit(home: Any, shared_folder: Path) -> None:
    from weexctl.market.loading import load_candles

    path = shared_folder / "data" / "BTCUSDT-1h.csv.gz"
    (row,) = home("data", "import", str(path)).document["data"]["series"]
    assert row["digest"] == load_candles([path])["BTCUSDT"].digest()
    assert row["funding"] > 1_000
    assert home("data", "verify").code == 0


def test_a_path_that_is_not_there_is_told_in_words_every_command_has(home: Any) -> None:
    ran = home("data", "import", "nowhere.csv")
    assert (ran.code, ran.document["error"]["type"]) == (2, "usage")
    assert "a candle file, a folder" in ran.document["error"]["suggestion"]
    assert "--data" not in ran.document["error"]["suggestion"]
