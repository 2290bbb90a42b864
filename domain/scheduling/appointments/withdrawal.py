"""Taking a visit back that an import had booked: it leaves no visit, and no cancellation either."""

from datetime import datetime

from domain.scheduling.appointments.appointment import Appointment
from domain.scheduling.appointments.status import Status


def withdraw(appointment: Appointment, at: datetime) -> bool:
    """Take the visit back, at any time and whatever came of it; it holds no time any more.

    Return whether anything was recorded: what is archived already stays as it is.
    """
    if appointment.status == Status.ARCHIVED:
        return False
    appointment.trigger_event(Appointment.Withdrawn, timestamp=at)
    return True
