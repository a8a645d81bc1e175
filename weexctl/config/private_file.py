"""Files that only their owner may read: read with suspicion, written whole or not at all."""

from __future__ import annotations

import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from weexctl.errors import ConfigError, LockHeldError
from weexctl.kill_points import passes

__all__ = ["locked_folder", "read_private", "write_private"]

_POSIX = os.name == "posix"
_OPEN = os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK if _POSIX else 0
_TEMPORARY = ".tmp-"


def read_private(path: Path, *, limit: int, what: str, folder: bool = True) -> bytes:
    """The content of a file that nobody but this user can have read or written.

    Args:
        path: the file; a symbolic link is refused, so that nobody can point it elsewhere.
        limit: bytes; a longer file is refused unread.
        what: what the file is, for messages: `the key vault`.
        folder: whether the folder around it has to be private too.

    Raises:
        FileNotFoundError: there is none.
        ConfigError: it is a link or no file, has another owner, is open to others, is too long, or cannot be read.
    """
    if folder:
        _check_folder(path.parent, what)
    try:
        descriptor = os.open(path, os.O_RDONLY | _OPEN)
    except FileNotFoundError:
        raise
    except OSError as error:
        if path.is_symlink():
            raise _unsafe(f"{what} {path} is a symbolic link", "put the file itself there") from None
        raise ConfigError(
            f"{what} {path} cannot be read ({_reason(error)}); nothing was done",
            hint="look at the permissions of the folders above it",
            code="UNREADABLE",
        ) from error
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise _unsafe(f"{what} {path} is no ordinary file", "name a file")
        _check(status, path, what, "chmod 600")
        return _whole(descriptor, path, limit, what)
    finally:
        os.close(descriptor)


def write_private(path: Path, content: bytes, *, what: str) -> None:
    """Replace a file by this content, mode 0600, or leave it exactly as it was.

    The content is on the disk under another name before it takes the place of the old one. Its folder is one of
    `locked_folder`.

    Raises:
        ConfigError: NOT_SAVED, and what was there is untouched; or NOT_CONFIRMED, and the new content is in place but
            the disk did not promise to keep it through a power cut.
    """
    temporary = path.with_name(f".{path.name}{_TEMPORARY}{secrets.token_hex(6)}")
    try:
        _write_new(temporary, content)
        passes("K28")
        os.replace(temporary, path)  # noqa: PTH105  # the call that tests make fail
    except OSError as error:
        with suppress(OSError):
            temporary.unlink()
        raise ConfigError(
            f"{what} was not saved ({_reason(error)}); what was there before is untouched",
            hint=f"make room or correct the permissions in {path.parent}, then try again",
            code="NOT_SAVED",
        ) from error
    _forget_leftovers(path)
    try:
        _sync_folder(path.parent)
    except OSError as error:
        raise ConfigError(
            f"{what} is saved, but the disk did not confirm it ({_reason(error)})",
            hint="look with `weexctl keys list` after the next start of this machine",
            code="NOT_CONFIRMED",
        ) from error


@contextmanager
def locked_folder(folder: Path, *, what: str) -> Iterator[None]:
    """The folder, made with mode 0700 if need be, while no other process changes anything in it.

    Raises:
        ConfigError: it cannot be made, or others may look into it.
        LockHeldError: another process is changing it.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(
            f"{folder} cannot be made ({_reason(error)}); nothing was saved",
            hint="WEEXCTL_CONFIG_DIR names another place",
            code="NOT_SAVED",
        ) from error
    _check_folder(folder, what)
    if not _POSIX:
        yield
        return
    import fcntl

    descriptor = os.open(folder, os.O_RDONLY | os.O_CLOEXEC | os.O_DIRECTORY)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise LockHeldError(
                f"another weexctl is changing {what}; nothing was done", hint="try again when it is done"
            ) from error
        yield
    finally:
        os.close(descriptor)


def _write_new(path: Path, content: bytes) -> None:
    """Write a file that did not exist, and wait until the disk has it."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | (_OPEN & ~getattr(os, "O_NONBLOCK", 0)), 0o600)
    try:
        if _POSIX:
            os.fchmod(descriptor, 0o600)  # a umask may only have taken bits away, an inherited ACL may have added some
        rest = memoryview(content)
        while rest:
            rest = rest[os.write(descriptor, rest) :]
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _forget_leftovers(path: Path) -> None:
    """Remove what an interrupted save left behind: it may hold a key that has been removed since."""
    for leftover in path.parent.glob(f".{path.name}{_TEMPORARY}*"):
        with suppress(OSError):
            leftover.unlink()


def _sync_folder(folder: Path) -> None:
    if not _POSIX:
        return
    descriptor = os.open(folder, os.O_RDONLY | os.O_CLOEXEC | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _check_folder(folder: Path, what: str) -> None:
    try:
        status = os.lstat(folder)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise ConfigError(
            f"{folder} cannot be looked at ({_reason(error)}); nothing was done",
            hint="look at the permissions of the folders above it",
            code="UNREADABLE",
        ) from error
    if stat.S_ISLNK(status.st_mode):
        raise _unsafe(f"the folder of {what}, {folder}, is a symbolic link", "put the folder itself there")
    _check(status, folder, f"the folder of {what},", "chmod 700")


def _check(status: os.stat_result, path: Path, what: str, remedy: str) -> None:
    if not _POSIX:
        return
    if status.st_uid != os.geteuid():
        raise _unsafe(
            f"{what} {path} belongs to another user (id {status.st_uid})",
            f"find out who put it there; if it is yours, run as its owner or change the owner with chown {path}",
        )
    if status.st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        mode = stat.S_IMODE(status.st_mode)
        raise _unsafe(f"{what} {path} is open to other users (mode {mode:04o})", f"{remedy} {path}")


def _whole(descriptor: int, path: Path, limit: int, what: str) -> bytes:
    pieces: list[bytes] = []
    left = limit + 1
    while left and (piece := os.read(descriptor, left)):
        pieces.append(piece)
        left -= len(piece)
    if not left:
        raise ConfigError(
            f"{what} {path} is longer than {limit} bytes; nothing was done",
            hint="this is some other file: put the right one there",
            code="UNREADABLE",
        )
    return b"".join(pieces)


def _unsafe(message: str, remedy: str) -> ConfigError:
    return ConfigError(f"{message}; it was not used and nothing was done", hint=remedy, code="UNSAFE_FILE")


def _reason(error: OSError) -> str:
    return error.strerror or type(error).__name__
