"""Longer candles out of the shorter ones in the store."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pydantic import BaseModel, ConfigDict

from weexctl.actions.context import Context, Notice, Result
from weexctl.actions.data import StoredRow, TimeframeWord, gap_notices, stored_candles, stored_row, trade_on_whole
from weexctl.actions.moment import iso_utc
from weexctl.errors import UsageError
from weexctl.market.resampling import resampled
from weexctl.market.store import Manifest, Stored, read_checked
from weexctl.model.candle import Timeframe
from weexctl.model.instrument import normalise_symbol

__all__ = ["Input", "Output", "ResampledRow", "run"]


class Input(BaseModel):
    """Which candles to make, of which."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    timeframe: TimeframeWord
    using: TimeframeWord | None = None
    symbols: tuple[str, ...] = ()
    replace: bool = False


class ResampledRow(StoredRow):
    """A series that has just been made and stored."""

    using: str
    """Timeframe of the candles it was made of."""
    left_out_ms: list[int]
    """Open times of the candles that were not made because a shorter one is missing, those at both ends included."""


class Output(BaseModel):
    """What was made."""

    folder: str
    """What `--data` takes to use them."""
    series: list[ResampledRow]


def run(input: Input, context: Context) -> Result:  # noqa: A002  # the signature of every action
    """Make candles of a longer timeframe of stored ones and store them beside those. All are made before one is stored.

    Raises:
        UsageError: nothing shorter is stored, or several timeframes are and none was named.
        DataError: a stored series is damaged, has no whole candle, or contradicts what is stored.
        ConfigError: the store cannot be written to.
    """
    timeframe, store = Timeframe(input.timeframe), stored_candles(context)
    using = None if input.using is None else Timeframe(input.using)
    wanted = [normalise_symbol(symbol) for symbol in input.symbols]
    rows = []
    with context.progress(2, "resample") as track:
        chosen = _chosen(store.series(), wanted, timeframe, using)
        made = [(manifest, resampled(read_checked(stored), timeframe)) for stored, manifest in chosen]
        track.advance(1, "made")
        for manifest, result in made:
            kept, added = store.keep(
                result.candles,
                source=f"made of {manifest.timeframe} {manifest.digest}",
                spot=manifest.spot,
                replace=input.replace,
                keep_gaps=True,
            )
            row = stored_row(kept, added, None).model_dump()
            rows.append(ResampledRow(**row, using=manifest.timeframe, left_out_ms=result.left_out_ms.tolist()))
        track.advance(1, "stored")
    folder = str(store.folder_of(synthetic=all(row.synthetic for row in rows)))
    return Result(
        data=Output(folder=folder, series=rows),
        warnings=(*_left_out(rows), *gap_notices(rows)),
        next=trade_on_whole(folder, rows),
    )


def _chosen(
    series: Iterable[Stored], wanted: Sequence[str], timeframe: Timeframe, using: Timeframe | None
) -> list[tuple[Stored, Manifest]]:
    there = list(series)
    shorter = [
        (stored, known)
        for stored in there
        if (known := stored.manifest) is not None
        and (not wanted or known.symbol in wanted)
        and Timeframe(known.timeframe).ms < timeframe.ms
    ]
    lengths = sorted({Timeframe(known.timeframe) for _, known in shorter}, key=lambda length: length.ms)
    if using is None and len(lengths) > 1:
        raise UsageError(
            f"candles of {', '.join(lengths)} are stored; nothing was made",
            hint=f"say which to use, such as --using {lengths[-1]}",
        )
    chosen = [(stored, known) for stored, known in shorter if using in (None, known.timeframe)]
    absent = [symbol for symbol in wanted if symbol not in {known.symbol for _, known in chosen}]
    if absent or not chosen:
        whose = f" of {', '.join(absent)}" if absent else ""
        what = f"{using} candles shorter than {timeframe}" if using else f"candles shorter than {timeframe}"
        unusable = any(stored.manifest is None for stored in there)
        look = "`weexctl data verify` says which stored files cannot be used" if unusable else _LOOK
        raise UsageError(
            f"no {what}{whose} are stored; nothing was made",
            hint=f"{look}; bring shorter candles with `weexctl data import`",
        )
    return chosen


_LOOK = "`weexctl data list` shows what is stored"


def _left_out(rows: Sequence[ResampledRow]) -> list[Notice]:
    return [
        Notice(
            "INCOMPLETE",
            f"{row.symbol} {row.timeframe}: candles not made because a {row.using} candle is missing: "
            f"{len(row.left_out_ms)}, the first at {iso_utc(row.left_out_ms[0])}",
        )
        for row in rows
        if row.left_out_ms
    ]
