"""Personal data as ciphertext that opens in one place only.

An envelope, by offset in bytes; numbers are big-endian:

     0   1  version of the envelope
     1   1  algorithm
     2  16  key id
    18   4  key version
    22  32  commitment: tells this key from every other, so that no envelope opens under two keys
    54  12  nonce, random
    66   n  ciphertext, as long as the plaintext
     …  16  tag

The associated data is the envelope's first 22 bytes, then the place: tenant (16), stream (16), version (8), length of the
kind (4), kind, field. A ciphertext that is moved to another place, or said to be of another algorithm, does not open.

    SealingError
    ├── ErasedError             the person's key was destroyed on purpose: for ever
    ├── KeyUnavailableError     the key cannot be had now, which says nothing about the data
    ├── TamperedError           the envelope was altered, moved or made by an algorithm that is no longer allowed
    └── BrokenRandomnessError   the machine gave the same random bytes twice: nothing may be sealed

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

ENVELOPE_VERSION: Final = 1
_NONCES_AT_ONCE: Final = 256
AES_256_GCM: Final = 1
"""AES-256-GCM; its key and the commitment are derived from the data key by HKDF-SHA-256."""
ALGORITHMS: Final = frozenset({AES_256_GCM})
ALGORITHM_FLOOR: Final = AES_256_GCM
"""The lowest algorithm that is still opened. It only rises, when everything below it was sealed anew."""

_HEADER = struct.Struct(">BB16sI")
_POSITION = struct.Struct(">QI")
_COMMITMENT_AT = _HEADER.size
_NONCE_AT = _COMMITMENT_AT + 32
_CIPHERTEXT_AT = _NONCE_AT + 12
OVERHEAD: Final = _CIPHERTEXT_AT + 16
"""How many bytes longer an envelope is than what it holds."""


class SealingError(Exception):
    """The base of all that can go wrong with sealed data. Messages name keys and places, never contents."""


class ErasedError(SealingError):
    """The person's key was destroyed; what it sealed is gone for ever."""


class KeyUnavailableError(SealingError):
    """The key cannot be had now: the key store is away, or does not know it. The data is neither erased nor damaged."""


class KeyStoreAwayError(KeyUnavailableError, psycopg.OperationalError):
    """The key store cannot be reached: like any outage of a database it passes, and what waits for it may be tried again."""


class TamperedError(SealingError):
    """The envelope is not what was sealed in this place under this key."""


class BrokenRandomnessError(SealingError):
    """Two successive nonces were equal. Sealing stops, since a repeated nonce reveals both plaintexts."""


class KeyReference(NamedTuple):
    """Which key opens an envelope."""

    key_id: UUID
    key_version: int


class Place(NamedTuple):
    """Where sealed data belongs.

    ``kind`` is the event's topic; ``field`` the names of its personal fields, ``snapshot``, or the name of a read model's
    column. ``version`` is the event's in its stream, 0 for a row that is written over.
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
    """A 256-bit key in use, with what is derived from it. Safe to share among threads; never printed."""

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


def seal(key: DataKey, place: Place, plaintext: bytes) -> bytes:
    """Return the envelope of ``plaintext`` for one place. Each call uses up one of the key's nonces.

    Raises BrokenRandomnessError.
    """
    return encrypt(key, place.encoded(), plaintext)


def unseal(key: DataKey, place: Place, envelope: bytes) -> bytes:
    """Return what was sealed in this place under this key.

    Raises TamperedError: altered, moved, sealed under another key, or by an algorithm below the floor.
    """
    return decrypt(key, place.encoded(), envelope)


def key_reference(envelope: bytes) -> KeyReference:
    """Return which key opens the envelope.

    Raises TamperedError: it is too short, of an unknown version, or of an algorithm that is unknown or below the floor.
    """
    if len(envelope) < OVERHEAD:
        raise TamperedError("the envelope is too short")
    version, algorithm, key_id, key_version = _HEADER.unpack_from(envelope)
    if version != ENVELOPE_VERSION:
        raise TamperedError(f"envelopes of version {version} are not known")
    if algorithm < ALGORITHM_FLOOR or algorithm not in ALGORITHMS:
        raise TamperedError(f"algorithm {algorithm} is not allowed")
    return KeyReference(UUID(bytes=key_id), key_version)


def encrypt(key: DataKey, bound: bytes, plaintext: bytes) -> bytes:
    """Seal to any associated data; ``seal`` is this for a place."""
    nonce = _fresh_nonce()
    return key.header + key.commitment + nonce + key.cipher.encrypt(nonce, plaintext, key.header + bound)


def decrypt(key: DataKey, bound: bytes, envelope: bytes) -> bytes:
    """Open what ``encrypt`` sealed. Raises TamperedError."""
    if not envelope.startswith(key.header) or len(envelope) < OVERHEAD or envelope[1] < ALGORITHM_FLOOR:
        key_reference(envelope)
        raise TamperedError(f"the envelope is not of {key!r}")
    if not hmac.compare_digest(envelope[_COMMITMENT_AT:_NONCE_AT], key.commitment):
        raise TamperedError(f"the envelope does not commit to {key!r}")
    try:
        return key.cipher.decrypt(envelope[_NONCE_AT:_CIPHERTEXT_AT], envelope[_CIPHERTEXT_AT:], key.header + bound)
    except InvalidTag:
        raise TamperedError(f"the envelope of {key!r} was altered or belongs to another place") from None


class _Nonces(threading.local):
    """Random bytes drawn ahead, by each thread for itself: a call of the kernel for each envelope gives up the interpreter lock."""

    drawn = b""
    used = 0
    last = b""

    def forget(self) -> None:
        self.drawn, self.used = b"", 0


_nonces = _Nonces()
# A forked child would go on with its parent's bytes.
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
    # Across all keys, since a key is often used once only: a stuck generator shows at the next envelope of the thread.
    if nonce == mine.last:
        raise BrokenRandomnessError("the random number generator repeats itself")
    mine.last = nonce
    return nonce
