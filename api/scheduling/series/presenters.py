"""Present series as JSON, and the parts that courses share."""

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar
from uuid import UUID

from api.http.calls import Call
from api.http.schemas import Shown
from api.scheduling.series.schemas import ChangePreview, LastChange, SeriesPreview, SeriesShown
from application.kernel.practice_log import Outcome
from application.scheduling.series.book_series import SeriesOutcome
from application.scheduling.series.change_series import SeriesChangePlan
from application.scheduling.series.occurrence_slots import GrantedSlot
from application.scheduling.series.plan_occurrences import PlanPreview
from domain.scheduling.appointments.appointment import Appointment
from domain.scheduling.series.occurrence_plan import OccurrencePlan, PlannedOccurrence, PlanOutcomeEvent
from domain.scheduling.series.series import Series
from domain.scheduling.sessions.group_session import GroupSession
from projections.scheduling.calendar.queries import SeriesEntry

B = TypeVar("B", Appointment, GroupSession)


def outcome_presenter(call: Call, outcome: Outcome[Series]) -> Callable[[Series], dict[str, object]]:
    """Return the presenter of a series as a command left it."""
    return series_presenter(call, outcome.position, outcome.visits if isinstance(outcome, SeriesOutcome) else {})


def series_presenter(
    call: Call, position: int | None = None, known: Mapping[UUID, Appointment] | None = None
) -> Callable[[Series], dict[str, object]]:
    """Return the presenter of a series with its visits, now or at a position; loads others."""

    def present(series: Series) -> dict[str, object]:
        occurrences = load_booked(call, series, Appointment, position, known or {})
        return {**present_facts(series), "occurrences": [_occurrence(*each) for each in occurrences]}

    return present


def present_facts(series: Series) -> dict[str, object]:
    """Present the fields that follow from the series' own events."""
    booked = len(series.occurrences) - series.skipped
    return {
        **SeriesShown.present(series, starts_at=series.occurrences[1].starts_at, booked=booked),
        "last_change": present_outcome(LastChange, series.last_change),
    }


def present_entry(entry: SeriesEntry) -> dict[str, object]:
    return SeriesShown.present(entry, id=entry.series_id, version=entry.version)


def present_plan(plan: PlanPreview) -> dict[str, object]:
    visits = _slots(plan.decisions.granted)
    return SeriesPreview.present(plan.decisions, dry_run=True, zone=plan.zone, visits=visits)


def present_change(plan: SeriesChangePlan) -> dict[str, object]:
    return ChangePreview.present(plan, dry_run=True, visits=_slots(plan.granted), kept=present_reasons(plan.kept))


def load_booked(
    call: Call, plan: OccurrencePlan, kind: type[B], position: int | None, known: Mapping[UUID, B]
) -> list[tuple[PlannedOccurrence, B | None]]:
    """Return each occurrence with its visit or session, now or at a position."""
    planned = plan.occurrences.values()
    ids = [each.booked_id for each in planned if each.booked_id and each.booked_id not in known]
    booked = {**known, **(call.log.load_all(kind, ids, position) if ids else {})}
    return [(each, booked[each.booked_id] if each.booked_id else None) for each in planned]


def present_occurrence(planned: PlannedOccurrence, booked: Appointment | GroupSession | None) -> dict[str, object]:
    return {
        "index": planned.index,
        "original": planned.original,
        "starts_at": booked.starts_at if booked else planned.starts_at,
        "status": booked.status if booked else None,
        "skipped": planned.skipped,
    }


def present_slot(granted: GrantedSlot) -> dict[str, object]:
    return {"index": granted.requested.index, **granted.slot._asdict()}


def present_outcome(schema: type[Shown], event: PlanOutcomeEvent | None, **others: object) -> dict[str, object] | None:
    """Present a recorded outcome, whose fields have the names of the schema."""
    if event is None:
        return None
    return schema.present(event, from_occurrence=event.from_index, kept=present_reasons(event.reasons), **others)


def present_reasons(kept: Mapping[int, str]) -> list[dict[str, object]]:
    return [{"index": index, "code": code} for index, code in sorted(kept.items())]


def _occurrence(planned: PlannedOccurrence, visit: Appointment | None) -> dict[str, object]:
    return {
        **present_occurrence(planned, visit),
        "ends_at": visit.ends_at if visit else None,
        "appointment_id": planned.booked_id,
        "moved": visit is not None and visit.starts_at != planned.starts_at,
        "noted": visit is not None and visit.noted_by_itself,
    }


def _slots(granted: Sequence[GrantedSlot]) -> list[dict[str, object]]:
    return [{**present_slot(each), "clinician_id": each.requested.staff_ids[0]} for each in granted]
