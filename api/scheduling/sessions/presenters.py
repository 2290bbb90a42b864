"""Sessions as they are answered: numbers instead of names, but for the roster."""

from collections.abc import Callable
from uuid import UUID

from api.http.calls import Call
from application.kernel.permissions import Permission
from application.scheduling.appointments.display_context import DisplayContext
from domain.kernel.personal_data import Erased
from domain.kernel.zones import spoken_dates, spoken_time
from domain.scheduling.sessions.group_session import EnrolmentStatus, GroupSession
from projections.scheduling.calendar.queries import SessionEntry


def session_shower(call: Call, position: int | None = None) -> Callable[[GroupSession], dict[str, object]]:
    """Return what shows a session as it stands in the log, or stood at a position of it."""
    beside = DisplayContext(call.log, position)

    def show(session: GroupSession) -> dict[str, object]:
        return {**show_facts(call, session), "display": _display(session, beside.zone(session.location_id))}

    return show


def show_facts(call: Call, session: GroupSession) -> dict[str, object]:
    """Show what a session's own events say."""
    reason = session.cancellation_reason
    return {
        **_session(session, len(session.roster), len(session.waiting)),
        "cancellation_reason": None
        if isinstance(reason, Erased) or not call.actor.may(Permission.READ_PATIENTS)
        else reason,
    }


def enrolment_shower(call: Call, patient_id: UUID) -> Callable[[GroupSession], dict[str, object]]:
    """Return what shows a session and how somebody stands in it."""
    show = session_shower(call)
    return lambda session: {**show(session), "enrolment": show_enrolment(session, patient_id)}


def roster_shower(call: Call) -> Callable[[GroupSession], dict[str, object]]:
    """Return what shows a session and who has moved up in it."""
    show = session_shower(call)
    return lambda session: {**show(session), "moved_up": session.moved_up}


def undone_shower(call: Call) -> Callable[[GroupSession], dict[str, object]]:
    """Return what shows a session whose last command was undone."""
    show = session_shower(call)
    return lambda session: {**show(session), "undone": session.undone, "back_in_line": session.back_in_line}


def show_session_entry(entry: SessionEntry, zone: str) -> dict[str, object]:
    return {
        "id": entry.session_id,
        "version": entry.version,
        **_session(entry, entry.taken, entry.waiting),
        "display": _display(entry, zone),
    }


def show_enrolment(session: GroupSession, patient_id: UUID) -> dict[str, object]:
    if patient_id in session.roster:
        status, place = EnrolmentStatus.ENROLLED, None
    else:
        is_waiting = patient_id in session.waiting
        status = EnrolmentStatus.WAITING if is_waiting else EnrolmentStatus.WITHDRAWN
        place = session.waiting.index(patient_id) + 1 if is_waiting else None
    return {"patient_id": patient_id, "status": status, "place": place, "attended": session.roster.get(patient_id)}


def _session(session: GroupSession | SessionEntry, taken: int, waiting: int) -> dict[str, object]:
    return {
        "status": session.status,
        "course_id": session.course_id,
        "service_id": session.service_id,
        "staff_ids": session.staff_ids,
        "location_id": session.location_id,
        "resource_ids": session.resource_ids,
        "starts_at": session.starts_at,
        "ends_at": session.ends_at,
        "mode": session.mode,
        "buffer_before_minutes": session.buffer_before_minutes,
        "buffer_after_minutes": session.buffer_after_minutes,
        "price": {"amount_minor": session.price_amount_minor, "currency": session.price_currency},
        "seats": session.seats,
        "taken": taken,
        "free": session.seats - taken,
        "waiting": waiting,
        "grace_until": session.grace_until,
    }


def _display(session: GroupSession | SessionEntry, zone: str) -> dict[str, object]:
    _, clinic_date = spoken_dates(session.starts_at, zone, None)
    return {"clinic": spoken_time(session.starts_at, zone, None), "clinic_date": clinic_date}
