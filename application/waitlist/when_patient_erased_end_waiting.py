"""Take an erased patient off the wait list."""

from application.kernel.jobs import JobQueue, policy
from application.waitlist.jobs import EndWaiting
from domain.kernel.logged_event import LoggedEvent
from domain.patients.patient import Patient


@policy(Patient.WasErased)
def when_patient_erased_end_waiting(event: LoggedEvent, queue: JobQueue) -> None:
    queue.enqueue(EndWaiting(event.tenant_id, event.stream_id, event.position), due_at=event.effective_at)
