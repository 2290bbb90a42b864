"""Plans one append of an import of appointments: which visits are booked, and beside whom.

What another program had agreed on is not judged by our rules for new bookings: hours, steps, notice, horizon and limits. Where a clinician
has something else at the time, the visit lies beside it as a deliberate double booking does, with the reason that it was imported.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from application.importing.rows import RowRefusedError
from application.importing.visits.format import Outcome
from application.importing.visits.identities import VisitIdentities
from application.importing.visits.placing import PlacedVisit
from application.importing.visits.ports import VisitPorts
from application.importing.visits.report import VisitTally
from application.kernel.practice_log import PracticeLog
from application.scheduling.availability.schedule import expired_holders
from domain.kernel.time_range import TimeRange
from domain.patients.origin import Origin
from domain.practice.resource import Resource
from domain.scheduling.appointments.appointment import Appointment
from domain.scheduling.appointments.status import Status
from domain.scheduling.appointments.visit import Visit
from domain.scheduling.errors import BufferOverlapError, BusyElsewhereError, TimeTakenError
from domain.scheduling.time_claim import TimeClaim

_AT_THE_LATEST: Final = timedelta(minutes=1)
"""When a visit was booked or cancelled is not in the file: at the latest so long before it began."""


@dataclass(slots=True)
class VisitBatch:
    """What one append will record, and what is to be told of its rows once it has."""

    appointments: list[Appointment] = field(default_factory=list)
    claims: list[TimeClaim] = field(default_factory=list)
    releases: list[UUID] = field(default_factory=list)
    tally: VisitTally = field(default_factory=VisitTally)


class VisitPlanner:
    """Plans the batches of one import, one after the other, in order of time; not thread-safe."""

    def __init__(
        self,
        ports: VisitPorts,
        log: PracticeLog,
        identities: VisitIdentities,
        import_id: UUID,
        rooms: Sequence[Resource],
    ) -> None:
        """``rooms`` are what visits may require, in the order in which they are taken."""
        self._ports = ports
        self._log = log
        self._identities = identities
        self._import_id = import_id
        self._rooms = [room for room in rooms if room.active]
        self._planned: list[TimeClaim] = []

    def note(self, batch: VisitBatch) -> None:
        """Note that a batch is done: a dry run has recorded nothing of it."""
        self._planned += batch.claims

    def plan(self, visits: Sequence[PlacedVisit], now: datetime) -> VisitBatch:
        """Plan the next visits, which are not empty."""
        batch = VisitBatch()
        ids, origins = self._ids(visits)
        busy = self._busy(visits, now, batch)
        there = self._patients_at(visits, busy, set(ids.values()))
        for visit in visits:
            origin = origins.get(ids[visit.key])
            if origin is not None and origin.import_id == self._import_id:
                batch.tally.booked_before += 1
            elif origin is not None or (visit.holds_time and (visit.patient_id, *_seat(visit)) in there):
                batch.tally.matched += 1
            else:
                try:
                    self._book(ids[visit.key], visit, busy, now, batch)
                except RowRefusedError as refused:
                    batch.tally.refuse(visit.row.line, refused.reason)
        return batch

    def _ids(self, visits: Sequence[PlacedVisit]) -> tuple[Mapping[str, UUID], Mapping[UUID, Origin]]:
        """Return the id of each visit, which no import that was undone has used, and where those come from that are there."""
        ids: dict[str, UUID] = {}
        origins: dict[UUID, Origin] = {}
        unsure = [visit.key for visit in visits]
        attempt = 0
        while unsure:
            asked = {key: self._identities.visit(key, attempt) for key in unsure}
            found = self._ports.visits.origins(self._log.tenant_id, list(asked.values()))
            unsure = [key for key, id_ in asked.items() if id_ in found and found[id_].is_withdrawn]
            ids |= asked
            origins |= found
            attempt += 1
        return ids, origins

    def _busy(
        self, visits: Sequence[PlacedVisit], now: datetime, batch: VisitBatch
    ) -> defaultdict[UUID, list[TimeClaim]]:
        """Return what clinicians and rooms are busy with around these visits, in the log and in what was planned before."""
        times = [_taken(visit) for visit in visits]
        window = TimeRange(min(time.starts_at for time in times), max(time.ends_at for time in times))
        what = list({*(visit.clinician.id for visit in visits), *(room.id for room in self._rooms)})
        recorded = self._log.reader.read_booking_context(what, window).claims
        batch.releases += expired_holders(recorded, now)
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

    def _patients_at(
        self, visits: Sequence[PlacedVisit], busy: Mapping[UUID, Sequence[TimeClaim]], own: Collection[UUID]
    ) -> set[tuple[UUID, UUID, datetime]]:
        """Return who is seen by whom already at the very times at which these visits begin, in others than these ``own`` ones."""
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
        self, id_: UUID, visit: PlacedVisit, busy: defaultdict[UUID, list[TimeClaim]], now: datetime, batch: VisitBatch
    ) -> None:
        terms, taken = visit.service.terms, _taken(visit)
        rooms: list[UUID] = []
        if visit.holds_time and visit.during.ends_at > now:
            rooms = self._free_rooms(visit, taken, busy)
            if len(rooms) < len(terms.requires):
                batch.tally.roomless.append(visit.row.line)
        booked_at = min(now, visit.during.starts_at - _AT_THE_LATEST)
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
            ),
            at=booked_at,
        )
        against = (
            [claim for claim in busy[visit.clinician.id] if claim.during.overlaps(taken)] if visit.holds_time else []
        )
        if against:
            holders = list(dict.fromkeys(claim.holder_id for claim in against))
            reason = f"imported from {self._identities.source}"
            appointment.exempt(_rules(against, visit.during), holders, [visit.clinician.id], reason, booked_at)
            batch.tally.beside.append(visit.row.line)
        appointment.change_notes(visit.row.notes, booked_at, act=appointment.last_act)
        self._close(appointment, visit, now)
        for claim in appointment.claims():
            busy[claim.what].append(claim)
            batch.claims.append(claim)
        batch.appointments.append(appointment)
        batch.tally.booked[Status(appointment.status)] += 1

    def _free_rooms(self, visit: PlacedVisit, taken: TimeRange, busy: Mapping[UUID, Sequence[TimeClaim]]) -> list[UUID]:
        """Return what is free of that which the service requires."""
        chosen: list[UUID] = []
        for kind in visit.service.terms.requires:
            free = (
                room.id
                for room in self._rooms
                if (room.kind, room.location_id) == (kind, visit.location.id)
                and room.id not in chosen
                and not any(claim.during.overlaps(taken) for claim in busy.get(room.id, ()))
            )
            chosen += [room_id for room_id in (next(free, None),) if room_id]
        return chosen

    def _close(self, appointment: Appointment, visit: PlacedVisit, now: datetime) -> None:
        """Record what came of the visit. Raises RowRefusedError: that cannot be known yet."""
        if visit.row.outcome is Outcome.CANCELLED:
            appointment.cancel(f"cancelled in {self._identities.source}", appointment.created_on)
        elif visit.row.outcome is Outcome.ARRIVED and visit.during.ends_at > now:
            appointment.check_in(now)
        elif visit.row.outcome is not Outcome.BOOKED:
            if visit.during.starts_at > now:
                raise RowRefusedError("not_over_yet")
            at = min(visit.during.ends_at, now)
            if visit.row.outcome is Outcome.NO_SHOW:
                appointment.mark_no_show(at)
            else:
                appointment.complete(at)


def _taken(visit: PlacedVisit) -> TimeRange:
    """The visit with the buffers of its service."""
    terms = visit.service.terms
    return visit.during.with_buffers(terms.buffer_before_minutes, terms.buffer_after_minutes)


def _seat(visit: PlacedVisit) -> tuple[UUID, datetime]:
    return visit.clinician.id, visit.during.starts_at


def _rules(against: Iterable[TimeClaim], during: TimeRange) -> list[str]:
    """Return the codes of what would have refused the visit."""
    codes = (
        BusyElsewhereError.code
        if claim.is_elsewhere
        else TimeTakenError.code
        if claim.visit.overlaps(during)
        else BufferOverlapError.code
        for claim in against
    )
    return list(dict.fromkeys(codes))
