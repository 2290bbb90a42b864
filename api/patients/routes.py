"""/v1/patients: patients, their contacts and consents, duplicates and merges."""

from functools import partial
from typing import Any, Final
from uuid import UUID

from fastapi import APIRouter, Query, Response

from api.http.answers import Answer
from api.http.calls import After, Changing, Creating, Reading, Showing
from api.http.paging import Cursor, Limit, cursor_behind, decoded_id
from api.http.resource_responses import CHANGES, MAKES, READS, READS_ONE, collected
from api.http.schemas import sent_fields
from api.patients.presenters import (
    present_consents,
    present_contacts,
    present_decisions,
    present_patient,
    present_patient_record,
)
from api.patients.schemas import (
    ConsentBody,
    ConsentsShown,
    ContactsBody,
    ContactsShown,
    Duplicates,
    MergeBody,
    PatientBody,
    PatientPage,
    PatientPatch,
    PatientShown,
    WithdrawalBody,
)
from application.kernel.permissions import Permission
from application.patients.change_patient import ChangePatient
from application.patients.decide_consent import DecideConsent, consents_of
from application.patients.erase_patient import ErasePatient
from application.patients.phone import search_text
from application.patients.register_patient import RegisterPatient
from application.patients.set_contacts import ContactInput, SetContacts
from application.scheduling.merge_patients import MergePatients, UnmergePatients
from domain.patients.consents import Consents
from domain.patients.patient import Patient
from projections.patients.directory.duplicates import duplicates_of

routes = APIRouter(prefix="/v1/patients", tags=["patients"])

_NAMES: Final = ("given_name", "family_name")


@routes.post("", status_code=201, response_model=PatientShown, responses=MAKES)
async def register_patient(body: PatientBody, call: Creating) -> Response:
    """Register a patient. Without a given name or without a family name, but not without both."""
    command = RegisterPatient(**_with_names(body.model_dump(exclude={"tags"})), tags=tuple(body.tags))
    return await call.create(command, routes.prefix, partial(present_patient, call))


@routes.get("", response_model=PatientPage, responses=READS)
async def list_patients(
    call: Reading,
    search: str | None = Query(
        None,
        max_length=200,
        description="A complete e-mail address, a phone number, or beginnings of names, among them a last name.",
    ),
    limit: Limit = 50,
    cursor: Cursor = None,
    after: After = None,
) -> Response:
    """List patients in order of registration, without erased, withdrawn and merged ones.

    A search also finds a patient by contacts and by patients who were merged into them. A page may
    hold fewer than `limit`. A patient whose data cannot be read is listed with `damaged`.
    """

    def page() -> Answer:
        behind = decoded_id(cursor)
        tenant_id, patients = call.actor.tenant_id, call.container.patients
        reached = call.container.wait_for(tenant_id, "patients", after)
        if text := (search or "").strip():
            found = patients.search(tenant_id, search_text(call.log, text), after=behind, limit=limit)
        else:
            found = patients.page(tenant_id, after=behind, limit=limit)
        records = [present_patient_record(call, patient) for patient in found.patients]
        return collected("patients", records, cursor_behind(found.after), reached)

    return await call.read(Permission.READ_PATIENTS, page)


@routes.get("/{patient_id}", response_model=PatientShown, responses=READS_ONE)
async def get_patient(patient_id: UUID, call: Showing) -> Response:
    """Return one patient. A merged one names the survivor in `merged_into`."""
    return await call.get(Permission.READ_PATIENTS, Patient, patient_id, partial(present_patient, call))


@routes.patch("/{patient_id}", response_model=PatientShown, responses=CHANGES)
async def change_patient(patient_id: UUID, body: PatientPatch, call: Changing) -> Response:
    """Change a patient's details, notes or alert. `patient_merged`: change the survivor."""
    changes = _with_names(sent_fields(body))
    if "tags" in changes:
        changes["tags"] = tuple(changes["tags"])
    command = ChangePatient(patient_id, changes, expected_version=call.expected_version)
    return await call.change(command, partial(present_patient, call))


@routes.delete("/{patient_id}", response_model=PatientShown, responses=CHANGES)
async def erase_patient(patient_id: UUID, call: Changing) -> Response:
    """Erase a patient: the key of their personal data is destroyed for good.

    Their places on the wait list and in waiting lines, their offers and their feeds end within
    seconds. Their visits and seats stay, without a name; those to come are in `GET /v1/conflicts`,
    for a decision. Patients merged into them are erased too. `patient_merged`: erase the survivor.
    """
    return await call.change(
        ErasePatient(patient_id, expected_version=call.expected_version), partial(present_patient, call)
    )


