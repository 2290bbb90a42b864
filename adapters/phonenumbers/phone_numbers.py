"""Reads telephone numbers with the ``phonenumbers`` library (Google's libphonenumber)."""

from phonenumbers import (
    NumberParseException,
    PhoneNumberFormat,
    ValidationResult,
    format_number,
    is_possible_number_with_reason,
    parse,
)


class LibPhoneNumbers:
    """Implements PhoneNumbers."""

    def e164(self, number: str, region: str | None) -> str | None:
        try:
            parsed = parse(number, region)
        except NumberParseException:
            return None
        # Without its area code, a number like 555-0123 is possible only locally. Ranges of numbers
        # are not checked, since countries open new ones before the library knows them.
        if parsed.extension or is_possible_number_with_reason(parsed) != ValidationResult.IS_POSSIBLE:
            return None
        return format_number(parsed, PhoneNumberFormat.E164)
