"""Encryption of personal data, bound to the place where it is stored.

An envelope, by offset in bytes; integers are big-endian:

     0   1  version of the envelope
     1   1  algorithm
     2  16  key id
    18   4  key version
    22  32  commitment to the key, so that no envelope can be decrypted by two keys
    54  12  nonce, random
    66   n  ciphertext, as long as the plaintext
     …  16  tag

The associated data is the envelope's first 22 bytes, then the place: tenant (16), stream (16),
version (8), length of the kind (4), kind, field. So an envelope opens in one place only.

Source: NIST SP 800-38D (GCM), section 8.3 (random nonces); RFC 5869 (HKDF), read 2026-11.
"""

import hmac
import os
import struct
import threading
from typing import Final, NamedTuple
from uuid import UUID

import psycopg
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand
from eventsourcing.persistence import DataError

from domain.kernel.personal_data import Fault

ENVELOPE_VERSION: Final = 1
_NONCES_AT_ONCE: Final = 256
AES_256_GCM: Final = 1
"""Its key and the commitment are derived from the data key by HKDF-SHA-256."""
ALGORITHMS: Final = frozenset({AES_256_GCM})
ALGORITHM_FLOOR: Final = AES_256_GCM
"""The lowest accepted algorithm. Raise it once all older envelopes were replaced."""

_HEADER = struct.Struct(">BB16sI")
_POSITION = struct.Struct(">QI")
_COMMITMENT_AT = _HEADER.size
_NONCE_AT = _COMMITMENT_AT + 32
_CIPHERTEXT_AT = _NONCE_AT + 12
OVERHEAD: Final = _CIPHERTEXT_AT + 16
"""Bytes that an envelope is longer than its plaintext."""


class SealingError(Exception):
    """The base of errors of sealed data. Messages name keys and places, never contents."""


class ErasedError(SealingError):
    """The person's key was destroyed, so its data can never be decrypted again."""


class KeyUnavailableError(SealingError):
    """The key store is unavailable or does not know the key; the data is not damaged."""


class KeyStoreUnavailableError(KeyUnavailableError, psycopg.OperationalError):
    """The key store cannot be reached; the operation may be retried."""


class DamagedDataError(SealingError, DataError):
    """The data of one person cannot be read, because of a fault that does not affect others."""


class PersonKeyUnavailableError(DamagedDataError, KeyUnavailableError):
    """A person's key is not known, or is null although the person was not erased."""


class TamperedError(DamagedDataError):
    """The envelope was altered, moved, or sealed by another key or an algorithm below the floor."""


def fault_of(error: DamagedDataError) -> Fault:
    """Return the name of a fault, for those who read the data."""
    return Fault.KEY_UNAVAILABLE if isinstance(error, PersonKeyUnavailableError) else Fault.TAMPERED


class BrokenRandomnessError(SealingError):
    """Two successive nonces were equal. A repeated nonce would reveal both plaintexts."""


class KeyReference(NamedTuple):
    """The key that an envelope names."""

    key_id: UUID
    key_version: int


class Place(NamedTuple):
    """Where sealed data is stored.

    ``kind`` is the event's topic; ``field`` the names of its personal fields, ``snapshot``, or a
    column of a read model. ``version`` is that of the event, or 0 for a row.
    """

    tenant_id: UUID
    stream_id: UUID
    version: int
    kind: str
    field: str

    def encoded(self) -> bytes:
        kind = self.kind.encode()
        position = _POSITION.pack(self.version, len(kind))
        return self.tenant_id.bytes + self.stream_id.bytes + position + kind + self.field.encode()


class DataKey:
    """A 256-bit key with the values derived from it. Thread-safe; never printed."""

    __slots__ = ("cipher", "commitment", "header", "id", "version")

    def __init__(self, key_id: UUID, version: int, secret: bytes) -> None:
        if len(secret) != 32:
            raise ValueError("a data key has 32 bytes")
        self.id = key_id
        self.version = version
        self.header = _HEADER.pack(ENVELOPE_VERSION, AES_256_GCM, key_id.bytes, version)
        derived = HKDFExpand(SHA256(), 64, b"scheduler sealing" + self.header).derive(secret)
        self.cipher = AESGCM(derived[:32])
        self.commitment = derived[32:]

    def __repr__(self) -> str:
        return f"DataKey({self.id}, version {self.version})"


def seal(key: DataKey, context: Place | bytes, plaintext: bytes) -> bytes:
    """Return the envelope of ``plaintext``, bound to a place or another context.

    Uses one of the key's nonces. Raises BrokenRandomnessError.
    """
    nonce = _fresh_nonce()
    ciphertext = key.cipher.encrypt(nonce, plaintext, key.header + _encoded(context))
    return key.header + key.commitment + nonce + ciphertext


def unseal(key: DataKey, context: Place | bytes, envelope: bytes) -> bytes:
    """Return the plaintext of an envelope. Raises TamperedError."""
    if not envelope.startswith(key.header) or len(envelope) < OVERHEAD or envelope[1] < ALGORITHM_FLOOR:
        key_reference(envelope)
        raise TamperedError(f"the envelope is not of {key!r}")
    if not hmac.compare_digest(envelope[_COMMITMENT_AT:_NONCE_AT], key.commitment):
        raise TamperedError(f"the envelope does not commit to {key!r}")
    nonce, ciphertext = envelope[_NONCE_AT:_CIPHERTEXT_AT], envelope[_CIPHERTEXT_AT:]
    try:
        return key.cipher.decrypt(nonce, ciphertext, key.header + _encoded(context))
    except InvalidTag:
        raise TamperedError(f"the envelope of {key!r} was altered or belongs to another place") from None


def key_reference(envelope: bytes) -> KeyReference:
    """Return the key that an envelope names. Raises TamperedError: its header is invalid."""
    if len(envelope) < OVERHEAD:
        raise TamperedError("the envelope is too short")
    version, algorithm, key_id, key_version = _HEADER.unpack_from(envelope)
    if version != ENVELOPE_VERSION:
        raise TamperedError(f"envelopes of version {version} are not known")
    if algorithm < ALGORITHM_FLOOR or algorithm not in ALGORITHMS:
        raise TamperedError(f"algorithm {algorithm} is not allowed")
    return KeyReference(UUID(bytes=key_id), key_version)


def _encoded(context: Place | bytes) -> bytes:
    return context if isinstance(context, bytes) else context.encoded()


class _Nonces(threading.local):
    """Random bytes read in advance per thread: system calls give up the interpreter lock."""

    drawn = b""
    used = 0
    last = b""

    def forget(self) -> None:
        self.drawn, self.used = b"", 0


_nonces = _Nonces()
# A forked child would use its parent's bytes.
os.register_at_fork(after_in_child=_nonces.forget)


def _fresh_nonce() -> bytes:
    mine = _nonces
    if mine.used == len(mine.drawn):
        drawn = os.urandom(12 * _NONCES_AT_ONCE)
        if drawn == mine.drawn:
            raise BrokenRandomnessError("the random number generator repeats itself")
        mine.drawn, mine.used = drawn, 0
    nonce = mine.drawn[mine.used : mine.used + 12]
    mine.used += 12
    # Compared across keys, since a key is often used only once.
    if nonce == mine.last:
        raise BrokenRandomnessError("the random number generator repeats itself")
    mine.last = nonce
    return nonce
