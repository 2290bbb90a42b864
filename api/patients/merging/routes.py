"""/v1/patients/{id}/duplicates, merge and unmerge: two records of one person become one, and two again."""

from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import ConfigDict, Field

from api.http.answers import Answer
from api.http.calls import After, Changing, Reading
from api.http.resource_responses import CHANGES, READS_ONE
from api.http.schemas import Body, Shown
from api.patients.patients.presenters import show_record, shower
from api.patients.patients.routes import PatientShown
from application.kernel.permissions import Permission
from application.patients.merge_patients import MergePatients, UnmergePatients
from domain.patients.patient import Patient
from projections.patients.directory.duplicates import DuplicateReason, duplicates_of

routes = APIRouter(prefix="/v1/patients/{patient_id}", tags=["patients"])


class MergeBody(Body):
    model_config = ConfigDict(json_schema_extra={"examples": [{"other_id": "01980c5a-0000-7000-8000-000000000004"}]})

    other_id: UUID = Field(description="Who is, or was, merged into the patient of the path.")


class Candidate(Shown):
    patient: PatientShown
    reasons: list[DuplicateReason]


class Duplicates(Shown):
    candidates: list[Candidate] = Field(description="Those with the most reasons first.")


@routes.get("/duplicates", response_model=Duplicates, responses=READS_ONE)
async def find_duplicates(patient_id: UUID, call: Reading, after: After = None) -> Response:
    """Patients who may be the same person: they share an e-mail address, a phone number, or the last name's beginning and the date of
    birth. Nobody is a duplicate of one who was erased or merged away."""

    def find() -> Answer:
        call.log.load(Patient, patient_id)
        call.container.wait_for(call.actor.tenant_id, "patients", after)
        found = duplicates_of(call.container.patients, call.actor.tenant_id, patient_id)
        return Answer(
            {"candidates": [{"patient": show_record(call.actor, one.patient), "reasons": one.reasons} for one in found]}
        )

    return await call.read(Permission.READ_PATIENTS, find)


@routes.post("/merge", response_model=PatientShown, responses=CHANGES)
async def merge_patients(patient_id: UUID, body: MergeBody, call: Changing) -> Response:
    """Merge another patient, who is the same person, into this one. Nothing of either is changed: visits, consents and alerts of both
    are found under this one, the other one points here (`merged_into`), and it can be undone. Refused: `patient_erased`,
    `patient_merged`, `holds_merged`."""
    return await call.change(
        MergePatients(patient_id, body.other_id, expected_version=call.expected_version), shower(call.actor)
    )


@routes.post("/unmerge", response_model=PatientShown, responses=CHANGES)
async def unmerge_patients(patient_id: UUID, body: MergeBody, call: Changing) -> Response:
    """Undo a merge: everything is as before. What was recorded for this patient since stays with it. Refused: `not_merged`,
    `patient_erased`."""
    return await call.change(
        UnmergePatients(patient_id, body.other_id, expected_version=call.expected_version), shower(call.actor)
    )
