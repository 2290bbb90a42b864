"""One id of each kind of record that a practice has."""

from tests.api.importing.import_requests import import_patients
from tests.api.practice_client import PracticeClient

WINDOW = {"from": "2026-06-01", "to": "2026-06-08"}
QUERIES: dict[str, dict[str, str]] = {
    "/v1/slots": {**WINDOW, "service_id": ""},
    "/v1/slots/explain": {"at": "2026-06-03T09:00:00Z", "service_id": "", "clinician_id": ""},
    "/v1/calendar": WINDOW,
    "/v1/clinicians/{clinician_id}/busy-time": WINDOW,
    "/v1/diff": {"from": "0", "to": "1", "thing_id": ""},
    "/v1/sessions/{session_id}/invitation.ics": {"patient_id": ""},
}
"""The queries of the routes that require some. Empty ones are filled with ids."""


def ids_of(studio: PracticeClient) -> dict[str, str]:
    """Return one id of each kind of resource of a practice."""
    key = studio.create("/v1/api-keys", role="auditor", label="audit")
    hook = {"url": "https://127.0.0.1:1/nobody", "events": ["patient.registered"]}
    entry = studio.create("/v1/waitlist", patient_id=studio.patient, service_id=studio.service)["id"]
    openings = [
        studio.create(
            "/v1/openings", entry_ids=[entry], clinician_id=studio.clinician, starts_at=starts_at, minutes=1000
        )
        for starts_at in ("2026-06-04T14:00:00+02:00", "2026-06-04T16:00:00+02:00")
    ]
    return {
        "entry_id": entry,
        "opening_id": openings[0]["id"],
        "offer_id": openings[1]["rounds"][0]["offers"][0]["offer_id"],
        "location_id": studio.location,
        "resource_id": studio.add_room(),
        "clinician_id": studio.clinician,
        "preferred_clinician_id": studio.clinician,
        "to_clinician_id": studio.clinician,
        "service_id": studio.service,
        "patient_id": studio.patient,
        "thing_id": studio.patient,
        "other_id": studio.add_patient(),
        "appointment_id": studio.book_appointment("2026-06-02T09:00:00+02:00")["id"],
        "series_id": studio.post_series("2026-06-05T09:00:00+02:00").json()["id"],
        "api_key_id": key["id"],
        "feed_id": studio.create(f"/v1/clinicians/{studio.clinician}/feeds")["id"],
        "staff_id": studio.clinician,
        "course_id": studio.create(
            "/v1/courses",
            service_id=studio.service,
            staff_ids=[studio.clinician],
            starts_at="2026-06-09T14:00:00+02:00",
            rrule="FREQ=WEEKLY;COUNT=2",
            seats=3,
        )["id"],
        "session_id": studio.create(
            "/v1/sessions",
            service_id=studio.service,
            staff_ids=[studio.clinician],
            starts_at="2026-06-05T14:00:00+02:00",
            seats=3,
        )["id"],
        "hold_id": studio.create(
            "/v1/holds",
            service_id=studio.service,
            clinician_id=studio.clinician,
            starts_at="2026-06-04T09:00:00+02:00",
            minutes=10,
        )["id"],
        "webhook_endpoint_id": studio.create("/v1/webhook-endpoints", **hook)["id"],
        "import_id": str(import_patients(studio)),
    }
