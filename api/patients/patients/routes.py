"""/v1/patients: who is seen."""

from datetime import date
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import ConfigDict, Field

from api.http.answers import Answer
from api.http.calls import After, Changing, Creating, Reading, Showing
from api.http.paging import Cursor, Limit, cursor_behind, decoded_id
from api.http.resource_responses import CHANGES, MAKES, READS, READS_ONE, collected
from api.http.schemas import Body, CivilDate, Page, Text, Thing, chosen
from api.patients.patients.presenters import show_record, shower
from application.kernel.permissions import Permission
from application.patients.change_patient import ChangePatient
from application.patients.erase_patient import ErasePatient
from application.patients.phone import search_text
from application.patients.register_patient import RegisterPatient
from domain.patients.patient import Patient

routes = APIRouter(prefix="/v1/patients", tags=["patients"])


class PatientBody(Body):
    """Names in any script. A national phone number is read as at the practice, and kept as +<country><number>."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
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
            ]
        }
    )

    given_name: Text
    family_name: Text
    email: Text | None = None
    phone: Text | None = None
    date_of_birth: CivilDate | None = None
    zone: Text | None = None
    locale: Text | None = None
    tags: list[Text] = Field(default=[], max_length=50)


class PatientPatch(Body):
    """What is left out stays as it is; null takes away what may be missing."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"phone": "+49 30 123456", "tags": [], "alert": "Penicillin"}]}
    )

    given_name: Text = ""
    family_name: Text = ""
    email: Text | None = None
    phone: Text | None = None
    date_of_birth: CivilDate | None = None
    zone: Text | None = None
    locale: Text | None = None
    tags: list[Text] = Field(default=[], max_length=50)
    notes: Text | None = Field(None, description="For staff; the patient does not see them.")
    alert: Text | None = Field(None, description="A short warning, shown with each visit of the patient.")


class PatientShown(Thing):
    """An erased patient has an id and nothing else. `notes` and `alert` are null for keys whose role does not read them."""

    erased: bool
    withdrawn: bool = Field(
        description="The import that registered this patient was undone: nothing new is recorded for them."
    )
    merged_into: UUID | None = Field(description="The survivor, if this patient was merged away: use that one.")
    merged_ids: list[UUID] = Field(description="Those who were merged into this patient.")
    given_name: str | None
    family_name: str | None
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


@routes.post("", status_code=201, response_model=PatientShown, responses=MAKES)
async def register_patient(body: PatientBody, call: Creating) -> Response:
    """Register a patient."""
    command = RegisterPatient(
        given_name=body.given_name,
        family_name=body.family_name,
        email=body.email,
        phone=body.phone,
        date_of_birth=body.date_of_birth,
        tags=tuple(body.tags),
        zone=body.zone,
        locale=body.locale,
    )
    return await call.create(command, routes.prefix, shower(call.actor))


@routes.get("", response_model=PatientPage, responses=READS)
async def list_patients(
    call: Reading,
    search: str | None = Query(
        None,
        max_length=200,
        description="A whole e-mail address, a phone number, or beginnings of names with a last name among them.",
    ),
    limit: Limit = 50,
    cursor: Cursor = None,
    after: After = None,
) -> Response:
    """Patients in order of their registration, without those who were erased, withdrawn or merged away; a page of a search may hold
    fewer than `limit`. What is known of contacts, and of patients who were merged, finds the patient too."""

    def page() -> Answer:
        behind = decoded_id(cursor)
        tenant_id, patients = call.actor.tenant_id, call.container.patients
        call.container.wait_for(tenant_id, "patients", after)
        text = (search or "").strip()
        if text:
            found = patients.search(tenant_id, search_text(call.log, text), after=behind, limit=limit)
        else:
            found = patients.page(tenant_id, after=behind, limit=limit)
        return collected(
            "patients",
            [show_record(call.actor, patient) for patient in found.patients],
            cursor_behind(found.after),
            after,
        )

    return await call.read(Permission.READ_PATIENTS, page)


@routes.get("/{patient_id}", response_model=PatientShown, responses=READS_ONE)
async def get_patient(patient_id: UUID, call: Showing) -> Response:
    """One patient; one who was merged away names the survivor."""
    return await call.show(Permission.READ_PATIENTS, Patient, patient_id, shower(call.actor))


@routes.patch("/{patient_id}", response_model=PatientShown, responses=CHANGES)
async def change_patient(patient_id: UUID, body: PatientPatch, call: Changing) -> Response:
    """Change what is known of a patient; refused for one who was merged away (`patient_merged`)."""
    changes = chosen(body, dict)
    if "tags" in changes:
        changes["tags"] = tuple(changes["tags"])
    command = ChangePatient(patient_id, changes, expected_version=call.expected_version)
    return await call.change(command, shower(call.actor))


@routes.delete("/{patient_id}", response_model=PatientShown, responses=CHANGES)
async def erase_patient(patient_id: UUID, call: Changing) -> Response:
    """Erase a patient for ever: the key to everything personal about them is destroyed. Their visits stay, without a name.

    Those who were merged into them are the same person, and erased with them; one who was merged away is refused (`patient_merged`):
    erase the survivor."""
    return await call.change(ErasePatient(patient_id, expected_version=call.expected_version), shower(call.actor))
