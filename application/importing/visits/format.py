"""How a file of another program's appointments is to be read: which columns mean what, on whose clock, and what its words mean.

A format is a TOML file; those that come with the program are in ``formats/``, and jane.toml there has a word on each setting.
"""

from enum import StrEnum
from typing import Final

import msgspec

from application.importing.format import Format, Formats
from application.importing.mapping import Setting
from application.importing.patients.format import DateOrder, NameOrder, PatientFormat, Texts, columns_in, texts_of
from domain.kernel.errors import InvalidValueError

FORMATS: Final = Formats("application.importing.visits")


class Outcome(StrEnum):
    """What a file says came of an appointment. Who arrived was seen once the visit is over."""

    BOOKED = "booked"
    ARRIVED = "arrived"
    COMPLETED = "completed"
    NO_SHOW = "no_show"
    CANCELLED = "cancelled"


class Clock(StrEnum):
    """Whose wall clock shows the file's times."""

    LOCATION = "location"
    PRACTICE = "practice"


class WhoseVisit(Setting, frozen=True, kw_only=True):
    """How a row tells whose visit it is, as a format of patients would."""

    id: str = ""
    given_name: Texts = ""
    family_name: Texts = ""
    full_name: Texts = ""
    name_order: NameOrder = NameOrder.FAMILY_LAST
    email: Texts = ""
    phone: Texts = ""


class VisitFormat(Format, frozen=True, kw_only=True):
    """All settings of one file of appointments. ``patients`` tells people apart, and is made of ``patient``."""

    dates: DateOrder = DateOrder.YMD
    clock: Clock = Clock.LOCATION
    starts_at: str
    ends_at: str = ""
    duration_minutes: str = ""
    location: Texts = ""
    clinician: Texts
    service: Texts
    price: str = ""
    status: str = ""
    statuses: dict[Outcome, list[str]] = {}
    notes: Texts = ""
    patient: WhoseVisit
    locations: dict[str, str] = {}
    clinicians: dict[str, str] = {}
    services: dict[str, str] = {}

    def patients(self) -> PatientFormat:
        """Return what reads the persons of the rows. Raises MappingError."""
        about = {"source": self.source, "phone_region": self.phone_region, "delimiters": self.delimiters}
        return PatientFormat.of({**about, "encodings": self.encodings, **msgspec.to_builtins(self.patient)})

    def outcomes(self) -> dict[str, Outcome]:
        """Return what each word of the status column means, in small letters."""
        return {word.casefold(): outcome for outcome, words in self.statuses.items() for word in words}

    def columns_read(self) -> list[str]:
        who = self.patient
        texts: list[Texts] = [
            self.starts_at, self.ends_at, self.duration_minutes, self.location, self.clinician, self.service, self.price,
            self.status, self.notes, who.id, who.given_name, who.family_name, who.full_name, who.email, who.phone,
        ]  # fmt: skip
        return list(dict.fromkeys(column for each in texts for column in columns_in(each)))

    def try_out(self) -> None:
        super().try_out()
        self.patients()
        for name in ("starts_at", "clinician", "service"):
            if not texts_of(getattr(self, name)):
                raise InvalidValueError(name, f"{name} says nothing")
        if not columns_in(self.starts_at):
            raise InvalidValueError("starts_at", "starts_at names no column")
        words = [word.casefold() for listed in self.statuses.values() for word in listed]
        if len(words) != len(set(words)):
            raise InvalidValueError("statuses", "statuses gives a word two meanings")
        if columns_in(self.status) and not words:
            raise InvalidValueError("statuses", "statuses says what the status column means")
