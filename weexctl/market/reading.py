"""The table in one file, whatever its format; not yet looked at row by row."""

from __future__ import annotations

import gzip
import zlib
from pathlib import Path
from typing import TYPE_CHECKING

from weexctl.errors import DataError

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["read_table"]

_LONGEST_LINE = 4_096
"""Bytes that are looked at to say what a file begins with."""
_SHOWN = 100
"""Letters of a first line in a message."""


def read_table(path: Path, header: tuple[str, ...]) -> pd.DataFrame:
    """The rows of a .csv, .csv.gz or .parquet file with exactly these columns.

    Numbers are read to the last bit. A column with a cell that is no number stays text, an empty cell is NaN.

    Raises:
        DataError: the file cannot be read, is cut off or damaged, is empty, or has other columns.
    """
    frame = _read(path, header)
    if tuple(map(str, frame.columns)) != header or not _numbered(frame):
        raise _other_columns(path, header, frame)
    if frame.empty:
        raise DataError(f"{path}: there is a header and not one row; nothing was read", hint="fetch the file again")
    return frame


def _other_columns(path: Path, header: tuple[str, ...], frame: pd.DataFrame) -> DataError:
    if path.suffix == ".parquet":
        indexed = "" if _numbered(frame) else " and an index"
        return DataError(
            f"{path}: the columns are {','.join(map(str, frame.columns))}{indexed}; nothing was read",
            hint=f"the columns have to be {','.join(header)}, with no index beside them",
        )
    return _no_header(path, header)


def _numbered(frame: pd.DataFrame) -> bool:
    """Whether the rows are numbered, and no column of the file became their index."""
    import pandas as pd

    return isinstance(frame.index, pd.RangeIndex) and frame.index.name is None


def _no_header(path: Path, header: tuple[str, ...]) -> DataError:
    """About a text whose first line is something else, in the words that stand there."""
    with gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb") as file:
        line = file.readline(_LONGEST_LINE).decode(errors="replace").strip("\ufeff\r\n")
    shown = repr(line if len(line) <= _SHOWN else f"{line[: _SHOWN - 1]}…")
    return DataError(
        f"{path} has no header line {','.join(header)}, its first line is {shown}; nothing was read",
        hint=_wanted(header),
    )


def _wanted(header: tuple[str, ...]) -> str:
    return f"the first line has to be {','.join(header)}, and every row needs as many cells"


def _read(path: Path, header: tuple[str, ...]) -> pd.DataFrame:
    import pandas as pd

    try:
        if path.suffix == ".parquet":
            return pd.read_parquet(path)
        # The default parser of older pandas may miss the last bit of a number, and pads rows that are too short.
        return pd.read_csv(path, engine="pyarrow")
    except pd.errors.EmptyDataError as error:
        if path.stat().st_size and not _blank(path):
            raise _no_header(path, header) from error
        raise DataError(f"{path} is empty; nothing was read", hint="fetch the file again") from error
    except (EOFError, zlib.error) as error:
        raise DataError(
            f"{path} is cut off or damaged ({error}); nothing was read", hint="copy or fetch the file again"
        ) from error
    except pd.errors.ParserError as error:
        raise _no_table(path, header, error) from error
    except ValueError as error:  # of the decoders and of parquet
        if path.suffix != ".parquet":
            raise _unreadable(path, error) from error
        what = "is cut off, damaged or no parquet file" if path.stat().st_size else "is empty"
        raise DataError(f"{path} {what}; nothing was read", hint="copy or fetch the file again") from error
    except OSError as error:
        raise _unreadable(path, error) from error


def _unreadable(path: Path, error: Exception) -> DataError:
    return DataError(
        f"{path} cannot be read ({_first_line(error)}); nothing was read",
        hint="check that it is a whole file of the kind its name says, and that you may read it",
    )


def _no_table(path: Path, header: tuple[str, ...], error: Exception) -> DataError:
    """About the first row that has another number of cells than the header; the last one of a file that is cut off."""
    with gzip.open(path, "rt", errors="replace") if path.suffix == ".gz" else path.open(errors="replace") as file:
        for row, line in enumerate(file):
            cells = line.count(",") + 1
            if row and line.strip() and cells != len(header):
                what = f"row {row}, has {cells} cells instead of {len(header)}: {line.strip()[:_SHOWN]!r}"
                return DataError(f"{path}, {what}; nothing was read", hint=_CUT)
    return DataError(f"{path} is no whole table ({_first_line(error)}); nothing was read", hint=_wanted(header))


_CUT = "if it is the last row the file is cut off: copy or fetch it again; correct the row otherwise"


def _blank(path: Path) -> bool:
    with gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb") as file:
        return not file.read(_LONGEST_LINE).strip()


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0]
