"""Offer freed time to the wait list, once the command that freed it can no longer be undone."""

from application.kernel.jobs import JobQueue, policy
from application.waitlist.jobs import OfferFreedTime
from domain.kernel.logged_event import LoggedEvent
from domain.scheduling.appointments.appointment import Appointment
from domain.scheduling.appointments.hold import Hold
from domain.scheduling.appointments.undo import GRACE
from domain.scheduling.sessions.group_session import GroupSession
from domain.scheduling.sessions.group_session_events import PLANNED


@policy(
    Appointment.Cancelled,
    Appointment.Rescheduled,
    Appointment.Reassigned,
    Appointment.Undone,
    GroupSession.Cancelled,
    GroupSession.Moved,
    GroupSession.Undone,
    Hold.Released,
)
def when_time_freed_offer_to_waitlist(event: LoggedEvent, queue: JobQueue) -> None:
    if event.event_type == GroupSession.Undone.TOPIC and event.body["act"] != PLANNED:
        return  # the session's other events of this command name the released time
    at = event.effective_at
    due_at = at if event.event_type == Hold.Released.TOPIC else at + GRACE
    queue.enqueue(OfferFreedTime(event.tenant_id, event.stream_id, event.version), due_at=due_at)
