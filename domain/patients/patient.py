"""A patient: who they are, how to reach them, and that they may be forgotten."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Self, TypedDict
from uuid import UUID

from eventsourcing.domain import event

from domain.aggregate import Aggregate, FirstFact
from domain.errors import InvalidValueError, RuleBrokenError
from domain.personal import Erased, Personal
from domain.text import checked_locale, checked_phone, clean_email, clean_tags, clean_text
from domain.zones import zone

_EARLIEST_BIRTH = date(1870, 1, 1)


class PatientErasedError(RuleBrokenError):
    """The patient was erased: nothing is known of them any more, and nothing new may be kept."""

    code = "patient_erased"

    def __init__(self) -> None:
        super().__init__("the patient was erased")


class _Fields(TypedDict):
    given_name: str
    family_name: str
    email: str | None
    phone: str | None
    date_of_birth: date | None
    tags: list[str]
    zone: str | None
    locale: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PatientDetails:
    """What is known of a patient; texts are cleaned, the phone number is already in the form of E.164.

    Raises InvalidValueError, UnknownZoneError.
    """

    given_name: str
    family_name: str
    email: str | None = None
    phone: str | None = None
    date_of_birth: date | None = None
    tags: tuple[str, ...] = ()
    zone: str | None = None
    locale: str | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "given_name", clean_text("given_name", self.given_name, 200))
        object.__setattr__(self, "family_name", clean_text("family_name", self.family_name, 200))
        object.__setattr__(self, "tags", clean_tags("tags", self.tags))
        if self.email is not None:
            object.__setattr__(self, "email", clean_email("email", self.email))
        if self.phone is not None:
            checked_phone("phone", self.phone)
        if self.date_of_birth is not None and self.date_of_birth < _EARLIEST_BIRTH:
            raise InvalidValueError("date_of_birth", "the date of birth is too long ago")
        if self.zone is not None:
            zone(self.zone)
        if self.locale is not None:
            checked_locale("locale", self.locale)

    def refuse_unborn(self, at: datetime) -> None:
        """Raises InvalidValueError: the date of birth has not come yet anywhere on Earth."""
        if self.date_of_birth is not None and self.date_of_birth > at.date() + timedelta(days=1):
            raise InvalidValueError("date_of_birth", "the date of birth is in the future")

    def fields(self) -> _Fields:
        return {
            "given_name": self.given_name,
            "family_name": self.family_name,
            "email": self.email,
            "phone": self.phone,
            "date_of_birth": self.date_of_birth,
            "tags": list(self.tags),
            "zone": self.zone,
            "locale": self.locale,
        }


class Patient(Aggregate):
    TOPIC = "patients.patient"

    class Registered(FirstFact):
        TOPIC = "patients.patient.registered"
        SUBJECT = "originator_id"
        given_name: Personal[str]
        family_name: Personal[str]
        email: Personal[str | None]
        phone: Personal[str | None]
        date_of_birth: Personal[date | None]
        tags: Personal[list[str]]
        zone: str | None
        locale: str | None

    class DetailsChanged(Aggregate.Event):
        TOPIC = "patients.patient.details_changed"
        SUBJECT = "originator_id"
        given_name: Personal[str]
        family_name: Personal[str]
        email: Personal[str | None]
        phone: Personal[str | None]
        date_of_birth: Personal[date | None]
        tags: Personal[list[str]]
        zone: str | None
        locale: str | None

    class WasErased(Aggregate.Event):
        TOPIC = "patients.patient.erased"

    @classmethod
    def register(cls, *, id: UUID, details: PatientDetails, at: datetime) -> Self:
        """Raises InvalidValueError: born in the future."""
        details.refuse_unborn(at)
        return cls._create(cls.Registered, id=id, timestamp=at, **details.fields())

    @event(Registered)
    def __init__(
        self,
        given_name: Personal[str],
        family_name: Personal[str],
        email: Personal[str | None],
        phone: Personal[str | None],
        date_of_birth: Personal[date | None],
        tags: Personal[list[str]],
        zone: str | None,
        locale: str | None,
        timestamp: datetime,
    ) -> None:
        self.is_erased = False
        self.given_name, self.family_name = given_name, family_name
        self.email, self.phone = email, phone
        self.date_of_birth = date_of_birth
        self.tags = tags
        self.zone, self.locale = zone, locale

    @property
    def details(self) -> PatientDetails:
        """What is known. Raises PatientErasedError: nothing is, any more."""
        given_name, family_name, email, phone = self.given_name, self.family_name, self.email, self.phone
        date_of_birth, tags = self.date_of_birth, self.tags
        if (
            self.is_erased
            or isinstance(given_name, Erased)
            or isinstance(family_name, Erased)
            or isinstance(email, Erased)
            or isinstance(phone, Erased)
            or isinstance(date_of_birth, Erased)
            or isinstance(tags, Erased)
        ):
            raise PatientErasedError
        return PatientDetails(
            given_name=given_name,
            family_name=family_name,
            email=email,
            phone=phone,
            date_of_birth=date_of_birth,
            tags=tuple(tags),
            zone=self.zone,
            locale=self.locale,
        )

    def change_details(self, to: PatientDetails, at: datetime) -> bool:
        """Return whether anything was recorded: the same details again record nothing.

        For a part of them: ``patient.change_details(replace(patient.details, email=...), at)``.
        Raises PatientErasedError; InvalidValueError: born in the future.
        """
        if to == self.details:
            return False
        to.refuse_unborn(at)
        self._details_changed(**to.fields(), timestamp=at)
        return True

    @event(DetailsChanged)
    def _details_changed(
        self,
        given_name: Personal[str],
        family_name: Personal[str],
        email: Personal[str | None],
        phone: Personal[str | None],
        date_of_birth: Personal[date | None],
        tags: Personal[list[str]],
        zone: str | None,
        locale: str | None,
        timestamp: datetime,
    ) -> None:
        self.given_name, self.family_name = given_name, family_name
        self.email, self.phone = email, phone
        self.date_of_birth = date_of_birth
        self.tags = tags
        self.zone, self.locale = zone, locale

    def erase(self, at: datetime) -> bool:
        """Record that the patient was erased; whoever asks for it destroys the key as well. Return whether anything was recorded."""
        if self.is_erased:
            return False
        self._erased(timestamp=at)
        return True

    @event(WasErased)
    def _erased(self, timestamp: datetime) -> None:
        self.is_erased = True
