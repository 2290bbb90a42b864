"""A patient: who they are, how to reach them, who acts for them, and that they may be merged or forgotten."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Self
from uuid import UUID

from eventsourcing.domain import event

from domain.kernel.aggregate import Aggregate, InitialEvent
from domain.kernel.errors import InvalidValueError
from domain.kernel.personal_data import Erased, Personal
from domain.kernel.text import clean_paragraphs, clean_text
from domain.patients.contact import Contact, ContactFields, refuse_disorder
from domain.patients.details import PatientDetails, known_details
from domain.patients.errors import (
    HoldsMergedError,
    NotMergedError,
    PatientErasedError,
    PatientMergedError,
    PatientWithdrawnError,
)


class Patient(Aggregate):
    TOPIC = "patients.patient"

    class Registered(InitialEvent):
        TOPIC = "patients.patient.registered"
        SUBJECT = "originator_id"
        given_name: Personal[str]
        family_name: Personal[str]
        email: Personal[str | None]
        phone: Personal[str | None]
        date_of_birth: Personal[date | None]
        tags: Personal[list[str]]
        zone: str | None
        locale: str | None

    class DetailsChanged(Aggregate.Event):
        TOPIC = "patients.patient.details_changed"
        SUBJECT = "originator_id"
        given_name: Personal[str]
        family_name: Personal[str]
        email: Personal[str | None]
        phone: Personal[str | None]
        date_of_birth: Personal[date | None]
        tags: Personal[list[str]]
        zone: str | None
        locale: str | None

    class ContactsSet(Aggregate.Event):
        TOPIC = "patients.patient.contacts_set"
        SUBJECT = "originator_id"
        contacts: Personal[list[ContactFields]]

    class RemarksChanged(Aggregate.Event):
        TOPIC = "patients.patient.remarks_changed"
        SUBJECT = "originator_id"
        notes: Personal[str | None]
        alert: Personal[str | None]
        has_alert: bool

    class MergedInto(Aggregate.Event):
        TOPIC = "patients.patient.merged_into"
        survivor_id: UUID

    class Absorbed(Aggregate.Event):
        TOPIC = "patients.patient.absorbed"
        other_id: UUID

    class PartedFrom(Aggregate.Event):
        TOPIC = "patients.patient.parted_from"
        survivor_id: UUID

    class Released(Aggregate.Event):
        TOPIC = "patients.patient.released"
        other_id: UUID

    class Withdrawn(Aggregate.Event):
        TOPIC = "patients.patient.withdrawn"

    class Reinstated(Aggregate.Event):
        TOPIC = "patients.patient.reinstated"

    class WasErased(Aggregate.Event):
        TOPIC = "patients.patient.erased"

    @classmethod
    def register(cls, *, id: UUID, details: PatientDetails, at: datetime) -> Self:
        """Raises InvalidValueError: born in the future."""
        details.refuse_unborn(at)
        return cls._create(cls.Registered, id=id, timestamp=at, **details.fields())

    @event(Registered)
    def __init__(
        self,
        given_name: Personal[str],
        family_name: Personal[str],
        email: Personal[str | None],
        phone: Personal[str | None],
        date_of_birth: Personal[date | None],
        tags: Personal[list[str]],
        zone: str | None,
        locale: str | None,
        timestamp: datetime,
    ) -> None:
        self.is_erased = False
        self.is_withdrawn = False
        self.given_name, self.family_name = given_name, family_name
        self.email, self.phone = email, phone
        self.date_of_birth = date_of_birth
        self.tags = tags
        self.zone, self.locale = zone, locale
        self.contact_fields: Personal[list[ContactFields]] = []
        self.notes: Personal[str | None] = None
        self.alert: Personal[str | None] = None
        self.merged_into: UUID | None = None
        self.merged_ids: list[UUID] = []

    @property
    def details(self) -> PatientDetails:
        """What is known. Raises PatientErasedError: nothing is, any more."""
        fields = (self.given_name, self.family_name, self.email, self.phone, self.date_of_birth, self.tags)
        known = None if self.is_erased else known_details(*fields, zone=self.zone, locale=self.locale)
        if known is None:
            raise PatientErasedError
        return known

    @property
    def contacts(self) -> list[Contact]:
        """Who else is to be reached; nobody once the patient was erased."""
        kept = self.contact_fields
        return [] if self.is_erased or isinstance(kept, Erased) else [Contact.of(fields) for fields in kept]

    @property
    def family_ids(self) -> list[UUID]:
        """The ids under which this patient is known: their own, then those that were merged into it."""
        return [self.id, *self.merged_ids]

    def change_details(self, to: PatientDetails, at: datetime) -> bool:
        """Return whether anything was recorded: the same details again record nothing.

        For a part of them: ``patient.change_details(replace(patient.details, email=...), at)``.
        Raises PatientErasedError, PatientMergedError; InvalidValueError: born in the future.
        """
        self.refuse_gone()
        if to == self.details:
            return False
        to.refuse_unborn(at)
        self._details_changed(**to.fields(), timestamp=at)
        return True

    @event(DetailsChanged)
    def _details_changed(
        self,
        given_name: Personal[str],
        family_name: Personal[str],
        email: Personal[str | None],
        phone: Personal[str | None],
        date_of_birth: Personal[date | None],
        tags: Personal[list[str]],
        zone: str | None,
        locale: str | None,
        timestamp: datetime,
    ) -> None:
        self.given_name, self.family_name = given_name, family_name
        self.email, self.phone = email, phone
        self.date_of_birth = date_of_birth
        self.tags = tags
        self.zone, self.locale = zone, locale

    def set_contacts(self, contacts: Sequence[Contact], at: datetime) -> bool:
        """Replace all contacts; the same ones in the same order record nothing. Return whether anything was recorded.

        Raises PatientErasedError, PatientMergedError; InvalidValueError: too many, or one twice.
        """
        self.refuse_gone()
        refuse_disorder(contacts)
        if list(contacts) == self.contacts:
            return False
        self._contacts_set([contact.fields() for contact in contacts], timestamp=at)
        return True

    @event(ContactsSet)
    def _contacts_set(self, contacts: Personal[list[ContactFields]], timestamp: datetime) -> None:
        self.contact_fields = contacts

    def change_remarks(self, notes: str | None, alert: str | None, at: datetime) -> bool:
        """Keep notes to staff, and an alert that is shown with every visit; None takes one away. Return whether anything was recorded.

        Raises PatientErasedError, PatientMergedError, InvalidValueError.
        """
        self.refuse_gone()
        notes = None if notes is None else clean_paragraphs("notes", notes, 5_000)
        alert = None if alert is None else clean_text("alert", alert, 200)
        if (notes, alert) == (self.notes, self.alert):
            return False
        self._remarks_changed(notes, alert, alert is not None, timestamp=at)
        return True

    @event(RemarksChanged)
    def _remarks_changed(
        self, notes: Personal[str | None], alert: Personal[str | None], has_alert: bool, timestamp: datetime
    ) -> None:
        self.notes, self.alert = notes, alert

    def absorb(self, other: "Patient", at: datetime) -> bool:
        """Stand for another patient from now on, who is the same person; both are to be recorded in one append.

        Nothing of either changes, so it can be undone. Return whether anything was recorded.
        Raises PatientErasedError, PatientMergedError, HoldsMergedError; InvalidValueError: the two are one id.
        """
        if other.id == self.id:
            raise InvalidValueError("other_id", "a patient is not merged into itself")
        if other.merged_into == self.id and not other.is_erased:
            return False
        for one in (self, other):
            one.refuse_gone()
        if other.merged_ids:
            raise HoldsMergedError
        other._merged_into(self.id, timestamp=at)
        self._absorbed(other.id, timestamp=at)
        return True

    @event(MergedInto)
    def _merged_into(self, survivor_id: UUID, timestamp: datetime) -> None:
        self.merged_into = survivor_id

    @event(Absorbed)
    def _absorbed(self, other_id: UUID, timestamp: datetime) -> None:
        self.merged_ids = [*self.merged_ids, other_id]

    def release(self, other: "Patient", at: datetime) -> None:
        """Undo ``absorb``: everything of either is as it was, and what came since stays with whom it was recorded for.

        Raises PatientErasedError, NotMergedError.
        """
        if self.is_erased or other.is_erased:
            raise PatientErasedError
        if other.merged_into != self.id:
            raise NotMergedError
        other._parted_from(self.id, timestamp=at)
        self._released(other.id, timestamp=at)

    @event(PartedFrom)
    def _parted_from(self, survivor_id: UUID, timestamp: datetime) -> None:
        self.merged_into = None

    @event(Released)
    def _released(self, other_id: UUID, timestamp: datetime) -> None:
        self.merged_ids = [id_ for id_ in self.merged_ids if id_ != other_id]

    def withdraw(self, at: datetime) -> bool:
        """Take the registration back, once. Raises PatientErasedError, PatientMergedError; HoldsMergedError: they stand for others."""
        if self.is_withdrawn:
            return False
        self.refuse_gone()
        if self.merged_ids:
            raise HoldsMergedError
        self._withdrawn(timestamp=at)
        return True

    @event(Withdrawn)
    def _withdrawn(self, timestamp: datetime) -> None:
        self.is_withdrawn = True

    def reinstate(self, at: datetime) -> bool:
        """Undo ``withdraw``: everything is as it was; return whether anything was recorded. Raises PatientErasedError."""
        if not self.is_withdrawn:
            return False
        if self.is_erased or isinstance(self.given_name, Erased):
            raise PatientErasedError
        self._reinstated(timestamp=at)
        return True

    @event(Reinstated)
    def _reinstated(self, timestamp: datetime) -> None:
        self.is_withdrawn = False

    def erase(self, at: datetime) -> bool:
        """Record that the patient was erased; whoever asks for it destroys the key as well. Return whether anything was recorded."""
        if self.is_erased:
            return False
        self._erased(timestamp=at)
        return True

    @event(WasErased)
    def _erased(self, timestamp: datetime) -> None:
        self.is_erased = True

    def refuse_gone(self) -> None:
        """Raises PatientErasedError, PatientMergedError, PatientWithdrawnError: nothing is recorded for this patient any more."""
        if self.is_erased or isinstance(self.given_name, Erased):
            raise PatientErasedError
        if self.merged_into is not None:
            raise PatientMergedError(self.merged_into)
        if self.is_withdrawn:
            raise PatientWithdrawnError
