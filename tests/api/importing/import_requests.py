"""Imports into a practice of the API's tests: by the pipeline itself, and over HTTP."""

import base64
from typing import Any
from uuid import UUID

import httpx2

from api.bootstrap.importing import import_ports, import_undo
from application.importing.patients import import_patients as patients
from application.importing.pipeline import ImportRun
from application.importing.undo import UndoImport
from application.importing.visits import import_visits as visits
from domain.importing.data_import import ImportKind
from tests.api.practice_client import Json, PracticeClient
from tests.application.importing.patients.patient_file import people, read
from tests.application.importing.visits.visit_file import load_format, visit
from tests.application.importing.visits.visit_file import read as read_visits
from tests.support.container import by_test


def import_patients(studio: PracticeClient, count: int = 1, *, file: int = 1) -> UUID:
    """Import so many patients of a made-up file; return the import's id."""
    ports, digest = import_ports(studio.server.container), bytes([count % 256, file]) * 16
    run = ImportRun(ports, UUID(studio.practice_id), ImportKind.PATIENTS, "jane", digest)
    return patients.import_patients(run, read(people(count)), lambda _: None).import_id


def import_visits(studio: PracticeClient) -> tuple[UUID, list[UUID]]:
    """Import two future visits of a new patient; return the import's id and the visits' ids."""
    container, tenant_id = studio.server.container, UUID(studio.practice_id)
    studio.create("/v1/patients", given_name="Gil", family_name="Bar")
    container.read_models.catch_up(tenant_id)
    rows = [
        visit(start, Patient_First_Name="Gil", Patient_Last_Name="Bar", Staff_Member_Name="Avi")
        for start in ("2026-06-02 10:00", "2026-06-02 12:00")
    ]
    run = ImportRun(import_ports(container), tenant_id, ImportKind.APPOINTMENTS, "jane", bytes(32))
    report = visits.import_visits(run, load_format(), read_visits(rows), lambda _: None, create_missing=True)
    standing, _ = container.storage.visit_lookup.made_by(tenant_id, report.import_id)
    return report.import_id, list(standing)


def undo_import(studio: PracticeClient, import_id: UUID) -> None:
    undo = import_undo(studio.server.container)
    undo(UUID(studio.practice_id), UndoImport(import_id), by_test(), lambda _: None)


def upload(
    studio: PracticeClient,
    content: bytes | str,
    kind: str = "patients",
    *,
    headers: dict[str, str] | None = None,
    client: httpx2.Client | None = None,
    **more: object,
) -> httpx2.Response:
    """Send a file to be imported, in Jane's format unless ``mapping`` is given."""
    octets = content.encode() if isinstance(content, str) else content
    body = {"file": base64.b64encode(octets).decode()} | ({} if "mapping" in more else {"format": "jane"}) | more
    return (client or studio.client).post(f"/v1/imports/{kind}", json=body, headers=headers)


def imported(studio: PracticeClient, content: bytes | str, kind: str = "patients", **more: Any) -> Json:
    """Import a file; it must succeed."""
    answer = upload(studio, content, kind, **more)
    assert answer.status_code == 200, answer.text
    result: Json = answer.json()
    return result
