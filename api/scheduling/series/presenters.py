"""Series as they are answered."""

from collections.abc import Callable, Mapping, Sequence
from uuid import UUID

from api.http.calls import Call
from application.kernel.outcome import Outcome
from application.scheduling.series.book_series import SeriesPlan
from application.scheduling.series.change_series import ChangePlan
from application.scheduling.series.series_outcome import SeriesOutcome
from application.scheduling.series.series_slots import GrantedSlot
from domain.scheduling.appointments.appointment import Appointment
from domain.scheduling.series.occurrence_plan import PlanChange, PlannedOccurrence
from domain.scheduling.series.series import Series
from projections.scheduling.calendar.queries import SeriesEntry


def outcome_shower(call: Call, outcome: Outcome[Series]) -> Callable[[Series], dict[str, object]]:
    """Return what shows a series as a command left it."""
    return series_shower(call, outcome.position, outcome.visits if isinstance(outcome, SeriesOutcome) else {})


def series_shower(
    call: Call, position: int | None = None, known: Mapping[UUID, Appointment] | None = None
) -> Callable[[Series], dict[str, object]]:
    """Return what shows a series with its visits, as they are now or were at a position of the log; those ``known`` are not read."""

    def show(series: Series) -> dict[str, object]:
        planned = list(series.occurrences.values())
        ids = [visit.booked_id for visit in planned if visit.booked_id]
        visits = dict(known or {})
        if unknown := [id_ for id_ in ids if id_ not in visits]:
            visits |= call.log.load_all(Appointment, unknown, position)
        return {
            **show_facts(series),
            "occurrences": [_occurrence(each, visits[each.booked_id] if each.booked_id else None) for each in planned],
        }

    return show


def show_facts(series: Series) -> dict[str, object]:
    """Show what a series' own events say; what became of its visits, theirs do."""
    planned = list(series.occurrences.values())
    booked = sum(visit.booked_id is not None for visit in planned)
    return {
        "patient_id": series.patient_id,
        "service_id": series.service_id,
        "clinician_id": series.clinician_id,
        "zone": series.zone,
        "rrule": series.rrule,
        "starts_at": planned[0].starts_at,
        "booked": booked,
        "skipped": len(planned) - booked,
        "last_change": _change(series.last_change) if series.last_change else None,
    }


def show_entry(entry: SeriesEntry) -> dict[str, object]:
    return {
        "id": entry.series_id,
        "version": entry.version,
        "patient_id": entry.patient_id,
        "service_id": entry.service_id,
        "clinician_id": entry.clinician_id,
        "zone": entry.zone,
        "rrule": entry.rrule,
        "starts_at": entry.starts_at,
        "booked": entry.booked,
        "skipped": entry.skipped,
    }


def show_plan(plan: SeriesPlan) -> dict[str, object]:
    return {
        "dry_run": True,
        "zone": plan.zone,
        "visits": _granted(plan.decisions.granted),
        "conflicts": plan.decisions.conflicts,
    }


def show_change(plan: ChangePlan) -> dict[str, object]:
    return {
        "dry_run": True,
        "visits": _granted(plan.granted),
        "cancelled": plan.cancelled,
        "noted": plan.noted,
        "conflicts": plan.conflicts,
        "kept": _kept(plan.kept),
    }


def _occurrence(planned: PlannedOccurrence, visit: Appointment | None) -> dict[str, object]:
    return {
        "index": planned.index,
        "original": planned.original,
        "starts_at": visit.starts_at if visit else planned.starts_at,
        "ends_at": visit.ends_at if visit else None,
        "appointment_id": planned.booked_id,
        "status": visit.status if visit else None,
        "moved": visit is not None and visit.starts_at != planned.starts_at,
        "noted": visit is not None and visit.noted_by_itself,
        "skipped": planned.skipped,
    }


def _granted(granted: Sequence[GrantedSlot]) -> list[dict[str, object]]:
    return [
        {
            "index": each.wanted.index,
            "starts_at": each.slot.starts_at,
            "ends_at": each.slot.ends_at,
            "clinician_id": each.wanted.clinician_id,
            "location_id": each.slot.location_id,
            "resource_ids": each.slot.resource_ids,
        }
        for each in granted
    ]


def _change(change: PlanChange) -> dict[str, object]:
    return {
        "scope": change.scope,
        "from_occurrence": change.from_index,
        "changed": change.changed,
        "kept": _kept(change.kept),
    }


def _kept(kept: Mapping[int, str]) -> list[dict[str, object]]:
    return [{"index": index, "code": code} for index, code in sorted(kept.items())]
