"""A feed: somebody's visits as a calendar that other programs subscribe to. Whoever has its token reads it, until it is revoked."""

import re
from datetime import datetime
from enum import StrEnum
from typing import Final, Self
from uuid import UUID

from eventsourcing.domain import event

from domain.kernel.aggregate import Aggregate, InitialEvent
from domain.kernel.errors import InvalidValueError

_SHA_256: Final = re.compile(r"[0-9a-f]{64}")


class Detail(StrEnum):
    """How much a feed tells, each more than the one before: when; what and where; the patient's initials; the patient's name."""

    BUSY = "busy"
    VISIT = "visit"
    INITIALS = "initials"
    NAME = "name"


class Feed(Aggregate):
    TOPIC = "scheduling.feed"

    class Opened(InitialEvent):
        """Of one clinician's visits, or of one patient's. ``token_hash`` is all that is kept of the token."""

        TOPIC = "scheduling.feed.opened"
        clinician_id: UUID | None
        patient_id: UUID | None
        detail: str
        token_hash: str

    class Revoked(Aggregate.Event):
        TOPIC = "scheduling.feed.revoked"

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
        """Open a feed of a clinician's visits or of a patient's. ``token_hash`` is the token's SHA-256 in hexadecimal.

        Raises InvalidValueError: of neither or of both; a patient's feed that would tell who the patient is.
        """
        if not _SHA_256.fullmatch(token_hash):
            raise InvalidValueError("token_hash", "a token's hash has 64 hexadecimal digits")
        if (clinician_id is None) == (patient_id is None):
            raise InvalidValueError("clinician_id", "a feed is of one clinician or of one patient")
        if patient_id is not None and detail not in (Detail.BUSY, Detail.VISIT):
            raise InvalidValueError("detail", "a patient's feed tells no name: choose busy or visit")
        return cls._create(
            cls.Opened,
            id=id,
            timestamp=at,
            clinician_id=clinician_id,
            patient_id=patient_id,
            detail=detail.value,
            token_hash=token_hash,
        )

    @event(Opened)
    def __init__(
        self,
        clinician_id: UUID | None,
        patient_id: UUID | None,
        detail: str,
        token_hash: str,
        timestamp: datetime,
    ) -> None:
        self.clinician_id = clinician_id
        self.patient_id = patient_id
        self.detail = detail
        self.token_hash = token_hash
        self.is_revoked = False

    def revoke(self, at: datetime) -> bool:
        """Return whether anything was recorded: revoking twice records nothing the second time."""
        if self.is_revoked:
            return False
        self._revoked(timestamp=at)
        return True

    @event(Revoked)
    def _revoked(self, timestamp: datetime) -> None:
        self.is_revoked = True
