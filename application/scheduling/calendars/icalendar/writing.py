"""Content lines of iCalendar: escaped, folded, ended as RFC 5545 asks (sections 3.1 and 3.3.11; RFC 6868 for parameters)."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Final

_MOST_OCTETS: Final = 75
_ESCAPED: Final = str.maketrans({"\\": "\\\\", ";": "\\;", ",": "\\,", "\n": "\\n"})
_ESCAPED_IN_PARAMETERS: Final = str.maketrans({"^": "^^", "\n": "^n", '"': "^'"})


def written(lines: Iterable[str]) -> str:
    """Return content lines as one text: no line over 75 octets, none without CRLF. A letter is never cut in two."""
    return "".join(f"{_folded(line)}\r\n" for line in lines)


def text(value: str) -> str:
    """Return free text as a value."""
    return _printable(value).translate(_ESCAPED)


def parameter(value: str) -> str:
    """Return free text as a parameter's value, in quotes."""
    return f'"{_printable(value).translate(_ESCAPED_IN_PARAMETERS)}"'


def instant(at: datetime) -> str:
    """Return an instant in UTC, the form that needs no zone to be understood."""
    return f"{at.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def _printable(value: str) -> str:
    """Return the text with one kind of line break and without other control characters, which no line may hold."""
    lines = value.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(letter for letter in lines if letter in "\n\t" or (letter >= " " and letter != "\x7f"))


def _folded(line: str) -> str:
    octets = line.encode()
    if len(octets) <= _MOST_OCTETS:
        return line
    parts, start, room = [], 0, _MOST_OCTETS
    while len(octets) - start > room:
        end = start + room
        while octets[end] & 0xC0 == 0x80:
            end -= 1
        parts.append(octets[start:end])
        start, room = end, _MOST_OCTETS - 1
    return b"\r\n ".join([*parts, octets[start:]]).decode()
