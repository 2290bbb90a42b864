"""A practice's schedule: what the availability function must be told, read from the log at one position."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from application.kernel.catalogue import Catalogue
from application.kernel.errors import NotFoundError
from application.kernel.practice_log import PracticeLog
from application.patients.standing import standing_from
from application.scheduling.availability.visit_caps import is_pending_counted, quotas_of
from application.scheduling.availability.working_hours import off_times, places_of
from domain.kernel.time_range import TimeRange
from domain.patients.errors import PatientMergedError, PatientWithdrawnError
from domain.patients.standing import PatientRecord, PatientStanding
from domain.practice.clinician import Clinician
from domain.practice.resource import Resource
from domain.practice.service import Service
from domain.scheduling.availability.booking_context import BookingContext
from domain.scheduling.availability.clinician_choice import ClinicianCandidate
from domain.scheduling.availability.query import AvailabilityQuery, Candidate, Period, VisitRules
from domain.scheduling.availability.quotas import period_around
from domain.scheduling.time_claim import TimeClaim, pending_key


@dataclass(frozen=True, slots=True)
class Schedule:
    """The catalogue and the busy times of one service's clinicians and resources, at one position of the log.

    ``claims`` are those of the consultation that hold anything now, by what they hold.
    """

    service: Service
    catalogue: Catalogue
    consultation: BookingContext
    now: datetime
    claims: Mapping[UUID, Sequence[TimeClaim]]

    @property
    def expired(self) -> list[UUID]:
        """Expired holds that still have claims; the next append that takes time releases them."""
        return expired_holders(self.consultation.claims, self.now)

    def question(
        self,
        clinician_id: UUID,
        *,
        without: UUID | None = None,
        preferred: Sequence[UUID] = (),
    ) -> AvailabilityQuery:
        """Return what decides when the clinician can give the service.

        ``without`` is an appointment or hold whose own claims do not count, because it gives them up; ``preferred``
        resources are chosen before others, in their order. Raises NotFoundError: there is no such clinician.
        """
        clinician, ranks = self.catalogue.one(Clinician, clinician_id), {id: rank for rank, id in enumerate(preferred)}
        # Each clinician has an order of rooms of their own, always the same: people who are booked at the same moment then
        # rarely reach for the same room.
        candidates = [
            (resource.location_id, Candidate(resource.id, resource.kind, self._busy(resource.id, without)))
            for resource in sorted(
                self.catalogue.all(Resource),
                key=lambda each: (ranks.get(each.id, len(ranks)), each.id.int ^ clinician_id.int),
            )
            if resource.active
        ]
        return AvailabilityQuery(
            now=self.now,
            rules=rules_of(self.service),
            places=places_of(self.catalogue, clinician, candidates, self.now.year),
            busy=self._busy(clinician_id, without),
            is_offering=self.service.active and clinician_id in self.service.terms.clinician_ids,
            zone=clinician.zone,
            quotas=quotas_of(self.service, clinician),
            pending=self.pending(clinician_id, without=without) or (),
            time_off=off_times(clinician),
        )

    def pending(self, clinician_id: UUID, *, without: UUID | None = None) -> Sequence[TimeClaim] | None:
        """Return the requests and holds of a clinician that count toward limits, but ``without``'s; None where none of them does."""
        if not is_pending_counted(self.catalogue, self.service, self.catalogue.one(Clinician, clinician_id)):
            return None
        holds = [claim for claim in self._busy(clinician_id, without) if claim.expires_at and claim.service_id]
        return [*self._busy(pending_key(clinician_id), without), *holds]

    def clinician_candidates(
        self, *, without: UUID | None = None, preferred: Sequence[UUID] = ()
    ) -> list[ClinicianCandidate]:
        """Return everyone who gives the service, each with what ``question`` says of them."""
        return [
            ClinicianCandidate(clinician_id, self.question(clinician_id, without=without, preferred=preferred))
            for clinician_id in self.service.terms.clinician_ids
        ]

    def _busy(self, what: UUID, without: UUID | None) -> Sequence[TimeClaim]:
        claims = self.claims.get(what, ())
        return claims if without is None else [claim for claim in claims if claim.holder_id != without]


def require_patient(log: PracticeLog, patient_id: UUID, context: BookingContext) -> PatientStanding:
    """Return the standing of a patient who may be booked.

    Raises NotFoundError: unknown or erased; PatientMergedError: merged into another one;
    PatientWithdrawnError: the import that registered them was undone.
    """
    record = PatientRecord.of(context.subject_events)
    if not record.is_registered or record.is_erased:
        raise NotFoundError("patient")
    if record.merged_into is not None:
        raise PatientMergedError(record.merged_into)
    if record.is_withdrawn:
        raise PatientWithdrawnError
    return standing_from(log.reader, patient_id, context.subject_events)


