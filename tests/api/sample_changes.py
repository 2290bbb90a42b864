"""One change for each resource that the API shows, and the times of these changes."""

from datetime import datetime, timedelta

from tests.api.api_server import NOW
from tests.api.practice_client import Json


def minutes_after_opening(number: float) -> datetime:
    """An instant in the studio's life, some minutes after it was opened."""
    return NOW + timedelta(minutes=number)


def iso_text(get_as_of: datetime) -> str:
    return get_as_of.isoformat()


# Each route that returns a single resource has a line: a request that changes the resource.
CHANGES: dict[str, tuple[str, str, Json]] = {
    # First, since it ends by the clock.
    "/v1/holds/{hold_id}": ("delete", "/v1/holds/{hold_id}", {}),
    "/v1/waitlist/{entry_id}": ("patch", "/v1/waitlist/{entry_id}", {"notice_minutes": 60}),
    "/v1/offers/{offer_id}": ("post", "/v1/offers/{offer_id}/decline", {}),
    # What the entry was offered goes back.
    "/v1/openings/{opening_id}": ("delete", "/v1/waitlist/{entry_id}", {}),
    "/v1/series/{series_id}": (
        "post",
        "/v1/series/{series_id}/change",
        {"from_occurrence": 2, "scope": "following", "starts_at": "2026-06-12T13:00:00+02:00"},
    ),
    "/v1/practice": ("patch", "/v1/practice", {"name": "Praxis am Park"}),
    "/v1/locations/{location_id}": ("patch", "/v1/locations/{location_id}", {"name": "Nord"}),
    "/v1/resources/{resource_id}": ("patch", "/v1/resources/{resource_id}", {"active": False}),
    "/v1/resources/{resource_id}/out-of-service": (
        "put",
        "/v1/resources/{resource_id}/out-of-service",
        {"ranges": [{"first_date": "2026-07-20", "last_date": "2026-07-24"}]},
    ),
    "/v1/clinicians/{clinician_id}": ("patch", "/v1/clinicians/{clinician_id}", {"name": "Dr. Noa Cohen"}),
    "/v1/clinicians/{clinician_id}/hours": (
        "put",
        "/v1/clinicians/{clinician_id}/hours",
        {"location_id": "", "weekly": [{"weekday": "sun", "from": "10:00", "to": "12:00"}]},
    ),
    "/v1/clinicians/{clinician_id}/time-off": (
        "put",
        "/v1/clinicians/{clinician_id}/time-off",
        {"ranges": [{"first_date": "2026-07-20", "last_date": "2026-08-02", "note": "Urlaub"}]},
    ),
    "/v1/services/{service_id}": ("patch", "/v1/services/{service_id}", {"duration_minutes": 20}),
    "/v1/patients/{patient_id}": ("patch", "/v1/patients/{patient_id}", {"given_name": "נועה", "notes": "scheu"}),
    "/v1/patients/{patient_id}/contacts": (
        "put",
        "/v1/patients/{patient_id}/contacts",
        {"contacts": [{"kind": "family", "name": "Miriam Cohen"}]},
    ),
    "/v1/patients/{patient_id}/consents": (
        "post",
        "/v1/patients/{patient_id}/consents",
        {"kind": "marketing", "document_version": "1", "how": "paper"},
    ),
    "/v1/appointments/{appointment_id}": ("post", "/v1/appointments/{appointment_id}/cancel", {"reason": "ill"}),
    "/v1/courses/{course_id}": (
        "post",
        "/v1/courses/{course_id}/cancel",
        {"from_occurrence": 2, "reason": "the studio moves"},
    ),
    "/v1/sessions/{session_id}": ("patch", "/v1/sessions/{session_id}", {"seats": 5}),
    "/v1/imports/{import_id}": ("post", "/v1/imports/{import_id}/undo", {}),
    "/v1/feeds/{feed_id}": ("delete", "/v1/feeds/{feed_id}", {}),
    "/v1/api-keys/{api_key_id}": ("delete", "/v1/api-keys/{api_key_id}", {}),
    "/v1/webhook-endpoints/{webhook_endpoint_id}": (
        "patch",
        "/v1/webhook-endpoints/{webhook_endpoint_id}",
        {"active": False},
    ),
}
