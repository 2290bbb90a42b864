"""The consents of a patient: an append-only history of decisions with document versions."""

from __future__ import annotations

import re
from dataclasses import field
from datetime import datetime
from enum import StrEnum
from typing import Final, Self, TypedDict
from uuid import UUID, uuid5

from domain.kernel.aggregate import Aggregate, InitialEvent
from domain.kernel.errors import InvalidValueError
from domain.kernel.personal_data import Erased, Personal
from domain.kernel.text import clean_text
from domain.patients.errors import ConsentNotGivenError

_NAMESPACE: Final = UUID("8d0c3a1f-52a8-5b7e-9d0c-6f1c1d0e7c9b")
_KIND: Final = re.compile(r"[a-z][a-z0-9_]{1,49}")


class Channel(StrEnum):
    """The way in which a consent reached the practice."""

    IN_PERSON = "in_person"
    PAPER = "paper"
    PHONE = "phone"
    ONLINE = "online"
    IMPORT = "import"


class Decision(TypedDict):
    """One entry of the history. ``by_whom`` made the decision; None: the patient."""

    kind: str
    given: bool
    document_version: str | None
    how: str
    by_whom: str | Erased | None
    decided_at: datetime


class Consents(Aggregate):
    """All consents of one patient; the patient's key seals ``by_whom``."""

    TOPIC = "patients.consents"

    patient_id: UUID
    history: list[Decision] = field(default_factory=list)

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

        def apply(self, aggregate: Consents) -> None:
            aggregate.history = [*aggregate.history, _decision(self, self.document_version)]

    class Withdrawn(Aggregate.Event):
        TOPIC = "patients.consents.withdrawn"
        SUBJECT = "patient_id"
        patient_id: UUID
        kind: str
        how: str
        by_whom: Personal[str | None]

        def apply(self, aggregate: Consents) -> None:
            aggregate.history = [*aggregate.history, _decision(self, None)]

    @staticmethod
    def id_of(patient_id: UUID) -> UUID:
        """Return the id of the consents of a patient; each patient has one such aggregate."""
        return uuid5(_NAMESPACE, str(patient_id))

    @classmethod
    def open(cls, *, patient_id: UUID, at: datetime) -> Self:
        return cls._create(cls.Opened, id=cls.id_of(patient_id), patient_id=patient_id, timestamp=at)

    @property
    def current(self) -> list[Decision]:
        """The latest decision of each kind, sorted by kind."""
        latest = {decision["kind"]: decision for decision in self.history}
        return [latest[kind] for kind in sorted(latest)]

    def give(
        self, kind: str, document_version: str, how: Channel, by_whom: str | None, decided_at: datetime, now: datetime
    ) -> bool:
        """Record a consent; a version already given records nothing.

        ``kind`` is data_processing, marketing, telehealth or a kind of the practice's own.
        Raises InvalidValueError.
        """
        _check(kind, decided_at, now)
        version = clean_text("document_version", document_version, 100)
        by_whom = None if by_whom is None else clean_text("by_whom", by_whom, 200)
        latest = self._latest(kind)
        if latest is not None and latest["given"] and latest["document_version"] == version:
            return False
        self._refuse_earlier(latest, decided_at)
        self.trigger_event(
            self.Given,
            patient_id=self.patient_id,
            kind=kind,
            document_version=version,
            how=how.value,
            by_whom=by_whom,
            timestamp=decided_at,
        )
        return True

    def withdraw(self, kind: str, how: Channel, by_whom: str | None, decided_at: datetime, now: datetime) -> bool:
        """Record a withdrawal; a repeat records nothing.

        Raises ConsentNotGivenError: it was never given; InvalidValueError.
        """
        _check(kind, decided_at, now)
        by_whom = None if by_whom is None else clean_text("by_whom", by_whom, 200)
        latest = self._latest(kind)
        if latest is None:
            raise ConsentNotGivenError
        if not latest["given"]:
            return False
        self._refuse_earlier(latest, decided_at)
        self.trigger_event(
            self.Withdrawn,
            patient_id=self.patient_id,
            kind=kind,
            how=how.value,
            by_whom=by_whom,
            timestamp=decided_at,
        )
        return True

    def _latest(self, kind: str) -> Decision | None:
        return next((decision for decision in reversed(self.history) if decision["kind"] == kind), None)

    @staticmethod
    def _refuse_earlier(latest: Decision | None, decided_at: datetime) -> None:
        if latest is not None and decided_at < latest["decided_at"]:
            raise InvalidValueError("decided_at", "a later decision of this kind is already recorded")


def _decision(event: Consents.Given | Consents.Withdrawn, document_version: str | None) -> Decision:
    return Decision(
        kind=event.kind,
        given=document_version is not None,
        document_version=document_version,
        how=event.how,
        by_whom=event.by_whom,
        decided_at=event.timestamp,
    )


def _check(kind: str, decided_at: datetime, now: datetime) -> None:
    if not _KIND.fullmatch(kind):
        raise InvalidValueError(
            "kind", "a kind looks like marketing or data_processing: 2 to 50 characters of a-z, 0-9 and _"
        )
    if decided_at > now:
        raise InvalidValueError("decided_at", "decided_at must not be in the future")
