"""Revoke the feeds of an erased patient, and take them out of waiting lines."""

from application.kernel.jobs import JobQueue, policy
from application.scheduling.jobs import EndFeedsAndLines
from domain.kernel.logged_event import LoggedEvent
from domain.patients.patient import Patient


@policy(Patient.WasErased)
def when_patient_erased_end_feeds_and_lines(event: LoggedEvent, queue: JobQueue) -> None:
    queue.enqueue(EndFeedsAndLines(event.tenant_id, event.stream_id, event.position), due_at=event.effective_at)
