"""The personal details of a patient."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from domain.kernel.errors import InvalidValueError
from domain.kernel.text import checked_locale, checked_phone, clean_email, clean_tags, clean_text
from domain.kernel.value import Value
from domain.kernel.zones import zone

_EARLIEST_BIRTH: Final = date(1870, 1, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class PatientDetails(Value):
    """Names, contact data, date of birth, tags, zone and locale.

    Texts are cleaned; the phone number must be in E.164 form. The given or the family name is empty
    for a person who has one name only.
    Raises InvalidValueError, UnknownZoneError.
    """

    given_name: str = ""
    family_name: str = ""
    email: str | None = None
    phone: str | None = None
    date_of_birth: date | None = None
    tags: tuple[str, ...] = ()
    zone: str | None = None
    locale: str | None = None

    def __post_init__(self) -> None:
        if not (self.given_name or self.family_name):
            raise InvalidValueError("family_name", "a patient has a given name, a family name, or both")
        for name in ("given_name", "family_name"):
            if text := getattr(self, name):
                object.__setattr__(self, name, clean_text(name, text, 200))
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
        """Raises InvalidValueError: the date of birth is in the future in every zone."""
        if self.date_of_birth is not None and self.date_of_birth > at.date() + timedelta(days=1):
            raise InvalidValueError("date_of_birth", "the date of birth is in the future")
