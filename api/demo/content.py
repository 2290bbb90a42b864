"""Content of the demo practice: fictitious people and services, in three scripts and two cities."""

from datetime import date
from typing import Final, NamedTuple

from application.patients.register_patient import RegisterPatient
from domain.practice.service import Mode

NAME: Final = "Studio Levi & Weiß"
ZONE: Final = "Europe/Berlin"
CURRENCY: Final = "EUR"
LOCALE: Final = "de-DE"


class DemoLocation(NamedTuple):
    """``resources`` are pairs of kind and name."""

    name: str
    zone: str
    resources: tuple[tuple[str, str], ...]


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
    mode: Mode
    clinicians: tuple[str, ...]
    requires: tuple[str, ...]


class DemoVisit(NamedTuple):
    """``nth`` is the index of the start among the free ones of the day."""

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
    DemoService("Physiotherapie", 50, 10, 30, 8500, Mode.IN_PERSON, ("Jürgen Weiß", "Sarah O’Connor"), ("room",)),
    DemoService("Ultraschallbehandlung", 30, 10, 20, 6000, Mode.IN_PERSON, ("Jürgen Weiß",), ("device", "room")),
    DemoService("ביקור ראשון", 80, 10, 30, 14000, Mode.IN_PERSON, ("ד״ר מרים לוי",), ("room",)),
    DemoService("Video consultation", 25, 5, 30, 4500, Mode.VIRTUAL, ("Sarah O’Connor", "ד״ר מרים לוי"), ()),
)
PATIENTS: Final = (
    RegisterPatient(
        given_name="Zoë", family_name="Müller-Lüdenscheidt", email="zoe@example.org", phone="+4930901820",
        date_of_birth=date(1988, 2, 29), zone="Europe/Berlin", locale="de-DE", tags=("Rücken",),
    ),
    RegisterPatient(
        given_name="שרה", family_name="כהן", email="sara.cohen@example.org", phone="+97231234567",
        date_of_birth=date(1975, 11, 3), zone="Asia/Jerusalem", locale="he-IL", tags=("חדשה",),
    ),
    RegisterPatient(
        given_name="Günther", family_name="Großmann", phone="+4930901821",
        date_of_birth=date(1949, 7, 17), zone="Europe/Berlin", locale="de-DE",
    ),
    RegisterPatient(
        given_name="Aoife", family_name="Ní Bhriain", email="aoife@example.org",
        date_of_birth=date(1996, 5, 21), zone="Europe/Dublin", locale="en-IE", tags=("video",),
    ),
    RegisterPatient(
        given_name="יעל", family_name="בן־דוד", email="yael@example.org", phone="+97231234568",
        date_of_birth=date(2001, 1, 9), zone="Asia/Jerusalem", locale="he-IL",
    ),
    RegisterPatient(
        given_name="Olivia", family_name="Reyes", email="olivia@example.org",
        date_of_birth=date(1983, 9, 30), zone="America/New_York", locale="en-US", tags=("video",),
    ),
)  # fmt: skip
VISITS: Final = (
    DemoVisit("Zoë", "Physiotherapie", "Jürgen Weiß", 1),
    DemoVisit("שרה", "ביקור ראשון", "ד״ר מרים לוי", 2),
    DemoVisit("Günther", "Ultraschallbehandlung", "Jürgen Weiß", 6),
    DemoVisit("Aoife", "Video consultation", "Sarah O’Connor", 3),
    DemoVisit("יעל", "ביקור ראשון", "ד״ר מרים לוי", 5),
    DemoVisit("Olivia", "Video consultation", "ד״ר מרים לוי", 0),
)
"""Booked on each day on which the clinician works."""
