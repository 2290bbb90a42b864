"""A group session and the people who attend it."""

from uuid import UUID

from domain.kernel.money import Money
from domain.scheduling.sessions.group_session import GroupSession
from domain.scheduling.sessions.group_session_terms import GroupSessionTerms
from tests.support.availability_builders import CLINICIAN, HERE, ROOM_1, at, between

ID, SERVICE, HELPER = (UUID(int=n) for n in range(400, 403))

DANA, NOA, LI, ADA = PEOPLE = tuple(UUID(int=n) for n in range(500, 504))

NOW, SIX = at("2026-06-01T08:00"), at("2026-06-01T18:00")


def plan_session(seats: int = 2, **terms: object) -> GroupSession:
    obstacles: dict[str, object] = {
        "service_id": SERVICE,
        "staff_ids": (CLINICIAN, HELPER),
        "location_id": HERE,
        "resource_ids": (ROOM_1,),
        "during": between("2026-06-01T18:00", "2026-06-01T19:00"),
        "price": Money(1500, "EUR"),
        "mode": "in_person",
        "seats": seats,
        "buffer_before_minutes": 5,
        "buffer_after_minutes": 10,
    }
    return GroupSession.plan(id=ID, terms=GroupSessionTerms(**(obstacles | terms)), at=NOW)  # type: ignore[arg-type]


def session_with(*people: UUID, seats: int = 2) -> GroupSession:
    session = plan_session(seats)
    for patient_id in people:
        session.enrol(patient_id, [patient_id], NOW, waits=True)
    return session


def event_summaries(session: GroupSession) -> list[tuple[str, UUID | None]]:
    return [(type(fact).__name__, getattr(fact, "patient_id", None)) for fact in session.collect_events()]
