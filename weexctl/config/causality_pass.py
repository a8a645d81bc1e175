"""Which pipelines passed `weexctl check causality` on this machine; live trading asks for it.

The file is `causality.json` in the data folder:

    {"schema": 1, "passes": [{"digest": "…", "profile": "safe", "weexctl": "0.1.0", "core": "…", "stages":
     [{"kind": "strategy", "name": "trend", "distribution": "weexctl", "version": "0.1.0", "source": "…"}],
     "settings": "…", "market": "seed:7:1h", "checked_ms": 1767225600000}]}

The digest is that of weexctl's version and code, of every stage's origin, version and code, and of the profile's
pipeline. Whatever changes in one of them has to be checked again.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import weexctl
from weexctl.config.paths import Paths
from weexctl.config.plugin_source import digest_of_files, source_digest
from weexctl.config.private_file import write_private
from weexctl.config.profile import Profile
from weexctl.errors import ConfigError
from weexctl.pipeline.stage import Pipeline
from weexctl.plugin_host import Offers

__all__ = ["PipelineIdentity", "forget_pass", "identify", "record_pass", "require_pass"]

_KEPT = 200
"""Passes; the oldest go."""


@dataclass(frozen=True, slots=True)
class PipelineIdentity:
    """What a pass holds for: the code, the versions and the settings of a pipeline."""

    profile: str
    """Name of the profile, for messages; it does not count."""
    stages: tuple[dict[str, str], ...]
    """Kind, name, distribution, version and source of each stage."""
    settings: str
    """Digest of the profile's pipeline and timeframe."""
    core: str
    """Digest of the code of weexctl that computes columns and decides."""

    @property
    def digest(self) -> str:
        """20 hexadecimal digits: another one whenever anything but the profile's name is different."""
        facts = [
            weexctl.__version__,
            self.core,
            self.settings,
            sorted(self.stages, key=lambda stage: sorted(stage.items())),
        ]
        return hashlib.blake2b(json.dumps(facts, sort_keys=True).encode(), digest_size=10).hexdigest()

    def row(self) -> dict[str, Any]:
        """The facts, as the file holds them."""
        return {
            "digest": self.digest,
            "profile": self.profile,
            "weexctl": weexctl.__version__,
            "core": self.core,
            "stages": list(self.stages),
            "settings": self.settings,
        }


def identify(profile: Profile, pipeline: Pipeline, offers: Offers) -> PipelineIdentity:
    """The identity of a built pipeline, with the code as it lies on the disk now."""
    stages = []
    for stage in pipeline.stages():
        offer = offers.get(stage.kind, stage.name).offer
        stages.append(
            {
                "kind": stage.kind,
                "name": stage.name,
                "distribution": stage.distribution,
                "version": stage.version,
                "source": source_digest(offer.build, offer.config, type(stage.plugin)),
            }
        )
    return PipelineIdentity(profile.name, tuple(stages), profile.pipeline_digest, _core())


def record_pass(identity: PipelineIdentity, *, market: str, checked_ms: int, paths: Paths) -> Path:
    """Write down that this pipeline passed; the file it stands in.

    Raises:
        ConfigError: it cannot be written; what was there is untouched.
    """
    rows = [row for row in _rows(paths.causality)[0] if row.get("digest") != identity.digest]
    rows.append({**identity.row(), "market": market, "checked_ms": checked_ms})
    _write(rows[-_KEPT:], paths)
    return paths.causality


def forget_pass(identity: PipelineIdentity, *, paths: Paths) -> bool:
    """Take back the pass of a pipeline that did not pass this time; whether there was one.

    Raises:
        ConfigError: the list cannot be written.
    """
    rows = _rows(paths.causality)[0]
    kept = [row for row in rows if row.get("digest") != identity.digest]
    if len(kept) < len(rows):
        _write(kept, paths)
    return len(kept) < len(rows)


def require_pass(identity: PipelineIdentity, *, named: str, paths: Paths) -> None:
    """Pass when exactly this pipeline passed the check on this machine. What cannot be read counts as not passed.

    Args:
        identity: the pipeline as it would run.
        named: the profile as it was named, for the hint.
        paths: the folders.

    Raises:
        ConfigError: CAUSALITY_UNPROVEN; the message says why.
    """
    rows, trouble = _rows(paths.causality)
    if any(row.get("digest") == identity.digest for row in rows):
        return
    reason = trouble or _what_changed(identity, [row for row in rows if row.get("profile") == identity.profile])
    raise ConfigError(
        f"nobody has shown that the pipeline of {identity.profile} knows nothing of the future: {reason};"
        " nothing was sent",
        hint=f"weexctl check causality --profile {named}",
        code="CAUSALITY_UNPROVEN",
    )


def _what_changed(identity: PipelineIdentity, rows: list[dict[str, Any]]) -> str:
    """Why the passes of a profile's name do not count."""
    if not rows:
        return "it never passed the check on this machine"
    newest = max(rows, key=lambda row: str(row.get("checked_ms", "")).zfill(20))
    if newest.get("weexctl") != weexctl.__version__ or newest.get("core") != identity.core:
        return "weexctl has changed since it passed"
    before = newest.get("stages") if isinstance(newest.get("stages"), list) else []
    changed = [f"{stage['kind']} {stage['name']}" for stage in identity.stages if stage not in (before or [])]
    if changed:
        return f"{', '.join(changed)} changed since it passed"
    return "its settings changed since it passed"


def _core() -> str:
    """The code of weexctl that a decision comes from."""
    root = Path(weexctl.__file__).parent
    files = [path for room in ("features", "pipeline") for path in sorted((root / room).rglob("*.py"))]
    return digest_of_files((path.relative_to(root).as_posix(), path) for path in files)


def _rows(path: Path) -> tuple[list[dict[str, Any]], str]:
    """The passes on record, and why they cannot be read; empty when they can."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return [], ""
    except (OSError, ValueError, RecursionError) as error:
        return [], f"{path} is not usable ({error})"
    rows = document.get("passes") if isinstance(document, dict) and document.get("schema") == 1 else None
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        return [], f"{path} is not usable (it is no list of passes)"
    return rows, ""


def _write(rows: list[dict[str, Any]], paths: Paths) -> None:
    try:
        paths.data.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(
            f"{paths.data} cannot be made ({error.strerror}); the pass was not recorded",
            hint="WEEXCTL_DATA_DIR names another place",
            code="NOT_SAVED",
        ) from error
    text = json.dumps({"schema": 1, "passes": rows}, indent=2) + "\n"
    write_private(paths.causality, text.encode(), what="the list of passed checks")
