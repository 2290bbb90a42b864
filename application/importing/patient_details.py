"""A patient as a file tells of them, brought to the form that is kept."""

from datetime import date

from application.importing.mapping import PracticeTemplate
from application.importing.rows import PatientText, RowRefusedError
from application.kernel.ports import PhoneNumbers
from application.patients.phone import international, region_of
from domain.kernel.errors import InvalidValueError
from domain.patients.details import PatientDetails


def details_of(text: PatientText, practice: PracticeTemplate, numbers: PhoneNumbers) -> PatientDetails:
    """Raises RowRefusedError: something is written in a way that cannot be kept; ``column`` is the field's name."""
    try:
        region = region_of(practice.locale, practice.zone)
        return PatientDetails(
            given_name=text.given_name,
            family_name=text.family_name,
            email=text.email or None,
            phone=international(numbers, text.phone, region) if text.phone else None,
            date_of_birth=_date(text.date_of_birth),
            tags=text.tags,
        )
    except InvalidValueError as error:
        raise RowRefusedError("not_kept_like_this", error.field) from None


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise InvalidValueError("date_of_birth", "a date is written 1990-12-31") from None
