"""Limits on the visits of a clinician, of one service or of all, and the guards that keep them."""

from collections import Counter

from application.kernel.catalogue import Catalogue
from domain.practice.clinician import Clinician
from domain.practice.practice import Practice
from domain.practice.service import Service
from domain.scheduling.appointments.appointment import Appointment
from domain.scheduling.availability.query import Period, Quota
from domain.scheduling.availability.quotas import LimitGuard, period_around
from domain.scheduling.sessions.group_session import GroupSession


def quotas_of(service: Service, clinician: Clinician) -> list[Quota]:
    """Return the clinician's limits on all visits, and the service's limits on its own visits."""
    quotas = (
        (Period.DAY, clinician.limits.per_day, None),
        (Period.WEEK, clinician.limits.per_week, None),
        (Period.DAY, service.limits.per_day, service.id),
        (Period.WEEK, service.limits.per_week, service.id),
    )
    return [Quota(period, most, service_id) for period, most, service_id in quotas if most is not None]


def is_pending_counted(catalogue: Catalogue, service: Service, clinician: Clinician) -> bool:
    """Return whether there are limits, and the practice counts requests and holds toward them."""
    return bool(quotas_of(service, clinician)) and any(practice.pending_counts for practice in catalogue.all(Practice))


def limit_guards(catalogue: Catalogue, *visits: Appointment | GroupSession) -> list[LimitGuard]:
    """Return the guards of visits that are recorded together: each leaves room for the others.

    A session is one visit of each of its staff.
    """
    counts: Counter[LimitGuard] = Counter()
    for visit in visits:
        service = catalogue.one(Service, visit.service_id)
        for clinician_id in visit.staff_ids if isinstance(visit, GroupSession) else (visit.clinician_id,):
            clinician = catalogue.one(Clinician, clinician_id)
            for quota in quotas_of(service, clinician):
                within = period_around(clinician.zone, quota.period, visit.starts_at)
                counts[LimitGuard(clinician_id, within, quota)] += 1
    return [
        guard._replace(quota=guard.quota._replace(most=guard.quota.most - count + 1)) for guard, count in counts.items()
    ]
