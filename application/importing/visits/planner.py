"""Plan one append of an import of appointments: new visits, their overlaps, and refusals.

Imported visits do not follow the rules of new bookings: hours, steps, notice, horizon and limits
(ADR-0032). Where the clinician or the patient is busy, the visit becomes a deliberate double
booking with the import as its reason.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from application.importing.pipeline import ImportRun, Plan
from application.importing.report import RowRefusedError
from application.importing.visits.format import VisitStatus
from application.importing.visits.resolver import ResolvedVisit
from application.scheduling.availability.schedule import expired_holders
from application.scheduling.availability.working_hours import out_of_service_of
from domain.kernel.time_range import TimeRange
from domain.patients.origin import Origin
from domain.practice.resource import Resource
from domain.scheduling.appointments.appointment import EARLIEST_ARRIVAL, Appointment
from domain.scheduling.appointments.origin import VisitOrigin
from domain.scheduling.appointments.status import Status
from domain.scheduling.appointments.visit import Visit
from domain.scheduling.errors import BufferOverlapError, BusyElsewhereError, PatientBusyError, TimeTakenError
from domain.scheduling.time_claim import TimeClaim

_MIN_NOTICE: Final = timedelta(minutes=1)
"""The latest time of a booking or cancellation before the visit; the file has neither."""


class VisitPlanner:
    """Plans the batches of one import, in order of time; not thread-safe."""

    def __init__(
        self, run: ImportRun, rooms: Sequence[Resource], status_column: str, *, tells_late: bool = False
    ) -> None:
        """``rooms`` are the rooms and devices that visits may require, in order of preference.

        ``status_column`` is named if the status of a row is impossible. ``tells_late``: the file
        tells late cancellations from others.
        """
        self._tells_late = tells_late
        self._status_column = status_column
        self._run = run
        self._log = run.log
        self._rooms = [room for room in rooms if room.active]
        # In a dry run the log does not hold the claims of earlier batches.
        self._planned: list[TimeClaim] = []

    def plan(self, visits: Sequence[ResolvedVisit]) -> Plan:
        """Plan the next visits, which are not empty."""
        plan = Plan()
        now = self._run.ports.clock.now()
        ids, origins = self._resolve_ids(visits)
        busy = self._busy(visits, now, plan)
        taken_seats = self._seats_taken(visits, busy, set(ids.values()))
        for visit in visits:
            origin = origins.get(ids[visit.key])
            if origin is not None and origin.import_id == self._run.id:
                plan.tally.made_before += 1
            elif origin is not None or (visit.holds_time and (visit.patient_id, *_seat(visit)) in taken_seats):
                plan.tally.matched += 1
            else:
                try:
                    self._book(ids[visit.key], visit, busy, now, plan)
                except RowRefusedError as refused:
                    plan.tally.findings.append(refused.at(visit.row.line))
        self._planned += plan.claims
        return plan

    def _resolve_ids(self, visits: Sequence[ResolvedVisit]) -> tuple[Mapping[str, UUID], Mapping[UUID, Origin]]:
        """Return an unused or current id for each key, and the origins of existing visits."""
        ids: dict[str, UUID] = {}
        origins: dict[UUID, Origin] = {}
        unresolved = [visit.key for visit in visits]
        attempt = 0
        while unresolved:
            candidates = {key: self._run.identities.visit(key, attempt) for key in unresolved}
            found = self._run.ports.visits.origins(self._log.tenant_id, list(candidates.values()))
            unresolved = [key for key, id_ in candidates.items() if id_ in found and found[id_].is_withdrawn]
            ids |= candidates
            origins |= found
            attempt += 1
        return ids, origins

    def _busy(self, visits: Sequence[ResolvedVisit], now: datetime, plan: Plan) -> defaultdict[UUID, list[TimeClaim]]:
        """Return the claims around these visits, from the log and from earlier plans."""
        times = [_taken(visit) for visit in visits]
        window = TimeRange(min(time.starts_at for time in times), max(time.ends_at for time in times))
        what = list(
            {
                *(visit.clinician.id for visit in visits),
                *(visit.patient_id for visit in visits),
                *(room.id for room in self._rooms),
            }
        )
        recorded = self._log.reader.read_booking_context(what, window).claims
        plan.releases += expired_holders(recorded, now)
        self._planned = [claim for claim in self._planned if claim.during.ends_at > window.starts_at]
        known = {(claim.holder_id, claim.what) for claim in recorded}
        busy: defaultdict[UUID, list[TimeClaim]] = defaultdict(list)
        for claim in recorded:
            if not claim.has_expired(now):
                busy[claim.what].append(claim)
        for claim in self._planned:
            if (claim.holder_id, claim.what) not in known:
                busy[claim.what].append(claim)
        return busy

    def _seats_taken(
        self, visits: Sequence[ResolvedVisit], busy: Mapping[UUID, Sequence[TimeClaim]], own: Collection[UUID]
    ) -> set[tuple[UUID, UUID, datetime]]:
        """Return (patient, clinician, start) of other visits that start at the same times."""
        seats = {_seat(visit) for visit in visits}
        at = {
            claim.holder_id: (what, claim.visit.starts_at)
            for what, claims in busy.items()
            for claim in claims
            if (what, claim.visit.starts_at) in seats and claim.holder_id not in own
        }
        streams = self._log.reader.streams(list(at)) if at else {}
        return {
            (events[0].patient_id, *at[holder_id])
            for holder_id, events in streams.items()
            if events and isinstance(events[0], Appointment.Booked | Appointment.Requested)
        }

    def _book(
        self, id_: UUID, visit: ResolvedVisit, busy: defaultdict[UUID, list[TimeClaim]], now: datetime, plan: Plan
    ) -> None:
        terms, taken = visit.service.terms_of(visit.clinician.id), _taken(visit)
        rooms: list[UUID] = []
        if visit.holds_time and visit.during.ends_at > now:
            rooms = self._free_rooms(visit, taken, busy)
            if len(rooms) < len(terms.requires):
                plan.tally.roomless.append(visit.row.line)
        booked_at = min(now, visit.during.starts_at - _MIN_NOTICE)
        appointment = Appointment.book(
            id=id_,
            visit=Visit(
                patient_id=visit.patient_id,
                service_id=visit.service.id,
                clinician_id=visit.clinician.id,
                location_id=visit.location.id,
                resource_ids=tuple(rooms),
                during=visit.during,
                price=visit.row.price or terms.price,
                mode=terms.mode,
                buffer_before_minutes=terms.buffer_before_minutes,
                buffer_after_minutes=terms.buffer_after_minutes,
                cancellation_notice_minutes=terms.cancellation_notice_minutes,
            ),
            at=booked_at,
            origin=VisitOrigin.IMPORT,
        )
        against = []
        if visit.holds_time:
            against += [claim for claim in busy[visit.clinician.id] if claim.during.overlaps(taken)]
            against += [claim for claim in busy[visit.patient_id] if claim.during.overlaps(visit.during)]
        if against:
            holders = list(dict.fromkeys(claim.holder_id for claim in against))
            shared = list(dict.fromkeys(claim.what for claim in against))
            reason = f"imported from {self._run.identities.source}"
            appointment.exempt(_rules(against, visit), holders, shared, reason, booked_at)
            plan.tally.beside.append(visit.row.line)
        appointment.change_notes(visit.row.notes, booked_at, act=appointment.last_act)
        self._close(appointment, visit, now)
        for claim in appointment.claims():
            busy[claim.what].append(claim)
            plan.claims.append(claim)
        plan.made.append(appointment)
        plan.tally.made[Status(appointment.status)] += 1

    def _free_rooms(
        self, visit: ResolvedVisit, taken: TimeRange, busy: Mapping[UUID, Sequence[TimeClaim]]
    ) -> list[UUID]:
        """Return the free rooms among those that the service requires."""
        chosen: list[UUID] = []
        for kind in visit.service.terms.requires:
            free = (
                room.id
                for room in self._rooms
                if (room.kind, room.location_id) == (kind, visit.location.id)
                and room.id not in chosen
                and not any(claim.during.overlaps(taken) for claim in busy.get(room.id, ()))
                and not any(during.overlaps(taken) for during in out_of_service_of(room, visit.location.zone))
            )
            chosen += [room_id for room_id in (next(free, None),) if room_id]
        return chosen

    def _close(self, appointment: Appointment, visit: ResolvedVisit, now: datetime) -> None:
        """Record the outcome of the visit. Raises RowRefusedError: the visit has not begun."""
        if visit.row.status in (VisitStatus.CANCELLED, VisitStatus.LATE_CANCELLED):
            # The file has no time of cancellation to compare with a notice.
            late = visit.row.status is VisitStatus.LATE_CANCELLED if self._tells_late else None
            reason = f"cancelled in {self._run.identities.source}"
            appointment.record_cancellation(reason, None, late, appointment.created_on)
        elif visit.row.status is VisitStatus.ARRIVED and visit.during.ends_at > now:
            if visit.during.starts_at - now > EARLIEST_ARRIVAL:
                raise RowRefusedError("not_over_yet", self._status_column)
            appointment.check_in(now)
        elif visit.row.status is not VisitStatus.BOOKED:
            if visit.during.starts_at > now:
                raise RowRefusedError("not_over_yet", self._status_column)
            at = min(visit.during.ends_at, now)
            if visit.row.status is VisitStatus.NO_SHOW:
                appointment.mark_no_show(at)
            else:
                appointment.complete(at)


def _taken(visit: ResolvedVisit) -> TimeRange:
    """Return the time of the visit with the buffers of its service."""
    terms = visit.service.terms
    return visit.during.with_buffers(terms.buffer_before_minutes, terms.buffer_after_minutes)


def _seat(visit: ResolvedVisit) -> tuple[UUID, datetime]:
    return visit.clinician.id, visit.during.starts_at


def _rules(against: Iterable[TimeClaim], visit: ResolvedVisit) -> list[str]:
    """Return the codes of the errors that would refuse a new booking."""
    codes = (
        PatientBusyError.code
        if claim.what == visit.patient_id
        else BusyElsewhereError.code
        if claim.is_elsewhere
        else TimeTakenError.code
        if claim.visit.overlaps(visit.during)
        else BufferOverlapError.code
        for claim in against
    )
    return list(dict.fromkeys(codes))
