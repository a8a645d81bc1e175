"""Finds planted secrets in what a program printed or wrote: whole or in pieces, as they are or encoded.

It shares no code with `weexctl.config.redaction`, so that neither can hide the other's gap.
"""

from __future__ import annotations

import base64
import gzip
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from html import escape
from pathlib import Path
from urllib.parse import quote

import pandas as pd

__all__ = ["Scanner"]

SHORT = 6
"""Letters in a row that are a leak as they stand."""
LONG = 9
"""Letters in a row that are a leak when encoded: a whole number of base64's groups of three."""


class Scanner:
    """Looks for these secrets, by name; every text and file is looked at once."""

    def __init__(self, secrets: Mapping[str, str]) -> None:
        self._pieces: dict[bytes, str] = {}
        for name, secret in secrets.items():
            for how, piece in _pieces(secret):
                self._pieces.setdefault(piece, f"{name} ({how})")
        self._clean: set[tuple[Path, int, int]] = set()

    def in_bytes(self, content: bytes) -> list[str]:
        """What was found, by name and encoding; empty when it is clean."""
        return sorted({name for piece, name in self._pieces.items() if piece in content})

    def in_text(self, text: str) -> list[str]:
        """The same for a text, with and without the lines a table breaks it into."""
        return sorted({*self.in_bytes(text.encode()), *self.in_bytes(_unbroken(text).encode())})

    def in_files(self, folders: Iterable[Path]) -> list[str]:
        """What was found in the files below these folders, and in their names; compressed files are opened."""
        found = []
        for path in sorted(path for folder in folders for path in folder.rglob("*")):
            found += [f"{path.name}: {name}" for name in self.in_text(path.name)]
            if not path.is_file() or (seen := _version(path)) in self._clean:
                continue
            names = self.in_bytes(_readable(path))
            found += [f"{path}: {name}" for name in names]
            if not names:
                self._clean.add(seen)
        return found


def _pieces(secret: str) -> Iterator[tuple[str, bytes]]:
    """Every way a part of a secret could stand in a file, and what that way is called."""
    for at in range(len(secret) - SHORT + 1):
        yield "as it is", secret[at : at + SHORT].encode()
    for at in range(len(secret) - LONG + 1):
        piece = secret[at : at + LONG]
        raw = piece.encode()
        yield "hex", raw.hex().encode()
        yield "hex", raw.hex().upper().encode()
        yield "URL", quote(piece, safe="").encode()
        yield "URL", re.sub("%..", lambda found: found[0].lower(), quote(piece, safe="")).encode()
        yield "HTML", escape(piece).encode()
        yield "repr", repr(piece)[1:-1].encode()
        once = json.dumps(piece)[1:-1]
        yield "JSON", once.encode()
        yield "JSON twice", json.dumps(once)[1:-1].encode()
        for shift in range(3):
            yield f"base64 at {shift}", _inside(base64.b64encode, raw, shift)
            yield f"base64 at {shift}", _inside(base64.urlsafe_b64encode, raw, shift)


def _inside(encode: object, raw: bytes, shift: int) -> bytes:
    """The letters that depend on nothing around the piece, when it begins at this place of a group of three."""
    letters: bytes = encode(b"\0" * shift + raw)  # type: ignore[operator]  # one of base64's two functions
    first, last = -(-8 * shift // 6), 8 * (shift + len(raw)) // 6
    return letters[first:last]


def _unbroken(text: str) -> str:
    """The text without what a table puts between two halves of a word."""
    return "".join(text.translate(dict.fromkeys(map(ord, " │┃|\r\n\t…"))).split())


def _version(path: Path) -> tuple[Path, int, int]:
    status = path.stat()
    return path, status.st_size, status.st_mtime_ns


def _readable(path: Path) -> bytes:
    content = path.read_bytes()
    if path.suffix == ".gz":
        return content + gzip.decompress(content)
    if path.suffix == ".parquet":
        frame = pd.read_parquet(path)
        return content + frame.to_csv().encode() + repr(frame.attrs).encode()
    return content
