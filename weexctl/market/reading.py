"""The table in one file, whatever its format; not yet looked at row by row."""

from __future__ import annotations

import zlib
from pathlib import Path
from typing import TYPE_CHECKING

from weexctl.errors import DataError

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["read_table"]


def read_table(path: Path, header: tuple[str, ...]) -> pd.DataFrame:
    """The rows of a .csv, .csv.gz or .parquet file with exactly these columns.

    Numbers are read to the last bit. A column with a cell that is no number stays text, an empty cell is NaN.

    Raises:
        DataError: the file cannot be read, is cut off or damaged, is empty, or has other columns.
    """
    frame = _read(path, header)
    import pandas as pd

    if tuple(map(str, frame.columns)) != header or not isinstance(frame.index, pd.RangeIndex):
        shown = ",".join(map(str, frame.columns))
        raise DataError(f"{path}: the columns are {shown}; nothing was read", hint=_wanted(header))
    if frame.empty:
        raise DataError(f"{path}: there is a header and not one row; nothing was read", hint="fetch the file again")
    return frame


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
        raise DataError(f"{path} is empty; nothing was read", hint="fetch the file again") from error
    except (EOFError, zlib.error) as error:
        raise DataError(
            f"{path} is cut off or damaged ({error}); nothing was read", hint="copy or fetch the file again"
        ) from error
    except pd.errors.ParserError as error:
        raise DataError(
            f"{path} is no whole table ({_first_line(error)}); nothing was read", hint=_wanted(header)
        ) from error
    except (OSError, ValueError) as error:  # of the decoders, of gzip and of parquet
        raise DataError(
            f"{path} cannot be read ({_first_line(error)}); nothing was read",
            hint="check that it is a whole file of the kind its name says, and that you may read it",
        ) from error


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0]
