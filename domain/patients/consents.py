"""The consents of a patient: what they agreed to, in which version of a document, and what they took back. Nothing is ever removed."""

import re
from datetime import datetime
from enum import StrEnum
from typing import Final, Self, TypedDict
from uuid import UUID, uuid5

from eventsourcing.domain import event

from domain.kernel.aggregate import Aggregate, InitialEvent
from domain.kernel.errors import InvalidValueError
from domain.kernel.personal_data import Erased, Personal
from domain.kernel.text import clean_text
from domain.patients.errors import ConsentNotGivenError

_NAMESPACE: Final = UUID("8d0c3a1f-52a8-5b7e-9d0c-6f1c1d0e7c9b")
_KIND: Final = re.compile(r"[a-z][a-z0-9_]{1,49}")


class Channel(StrEnum):
    """How a consent reached the practice."""

    IN_PERSON = "in_person"
    PAPER = "paper"
    PHONE = "phone"
    ONLINE = "online"
    IMPORT = "import"


class Decision(TypedDict):
    """One entry of the history. ``by_whom`` is who decided, None for the patient; ``decided_at`` when."""

    kind: str
    given: bool
    document_version: str | None
    how: str
    by_whom: str | Erased | None
    decided_at: datetime


class Consents(Aggregate):
    """All consents of one patient, whose key seals who gave them."""

    TOPIC = "patients.consents"

    class Opened(InitialEvent):
        TOPIC = "patients.consents.opened"
        patient_id: UUID

    class Given(Aggregate.Event):
        TOPIC = "patients.consents.given"
        SUBJECT = "patient_id"
        patient_id: UUID
        kind: str
        document_version: str
        how: str
        by_whom: Personal[str | None]

    class Withdrawn(Aggregate.Event):
        TOPIC = "patients.consents.withdrawn"
        SUBJECT = "patient_id"
        patient_id: UUID
        kind: str
        how: str
        by_whom: Personal[str | None]

    @staticmethod
    def id_of(patient_id: UUID) -> UUID:
        """Return the id of a patient's consents: there is one such thing for each patient."""
        return uuid5(_NAMESPACE, str(patient_id))

    @classmethod
    def open(cls, *, patient_id: UUID, at: datetime) -> Self:
        return cls._create(cls.Opened, id=cls.id_of(patient_id), patient_id=patient_id, timestamp=at)

    @event(Opened)
    def __init__(self, patient_id: UUID, timestamp: datetime) -> None:
        self.patient_id = patient_id
        self.history: list[Decision] = []

    @property
    def current(self) -> list[Decision]:
        """The decision that stands for each kind, in order of the kinds."""
        standing = {decision["kind"]: decision for decision in self.history}
        return [standing[kind] for kind in sorted(standing)]

    def give(
        self, kind: str, document_version: str, how: Channel, by_whom: str | None, decided_at: datetime, now: datetime
    ) -> bool:
        """Note a consent; the same version again, while it stands, records nothing. Return whether anything was recorded.

        ``kind`` is data_processing, marketing, telehealth or the practice's own word. Raises InvalidValueError.
        """
        _check(kind, decided_at, now)
        version = clean_text("document_version", document_version, 100)
        by_whom = None if by_whom is None else clean_text("by_whom", by_whom, 200)
        standing = self._standing(kind)
        if standing is not None and standing["given"] and standing["document_version"] == version:
            return False
        self._refuse_earlier(standing, decided_at)
        self._given(self.patient_id, kind, version, how.value, by_whom, timestamp=decided_at)
        return True

    @event(Given)
    def _given(
        self,
        patient_id: UUID,
        kind: str,
        document_version: str,
        how: str,
        by_whom: Personal[str | None],
        timestamp: datetime,
    ) -> None:
        self._note(kind, given=True, version=document_version, how=how, by_whom=by_whom, decided_at=timestamp)

    def withdraw(self, kind: str, how: Channel, by_whom: str | None, decided_at: datetime, now: datetime) -> bool:
        """Note that a consent was taken back; a second time records nothing. Return whether anything was recorded.

        Raises ConsentNotGivenError: it never was given; InvalidValueError.
        """
        _check(kind, decided_at, now)
        by_whom = None if by_whom is None else clean_text("by_whom", by_whom, 200)
        standing = self._standing(kind)
        if standing is None:
            raise ConsentNotGivenError
        if not standing["given"]:
            return False
        self._refuse_earlier(standing, decided_at)
        self._withdrawn(self.patient_id, kind, how.value, by_whom, timestamp=decided_at)
        return True

    @event(Withdrawn)
    def _withdrawn(
        self, patient_id: UUID, kind: str, how: str, by_whom: Personal[str | None], timestamp: datetime
    ) -> None:
        self._note(kind, given=False, version=None, how=how, by_whom=by_whom, decided_at=timestamp)

    def _note(
        self,
        kind: str,
        *,
        given: bool,
        version: str | None,
        how: str,
        by_whom: Personal[str | None],
        decided_at: datetime,
    ) -> None:
        entry: Decision = {
            "kind": kind,
            "given": given,
            "document_version": version,
            "how": how,
            "by_whom": by_whom,
            "decided_at": decided_at,
        }
        self.history = [*self.history, entry]

    def _standing(self, kind: str) -> Decision | None:
        return next((decision for decision in reversed(self.history) if decision["kind"] == kind), None)

    @staticmethod
    def _refuse_earlier(standing: Decision | None, decided_at: datetime) -> None:
        if standing is not None and decided_at < standing["decided_at"]:
            raise InvalidValueError("decided_at", "a later decision of this kind is recorded already")


def _check(kind: str, decided_at: datetime, now: datetime) -> None:
    if not _KIND.fullmatch(kind):
        raise InvalidValueError(
            "kind", "a kind is written like marketing or data_processing: 2 to 50 signs of a-z, 0-9 and _"
        )
    if decided_at > now:
        raise InvalidValueError("decided_at", "a decision is not recorded before it is made")
