"""A patient: details, contacts, remarks, merge, withdrawal and erasure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import field
from datetime import date, datetime
from typing import Self
from uuid import UUID

from domain.kernel.aggregate import Aggregate, InitialEvent
from domain.kernel.errors import InvalidValueError
from domain.kernel.personal_data import Erased, Personal, Unreadable
from domain.kernel.text import MAX_NOTES, clean_paragraphs, clean_text
from domain.patients.contact import Contact, ContactFields, check_contacts
from domain.patients.details import PatientDetails
from domain.patients.errors import (
    HoldsMergedError,
    NotMergedError,
    PatientErasedError,
    PatientMergedError,
    PatientWithdrawnError,
)


class DetailsFields(Aggregate.Event):
    """The fields of PatientDetails. A name that the person does not have is empty."""

    SUBJECT = "originator_id"
    given_name: Personal[str]
    family_name: Personal[str]
    email: Personal[str | None]
    phone: Personal[str | None]
    date_of_birth: Personal[date | None]
    tags: Personal[list[str]]
    zone: str | None
    locale: str | None


class Patient(Aggregate):
    """``merged_into`` is the survivor of a merge, ``merged_ids`` are those merged into it."""

    TOPIC = "patients.patient"

    given_name: Personal[str]
    family_name: Personal[str]
    email: Personal[str | None]
    phone: Personal[str | None]
    date_of_birth: Personal[date | None]
    tags: Personal[list[str]]
    zone: str | None
    locale: str | None
    contact_fields: Personal[list[ContactFields]] = field(default_factory=list)
    notes: Personal[str | None] = None
    alert: Personal[str | None] = None
    merged_into: UUID | None = None
    merged_ids: list[UUID] = field(default_factory=list)
    is_withdrawn: bool = False
    is_erased: bool = False

    class Registered(DetailsFields, InitialEvent):
        TOPIC = "patients.patient.registered"

    class DetailsChanged(DetailsFields):
        TOPIC = "patients.patient.details_changed"

        def apply(self, aggregate: Patient) -> None:
            aggregate.given_name, aggregate.family_name = self.given_name, self.family_name
            aggregate.email, aggregate.phone = self.email, self.phone
            aggregate.date_of_birth, aggregate.tags = self.date_of_birth, self.tags
            aggregate.zone, aggregate.locale = self.zone, self.locale

    class ContactsSet(Aggregate.Event):
        TOPIC = "patients.patient.contacts_set"
        SUBJECT = "originator_id"
        contacts: Personal[list[ContactFields]]

        def apply(self, aggregate: Patient) -> None:
            aggregate.contact_fields = self.contacts

    class RemarksChanged(Aggregate.Event):
        TOPIC = "patients.patient.remarks_changed"
        SUBJECT = "originator_id"
        notes: Personal[str | None]
        alert: Personal[str | None]
        has_alert: bool

        def apply(self, aggregate: Patient) -> None:
            aggregate.notes, aggregate.alert = self.notes, self.alert

    class MergedInto(Aggregate.Event):
        TOPIC = "patients.patient.merged_into"
        survivor_id: UUID

        def apply(self, aggregate: Patient) -> None:
            aggregate.merged_into = self.survivor_id

    class Absorbed(Aggregate.Event):
        TOPIC = "patients.patient.absorbed"
        other_id: UUID

        def apply(self, aggregate: Patient) -> None:
            aggregate.merged_ids = [*aggregate.merged_ids, self.other_id]

    class PartedFrom(Aggregate.Event):
        TOPIC = "patients.patient.parted_from"
        survivor_id: UUID

        def apply(self, aggregate: Patient) -> None:
            aggregate.merged_into = None

    class Released(Aggregate.Event):
        TOPIC = "patients.patient.released"
        other_id: UUID

        def apply(self, aggregate: Patient) -> None:
            aggregate.merged_ids = [id for id in aggregate.merged_ids if id != self.other_id]

    class Withdrawn(Aggregate.Event):
        TOPIC = "patients.patient.withdrawn"

        def apply(self, aggregate: Patient) -> None:
            aggregate.is_withdrawn = True

    class Reinstated(Aggregate.Event):
        TOPIC = "patients.patient.reinstated"

        def apply(self, aggregate: Patient) -> None:
            aggregate.is_withdrawn = False

    class WasErased(Aggregate.Event):
        TOPIC = "patients.patient.erased"

        def apply(self, aggregate: Patient) -> None:
            aggregate.is_erased = True

    @classmethod
    def register(cls, *, id: UUID, details: PatientDetails, at: datetime) -> Self:
        """Raises InvalidValueError: the date of birth is in the future."""
        details.refuse_unborn(at)
        return cls._create(cls.Registered, id=id, timestamp=at, **details.fields())

    @property
    def details(self) -> PatientDetails:
        """The current details. Raises PatientErasedError."""
        if self._has_no_data:
            raise PatientErasedError
        return PatientDetails.of(self)

    @property
    def contacts(self) -> list[Contact]:
        """The contacts; none once the patient is erased."""
        kept = self.contact_fields
        return (
            [] if self.is_erased or isinstance(kept, Unreadable) else [Contact.from_fields(fields) for fields in kept]
        )

    @property
    def family_ids(self) -> list[UUID]:
        """All ids of this patient: its own, then those merged into it."""
        return [self.id, *self.merged_ids]

    def change_details(self, to: PatientDetails, at: datetime) -> bool:
        """Partial change: ``patient.change_details(replace(patient.details, email=...), at)``.

        Raises what ``refuse_gone`` raises; InvalidValueError: the date of birth is in the future.
        """
        self.refuse_gone()
        if to != self.details:
            to.refuse_unborn(at)
        return self.trigger_if(to != self.details, self.DetailsChanged, **to.fields(), timestamp=at)

    def set_contacts(self, contacts: Sequence[Contact], at: datetime) -> bool:
        """Replace all contacts.

        Raises what ``refuse_gone`` raises; InvalidValueError: too many contacts, or an id twice.
        """
        self.refuse_gone()
        check_contacts(contacts)
        fields = [contact.fields() for contact in contacts]
        return self.trigger_if(list(contacts) != self.contacts, self.ContactsSet, contacts=fields, timestamp=at)

    def change_remarks(self, notes: str | None, alert: str | None, at: datetime) -> bool:
        """Set the notes for staff and the alert that is shown with every visit; None removes them.

        Raises what ``refuse_gone`` raises, and InvalidValueError.
        """
        self.refuse_gone()
        notes = None if notes is None else clean_paragraphs("notes", notes, MAX_NOTES)
        alert = None if alert is None else clean_text("alert", alert, 200)
        is_change = (notes, alert) != (self.notes, self.alert)
        fields = {"notes": notes, "alert": alert, "has_alert": alert is not None}
        return self.trigger_if(is_change, self.RemarksChanged, **fields, timestamp=at)

    def absorb(self, other: Patient, at: datetime) -> bool:
        """Merge another patient, who is the same person, into this one; append both together.

        Neither's data changes, so the merge can be undone. Raises what ``refuse_gone`` raises for
        either, HoldsMergedError; InvalidValueError: equal ids.
        """
        if other.id == self.id:
            raise InvalidValueError("other_id", "a patient cannot be merged into itself")
        if other.merged_into == self.id and not other.is_erased:
            return False
        for patient in (self, other):
            patient.refuse_gone()
        if other.merged_ids:
            raise HoldsMergedError
        other.trigger_event(self.MergedInto, survivor_id=self.id, timestamp=at)
        self.trigger_event(self.Absorbed, other_id=other.id, timestamp=at)
        return True

    def release(self, other: Patient, at: datetime) -> None:
        """Undo ``absorb``; data recorded since stays with the patient for whom it was recorded.

        Raises PatientErasedError, NotMergedError.
        """
        if self.is_erased or other.is_erased:
            raise PatientErasedError
        if other.merged_into != self.id:
            raise NotMergedError
        other.trigger_event(self.PartedFrom, survivor_id=self.id, timestamp=at)
        self.trigger_event(self.Released, other_id=other.id, timestamp=at)

    def withdraw(self, at: datetime) -> bool:
        """Withdraw the registration.

        Raises PatientErasedError, PatientMergedError; HoldsMergedError: other patients are merged
        into it.
        """
        if self.is_withdrawn:
            return False
        self.refuse_gone()
        if self.merged_ids:
            raise HoldsMergedError
        self.trigger_event(self.Withdrawn, timestamp=at)
        return True

    def reinstate(self, at: datetime) -> bool:
        """Undo ``withdraw``. Raises PatientErasedError."""
        if not self.is_withdrawn:
            return False
        if self._has_no_data:
            raise PatientErasedError
        self.trigger_event(self.Reinstated, timestamp=at)
        return True

    def erase(self, at: datetime) -> bool:
        """Record the erasure; the caller also destroys the key."""
        return self.trigger_if(not self.is_erased, self.WasErased, timestamp=at)

    def refuse_gone(self) -> None:
        """Raises PatientErasedError, PatientMergedError, PatientWithdrawnError."""
        if self._has_no_data:
            raise PatientErasedError
        if self.merged_into is not None:
            raise PatientMergedError(self.merged_into)
        if self.is_withdrawn:
            raise PatientWithdrawnError

    @property
    def _has_no_data(self) -> bool:
        return self.is_erased or isinstance(self.given_name, Erased)
