"""The input of the availability function, read from the log at one position."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from application.kernel.catalogue import Catalogue
from application.kernel.errors import NotFoundError
from application.kernel.practice_log import PracticeLog
from application.patients.families import Families, family_of
from application.patients.standing import standing_from
from application.scheduling.availability.visit_limits import is_pending_counted, quotas_of
from application.scheduling.availability.working_hours import leaves_at, out_of_service_of, time_off_of, working_places
from domain.kernel.provenance import CommandRepeatedError
from domain.kernel.time_range import TimeRange
from domain.patients.errors import PatientMergedError, PatientWithdrawnError
from domain.patients.standing import PatientRecord, PatientStanding
from domain.practice.clinician import Clinician
from domain.practice.location import Location
from domain.practice.resource import Resource
from domain.practice.service import Service, ServiceTerms
from domain.scheduling.availability.booking_context import BookingContext
from domain.scheduling.availability.clinician_choice import ClinicianCandidate
from domain.scheduling.availability.query import AvailabilityQuery, Candidate, Period, VisitRules
from domain.scheduling.availability.quotas import period_around
from domain.scheduling.time_claim import TimeClaim, TimeClaims, pending_key


@dataclass(frozen=True, slots=True)
class Schedule:
    """The catalogue, and the claims on one service's clinicians and resources, at one log position.

    ``claims`` are the unexpired ones, by clinician, resource or patient. ``duration_minutes`` None:
    visits have the length that the service has for their clinician. ``families``: all ids of the
    person behind each patient of the visit, if the patients are known; their other visits are busy
    time.
    """

    service: Service
    catalogue: Catalogue
    booking_context: BookingContext
    now: datetime
    claims: Mapping[UUID, Sequence[TimeClaim]]
    duration_minutes: int | None = None
    families: Families = field(default_factory=dict)

    @property
    def expired(self) -> list[UUID]:
        """Expired holds that still have claims; the next append that claims time releases them."""
        return expired_holders(self.booking_context.claims, self.now)

    def query(
        self, clinician_id: UUID, *, without: UUID | None = None, preferred: Sequence[UUID] = ()
    ) -> AvailabilityQuery:
        """Return the availability query for the clinician.

        ``without`` is a holder whose claims are ignored; ``preferred`` resources are chosen first,
        in order. Raises NotFoundError: no such clinician.
        """
        clinician, ranks = self.catalogue.one(Clinician, clinician_id), {id: rank for rank, id in enumerate(preferred)}
        # Clinicians have fixed, different orders of rooms, so concurrent bookings rarely collide.
        candidates = [
            (
                resource.location_id,
                Candidate(resource.id, resource.kind, self._busy(resource.id, without), self._out_of_service(resource)),
            )
            for resource in sorted(
                self.catalogue.all(Resource),
                key=lambda each: (ranks.get(each.id, len(ranks)), each.id.int ^ clinician_id.int),
            )
            if resource.active
        ]
        return AvailabilityQuery(
            now=self.now,
            rules=rules_of(self.service.terms_of(clinician_id), self.duration_minutes),
            places=working_places(self.catalogue, clinician, candidates, self.now.year),
            busy=self._busy(clinician_id, without),
            is_offering=self.service.active and clinician_id in self.service.terms.clinician_ids,
            zone=clinician.zone,
            quotas=quotas_of(self.service, clinician),
            pending=self.pending(clinician_id, without=without) or (),
            patient_busy=self._patient_busy(without),
            time_off=time_off_of(clinician),
            leaves_at=leaves_at(clinician),
        )

    def pending(self, clinician_id: UUID, *, without: UUID | None = None) -> Sequence[TimeClaim] | None:
        """Return the requests and holds that count toward limits; None if none do."""
        if not is_pending_counted(self.catalogue, self.service, self.catalogue.one(Clinician, clinician_id)):
            return None
        holds = [claim for claim in self._busy(clinician_id, without) if claim.expires_at and claim.service_id]
        return [*self._busy(pending_key(clinician_id), without), *holds]

    def clinician_candidates(
        self, *, without: UUID | None = None, preferred: Sequence[UUID] = ()
    ) -> list[ClinicianCandidate]:
        """Return all clinicians who give the service, with their queries."""
        return [
            ClinicianCandidate(clinician_id, self.query(clinician_id, without=without, preferred=preferred))
            for clinician_id in self.service.terms.clinician_ids
        ]

    def _out_of_service(self, resource: Resource) -> Sequence[TimeRange]:
        if not resource.out_of_service:
            return ()
        return out_of_service_of(resource, self.catalogue.one(Location, resource.location_id).zone)

    def _patient_busy(self, without: UUID | None) -> Sequence[TimeClaim]:
        """Return the claims on the patients' time, each under the id of the visit's patient."""
        return [
            claim if id_ == patient_id else claim._replace(what=patient_id)
            for patient_id, family in self.families.items()
            for id_ in family
            for claim in self._busy(id_, without)
        ]

    def _busy(self, what: UUID, without: UUID | None) -> Sequence[TimeClaim]:
        claims = self.claims.get(what, ())
        return claims if without is None else TimeClaims(claim for claim in claims if claim.holder_id != without)


def require_patient(log: PracticeLog, patient_id: UUID, context: BookingContext) -> PatientStanding:
    """Return the standing of a patient who may be booked.

    Raises NotFoundError: unknown or erased; PatientMergedError, PatientWithdrawnError.
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
    """Return the holders of expired claims, without repeats."""
    return list(dict.fromkeys(claim.holder_id for claim in claims if claim.has_expired(now)))


