"""Sets a clinician's working hours at a location."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from application.kernel.commands import Change, Context, handles
from application.kernel.permissions import Permission
from application.kernel.practice_log import Outcome, PracticeLog
from domain.practice.clinician import Clinician
from domain.practice.location import Location
from domain.practice.weekly_hours import OpeningHours


@dataclass(frozen=True, slots=True)
class SetClinicianHours(Change[Clinician]):
    """``weekly`` and ``overrides`` are in the form that OpeningHours.parse reads.

    They apply from ``effective_from`` until the next such date; None replaces all hours.
    """

    location_id: UUID
    weekly: tuple[str, ...]
    overrides: tuple[str, ...]
    effective_from: date | None = None


@handles(SetClinicianHours, needs=Permission.CHANGE_PRACTICE)
def set_clinician_hours(log: PracticeLog, command: SetClinicianHours, context: Context) -> Outcome[Clinician]:
    """Raises NotFoundError: no such location; InvalidValueError: malformed or overlapping times."""
    clinician = log.load(Clinician, command.id, command.expected_version)
    log.require((Location, command.location_id))
    hours = OpeningHours.parse(command.weekly, command.overrides)
    clinician.set_hours(command.location_id, hours, context.now, command.effective_from)
    return log.commit(clinician, by=context.provenance)
