"""Appointments in each status."""

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from domain.kernel.money import Money
from domain.kernel.time_range import TimeRange
from domain.scheduling.appointments.appointment import Appointment
from domain.scheduling.appointments.status import Status
from domain.scheduling.appointments.visit import Visit
from tests.support.availability_builders import CLINICIAN, HERE, ROOM_1, ROOM_2, at, between

ID, PATIENT, SERVICE = UUID(int=100), UUID(int=101), UUID(int=102)

YESTERDAY, BEFORE = at("2026-05-31T12:00"), at("2026-06-01T08:59:59")

NINE, TEN = at("2026-06-01T09:00"), at("2026-06-01T10:00")

VISIT = Visit(
    patient_id=PATIENT,
    service_id=SERVICE,
    clinician_id=CLINICIAN,
    location_id=HERE,
    resource_ids=(ROOM_1,),
    during=TimeRange(NINE, TEN),
    price=Money(8000, "EUR"),
    mode="in_person",
    buffer_before_minutes=5,
    buffer_after_minutes=10,
)


def booked_appointment() -> Appointment:
    appointment = Appointment.book(id=ID, visit=VISIT, at=YESTERDAY)
    appointment.collect_events()
    return appointment


def in_status(status: Status) -> Appointment:
    appointment = booked_appointment()
    match status:
        case Status.CHECKED_IN:
            appointment.check_in(BEFORE)
        case Status.COMPLETED:
            appointment.complete(TEN)
        case Status.NO_SHOW:
            appointment.mark_no_show(TEN)
        case Status.CANCELLED:
            appointment.cancel("ill", YESTERDAY)
        case Status.BOOKED:
            pass
    appointment.collect_events()
    return appointment


Step = Callable[[Appointment, datetime], bool]

RESCHEDULE: Step = lambda a, now: a.reschedule(between("2026-06-02T09:00", "2026-06-02T10:00"), [ROOM_2], now)  # noqa: E731

CANCEL: Step = lambda a, now: a.cancel("ill", now)  # noqa: E731
