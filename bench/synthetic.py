"""A synthetic file of appointments in the format of examples/no-shows.toml."""

import csv
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

_COLUMNS: Final = (
    "PatientId", "AppointmentID", "Gender", "ScheduledDay", "AppointmentDay", "Age", "Neighbourhood",
    "Scholarship", "Hipertension", "Diabetes", "Alcoholism", "Handcap", "SMS_received", "No-show",
)  # fmt: skip
_FIRST_DAY: Final = datetime(2016, 4, 29, tzinfo=UTC)
_DAYS: Final = 41
_NEIGHBOURHOODS: Final = 81


def write_appointments(path: Path, rows: int, seed: int = 1) -> None:
    """Write that many appointments, of about half as many patients in 81 neighbourhoods."""
    chance = random.Random(seed)
    neighbourhoods = [f"BAIRRO {number:02}" for number in range(_NEIGHBOURHOODS)]
    weights = [1 / (number + 3) for number in range(_NEIGHBOURHOODS)]
    working_days = [day for number in range(_DAYS) if (day := _FIRST_DAY + timedelta(days=number)).weekday() < 5]
    homes = chance.choices(neighbourhoods, weights, k=max(1, rows * 56 // 100))
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(_COLUMNS)
        for number in range(rows):
            patient = chance.randrange(len(homes))
            day = chance.choice(working_days)
            query = day - timedelta(days=min(chance.randrange(3) * chance.randrange(30), 170))
            query = query.replace(hour=chance.randint(7, 18), minute=chance.randrange(60), second=chance.randrange(60))
            table.writerow(
                (
                    patient * 47_911 + 10_000_019, 5_600_000 + number, chance.choice("FM"), f"{query:%Y-%m-%dT%H:%M:%SZ}",
                    f"{day:%Y-%m-%dT00:00:00Z}", chance.randrange(100), homes[patient], *(chance.choices("01", (9, 1), k=6)),
                    chance.choices(("No", "Yes"), (8, 2))[0],
                )
            )  # fmt: skip
