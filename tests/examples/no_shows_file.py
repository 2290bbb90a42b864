"""Synthetic files of appointments for examples/no-shows.toml."""

import random
import tomllib
from collections.abc import Iterable

from application.importing.report import Finding
from no_shows.mapping import NoShowsMapping
from no_shows.reader import VisitReader, VisitRow
from tests.support.paths import ROOT

HEADER = [
    "PatientId", "AppointmentID", "Gender", "ScheduledDay", "AppointmentDay", "Age", "Neighbourhood", "Scholarship",
    "Hipertension", "Diabetes", "Alcoholism", "Handcap", "SMS_received", "No-show",
]  # fmt: skip
MAPPING = ROOT / "examples" / "no-shows.toml"


def cells(
    appointment: int,
    *,
    patient: int = 1,
    booked_at: str = "2016-04-29T18:38:08Z",
    on_date: str = "2016-05-02T00:00:00Z",
    age: str = "40",
    practice: str = "SÃO PEDRO",
    hypertension: str = "0",
    outcome: str = "No",
) -> list[str]:
    """Return the cells of one row."""
    return [
        str(patient), str(appointment), "F", booked_at, on_date, age, practice, "0", hypertension, "0", "0", "0", "0", outcome,
    ]  # fmt: skip


def mapping(source: str = "no-shows", **changed: object) -> NoShowsMapping:
    """Return the example's mapping with another source, for new ids, and changed tables."""
    settings = tomllib.loads(MAPPING.read_text("utf-8")) | {"source": source}
    for table, value in changed.items():
        settings[table] = {**settings[table], **value} if isinstance(value, dict) else value
    return NoShowsMapping.of(settings)


def read(by: NoShowsMapping, rows: Iterable[list[str]]) -> list[VisitRow | Finding]:
    return list(VisitReader(by, HEADER).read(enumerate(rows, start=2)))


def many(count: int, seed: int, practices: int = 3) -> list[list[str]]:
    """Return rows of a busy fortnight in several practices, in no order."""
    chance = random.Random(seed)
    return [
        cells(
            number,
            patient=chance.randrange(count // 2 + 1),
            booked_at=f"2016-04-{chance.randint(1, 28):02}T{chance.randint(7, 19):02}:{chance.randrange(60):02}:00Z",
            on_date=f"2016-05-{chance.choice((2, 3, 4, 5, 6, 9, 10, 11)):02}T00:00:00Z",
            practice=f"PRAÇA {chance.randrange(practices)}",
            outcome=chance.choice(("No", "No", "No", "Yes")),
        )
        for number in range(count)
    ]
