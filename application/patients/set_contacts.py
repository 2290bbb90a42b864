"""Sets who else is to be reached about a patient."""

from dataclasses import dataclass
from uuid import UUID

from uuid_utils.compat import uuid7

from application.kernel.handlers import UpdateHandler
from application.kernel.practice_log import PracticeLog
from application.patients.phone import phone_at
from domain.kernel.errors import InvalidValueError
from domain.patients.contact import Contact, ContactKind
from domain.patients.patient import Patient


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactInput:
    """A contact as people tell of it; ``id`` None makes a new one, the phone number is as people write it."""

    kind: ContactKind
    name: str
    id: UUID | None = None
    relation: str | None = None
    phone: str | None = None
    email: str | None = None
    is_guardian: bool = False
    may_book: bool = False


@dataclass(frozen=True, slots=True)
class SetContacts:
    """All contacts of a patient from now on, in their order."""

    id: UUID
    contacts: tuple[ContactInput, ...]
    expected_version: int | None = None


class SetContactsHandler(UpdateHandler[SetContacts, Patient]):
    kind = Patient

    def change(self, log: PracticeLog, thing: Patient, command: SetContacts) -> None:
        """Raises PatientErasedError, PatientMergedError; InvalidValueError: also for the id of a contact that the patient does not have."""
        known = {contact.id for contact in thing.contacts}
        if any(said.id is not None and said.id not in known for said in command.contacts):
            raise InvalidValueError("contacts.id", "the patient has no such contact; leave the id out to add one")
        contacts = [
            Contact(
                id=said.id or uuid7(),
                kind=said.kind,
                name=said.name,
                relation=said.relation,
                phone=None if said.phone is None else phone_at(log, said.phone, "contacts.phone"),
                email=said.email,
                is_guardian=said.is_guardian,
                may_book=said.may_book,
            )
            for said in command.contacts
        ]
        thing.set_contacts(contacts, self._clock.now())
