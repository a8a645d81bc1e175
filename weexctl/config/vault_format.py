"""The bytes of the key vault: pure functions from entries to a file's content and back.

Layout, numbers big endian:

    8   magic            1  version            1  key derivation (1: scrypt)
    1   log2 N           1  r                  1  p                  16  salt
    4   length, then the index: a JSON list of {alias, scope, venue, created_ms, fingerprint}
    for each row of the index, in its order:   12  nonce     4  length, then AES-256-GCM of its three parts
    32  SHA-256 of everything before

What is authenticated with each key is everything before the first nonce, and its alias: a row cannot be taken out, put
in, exchanged or given another scope without the passphrase. The checksum proves nothing against an attacker; it tells
a damaged file from a wrong passphrase.
"""

from __future__ import annotations

import hashlib
import json
import secrets
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import SecretStr

from weexctl.config.credentials import Credentials
from weexctl.config.venue import Venue
from weexctl.errors import ConfigError, MissingCredentialsError
from weexctl.model.scope import Scope

__all__ = ["COST", "Cost", "KeyEntry", "Sealed", "StoredKey", "pack", "unlock", "unpack"]

MAGIC = b"weexctl\x00"
VERSION = 1
MAX_BYTES = 1_000_000
_SCRYPT = 1
_SALT, _NONCE, _TAG, _DIGEST = 16, 12, 16, 32
_HEAD = struct.Struct(">8sBBBBB16s")
_LENGTH = struct.Struct(">I")
_CEILING = 2**31
"""Bytes of memory; a file that asks for more is not believed."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What one guess of the passphrase costs: scrypt's parameters. Memory is 128 * r * 2**log2_n bytes."""

    log2_n: int = 17
    r: int = 8
    p: int = 1

    @property
    def memory(self) -> int:
        """Bytes."""
        return 128 * self.r << self.log2_n

    def reaches(self, least: Cost) -> bool:
        """True when no part is below that of another cost."""
        return self.log2_n >= least.log2_n and self.r >= least.r and self.p >= least.p


COST = Cost()
"""128 MiB and about half a second."""


@dataclass(frozen=True, slots=True)
class KeyEntry:
    """What the vault tells about a key without the passphrase."""

    alias: str
    scope: Scope
    venue: Venue
    """The furthest venue it may be used at: `live` includes `demo`."""
    created_ms: int
    fingerprint: str
    """Names the key without showing any part of it."""


@dataclass(frozen=True, slots=True)
class StoredKey:
    """An entry and the key itself, which shows in no repr."""

    entry: KeyEntry
    credentials: Credentials


@dataclass(frozen=True, slots=True, repr=False)
class Sealed:
    """A vault as it was read, before anybody gave a passphrase. The entries are believed only after `unlock`."""

    entries: tuple[KeyEntry, ...]
    cost: Cost
    salt: bytes
    head: bytes
    """Everything before the first nonce."""
    boxes: tuple[tuple[bytes, bytes], ...]
    """Nonce and ciphertext of each entry."""

    def __repr__(self) -> str:
        return f"Sealed({len(self.entries)} keys)"


