"""/v1/patients/{id}/contacts: who else is to be reached, and who may act for the patient."""

from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import ConfigDict, Field

from api.http.calls import Changing, Showing
from api.http.resource_responses import CHANGES, READS_ONE
from api.http.schemas import Body, Shown, Text, Thing, Truth
from application.kernel.permissions import Permission
from application.patients.set_contacts import ContactInput, SetContacts
from domain.patients.contact import ContactKind
from domain.patients.patient import Patient

routes = APIRouter(prefix="/v1/patients/{patient_id}/contacts", tags=["patients"])


class ContactBody(Body):
    """A contact that has an `id` keeps it; one without is new. A national phone number is read as at the practice."""

    id: UUID | None = None
    kind: ContactKind
    relation: Text | None = Field(None, description="In the practice's own words.", examples=["mother"])
    name: Text
    phone: Text | None = None
    email: Text | None = None
    is_guardian: Truth = Field(False, description="Acts for the patient before the law.")
    may_book: Truth = Field(False, description="May ask for visits in the patient's name; must be reachable.")


class ContactsBody(Body):
    """All contacts of the patient, in their order: who is left out is a contact no longer."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
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


class ContactsShown(Thing):
    """`id` and `version` are the patient's."""

    contacts: list[ContactShown]


@routes.get("", response_model=ContactsShown, responses=READS_ONE)
async def get_contacts(patient_id: UUID, call: Showing) -> Response:
    """A patient's contacts, in their order."""
    return await call.show(Permission.READ_PATIENTS, Patient, patient_id, show_contacts)


@routes.put("", response_model=ContactsShown, responses=CHANGES)
async def set_contacts(patient_id: UUID, body: ContactsBody, call: Changing) -> Response:
    """Set all contacts of a patient; the same ones again change nothing."""
    command = SetContacts(
        patient_id,
        tuple(ContactInput(**contact.model_dump()) for contact in body.contacts),
        expected_version=call.expected_version,
    )
    return await call.change(command, show_contacts)


def show_contacts(patient: Patient) -> dict[str, object]:
    return {"contacts": [contact.fields() for contact in patient.contacts]}