def expired_holders(claims: Iterable[TimeClaim], now: datetime) -> list[UUID]:
    """Return whose claims have expired, each once."""
    return list(dict.fromkeys(claim.holder_id for claim in claims if claim.has_expired(now)))


def rules_of(service: Service) -> VisitRules:
    """Return what a service asks of a visit's time."""
    terms = service.terms
    return VisitRules(
        duration_minutes=terms.duration_minutes,
        step_minutes=terms.grid_minutes,
        buffer_before_minutes=terms.buffer_before_minutes,
        buffer_after_minutes=terms.buffer_after_minutes,
        minimum_notice_minutes=terms.minimum_notice_minutes,
        horizon_days=terms.horizon_days,
        requires=terms.requires,
    )


def load_schedule(
    log: PracticeLog,
    service_id: UUID,
    clinician_ids: Sequence[UUID] | None,
    window: TimeRange,
    now: datetime,
    *,
    resource_ids: Collection[UUID] = (),
    patient_id: UUID | None = None,
    command_id: UUID | None = None,
    is_agreed: bool = False,
) -> Schedule:
    """Read all that decides whether visits of a service may start in a window; None means all clinicians who give it.

    ``is_agreed``: the window is a visit that was agreed on, with its buffers and its own resources, whatever the service asks today.

    One round trip, unless the catalogue has changed since this process read it last: then it is caught up and asked again,
    so that claims and catalogue belong to one position. Raises NotFoundError: there is no such service.
    """
    catalogue = log.catalogue(at_least=0)
    while True:
        service = catalogue.aggregates.get(service_id)
        consultation = log.reader.read_booking_context(
            concerned(catalogue, service, clinician_ids, None if is_agreed else resource_ids),
            reach_of(catalogue, service, clinician_ids, window, is_agreed=is_agreed)
            if isinstance(service, Service)
            else window,
            subject_id=patient_id,
            command_id=command_id,
        )
        if consultation.catalogue_position <= catalogue.position:
            break
        catalogue = log.catalogue(at_least=consultation.catalogue_position)
    if not isinstance(service, Service):
        raise NotFoundError("service")
    return Schedule(service, catalogue, consultation, now, held(consultation.claims, now))


def held(claims: Iterable[TimeClaim], now: datetime) -> Mapping[UUID, Sequence[TimeClaim]]:
    """Return those claims that hold anything now, by what they hold."""
    found: dict[UUID, list[TimeClaim]] = {}
    for claim in claims:
        if not claim.has_expired(now):
            found.setdefault(claim.what, []).append(claim)
    return found


def concerned(
    catalogue: Catalogue, service: object, clinician_ids: Sequence[UUID] | None, named: Collection[UUID] | None
) -> list[UUID]:
    """Whose busy times matter: the clinicians', and those of each resource that may be chosen or was named; None means of all.

    Where pending visits count, those that the clinicians are asked for matter too.
    """
    if not isinstance(service, Service):
        return []
    kinds = service.terms.requires
    clinicians = service.terms.clinician_ids if clinician_ids is None else clinician_ids
    resources = [r.id for r in catalogue.all(Resource) if named is None or r.kind in kinds or r.id in named]
    known = (catalogue.aggregates.get(id) for id in clinicians)
    asked = [pending_key(c.id) for c in known if isinstance(c, Clinician) and is_pending_counted(catalogue, service, c)]
    return [*clinicians, *resources, *asked]


def reach_of(
    catalogue: Catalogue,
    service: Service,
    clinician_ids: Sequence[UUID] | None,
    window: TimeRange,
    *,
    is_agreed: bool = False,
) -> TimeRange:
    """When claims matter: as far as a visit reaches, and where visits are counted the whole of each day or week."""
    time = window if is_agreed else rules_of(service).reach(window)
    ids = service.terms.clinician_ids if clinician_ids is None else clinician_ids
    for id in ids:
        clinician = catalogue.aggregates.get(id)
        if not isinstance(clinician, Clinician):
            continue
        periods = {quota.period for quota in quotas_of(service, clinician)}
        if clinician_ids is None:
            periods.add(Period.DAY)
        for period in periods:
            last = window.ends_at - timedelta(microseconds=1)
            time = TimeRange(
                min(time.starts_at, period_around(clinician.zone, period, window.starts_at).starts_at),
                max(time.ends_at, period_around(clinician.zone, period, last).ends_at),
            )
    return time


def start_window(starts_at: datetime) -> TimeRange:
    """The shortest window that holds a start."""
    return TimeRange(starts_at, starts_at + timedelta(seconds=1))