def rules_of(terms: ServiceTerms, duration_minutes: int | None = None) -> VisitRules:
    """Return the rules for a visit of the given length; None: of that of the terms."""
    return VisitRules(
        duration_minutes=duration_minutes or terms.duration_minutes,
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
    has_own_terms: bool = False,
    duration_minutes: int | None = None,
    families: Families | None = None,
) -> Schedule:
    """Read what decides whether visits of a service may start in a window.

    ``patient_id``: the patient of the visit. ``families``: instead, all ids of several patients.
    ``clinician_ids`` None: all clinicians who give the service. ``has_own_terms``: the window is an
    existing visit with its buffers, and any resource may be needed. ``duration_minutes``: the
    length of the visits, if it is not the service's.

    Takes one round trip, and another if the catalogue changed since this process read it, so that
    claims and catalogue are of one position. Another one reads the claims under the other ids of a
    merged patient.
    Raises NotFoundError: no such service; CommandRepeatedError: the command was recorded before.
    """
    catalogue = log.catalogue_with(service_id)
    patient_ids = [*((patient_id,) if patient_id else ()), *(id_ for ids in (families or {}).values() for id_ in ids)]
    while True:
        service = catalogue.one(Service, service_id)
        time = relevant_time(
            catalogue, service, clinician_ids, window, has_own_terms=has_own_terms, duration_minutes=duration_minutes
        )
        booking_context = log.reader.read_booking_context(
            [
                *relevant_ids(catalogue, service, clinician_ids, None if has_own_terms else resource_ids),
                *patient_ids,
            ],
            time,
            subject_id=patient_id,
            command_id=command_id,
        )
        if booking_context.catalogue_position <= catalogue.position:
            break
        catalogue = log.catalogue(at_least=booking_context.catalogue_position)
    if booking_context.is_command_recorded:
        raise CommandRepeatedError
    claims = booking_context.claims
    if patient_id is not None:
        family = family_of(log.reader, patient_id, booking_context.subject_events)
        families = {patient_id: family}
        if others := [id_ for id_ in family if id_ != patient_id]:
            claims = [*claims, *log.reader.read_booking_context(others, time).claims]
    active = active_claims(claims, now)
    return Schedule(service, catalogue, booking_context, now, active, duration_minutes, families or {})


def active_claims(claims: Iterable[TimeClaim], now: datetime) -> Mapping[UUID, Sequence[TimeClaim]]:
    """Return the unexpired claims by clinician, resource or patient."""
    found: dict[UUID, list[TimeClaim]] = {}
    for claim in claims:
        if not claim.has_expired(now):
            found.setdefault(claim.what, []).append(claim)
    return {what: TimeClaims(several) for what, several in found.items()}


def relevant_ids(
    catalogue: Catalogue, service: Service, clinician_ids: Sequence[UUID] | None, named: Collection[UUID] | None
) -> list[UUID]:
    """Return the clinicians, resources (``named`` None: all) and pending keys to read."""
    kinds = service.terms.requires
    clinicians = service.terms.clinician_ids if clinician_ids is None else clinician_ids
    resources = [r.id for r in catalogue.all(Resource) if named is None or r.kind in kinds or r.id in named]
    known = (catalogue.aggregates.get(id) for id in clinicians)
    pending = [
        pending_key(c.id) for c in known if isinstance(c, Clinician) and is_pending_counted(catalogue, service, c)
    ]
    return [*clinicians, *resources, *pending]


def relevant_time(
    catalogue: Catalogue,
    service: Service,
    clinician_ids: Sequence[UUID] | None,
    window: TimeRange,
    *,
    has_own_terms: bool = False,
    duration_minutes: int | None = None,
) -> TimeRange:
    """Return the range of claims to read: a visit's reach, and limited days and weeks."""
    clinicians = service.terms.clinician_ids if clinician_ids is None else clinician_ids
    lengths = [service.terms_of(id).duration_minutes for id in clinicians]
    longest = duration_minutes or max(lengths, default=service.terms.duration_minutes)
    time = window if has_own_terms else rules_of(service.terms, longest).reach(window)
    last = window.ends_at - timedelta(microseconds=1)
    for id in clinicians:
        clinician = catalogue.aggregates.get(id)
        if not isinstance(clinician, Clinician):
            continue
        periods = {quota.period for quota in quotas_of(service, clinician)}
        if clinician_ids is None:
            periods.add(Period.DAY)
        for period in periods:
            time = TimeRange(
                min(time.starts_at, period_around(clinician.zone, period, window.starts_at).starts_at),
                max(time.ends_at, period_around(clinician.zone, period, last).ends_at),
            )
    return time


def start_window(starts_at: datetime) -> TimeRange:
    """Return the shortest window that contains a start."""
    return TimeRange(starts_at, starts_at + timedelta(seconds=1))
