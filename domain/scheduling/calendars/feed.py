"""A calendar feed of the visits of one clinician or patient, protected by a token only."""

from __future__ import annotations

import re
from datetime import datetime
from enum import StrEnum
from typing import Final, Self
from uuid import UUID

from domain.kernel.aggregate import Aggregate, InitialEvent
from domain.kernel.errors import InvalidValueError

_SHA_256: Final = re.compile(r"[0-9a-f]{64}")


class Detail(StrEnum):
    """The content of a feed: times; also service and place; initials; patient name."""

    BUSY = "busy"
    VISIT = "visit"
    INITIALS = "initials"
    NAME = "name"


class Feed(Aggregate):
    TOPIC = "scheduling.feed"

    clinician_id: UUID | None
    patient_id: UUID | None
    detail: str
    token_hash: str
    is_revoked: bool = False

    class Opened(InitialEvent):
        """Has ``clinician_id`` or ``patient_id``; only the hash of the token is stored."""

        TOPIC = "scheduling.feed.opened"
        clinician_id: UUID | None
        patient_id: UUID | None
        detail: str
        token_hash: str

    class Revoked(Aggregate.Event):
        TOPIC = "scheduling.feed.revoked"

        def apply(self, aggregate: Feed) -> None:
            aggregate.is_revoked = True

    @classmethod
    def open(
        cls,
        *,
        id: UUID,
        clinician_id: UUID | None,
        patient_id: UUID | None,
        detail: Detail,
        token_hash: str,
        at: datetime,
    ) -> Self:
        """Open a feed of a clinician or patient; ``token_hash`` is a SHA-256 in hexadecimal.

        Raises InvalidValueError: both or neither id, or a patient feed that would show names.
        """
        if not _SHA_256.fullmatch(token_hash):
            raise InvalidValueError("token_hash", "token_hash has 64 hexadecimal digits")
        if (clinician_id is None) == (patient_id is None):
            raise InvalidValueError("clinician_id", "a feed has either a clinician_id or a patient_id")
        if patient_id is not None and detail not in (Detail.BUSY, Detail.VISIT):
            raise InvalidValueError("detail", "a patient feed shows no names; choose busy or visit")
        return cls._create(
            cls.Opened,
            id=id,
            timestamp=at,
            clinician_id=clinician_id,
            patient_id=patient_id,
            detail=detail.value,
            token_hash=token_hash,
        )

    def revoke(self, at: datetime) -> bool:
        return self.trigger_if(not self.is_revoked, self.Revoked, timestamp=at)
