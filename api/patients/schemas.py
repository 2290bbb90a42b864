"""Bodies of requests and answers about patients, their contacts, consents and duplicates."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import BeforeValidator, Field

from api.http.schemas import Body, CivilDate, Name, Page, Shown, Text, Truth, Versioned, examples
from api.http.times import instant
from domain.kernel.errors import InvalidValueError
from domain.kernel.personal_data import Fault
from domain.patients.consents import Channel
from domain.patients.contact import ContactKind
from projections.patients.directory.duplicates import DuplicateReason


class PatientBody(Body):
    """Names may be in any script.

    National phone numbers are of the country that the patient's locale or zone tells, else of the
    practice's.
    """

    model_config = examples(
        {
            "given_name": "Jürgen",
            "family_name": "Groß",
            "email": "juergen@example.org",
            "phone": "030 123456",
            "date_of_birth": "1980-02-29",
            "zone": "Europe/Berlin",
            "locale": "de-DE",
            "tags": ["knee"],
        }
    )

    given_name: Name | None = Field(None, description="Omit it, or the family name, if the person has one name only.")
    family_name: Name | None = None
    email: Text | None = None
    phone: Text | None = None
    date_of_birth: CivilDate | None = None
    zone: Text | None = None
    locale: Text | None = None
    tags: list[Text] = Field(default=[], max_length=50)


class PatientPatch(PatientBody):
    """Omitted fields stay as they are; null removes an optional value."""

    model_config = examples({"phone": "+49 30 123456", "tags": [], "alert": "Penicillin"})

    notes: Text | None = Field(None, description="For staff; the patient does not see them.")
    alert: Text | None = Field(None, description="A short warning, shown with each visit of the patient.")


class PatientShown(Versioned):
    """Of an erased patient only the id is left. Not all roles read `notes` and `alert`."""

    erased: bool
    damaged: Fault | None = Field(
        description="Why the personal data cannot be read although the patient was not erased; null if they can."
    )
    withdrawn: bool = Field(
        description="The import that registered this patient was undone: nothing new is recorded for them."
    )
    merged_into: UUID | None = Field(description="The survivor, if this patient was merged away: use that one.")
    merged_ids: list[UUID] = Field(description="The patients who were merged into this one.")
    given_name: str | None = Field(description="null if the person has a family name only.")
    family_name: str | None = Field(description="null if the person has a given name only.")
    email: str | None
    phone: str | None
    date_of_birth: date | None
    zone: str | None
    locale: str | None
    tags: list[str]
    notes: str | None
    alert: str | None


class PatientPage(Page):
    patients: list[PatientShown]


class ContactBody(Body):
    """A contact without an `id` is new. National phone numbers are of the practice's country."""

    id: UUID | None = None
    kind: ContactKind
    relation: Text | None = Field(None, description="In the practice's own words.", examples=["mother"])
    name: Text
    phone: Text | None = None
    email: Text | None = None
    is_guardian: Truth = Field(False, description="The patient's legal representative.")
    may_book: Truth = Field(False, description="May request visits in the patient's name; must be reachable.")


class ContactsBody(Body):
    """All contacts of the patient, in order; omitted ones are removed."""

    model_config = examples(
        {
            "contacts": [
                {
                    "kind": "guardian",
                    "relation": "mother",
                    "name": "Miriam Cohen",
                    "phone": "+972 50 123 4567",
                    "is_guardian": True,
                    "may_book": True,
                }
            ]
        }
    )

    contacts: list[ContactBody] = Field(max_length=20)


class ContactShown(Shown):
    id: UUID
    kind: ContactKind
    relation: str | None
    name: str
    phone: str | None
    email: str | None
    is_guardian: bool
    may_book: bool


class ContactsShown(Versioned):
    """`id` and `version` are the patient's."""

    contacts: list[ContactShown]


def _decided_at(value: object) -> object:
    if value is None:
        return None
    if not isinstance(value, str):
        raise InvalidValueError(
            "decided_at", "a time is written like 2026-06-01T09:00:00+02:00, with its offset from UTC"
        )
    return instant(value, "decided_at")


Kind = Annotated[
    str,
    Field(
        max_length=50,
        description="`data_processing`, `marketing`, `telehealth`, or a kind of the practice's own.",
        examples=["marketing"],
    ),
]
ByWhom = Annotated[
    Text | None, Field(description="Who decided, if not the patient.", examples=["Miriam Cohen, mother"])
]
DecidedAt = Annotated[
    datetime | None,
    BeforeValidator(_decided_at),
    Field(description="The time of the decision; null is now.", examples=["2026-06-01T09:00:00+02:00"]),
]


class ConsentBody(Body):
    model_config = examples({"kind": "data_processing", "document_version": "2026-01", "how": "paper", "by_whom": None})

    kind: Kind
    document_version: Text = Field(description="The version of the document that was agreed to.", examples=["2026-01"])
    how: Channel
    by_whom: ByWhom = None
    decided_at: DecidedAt = None


class WithdrawalBody(Body):
    model_config = examples({"kind": "marketing", "how": "phone"})

    kind: Kind
    how: Channel
    by_whom: ByWhom = None
    decided_at: DecidedAt = None


class DecisionShown(Shown):
    """`patient_id` is the patient for whom it was recorded, possibly one merged into this one."""

    patient_id: UUID
    kind: str
    given: bool
    document_version: str | None = Field(description="null in a withdrawal.")
    how: Channel
    by_whom: str | None
    decided_at: datetime


class ConsentsShown(Versioned):
    """`consents` has the latest decision of each kind, `history` has all of them."""

    consents: list[DecisionShown]
    history: list[DecisionShown]


class MergeBody(Body):
    model_config = examples({"other_id": "01980c5a-0000-7000-8000-000000000004"})

    other_id: UUID = Field(description="The patient who is, or was, merged into the patient of the path.")


class Candidate(Shown):
    patient: PatientShown
    reasons: list[DuplicateReason]


class Duplicates(Shown):
    candidates: list[Candidate] = Field(description="Those with the most reasons first.")
    position: int = Field(description="The answer includes every event up to here.")
