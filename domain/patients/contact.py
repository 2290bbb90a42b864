"""Contacts of a patient: relatives, doctors, payers, and people who may act for the patient."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Self, TypedDict
from uuid import UUID

from domain.kernel.errors import InvalidValueError
from domain.kernel.text import checked_phone, clean_email, clean_text
from domain.kernel.value import Value

MAX_CONTACTS: Final = 20


class ContactKind(StrEnum):
    """The role of a contact."""

    EMERGENCY = "emergency"
    FAMILY = "family"
    GUARDIAN = "guardian"
    DOCTOR = "doctor"
    PAYER = "payer"
    OTHER = "other"


class ContactFields(TypedDict):
    """A contact as events store it."""

    id: UUID
    kind: str
    relation: str | None
    name: str
    phone: str | None
    email: str | None
    is_guardian: bool
    may_book: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact(Value):
    """One contact; ``relation`` is free text such as mother or neighbour.

    ``is_guardian`` is the legal representative; ``may_book`` may book visits for the patient.
    Neither implies the other. Texts are cleaned; the phone number must be in E.164 form.
    Raises InvalidValueError.
    """

    id: UUID
    kind: ContactKind
    relation: str | None = None
    name: str
    phone: str | None = None
    email: str | None = None
    is_guardian: bool = False
    may_book: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", clean_text("contacts.name", self.name, 200))
        if self.relation is not None:
            object.__setattr__(self, "relation", clean_text("contacts.relation", self.relation, 100))
        if self.email is not None:
            object.__setattr__(self, "email", clean_email("contacts.email", self.email))
        if self.phone is not None:
            checked_phone("contacts.phone", self.phone)
        if self.may_book and self.phone is None and self.email is None:
            raise InvalidValueError(
                "contacts.may_book", "a contact who may book needs a phone number or an e-mail address"
            )

    @classmethod
    def from_fields(cls, fields: ContactFields) -> Self:
        return cls(**(fields | {"kind": ContactKind(fields["kind"])}))  # type: ignore[arg-type]  # the fields are those of Contact


def check_contacts(contacts: Sequence[Contact]) -> None:
    """Raises InvalidValueError: too many contacts, or an id twice."""
    if len(contacts) > MAX_CONTACTS:
        raise InvalidValueError("contacts", f"there may be at most {MAX_CONTACTS} contacts")
    if len({contact.id for contact in contacts}) < len(contacts):
        raise InvalidValueError("contacts", "each contact may be listed once")
