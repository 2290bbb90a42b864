"""Reads telephone numbers with the ``phonenumbers`` library (Google's libphonenumber)."""

from phonenumbers import NumberParseException, PhoneNumberFormat, format_number, is_possible_number, parse


class LibPhoneNumbers:
    """Implements PhoneNumbers."""

    def e164(self, number: str, region: str | None) -> str | None:
        try:
            parsed = parse(number, region)
        except NumberParseException:
            return None
        if parsed.extension or not is_possible_number(parsed):
            return None
        return format_number(parsed, PhoneNumberFormat.E164)
