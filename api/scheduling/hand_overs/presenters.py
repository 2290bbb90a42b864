"""Presenters of hand-overs."""

from collections.abc import Mapping
from typing import Any

from application.scheduling.hand_overs.hand_over_visits import HandOverPlan
from domain.scheduling.appointments.appointment import Appointment
from domain.scheduling.hand_over import HandOver
from domain.scheduling.sessions.group_session import GroupSession


def present_hand_over(hand_over: HandOver) -> dict[str, object]:
    return {
        "clinician_id": hand_over.clinician_id,
        "handed": [{**_named(each), "clinician_id": each["clinician_id"]} for each in hand_over.handed],
        "kept": [{**_named(each), "code": each["code"]} for each in hand_over.kept],
    }


def present_plan(plan: HandOverPlan) -> dict[str, object]:
    """Present what a hand-over would do now."""
    return {
        "dry_run": True,
        "clinician_id": plan.clinician_id,
        "handed": [
            {
                **_visit(each.visit),
                "service_id": each.visit.service_id,
                "clinician_id": each.clinician_id,
                "clinician_ids": each.takers,
            }
            for each in plan.handed
        ],
        "kept": [{**_visit(each.visit), "code": each.code} for each in plan.kept],
        "position": plan.position,
    }


def _named(fields: Mapping[str, Any]) -> dict[str, object]:
    is_session = fields["kind"] == "session"
    return {
        "appointment_id": None if is_session else fields["id"],
        "session_id": fields["id"] if is_session else None,
        "starts_at": fields["starts_at"],
    }


def _visit(visit: Appointment | GroupSession) -> dict[str, object]:
    kind = "session" if isinstance(visit, GroupSession) else "appointment"
    return _named({"kind": kind, "id": visit.id, "starts_at": visit.starts_at})
