"""Limits: how many visits a clinician gives, of one service and of all."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from application.kernel.catalogue import Catalogue
from domain.practice.clinician import Clinician
from domain.practice.practice import Practice
from domain.practice.service import Service
from domain.scheduling.appointments.appointment import Appointment
from domain.scheduling.availability.query import Period, Quota
from domain.scheduling.availability.quotas import LimitGuard, caps_of, caps_with_pending
from domain.scheduling.sessions.group_session import GroupSession
from domain.scheduling.time_claim import TimeClaim


def quotas_of(service: Service, clinician: Clinician) -> list[Quota]:
    """Return the limits of a visit: those of the clinician for all their visits, those of the service for theirs of this kind."""
    asked = (
        (Period.DAY, clinician.limits.per_day, None),
        (Period.WEEK, clinician.limits.per_week, None),
        (Period.DAY, service.limits.per_day, service.id),
        (Period.WEEK, service.limits.per_week, service.id),
    )
    return [Quota(period, most, service_id) for period, most, service_id in asked if most is not None]


def is_pending_counted(catalogue: Catalogue, service: Service, clinician: Clinician) -> bool:
    """Whether there are limits at all that pending visits, requests and holds, count toward in this practice."""
    return bool(quotas_of(service, clinician)) and any(practice.pending_counts for practice in catalogue.all(Practice))


def caps_on(
    catalogue: Catalogue, appointment: Appointment, pending: Sequence[TimeClaim] | None = None
) -> list[LimitGuard]:
    """Return what must still hold when the appointment is recorded at its time; nothing where there are no limits.

    ``pending`` are the visits that were seen and count without being agreed to, None where those do not count.
    """
    caps = _caps(catalogue, appointment.service_id, appointment.clinician_id, appointment.starts_at)
    return caps if pending is None else caps_with_pending(caps, pending)


def caps_on_session(catalogue: Catalogue, session: GroupSession) -> list[LimitGuard]:
    """Return the same for a session: it is one visit of each of its staff."""
    return [
        cap
        for clinician_id in session.staff_ids
        for cap in _caps(catalogue, session.service_id, clinician_id, session.starts_at)
    ]


def caps_on_all(catalogue: Catalogue, appointments: Iterable[Appointment]) -> list[LimitGuard]:
    """Return what must still hold when appointments are recorded together: each leaves room for the others in its day and week."""
    return _leaving_room(cap for appointment in appointments for cap in caps_on(catalogue, appointment))


def caps_on_sessions(catalogue: Catalogue, sessions: Iterable[GroupSession]) -> list[LimitGuard]:
    """Return the same for sessions that are recorded together."""
    return _leaving_room(cap for session in sessions for cap in caps_on_session(catalogue, session))


def _leaving_room(caps: Iterable[LimitGuard]) -> list[LimitGuard]:
    numbers = Counter(caps)
    return [cap._replace(quota=cap.quota._replace(most=cap.quota.most - number + 1)) for cap, number in numbers.items()]


def _caps(catalogue: Catalogue, service_id: UUID, clinician_id: UUID, starts_at: datetime) -> list[LimitGuard]:
    clinician = catalogue.one(Clinician, clinician_id)
    quotas = quotas_of(catalogue.one(Service, service_id), clinician)
    return caps_of(quotas, clinician.id, clinician.zone, starts_at)
