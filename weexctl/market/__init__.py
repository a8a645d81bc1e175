"""Candles and funding from files: found by name, read, checked, refused rather than repaired."""

from __future__ import annotations

from weexctl.market.dataset import common_window, cut_to_window, dataset_digest
from weexctl.market.files import CandleFile, find_candle_files, find_funding_files
from weexctl.market.loading import load_candles, load_funding
from weexctl.market.writing import candle_file_name, write_candles

__all__ = [
    "CandleFile",
    "candle_file_name",
    "common_window",
    "cut_to_window",
    "dataset_digest",
    "find_candle_files",
    "find_funding_files",
    "load_candles",
    "load_funding",
    "write_candles",
]
