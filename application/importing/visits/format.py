"""How a file of another program's appointments is to be read: which columns mean what, on whose clock, and what its words mean.

A format is a TOML file; those that come with the program are in ``formats/``, and jane.toml there has a word on each setting.
"""

from collections.abc import Mapping
from enum import StrEnum
from functools import lru_cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Self

import msgspec

from application.importing.errors import MappingError
from application.importing.mapping import Setting
from application.importing.patients.format import DateOrder, NameOrder, PatientFormat, Texts, columns_in, texts_of
from domain.errors import InvalidValueError
from domain.text import clean_text


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


class VisitFormat(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All settings of one file; an unknown one is refused. ``patients`` tells people apart, and is made of ``patient``."""

    source: str
    about: str = ""
    encodings: tuple[str, ...] = ("utf-8",)
    delimiters: str = ",;\t|"
    dates: DateOrder = DateOrder.YMD
    clock: Clock = Clock.LOCATION
    phone_region: str | None = None
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
    left_out: list[str] = []
    keeps_other_columns: bool = False
    locations: dict[str, str] = {}
    clinicians: dict[str, str] = {}
    services: dict[str, str] = {}

    @classmethod
    def of(cls, settings: Mapping[str, object]) -> Self:
        """Read a format and try all that can be tried without a file. Raises MappingError: it names the setting."""
        try:
            read = msgspec.convert(settings, cls)
            read._try_out()
        except (msgspec.ValidationError, InvalidValueError) as error:
            raise MappingError(f"the format cannot be used: {error}") from None
        return read

    def patients(self) -> PatientFormat:
        """Return what reads the persons of the rows. Raises MappingError."""
        about = {"source": self.source, "phone_region": self.phone_region, "delimiters": self.delimiters}
        return PatientFormat.of({**about, "encodings": self.encodings, **msgspec.to_builtins(self.patient)})

    def outcomes(self) -> dict[str, Outcome]:
        """Return what each word of the status column means, in small letters."""
        return {word.casefold(): outcome for outcome, words in self.statuses.items() for word in words}

    def columns_read(self) -> list[str]:
        """Return every column that the format knows what to do with, but for those that it leaves out."""
        who = self.patient
        texts: list[Texts] = [
            self.starts_at, self.ends_at, self.duration_minutes, self.location, self.clinician, self.service, self.price,
            self.status, self.notes, who.id, who.given_name, who.family_name, who.full_name, who.email, who.phone,
        ]  # fmt: skip
        return list(dict.fromkeys(column for each in texts for column in columns_in(each)))

    def _try_out(self) -> None:
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
        for column in (*self.columns_read(), *self.left_out):
            clean_text("columns", column, 200)


@lru_cache(maxsize=1)
def format_names() -> list[str]:
    """Return the names of the formats that come with the program."""
    return sorted(path.name.removesuffix(".toml") for path in _formats().iterdir() if path.name.endswith(".toml"))


def format_text(name: str) -> str:
    """Return a format that comes with the program, as its file says it. Raises MappingError: there is none of this name."""
    if name not in format_names():
        raise MappingError(f"there is no format {name!r}; there are {', '.join(format_names())}")
    return (_formats() / f"{name}.toml").read_text("utf-8")


def _formats() -> Traversable:
    return files("application.importing.visits") / "formats"
