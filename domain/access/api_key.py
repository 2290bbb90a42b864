"""Keys with which programs and people reach the practice; only their hash is known."""

import re
from datetime import datetime
from enum import StrEnum
from typing import Final, Self
from uuid import UUID

from eventsourcing.domain import event

from domain.kernel.aggregate import Aggregate, InitialEvent
from domain.kernel.errors import InvalidValueError
from domain.kernel.text import clean_text

_SHA_256: Final = re.compile(r"[0-9a-f]{64}")


class Role(StrEnum):
    """What the holder of a key is to the practice."""

    OWNER = "owner"
    ADMIN = "admin"
    CLINICIAN = "clinician"
    FRONT_DESK = "front_desk"
    BILLER = "biller"
    AUDITOR = "auditor"
    ANALYST = "analyst"


class ApiKey(Aggregate):
    TOPIC = "practice.api_key"

    class Issued(InitialEvent):
        TOPIC = "practice.api_key.issued"
        role: str
        label: str
        key_hash: str
        clinician_id: UUID | None

    class Revoked(Aggregate.Event):
        TOPIC = "practice.api_key.revoked"
        reason: str

    @classmethod
    def issue(
        cls, *, id: UUID, role: Role, label: str, key_hash: str, at: datetime, clinician_id: UUID | None = None
    ) -> Self:
        """Issue a key to a role; a clinician's key may be bound to one clinician, whose visits are then all it can change.

        ``key_hash`` is the SHA-256 of the key in hexadecimal.
        Raises InvalidValueError: it is not, the label is no text, or a key of another role is bound to a clinician.
        """
        if not _SHA_256.fullmatch(key_hash):
            raise InvalidValueError("key_hash", "a key's hash has 64 hexadecimal digits")
        if clinician_id is not None and role is not Role.CLINICIAN:
            raise InvalidValueError("clinician_id", "only a key of the role clinician is bound to a clinician")
        label = clean_text("label", label, 200)
        return cls._create(
            cls.Issued,
            id=id,
            timestamp=at,
            role=role.value,
            label=label,
            key_hash=key_hash,
            clinician_id=clinician_id,
        )

    @event(Issued)
    def __init__(self, role: str, label: str, key_hash: str, clinician_id: UUID | None, timestamp: datetime) -> None:
        self.role = role
        self.label = label
        self.key_hash = key_hash
        self.clinician_id = clinician_id
        self.is_revoked = False

    def revoke(self, reason: str, at: datetime) -> bool:
        """Return whether anything was recorded: revoking twice records nothing the second time."""
        if self.is_revoked:
            return False
        self._revoked(reason=clean_text("reason", reason, 500), timestamp=at)
        return True

    @event(Revoked)
    def _revoked(self, reason: str, timestamp: datetime) -> None:
        self.is_revoked = True
