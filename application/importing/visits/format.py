"""The format of a file of appointments.

Formats that come with the program are TOML files in ``formats/``; jane.toml there explains each
setting.
"""

from enum import StrEnum
from typing import Final

import msgspec

from application.importing.cell_values import DateOrder, NameOrder
from application.importing.formats import Format, Formats, Setting, Templates, columns_in, templates_of
from application.importing.patients.format import PatientFormat
from domain.kernel.errors import InvalidValueError

FORMATS: Final = Formats("application.importing.visits")


class VisitStatus(StrEnum):
    """The status of an appointment in a file.

    A patient who arrived has a completed visit once it is over.
    """

    BOOKED = "booked"
    ARRIVED = "arrived"
    COMPLETED = "completed"
    NO_SHOW = "no_show"
    CANCELLED = "cancelled"
    LATE_CANCELLED = "late_cancelled"


class TimesOf(StrEnum):
    """Whose time zone the times of the file are in."""

    LOCATION = "location"
    PRACTICE = "practice"


class PatientColumns(Setting, frozen=True, kw_only=True):
    """The patient of a row, as in a format of patients."""

    id: str = ""
    given_name: Templates = ""
    family_name: Templates = ""
    full_name: Templates = ""
    name_order: NameOrder = NameOrder.FAMILY_LAST
    email: Templates = ""
    phone: Templates = ""


class VisitFormat(Format, frozen=True, kw_only=True):
    """The settings of one file of appointments."""

    dates: DateOrder = DateOrder.YMD
    clock: TimesOf = TimesOf.LOCATION
    starts_at: str
    ends_at: str = ""
    duration_minutes: str = ""
    location: Templates = ""
    clinician: Templates
    service: Templates
    price: str = ""
    status: str = ""
    statuses: dict[VisitStatus, list[str]] = {}
    notes: Templates = ""
    patient: PatientColumns
    locations: dict[str, str] = {}
    clinicians: dict[str, str] = {}
    services: dict[str, str] = {}

    @property
    def tells_late_cancellations(self) -> bool:
        """Whether a cancelled visit of the file was cancelled in time unless it says otherwise."""
        return bool(self.statuses.get(VisitStatus.LATE_CANCELLED))

    def patients(self) -> PatientFormat:
        """Return the format that reads the patients of the rows. Raises MappingError."""
        columns = msgspec.to_builtins(self.patient)
        return PatientFormat.of({"source": self.source, "phone_region": self.phone_region, **columns})

    def templates(self) -> dict[str, Templates]:
        settings = (
            "starts_at", "ends_at", "duration_minutes", "location", "clinician", "service", "price", "status", "notes",
        )  # fmt: skip
        return {name: getattr(self, name) for name in settings}

    def alternatives(self) -> list[list[str]]:
        return [*super().alternatives(), *self.patients().alternatives()]

    def columns_read(self) -> list[str]:
        return [*super().columns_read(), *self.patients().columns_read()]

    def check(self) -> None:
        super().check()
        for name in ("starts_at", "clinician", "service"):
            if not templates_of(getattr(self, name)):
                raise InvalidValueError(name, f"{name} must not be empty")
        if not columns_in(self.starts_at):
            raise InvalidValueError("starts_at", "starts_at must name a column")
        words = [word.casefold() for listed in self.statuses.values() for word in listed]
        if len(words) != len(set(words)):
            raise InvalidValueError("statuses", "statuses lists a word twice")
        if columns_in(self.status) and not words:
            raise InvalidValueError("statuses", "statuses must list the words of the status column")
