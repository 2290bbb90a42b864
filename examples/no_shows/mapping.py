"""The mapping of the file: what its columns mean and what its practices look like.

See ../no-shows.toml.
"""

from enum import StrEnum

from application.importing.formats import ColumnMapping, Setting, columns_in
from application.importing.patients.format import TagRule
from domain.kernel.errors import InvalidValueError
from domain.kernel.money import Money
from domain.kernel.text import clean_tags, clean_text
from domain.practice.practice import PracticeSettings
from domain.practice.service import Mode, ServiceTerms
from domain.practice.weekly_hours import OpeningHours


class Result(StrEnum):
    """The outcome of an appointment: attended, missed, or unknown."""

    COMPLETED = "completed"
    NO_SHOW = "no_show"
    BOOKED = "booked"


class Columns(Setting, frozen=True, kw_only=True):
    practice: str
    patient: str
    appointment: str
    booked_at: str
    on_date: str
    outcome: str | None = None


class Limit(Setting, frozen=True, kw_only=True):
    """A row is refused if the whole number in ``column`` lies outside ``least..most``."""

    column: str
    least: int
    most: int


class PracticeTemplate(Setting, frozen=True, kw_only=True):
    zone: str
    currency: str
    locale: str


class ClinicianTemplate(Setting, frozen=True, kw_only=True):
    """``{number}`` in the name counts from 1; ``weekly`` is as in domain.practice.weekly_hours."""

    name: str
    weekly: list[str]


class ServiceTemplate(Setting, frozen=True, kw_only=True):
    name: str
    duration_minutes: int
    buffer_before_minutes: int = 0
    buffer_after_minutes: int = 0
    step_minutes: int | None = None
    price_amount_minor: int = 0
    mode: Mode = Mode.IN_PERSON


class PatientTemplate(Setting, frozen=True, kw_only=True):
    """Templates of the patient's details; an empty result is left out."""

    given_name: str
    family_name: str
    email: str = ""
    phone: str = ""
    date_of_birth: str = ""
    tags: list[TagRule] = []

    def templates(self) -> tuple[str, ...]:
        return (self.given_name, self.family_name, self.email, self.phone, self.date_of_birth)


class NoShowsMapping(ColumnMapping, frozen=True, kw_only=True):
    """The settings of one file. ``loader`` names the program that reads it."""

    loader: str
    delimiter: str = ","
    columns: Columns
    outcomes: dict[Result, list[str]] = {}
    limits: list[Limit] = []
    practice: PracticeTemplate
    clinicians: ClinicianTemplate
    service: ServiceTemplate
    patient: PatientTemplate

    def results(self) -> dict[str, Result]:
        """Return the result that each word of the outcome column means."""
        return {word: result for result, words in self.outcomes.items() for word in words}

    def columns_read(self) -> list[str]:
        named = self.columns
        columns = [named.practice, named.patient, named.appointment, named.booked_at, named.on_date]
        columns += [named.outcome] if named.outcome else []
        columns += [limit.column for limit in self.limits]
        columns += [rule.column for rule in self.patient.tags]
        return list(dict.fromkeys([*columns, *columns_in(*self.patient.templates())]))

    def practice_settings(self, name: str) -> PracticeSettings:
        return PracticeSettings(name, self.practice.zone, self.practice.currency, self.practice.locale)

    def clinician_name(self, number: int) -> str:
        return self.clinicians.name.replace("{number}", str(number))

    def service_terms(self) -> ServiceTerms:
        """Return the terms of the service that every row books."""
        service = self.service
        return ServiceTerms(
            name=service.name,
            duration_minutes=service.duration_minutes,
            price=Money(service.price_amount_minor, self.practice.currency),
            buffer_before_minutes=service.buffer_before_minutes,
            buffer_after_minutes=service.buffer_after_minutes,
            step_minutes=service.step_minutes,
            mode=service.mode,
        )

    def opening_hours(self) -> OpeningHours:
        return OpeningHours.parse(self.clinicians.weekly)

    def check(self) -> None:
        super().check()
        if len(self.delimiter) != 1:
            raise InvalidValueError("delimiter", "delimiter is one character")
        words = [word for listed in self.outcomes.values() for word in listed]
        if len(words) != len(set(words)):
            raise InvalidValueError("outcomes", "outcomes lists a word twice")
        if self.columns.outcome and not words:
            raise InvalidValueError("outcomes", "outcomes says what the outcome column means")
        clean_tags("patient.tags", [rule.tag for rule in self.patient.tags])
        clean_text("clinicians.name", self.clinician_name(1), 200)
        self.practice_settings("A practice")
        self.service_terms()
        self.opening_hours()
