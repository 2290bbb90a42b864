"""The master key, which wraps all practice keys, in a file.

The master key and the key database together decrypt everything: keep its copy apart from backups.
"""

import base64
import binascii
import hmac
import os
import secrets
import stat
from pathlib import Path
from uuid import UUID

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

from event_store.durable_files import make_folder, sync_folder
from event_store.keys.sealing import DataKey, key_reference, seal, unseal

_LONGEST_FILE = 1024


class MasterKeyError(Exception):
    """The base of errors of the master key. Messages name the file, never the key."""


class KeyFileMissingError(MasterKeyError):
    """There is no key file; restore it from its copy."""


class KeyFileExposedError(MasterKeyError):
    """Other users may read the key file, or another one owns it."""


class KeyFileDamagedError(MasterKeyError):
    """The key file does not hold 32 bytes in base64."""


class OtherMasterKeyError(MasterKeyError):
    """Another master key wrapped a key or created the database; with that one it can be read."""


class KeyFile:
    """A master key of 32 random bytes, stored as one line of base64 in a file of mode 0600.

    The file is created atomically: of two programs that start at once, both use the first one's.
    Raises KeyFileMissingError: it is missing and ``create`` is false; KeyFileExposedError,
    KeyFileDamagedError.
    """

    def __init__(self, path: Path, *, create: bool = True) -> None:
        if create and not path.exists():
            _write_new(path)
        self.path = path
        secret = _read(path)
        self._key = DataKey(UUID(bytes=_derived(secret, b"id")[:16]), 1, secret)
        self._passwords = _derived(secret, b"passwords")

    def wrap(self, secret: bytes, context: bytes) -> bytes:
        """Encrypt a secret; ``unwrap`` needs the same ``context``."""
        return seal(self._key, context, secret)

    def unwrap(self, wrapped: bytes, context: bytes) -> bytes:
        """Return the secret. Raises OtherMasterKeyError, TamperedError."""
        if key_reference(wrapped).key_id != self._key.id:
            raise OtherMasterKeyError("wrapped under another master key")
        return unseal(self._key, context, wrapped)

    def derive_password(self, role: str) -> str:
        """Return the constant password of a database role: 43 characters of URL-safe base64."""
        return base64.urlsafe_b64encode(hmac.digest(self._passwords, role.encode(), "sha256")).decode().rstrip("=")


def _derived(secret: bytes, purpose: bytes) -> bytes:
    return HKDFExpand(SHA256(), 32, b"scheduler master key " + purpose).derive(secret)


def _write_new(path: Path) -> None:
    make_folder(path.parent, 0o700)
    unfinished = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(base64.b64encode(secrets.token_bytes(32)) + b"\n")
            file.flush()
            os.fsync(file.fileno())
        try:
            # Unlike a rename, a link never replaces the key that another program has just created.
            path.hardlink_to(unfinished)
        except FileExistsError:
            return
    finally:
        unfinished.unlink(missing_ok=True)
    sync_folder(path.parent)


def _read(path: Path) -> bytes:
    try:
        file = path.open("rb")
    except FileNotFoundError:
        raise KeyFileMissingError(f"there is no master key at {path}") from None
    with file:
        status = os.fstat(file.fileno())
        if status.st_uid not in (0, os.geteuid()) or stat.S_IMODE(status.st_mode) & 0o077:
            raise KeyFileExposedError(f"{path} must belong to the program's user and have mode 0600")
        line = file.read(_LONGEST_FILE)
    try:
        secret = base64.b64decode(line.strip(), validate=True)
    except binascii.Error:
        secret = b""
    if len(secret) != 32:
        raise KeyFileDamagedError(f"{path} does not hold 32 bytes in base64")
    return secret
