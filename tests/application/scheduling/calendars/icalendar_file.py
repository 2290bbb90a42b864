"""Calendars that tests write: a file of some events."""

FIJI = """BEGIN:VTIMEZONE
TZID:Our own
BEGIN:STANDARD
DTSTART:20201101T020000
TZOFFSETFROM:-0400
TZOFFSETTO:-0500
RRULE:FREQ=YEARLY;BYMONTH=11;BYDAY=1SU
END:STANDARD
BEGIN:DAYLIGHT
DTSTART:20200308T020000
TZOFFSETFROM:-0500
TZOFFSETTO:-0400
RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=2SU
END:DAYLIGHT
END:VTIMEZONE
"""

OUTLOOK = """BEGIN:VTIMEZONE
TZID:(UTC+00:00) Dublin\\, Edinburgh\\, Lisbon\\, London
BEGIN:STANDARD
DTSTART:16010101T020000
TZOFFSETFROM:+0100
TZOFFSETTO:+0000
RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10
END:STANDARD
BEGIN:DAYLIGHT
DTSTART:16010101T010000
TZOFFSETFROM:+0000
TZOFFSETTO:+0100
RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3
END:DAYLIGHT
END:VTIMEZONE
"""
"""As Outlook writes it; the first onset is in the year 1601."""


def ics(*events: str, head: str = "") -> bytes:
    """Return a calendar of events, each given as its lines; without a UID they are numbered."""
    parts = []
    for number, lines in enumerate(events):
        uid = "" if "UID:" in lines else f"UID:{number}@example.org\n"
        parts.append(f"BEGIN:VEVENT\n{uid}{lines.strip()}\nEND:VEVENT\n")
    text = f"BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//Test//EN\n{head}{''.join(parts)}END:VCALENDAR\n"
    return text.replace("\n", "\r\n").encode()
