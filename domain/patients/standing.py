"""The state of a patient on which bookings depend, from unsealed fields of events."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from domain.patients.patient import Patient


@dataclass(frozen=True, slots=True)
class PatientStanding:
    """``merged_into`` is the survivor, if the patient was merged away.

    ``alerted`` are those of the person's ids that have an alert. ``is_withdrawn``: the registration
    was withdrawn.
    """

    zone: str | None = None
    merged_into: UUID | None = None
    alerted: tuple[UUID, ...] = ()
    is_withdrawn: bool = False


UNKNOWN = PatientStanding()


@dataclass(slots=True)
class PatientRecord:
    """The unsealed state of one patient id. ``merged_ids`` are those merged into it."""

    is_registered: bool = False
    is_erased: bool = False
    is_withdrawn: bool = False
    has_alert: bool = False
    zone: str | None = None
    merged_into: UUID | None = None
    merged_ids: tuple[UUID, ...] = ()

    @classmethod
    def of(cls, events: Iterable[tuple[str, Mapping[str, Any]]]) -> "PatientRecord":
        """Fold the topics and bodies of a patient's events, in order."""
        record = cls()
        for topic, body in events:
            record._apply(topic, body)
        return record

    def _apply(self, topic: str, body: Mapping[str, Any]) -> None:
        match topic:
            case Patient.Registered.TOPIC | Patient.DetailsChanged.TOPIC:
                self.is_registered, self.zone = True, body["zone"]
            case Patient.RemarksChanged.TOPIC:
                self.has_alert = body["has_alert"]
            case Patient.MergedInto.TOPIC:
                self.merged_into = UUID(body["survivor_id"])
            case Patient.PartedFrom.TOPIC:
                self.merged_into = None
            case Patient.Absorbed.TOPIC:
                self.merged_ids += (UUID(body["other_id"]),)
            case Patient.Released.TOPIC:
                self.merged_ids = tuple(id_ for id_ in self.merged_ids if id_ != UUID(body["other_id"]))
            case Patient.Withdrawn.TOPIC:
                self.is_withdrawn = True
            case Patient.Reinstated.TOPIC:
                self.is_withdrawn = False
            case Patient.WasErased.TOPIC:
                self.is_erased, self.has_alert = True, False
