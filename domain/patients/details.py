"""What is known of a patient: names, how to reach them, birth, tags, and the clock and language they live by."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final, TypedDict

from domain.kernel.errors import InvalidValueError
from domain.kernel.personal_data import Erased
from domain.kernel.text import checked_locale, checked_phone, clean_email, clean_tags, clean_text
from domain.kernel.zones import zone

_EARLIEST_BIRTH: Final = date(1870, 1, 1)


class DetailFields(TypedDict):
    """The details as events hold them."""

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

    def fields(self) -> DetailFields:
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


def known_details(
    given_name: str | Erased,
    family_name: str | Erased,
    email: str | Erased | None,
    phone: str | Erased | None,
    date_of_birth: date | Erased | None,
    tags: list[str] | Erased,
    *,
    zone: str | None,
    locale: str | None,
) -> PatientDetails | None:
    """Return the details of events' fields; None where one of them was erased."""
    if (
        isinstance(given_name, Erased)
        or isinstance(family_name, Erased)
        or isinstance(email, Erased)
        or isinstance(phone, Erased)
        or isinstance(date_of_birth, Erased)
        or isinstance(tags, Erased)
    ):
        return None
    return PatientDetails(
        given_name=given_name,
        family_name=family_name,
        email=email,
        phone=phone,
        date_of_birth=date_of_birth,
        tags=tuple(tags),
        zone=zone,
        locale=locale,
    )
