"""Check that the log holds each acknowledged command once, and that the views match it."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from uuid import UUID

from domain.kernel.logged_event import LoggedEvent
from domain.kernel.personal_data import Unreadable
from domain.patients.patient import Patient
from domain.scheduling.appointments.appointment import Appointment
from domain.scheduling.appointments.status import Status
from projections.scheduling.calendar.queries import CalendarFilter
from tests.e2e.http_practice import OpenPractice
from tests.e2e.writing_clients import SentCommand
from tests.support.container import Container

EVERYTHING = 1_000_000


@dataclass(slots=True)
class FoldedVisit:
    """A visit by its events alone: neither aggregate nor projector has a part in it."""

    clinician_id: UUID
    patient_id: UUID
    resource_ids: tuple[UUID, ...]
    starts_at: datetime
    ends_at: datetime
    status: str
    version: int

    @property
    def taken(self) -> tuple[UUID, ...]:
        """Whose time it takes, and which rooms."""
        return (self.clinician_id, *self.resource_ids, self.patient_id)


def log_of(container: Container, studio: OpenPractice) -> list[LoggedEvent]:
    return container.app_log.page(studio.id, 0, EVERYTHING)


def check_acknowledged(events: Sequence[LoggedEvent], studio: OpenPractice, carried_out: Sequence[SentCommand]) -> None:
    """Check that each acknowledged command is one event at its position, and no other exists."""
    assert [event.position for event in events] == list(range(1, len(events) + 1)), "positions have gaps"
    by_position = {event.position: event for event in events}
    for command in carried_out:
        event, answer = by_position.get(command.position), command.answer
        assert event is not None, f"an acknowledged event is lost: {command}"
        assert answer is not None
        named = (answer.body["id"], answer.body["version"])
        assert (str(event.stream_id), event.version) == named, (
            f"{command} is not {event}; what it names is at"
            f" {[each.position for each in events if (str(each.stream_id), each.version) == named]}"
        )
    assert Counter(command.position for command in carried_out) == Counter(
        event.position for event in events if event.position > studio.begins_at
    ), "the log holds what nobody asked for, or something twice"


def fold(events: Iterable[LoggedEvent]) -> dict[UUID, FoldedVisit]:
    visits: dict[UUID, FoldedVisit] = {}
    status = {
        Appointment.Cancelled.TOPIC: Status.CANCELLED,
        Appointment.CheckedIn.TOPIC: Status.CHECKED_IN,
        Appointment.Completed.TOPIC: Status.COMPLETED,
        Appointment.NotAttended.TOPIC: Status.NO_SHOW,
    }
    for event in events:
        body = event.body
        if event.event_type == Appointment.Booked.TOPIC:
            visits[event.stream_id] = FoldedVisit(
                UUID(str(body["clinician_id"])),
                UUID(str(body["patient_id"])),
                *_when_and_where(body),
                Status.BOOKED.value,
                event.version,
            )
        elif visit := visits.get(event.stream_id):
            visit.version = event.version
            if event.event_type == Appointment.Rescheduled.TOPIC:
                visit.resource_ids, visit.starts_at, visit.ends_at = _when_and_where(body)
            else:
                visit.status = status[event.event_type].value
    return visits


def check_no_overlap(visits: Mapping[UUID, FoldedVisit]) -> None:
    busy: dict[UUID, list[tuple[datetime, datetime]]] = defaultdict(list)
    for visit in visits.values():
        if visit.status == Status.BOOKED:
            for what in visit.taken:
                busy[what].append((visit.starts_at, visit.ends_at))
    for what, times in busy.items():
        for (_, ends_at), (starts_at, _) in pairwise(sorted(times)):
            assert ends_at <= starts_at, f"{what} is booked twice at {starts_at}"


def check_claims(container: Container, studio: OpenPractice, visits: Mapping[UUID, FoldedVisit]) -> None:
    """Time is held by the visits that stand, and by nothing else."""
    with container.app_transaction(studio.id) as cursor:
        held = Counter(cursor.execute("select holder_id, what, starts_at, ends_at from log.time_claim").fetchall())
    assert held == Counter(
        (id_, what, visit.starts_at, visit.ends_at)
        for id_, visit in visits.items()
        if visit.status == Status.BOOKED
        for what in visit.taken
    )


def check_views(
    container: Container, studio: OpenPractice, events: Sequence[LoggedEvent], visits: Mapping[UUID, FoldedVisit]
) -> None:
    calendar = container.calendar().appointments(studio.id, CalendarFilter(), limit=EVERYTHING).entries
    assert {
        e.appointment_id: (e.clinician_id, e.resource_ids, e.starts_at, e.ends_at, e.status, e.version)
        for e in calendar
    } == {
        id_: (v.clinician_id, v.resource_ids, v.starts_at, v.ends_at, v.status, v.version) for id_, v in visits.items()
    }, "the calendar is not the fold of the log"
    patients = container.patients().page(studio.id, limit=EVERYTHING).patients
    assert {p.patient_id: (p.details and p.details.given_name, p.position) for p in patients} == {
        event.stream_id: (_given_name(event), event.position)
        for event in events
        if event.event_type == Patient.Registered.TOPIC
    }, "the directory is not the fold of the log"
    clinician_id = UUID(studio.clinicians[0])
    theirs = {clinician_id} | {id_ for id_, visit in visits.items() if visit.clinician_id == clinician_id}
    history = container.history().page(studio.id, clinician_id, limit=EVERYTHING).lines
    assert [line.event.position for line in history] == [
        event.position for event in events if event.stream_id in theirs
    ], "the history is not the log"


def _when_and_where(body: Mapping[str, object]) -> tuple[tuple[UUID, ...], datetime, datetime]:
    resources = body["resource_ids"]
    assert isinstance(resources, list)
    starts_at, ends_at = (datetime.fromisoformat(str(body[name])) for name in ("starts_at", "ends_at"))
    return tuple(map(UUID, resources)), starts_at, ends_at


def _given_name(event: LoggedEvent) -> object:
    known = event.personal()
    return None if isinstance(known, Unreadable) else known["given_name"]
