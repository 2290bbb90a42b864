"""Sets the contacts of a patient."""

from dataclasses import asdict, dataclass
from uuid import UUID

from uuid_utils.compat import uuid7

from application.kernel.commands import Change, Context, handles
from application.kernel.permissions import Permission
from application.kernel.practice_log import Outcome, PracticeLog
from application.patients.phone import phone_at
from domain.kernel.errors import InvalidValueError
from domain.patients.contact import Contact, ContactKind
from domain.patients.patient import Patient


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactInput:
    """``id`` None creates a contact; ``phone`` is in any form that people use."""

    kind: ContactKind
    name: str
    id: UUID | None = None
    relation: str | None = None
    phone: str | None = None
    email: str | None = None
    is_guardian: bool = False
    may_book: bool = False


@dataclass(frozen=True, slots=True)
class SetContacts(Change[Patient]):
    """Replaces all contacts, in order."""

    contacts: tuple[ContactInput, ...]


@handles(SetContacts, needs=Permission.CHANGE_PATIENTS)
def set_contacts(log: PracticeLog, command: SetContacts, context: Context) -> Outcome[Patient]:
    """Raises PatientErasedError, PatientMergedError; InvalidValueError: also an unknown id."""
    patient = log.load(Patient, command.id, command.expected_version)
    known = {contact.id for contact in patient.contacts}
    if any(each.id is not None and each.id not in known for each in command.contacts):
        raise InvalidValueError("contacts.id", "the patient has no such contact; leave the id out to add one")
    contacts = []
    for each in command.contacts:
        phone = None if each.phone is None else phone_at(log, each.phone, "contacts.phone")
        contacts.append(Contact(**(asdict(each) | {"id": each.id or uuid7(), "phone": phone})))
    patient.set_contacts(contacts, context.now)
    return log.commit(patient, by=context.provenance)
