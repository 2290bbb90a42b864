"""Calendars that tests write: a file of some events."""


def ics(*events: str, head: str = "") -> bytes:
    """Return a calendar of events, each given as its lines; without a UID they are numbered."""
    parts = []
    for number, lines in enumerate(events):
        uid = "" if "UID:" in lines else f"UID:{number}@example.org\n"
        parts.append(f"BEGIN:VEVENT\n{uid}{lines.strip()}\nEND:VEVENT\n")
    text = f"BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//Test//EN\n{head}{''.join(parts)}END:VCALENDAR\n"
    return text.replace("\n", "\r\n").encode()
