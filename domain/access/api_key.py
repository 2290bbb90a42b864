"""API keys of a practice; only their hashes are stored."""

from __future__ import annotations

import re
from datetime import datetime
from enum import StrEnum
from typing import Final, Self
from uuid import UUID

from domain.kernel.aggregate import Aggregate, InitialEvent
from domain.kernel.errors import InvalidValueError
from domain.kernel.text import clean_text

_SHA_256: Final = re.compile(r"[0-9a-f]{64}")


class Role(StrEnum):
    """The role of the holder of a key."""

    OWNER = "owner"
    ADMIN = "admin"
    CLINICIAN = "clinician"
    FRONT_DESK = "front_desk"
    BILLER = "biller"
    AUDITOR = "auditor"
    ANALYST = "analyst"


class ApiKey(Aggregate):
    TOPIC = "practice.api_key"

    role: str
    label: str
    key_hash: str
    clinician_id: UUID | None
    is_revoked: bool = False

    class Issued(InitialEvent):
        TOPIC = "practice.api_key.issued"
        role: str
        label: str
        key_hash: str
        clinician_id: UUID | None

    class Revoked(Aggregate.Event):
        TOPIC = "practice.api_key.revoked"
        reason: str

        def apply(self, aggregate: ApiKey) -> None:
            aggregate.is_revoked = True

    @classmethod
    def issue(
        cls, *, id: UUID, role: Role, label: str, key_hash: str, at: datetime, clinician_id: UUID | None = None
    ) -> Self:
        """Issue a key; one bound to a clinician reaches only that clinician's visits.

        ``key_hash`` is the SHA-256 of the key in hexadecimal.
        Raises InvalidValueError: an invalid hash or label, or another role with a ``clinician_id``.
        """
        if not _SHA_256.fullmatch(key_hash):
            raise InvalidValueError("key_hash", "key_hash has 64 hexadecimal digits")
        if clinician_id is not None and role is not Role.CLINICIAN:
            raise InvalidValueError("clinician_id", "only a key of the role clinician may have a clinician_id")
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

    def revoke(self, reason: str, at: datetime) -> bool:
        if self.is_revoked:
            return False
        self.trigger_event(self.Revoked, reason=clean_text("reason", reason, 500), timestamp=at)
        return True
