"""Present group sessions as JSON."""

from collections.abc import Callable
from uuid import UUID

from api.http.calls import Call
from api.scheduling.sessions.schemas import BusyShown, SessionFacts
from application.kernel.permissions import Permission
from application.scheduling.appointments.display_context import DisplayContext
from domain.kernel.personal_data import Erased
from domain.kernel.zones import spoken_dates, spoken_time
from domain.scheduling.appointments.status import HOLDING
from domain.scheduling.sessions.group_session import EnrolmentStatus, GroupSession, GroupSessionStatus
from projections.scheduling.calendar.queries import CalendarEntry, SessionEntry


def session_presenter(
    call: Call,
    position: int | None = None,
    more: Callable[[GroupSession], dict[str, object]] = lambda session: {},
) -> Callable[[GroupSession], dict[str, object]]:
    """Return the presenter of a session, now or at a position, and ``more`` fields."""

    def present(session: GroupSession) -> dict[str, object]:
        zone = DisplayContext(call.log, position, after=call.after).zone(session.location_id)
        return {**present_facts(call, session), "display": _display(session, zone), **more(session)}

    return present


def present_facts(call: Call, session: GroupSession) -> dict[str, object]:
    """Present the fields that follow from the session's own events."""
    reason = session.cancellation_reason
    is_hidden = isinstance(reason, Erased) or not call.actor.may(Permission.READ_PATIENTS)
    return {
        **_fields(session, len(session.roster), len(session.waiting)),
        "cancellation_reason": None if is_hidden else reason,
    }


def present_moved_up(session: GroupSession) -> dict[str, object]:
    return {"moved_up": session.moved_up}


def present_undo(session: GroupSession) -> dict[str, object]:
    return {"undone": session.undone, "back_in_line": session.back_in_line}


def present_session_entry(entry: SessionEntry, zone: str) -> dict[str, object]:
    return {
        "id": entry.session_id,
        "version": entry.version,
        **_fields(entry, entry.taken, entry.waiting),
        "display": _display(entry, zone),
    }


def present_busy(entry: CalendarEntry | SessionEntry) -> list[dict[str, object]]:
    """Present the time of a visit or session, but not what it is; nothing if it takes none."""
    if entry.status not in (*HOLDING, GroupSessionStatus.PLANNED):
        return []
    clinician_ids = [entry.clinician_id] if isinstance(entry, CalendarEntry) else entry.staff_ids
    return [BusyShown.present(entry, clinician_ids=clinician_ids)]


def present_enrolment(call: Call, session: GroupSession, patient_id: UUID) -> dict[str, object]:
    """Present the status of a patient; ``place`` in the waiting line counts from 1."""
    status, place = EnrolmentStatus.WITHDRAWN, None
    if patient_id in session.roster:
        status = EnrolmentStatus.ENROLLED
    elif patient_id in session.waiting:
        status, place = EnrolmentStatus.WAITING, session.waiting.index(patient_id) + 1
    return {
        "patient_id": patient_id,
        "status": status,
        "place": place,
        "attended": session.roster.get(patient_id),
        "passed_over": session.passed_over.get(patient_id),
        "override": _seat_override(call, session, patient_id),
    }


def _seat_override(call: Call, session: GroupSession, patient_id: UUID) -> dict[str, object] | None:
    if patient_id not in session.exemptions:
        return None
    overlaps, reason = session.exemptions[patient_id]
    is_hidden = isinstance(reason, Erased) or not call.actor.may(Permission.READ_PATIENTS)
    return {"overlaps": [] if call.actor.clinician_id else overlaps, "reason": None if is_hidden else reason}


def _fields(session: GroupSession | SessionEntry, taken: int, waiting: int) -> dict[str, object]:
    return SessionFacts.present(
        session,
        price={"amount_minor": session.price_amount_minor, "currency": session.price_currency},
        taken=taken,
        free=session.seats - taken,
        waiting=waiting,
    )


def _display(session: GroupSession | SessionEntry, zone: str) -> dict[str, object]:
    _, clinic_date = spoken_dates(session.starts_at, zone, None)
    return {"clinic": spoken_time(session.starts_at, zone, None), "clinic_date": clinic_date}
