"""Content of the demo practice: invented people and services, in three scripts and two cities."""

from typing import Final, NamedTuple

NAME: Final = "Studio Levi & Weiß"
ZONE: Final = "Europe/Berlin"
CURRENCY: Final = "EUR"
LOCALE: Final = "de-DE"


class DemoLocation(NamedTuple):
    name: str
    zone: str
    resources: tuple[tuple[str, str], ...]
    """Kind and name."""


class DemoClinician(NamedTuple):
    name: str
    email: str
    location: str
    weekly: tuple[str, ...]


class DemoService(NamedTuple):
    name: str
    duration_minutes: int
    buffer_after_minutes: int
    step_minutes: int
    price_amount_minor: int
    mode: str
    clinicians: tuple[str, ...]
    requires: tuple[str, ...]


class DemoPatient(NamedTuple):
    given_name: str
    family_name: str
    email: str | None
    phone: str | None
    born: str
    zone: str
    locale: str
    tags: tuple[str, ...]


class DemoVisit(NamedTuple):
    """``nth`` chooses among the free times of the day."""

    patient: str
    service: str
    clinician: str
    nth: int


LOCATIONS: Final = (
    DemoLocation("Berlin-Mitte", "Europe/Berlin", (("room", "Raum 1"), ("room", "Raum 2"), ("device", "Ultraschall"))),
    DemoLocation("תל אביב", "Asia/Jerusalem", (("room", "חדר טיפולים"),)),
)
CLINICIANS: Final = (
    DemoClinician(
        "Jürgen Weiß", "juergen.weiss@example.com", "Berlin-Mitte",
        ("mon 09:00-17:00", "tue 09:00-17:00", "wed 09:00-13:00", "thu 09:00-17:00", "fri 09:00-15:00"),
    ),
    DemoClinician(
        "ד״ר מרים לוי", "miriam.levi@example.com", "תל אביב",
        ("sun 08:30-16:30", "mon 08:30-16:30", "tue 08:30-16:30", "wed 08:30-16:30", "thu 08:30-13:00"),
    ),
    DemoClinician(
        "Sarah O’Connor", "sarah.oconnor@example.com", "Berlin-Mitte",
        ("tue 12:00-20:00", "wed 12:00-20:00", "thu 12:00-20:00", "sat 10:00-14:00"),
    ),
)  # fmt: skip
SERVICES: Final = (
    DemoService("Physiotherapie", 50, 10, 30, 8500, "in_person", ("Jürgen Weiß", "Sarah O’Connor"), ("room",)),
    DemoService("Ultraschallbehandlung", 30, 10, 20, 6000, "in_person", ("Jürgen Weiß",), ("device", "room")),
    DemoService("ביקור ראשון", 80, 10, 30, 14000, "in_person", ("ד״ר מרים לוי",), ("room",)),
    DemoService("Video consultation", 25, 5, 30, 4500, "virtual", ("Sarah O’Connor", "ד״ר מרים לוי"), ()),
)
PATIENTS: Final = (
    DemoPatient(
        "Zoë",
        "Müller-Lüdenscheidt",
        "zoe@example.org",
        "+4930901820",
        "1988-02-29",
        "Europe/Berlin",
        "de-DE",
        ("Rücken",),
    ),
    DemoPatient(
        "שרה", "כהן", "sara.cohen@example.org", "+97231234567", "1975-11-03", "Asia/Jerusalem", "he-IL", ("חדשה",)
    ),
    DemoPatient("Günther", "Großmann", None, "+4930901821", "1949-07-17", "Europe/Berlin", "de-DE", ()),
    DemoPatient("Aoife", "Ní Bhriain", "aoife@example.org", None, "1996-05-21", "Europe/Dublin", "en-IE", ("video",)),
    DemoPatient("יעל", "בן־דוד", "yael@example.org", "+97231234568", "2001-01-09", "Asia/Jerusalem", "he-IL", ()),
    DemoPatient("Olivia", "Reyes", "olivia@example.org", None, "1983-09-30", "America/New_York", "en-US", ("video",)),
)
VISITS: Final = (
    DemoVisit("Zoë", "Physiotherapie", "Jürgen Weiß", 1),
    DemoVisit("שרה", "ביקור ראשון", "ד״ר מרים לוי", 2),
    DemoVisit("Günther", "Ultraschallbehandlung", "Jürgen Weiß", 6),
    DemoVisit("Aoife", "Video consultation", "Sarah O’Connor", 3),
    DemoVisit("יעל", "ביקור ראשון", "ד״ר מרים לוי", 5),
    DemoVisit("Olivia", "Video consultation", "ד״ר מרים לוי", 0),
)
"""Visits booked on each day on which the clinician works."""