def pack(keys: Sequence[StoredKey], passphrase: SecretStr, cost: Cost) -> bytes:
    """The content of a vault with these keys, under a fresh salt and fresh nonces."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    salt = secrets.token_bytes(_SALT)
    index = json.dumps([_row(key.entry) for key in keys], separators=(",", ":")).encode()
    head = _HEAD.pack(MAGIC, VERSION, _SCRYPT, cost.log2_n, cost.r, cost.p, salt) + _LENGTH.pack(len(index)) + index
    cipher = AESGCM(_derive(passphrase, salt, cost))
    pieces = [head]
    for key in keys:
        nonce = secrets.token_bytes(_NONCE)
        box = cipher.encrypt(nonce, _parts(key.credentials), head + key.entry.alias.encode())
        pieces += (nonce, _LENGTH.pack(len(box)), box)
    content = b"".join(pieces)
    return content + hashlib.sha256(content).digest()


def unpack(content: bytes, *, least: Cost = COST) -> Sealed:
    """What a vault's content says of itself.

    Args:
        content: the whole file.
        least: a vault that is cheaper to guess than this is refused.

    Raises:
        ConfigError: VAULT_DAMAGED, VAULT_VERSION or VAULT_WEAK.
    """
    if not content.startswith(MAGIC):
        raise _damaged("it does not begin as a key vault does")
    if len(content) < _HEAD.size + _LENGTH.size + _DIGEST:
        raise _damaged("it is too short")
    body, digest = content[:-_DIGEST], content[-_DIGEST:]
    _, version, derivation, log2_n, r, p, salt = _HEAD.unpack_from(body)
    if hashlib.sha256(body).digest() != digest:
        raise _damaged("its checksum is wrong")
    if (version, derivation) != (VERSION, _SCRYPT):
        raise ConfigError(
            f"the key vault has format {version}.{derivation}, which this version of weexctl cannot read",
            hint="use the version of weexctl that wrote it, or a newer one",
            code="VAULT_VERSION",
        )
    cost = _checked(Cost(log2_n, r, p), least)
    try:
        index, at = _piece(body, _HEAD.size)
        entries = tuple(_entry(row) for row in json.loads(index))
        head, boxes = body[:at], []
        for _ in entries:
            nonce = body[at : at + _NONCE]
            box, at = _piece(body, at + _NONCE)
            boxes.append((nonce, box))
    except (ValueError, TypeError, KeyError, OverflowError, RecursionError, struct.error):
        raise _damaged("its index cannot be understood") from None
    if at != len(body) or len({entry.alias for entry in entries}) != len(entries):
        raise _damaged("its index and its content do not fit together")
    return Sealed(entries, cost, salt, head, tuple(boxes))


def unlock(sealed: Sealed, passphrase: SecretStr) -> tuple[StoredKey, ...]:
    """Every key of a vault. All of them are proven, also when only one is wanted.

    Raises:
        MissingCredentialsError: VAULT_PASSPHRASE: it is not the passphrase, or somebody changed the file.
    """
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    cipher = AESGCM(_derive(passphrase, sealed.salt, sealed.cost))
    try:
        return tuple(
            StoredKey(entry, _credentials(cipher.decrypt(nonce, box, sealed.head + entry.alias.encode())))
            for entry, (nonce, box) in zip(sealed.entries, sealed.boxes, strict=True)
        )
    except InvalidTag:
        raise MissingCredentialsError(
            "the passphrase of the key vault is wrong, or somebody changed the file; nothing was done",
            hint="type it again; when it is lost, move the vault away and add the keys anew",
            code="VAULT_PASSPHRASE",
        ) from None


def _derive(passphrase: SecretStr, salt: bytes, cost: Cost) -> bytes:
    return hashlib.scrypt(
        passphrase.get_secret_value().encode(),
        salt=salt,
        n=2**cost.log2_n,
        r=cost.r,
        p=cost.p,
        maxmem=cost.memory + 128 * cost.r * (cost.p + 2) + 2**20,
        dklen=32,
    )


def _checked(cost: Cost, least: Cost) -> Cost:
    """The cost, if it is neither so low that the passphrase can be guessed nor more than a machine has."""
    if not (1 <= cost.log2_n <= 40 and cost.r and cost.p) or cost.memory > _CEILING or cost.p > 16:
        raise _damaged("it asks for more memory than any vault of weexctl")
    if not cost.reaches(least):
        raise ConfigError(
            "the key vault is protected too weakly: its passphrase could be guessed quickly; it was not opened",
            hint="make new keys on the exchange, move the vault away and add them anew",
            code="VAULT_WEAK",
        )
    return cost


def _piece(content: bytes, at: int) -> tuple[bytes, int]:
    """A piece that its length stands before, and where it ends."""
    (length,) = _LENGTH.unpack_from(content, at)
    start = at + _LENGTH.size
    if start + length > len(content):
        raise ValueError("it ends too early")
    return content[start : start + length], start + length


def _row(entry: KeyEntry) -> dict[str, Any]:
    return {
        "alias": entry.alias,
        "scope": entry.scope.value,
        "venue": entry.venue.value,
        "created_ms": entry.created_ms,
        "fingerprint": entry.fingerprint,
    }


def _entry(row: dict[str, Any]) -> KeyEntry:
    return KeyEntry(
        str(row["alias"]), Scope(row["scope"]), Venue(row["venue"]), int(row["created_ms"]), str(row["fingerprint"])
    )


def _parts(credentials: Credentials) -> bytes:
    parts = (credentials.key, credentials.secret, credentials.passphrase)
    return json.dumps([part.get_secret_value() for part in parts]).encode()


def _credentials(plain: bytes) -> Credentials:
    return Credentials(*(SecretStr(part) for part in json.loads(plain)))


def _damaged(why: str) -> ConfigError:
    return ConfigError(
        f"the key vault is damaged: {why}; it was not opened and nothing was done",
        hint="put a copy of it back, or move it away and add the keys anew",
        code="VAULT_DAMAGED",
    )
