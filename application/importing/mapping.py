"""How a file of appointments is to be read: what its columns mean and what practices are made of it.

The settings are explained in examples/no-shows.toml.
"""

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Final, Self

import msgspec

from application.importing.errors import MappingError
from domain.kernel.errors import InvalidValueError
from domain.kernel.money import Money
from domain.kernel.text import clean_tags, clean_text
from domain.practice.practice import PracticeSettings
from domain.practice.service import Mode, ServiceTerms
from domain.practice.weekly_hours import OpeningHours

PLACEHOLDER: Final = re.compile(r"\{([^{}]+)\}")


class Result(StrEnum):
    """What became of an appointment: it took place, the patient did not come, or nothing is known yet."""

    COMPLETED = "completed"
    NO_SHOW = "no_show"
    BOOKED = "booked"


class Setting(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A table of the mapping; an unknown key in it is refused."""


class Columns(Setting, frozen=True, kw_only=True):
    practice: str
    patient: str
    appointment: str
    booked_at: str
    on_date: str
    outcome: str | None = None


class Limit(Setting, frozen=True, kw_only=True):
    """Rows whose whole number in ``column`` lies outside ``least..most`` are refused."""

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


class TagRule(Setting, frozen=True, kw_only=True):
    """The patient gets ``tag`` where ``column`` says ``value``."""

    column: str
    value: str
    tag: str


class PatientTemplate(Setting, frozen=True, kw_only=True):
    """Texts in which ``{Column}`` stands for the row's value; one that comes out empty is left out."""

    given_name: str
    family_name: str
    email: str = ""
    phone: str = ""
    date_of_birth: str = ""
    tags: list[TagRule] = []

    def texts(self) -> tuple[str, ...]:
        return (self.given_name, self.family_name, self.email, self.phone, self.date_of_birth)


class ImportMapping(Setting, frozen=True, kw_only=True):
    source: str
    delimiter: str = ","
    columns: Columns
    outcomes: dict[Result, list[str]] = {}
    limits: list[Limit] = []
    practice: PracticeTemplate
    clinicians: ClinicianTemplate
    service: ServiceTemplate
    patient: PatientTemplate

    @classmethod
    def of(cls, settings: Mapping[str, object]) -> Self:
        """Read a mapping and try all that will be made of it. Raises MappingError: it names the setting."""
        try:
            mapping = msgspec.convert(settings, cls)
            mapping._try_out()
        except (msgspec.ValidationError, InvalidValueError, ValueError) as error:
            raise MappingError(f"the mapping cannot be used: {error}") from None
        return mapping

    def results(self) -> dict[str, Result]:
        """Return what each word of the outcome column means."""
        return {word: result for result, words in self.outcomes.items() for word in words}

    def columns_read(self) -> frozenset[str]:
        """Return every column that the file must have."""
        named = self.columns
        return frozenset(
            [named.practice, named.patient, named.appointment, named.booked_at, named.on_date]
            + ([named.outcome] if named.outcome else [])
            + [limit.column for limit in self.limits]
            + [rule.column for rule in self.patient.tags]
            + [column for text in self.patient.texts() for column in PLACEHOLDER.findall(text)]
        )

    def practice_settings(self, name: str) -> PracticeSettings:
        return PracticeSettings(name, self.practice.zone, self.practice.currency, self.practice.locale)

    def clinician_name(self, number: int) -> str:
        return self.clinicians.name.replace("{number}", str(number))

    def service_terms(self) -> ServiceTerms:
        """Return the service that every row books. It can be booked at any notice: the bookings have been made already."""
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

    def _try_out(self) -> None:
        if clean_text("source", self.source, 50) != self.source or not self.source.replace("-", "").isalnum():
            raise InvalidValueError("source", "source is a short name of letters, digits and dashes")
        if len(self.delimiter) != 1:
            raise InvalidValueError("delimiter", "delimiter is one character")
        words = [word for listed in self.outcomes.values() for word in listed]
        if len(words) != len(set(words)):
            raise InvalidValueError("outcomes", "outcomes gives a word two meanings")
        if self.columns.outcome and not words:
            raise InvalidValueError("outcomes", "outcomes says what the outcome column means")
        clean_tags("patient.tags", [rule.tag for rule in self.patient.tags])
        clean_text("clinicians.name", self.clinician_name(1), 200)
        self.practice_settings("A practice")
        self.service_terms()
        self.opening_hours()
