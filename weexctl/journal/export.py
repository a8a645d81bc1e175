"""The tables of a journal as files that other programs read: money and ids as text, times as integers."""

from __future__ import annotations

import contextlib
import csv
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Literal

from weexctl.errors import ConfigError, UsageError
from weexctl.journal.codec import SqlValue
from weexctl.journal.database import Database

__all__ = ["ExportFormat", "ExportedTable", "export_tables"]

ExportFormat = Literal["parquet", "csv"]
ExportedTable = tuple[str, Path, int]
"""Name of the table, its file, its rows."""
_BATCH = 20_000
_Rows = Iterator[list[tuple[SqlValue, ...]]]


def export_tables(database: Database, folder: Path, form: ExportFormat, *, force: bool = False) -> list[ExportedTable]:
    """Write every table to a file of its own, all of one moment, and say what was written.

    Raises:
        UsageError: a file is there and `force` is not given; nothing was written.
        ConfigError: a file cannot be written; those that were written stay.
    """
    names = [name for (name,) in database.rows(_TABLES)]
    files = {name: folder / f"{name}.{form}" for name in names}
    if not force and (there := [file for file in files.values() if file.exists()]):
        raise UsageError(
            f"{there[0]} is there already; nothing was written",
            hint="name an empty folder with --to, or say --force to replace the files",
            code="FILE_EXISTS",
        )
    write = _write_parquet if form == "parquet" else _write_csv
    with database.snapshot():
        return [(name, file, _export(database, name, file, write)) for name, file in files.items()]


_TABLES = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%' ORDER BY name"


def _export(database: Database, name: str, file: Path, write: Callable[[Path, dict[str, str], _Rows], int]) -> int:
    columns = {row[1]: row[2] for row in database.rows(f"PRAGMA table_info({name})")}
    part = file.with_name(f".{file.name}.part")
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        count = write(part, columns, _batches(database, name))
        part.replace(file)
    except OSError as error:
        raise ConfigError(
            f"{file} cannot be written: {error.strerror or error}; the export is not complete",
            hint="name a folder with room that you may write",
            code="EXPORT_FAILED",
        ) from error
    finally:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)
    return count


def _batches(database: Database, name: str) -> _Rows:
    cursor = database.execute(f"SELECT * FROM {name}")  # noqa: S608  # a name of our own schema
    while batch := cursor.fetchmany(_BATCH):
        yield batch


def _write_csv(file: Path, columns: dict[str, str], batches: _Rows) -> int:
    count = 0
    with file.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(columns)
        for batch in batches:
            writer.writerows(batch)
            count += len(batch)
    return count


def _write_parquet(file: Path, columns: dict[str, str], batches: _Rows) -> int:
    import pyarrow as pa
    import pyarrow.parquet as pq

    kinds = {"TEXT": pa.string(), "INTEGER": pa.int64(), "REAL": pa.float64()}
    schema = pa.schema([(name, kinds[kind]) for name, kind in columns.items()])
    count = 0
    with pq.ParquetWriter(file, schema, compression="zstd") as writer:
        for batch in batches:
            arrays = [
                pa.array(column, kind) for column, kind in zip(zip(*batch, strict=True), schema.types, strict=True)
            ]
            writer.write_table(pa.Table.from_arrays(arrays, schema=schema))
            count += len(batch)
    return count