@routes.get("/{patient_id}/contacts", response_model=ContactsShown, responses=READS_ONE)
async def get_contacts(patient_id: UUID, call: Showing) -> Response:
    """Return a patient's contacts, in order."""
    return await call.get(Permission.READ_PATIENTS, Patient, patient_id, present_contacts)


@routes.put("/{patient_id}/contacts", response_model=ContactsShown, responses=CHANGES)
async def set_contacts(patient_id: UUID, body: ContactsBody, call: Changing) -> Response:
    """Set all contacts of a patient. Setting the same ones again changes nothing."""
    contacts = tuple(ContactInput(**contact.model_dump()) for contact in body.contacts)
    return await call.change(
        SetContacts(patient_id, contacts, expected_version=call.expected_version), present_contacts
    )


@routes.get("/{patient_id}/consents", response_model=ConsentsShown, responses=READS_ONE)
async def get_consents(patient_id: UUID, call: Showing) -> Response:
    """Return the consents that apply, and the history of decisions.

    Decisions for patients merged into this one are included; the latest of a kind applies.
    """

    def read() -> Answer:
        position = call.point_in_time(Consents, Consents.id_of(patient_id)).position
        found = consents_of(call.log, call.log.look_up(Patient, patient_id, position), position, call.version)
        version = next((one.version for one in found if one.patient_id == patient_id), 0)
        body = {"id": patient_id, "version": version, **present_decisions(found)}
        return Answer(body, version=version) if position is None else Answer({**body, "position": position})

    return await call.read(Permission.READ_PATIENTS, read)


@routes.post("/{patient_id}/consents", response_model=ConsentsShown, responses=CHANGES)
async def give_consent(patient_id: UUID, body: ConsentBody, call: Changing) -> Response:
    """Record a consent. Giving the same version again while it applies changes nothing."""
    command = DecideConsent(patient_id=patient_id, **body.model_dump(), expected_version=call.expected_version)
    return await call.change(command, present_consents)


@routes.post("/{patient_id}/consents/withdraw", response_model=ConsentsShown, responses=CHANGES)
async def withdraw_consent(patient_id: UUID, body: WithdrawalBody, call: Changing) -> Response:
    """Record that a consent was withdrawn; the history keeps it. A repeat changes nothing.

    Refused if the consent was never given: `consent_not_given`.
    """
    command = DecideConsent(
        patient_id=patient_id, document_version=None, **body.model_dump(), expected_version=call.expected_version
    )
    return await call.change(command, present_consents)


@routes.get("/{patient_id}/duplicates", response_model=Duplicates, responses=READS_ONE)
async def find_duplicates(patient_id: UUID, call: Reading, after: After = None) -> Response:
    """List patients who may be the same person.

    They share an e-mail address, a phone number, or the beginning of the last name and the date of
    birth. Erased and merged patients have no duplicates.
    """

    def find() -> Answer:
        call.log.load(Patient, patient_id)
        reached = call.container.wait_for(call.actor.tenant_id, "patients", after)
        found = duplicates_of(call.container.patients, call.actor.tenant_id, patient_id)
        candidates = [{"patient": present_patient_record(call, one.patient), "reasons": one.reasons} for one in found]
        return Answer({"candidates": candidates, "position": reached})

    return await call.read(Permission.READ_PATIENTS, find)


@routes.post("/{patient_id}/merge", response_model=PatientShown, responses=CHANGES)
async def merge_patients(patient_id: UUID, body: MergeBody, call: Changing) -> Response:
    """Merge another patient, who is the same person, into this one.

    Neither record is changed: visits, consents and alerts of both are found under this patient, the
    other one points to it (`merged_into`), and the merge can be undone. Coming sessions in which
    both have a seat keep that of this patient. Refused: `patient_erased`, `patient_merged`,
    `holds_merged`.
    """
    command = MergePatients(patient_id, body.other_id, expected_version=call.expected_version)
    return await call.change(command, partial(present_patient, call))


@routes.post("/{patient_id}/unmerge", response_model=PatientShown, responses=CHANGES)
async def unmerge_patients(patient_id: UUID, body: MergeBody, call: Changing) -> Response:
    """Undo a merge. What was recorded for this patient since then stays with it.

    Refused: `not_merged`, `patient_erased`.
    """
    command = UnmergePatients(patient_id, body.other_id, expected_version=call.expected_version)
    return await call.change(command, partial(present_patient, call))


def _with_names(fields: dict[str, Any]) -> dict[str, Any]:
    """Return the fields with an empty text for a name that the person does not have."""
    return {name: "" if value is None and name in _NAMES else value for name, value in fields.items()}
