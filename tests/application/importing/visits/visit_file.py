"""Synthetic appointment files of other programs, and their import into a new practice."""

import hashlib
import tomllib
from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

from adapters.phonenumbers.phone_numbers import LibPhoneNumbers
from application.importing.pipeline import ImportRun
from application.importing.ports import ImportPorts
from application.importing.ports import VisitLookup as VisitsKnown
from application.importing.report import Finding, ImportReport
from application.importing.undo import UndoImport, UndoImportHandler, UndoReport, VisitWithdrawal
from application.importing.visits.format import FORMATS, VisitFormat
from application.importing.visits.import_visits import import_visits
from application.importing.visits.reader import VisitReader, VisitRow
from domain.importing.data_import import ImportKind
from domain.scheduling.appointments.appointment import Appointment
from event_store.read.stream_lookup import StreamLookup, VisitLookup
from tests.application.importing.patients.patient_file import Row, csv_of
from tests.support.container import Container, SettableClock, by_test
from tests.support.seeded_practice import SeededPractice, fixed_clock

LATER = datetime(2026, 6, 3, 12, tzinfo=UTC)
"""A Wednesday in the studio's first week: Monday's visits are over, Friday's are to come."""


def load_format(name: str = "jane", **changed: object) -> VisitFormat:
    """Return a format that comes with the program, with settings replaced."""
    return VisitFormat.of(tomllib.loads(FORMATS.text(name)) | changed)


def visit(start: str = "2026-06-01 10:00", **other: str) -> Row:
    """Return a row of Dana's talk with Maya, in Jane's format; ``other`` has _ for spaces."""
    row = {
        "Location Name": "Mitte",
        "Appointment Start Date & Time": start,
        "Appointment End Date & Time": "",
        "Patient Number": "",
        "Patient First Name": "Dana",
        "Patient Last Name": "Levi",
        "Treatment Name": "Talk",
        "Treatment Price": "80.00",
        "Treatment Duration": "50",
        "Staff Member Name": "Maya",
        "Status": "Booked",
    }
    return row | {name.replace("_", " "): value for name, value in other.items()}


def acuity(start: str = "06/01/2026 10:00 AM", **other: str) -> Row:
    """Return a row of Acuity's about the same talk."""
    row = {
        "Start Time": start, "Duration": "50", "First Name": "Dana", "Last Name": "Levi", "Phone": "", "Email": "",
        "Type": "Talk", "Calendar": "Maya",
    }  # fmt: skip
    return row | {name.replace("_", " "): value for name, value in other.items()}


def read(rows: Sequence[Row], how: VisitFormat | None = None) -> list[VisitRow | Finding]:
    """Return what is read of rows whose columns are those of all rows together."""
    header = list(dict.fromkeys(column for row in rows for column in row))
    cells = ([row.get(column, "") for column in header] for row in rows)
    reader = VisitReader(
        how or load_format(), header, region="DE", currency="EUR", now=LATER, phone_numbers=LibPhoneNumbers()
    )
    return list(reader.read(enumerate(cells, 2)))


class VisitImports:
    """The imports of one studio, all at one time."""

    def __init__(self, container: Container, studio: SeededPractice, clock: SettableClock | None = None) -> None:
        self.container, self.studio, self.clock = container, studio, clock or fixed_clock(LATER)

    def ports(self, visits: VisitsKnown | None = None) -> ImportPorts:
        container = self.container
        streams, known = StreamLookup(container.store.pool), VisitLookup(container.store.pool)
        return ImportPorts(container.logs, container.keys, streams, visits or known, container.patients(), self.clock)

    def import_rows(
        self,
        rows: Sequence[Row],
        how: VisitFormat | None = None,
        *,
        dry_run: bool = False,
        create_missing: bool = False,
        visits: VisitsKnown | None = None,
    ) -> ImportReport:
        """Import rows as a file of their own."""
        self.catch_up()
        how = how or load_format()
        digest = hashlib.sha256(csv_of(rows)).digest()
        ports, tenant_id = self.ports(visits), self.studio.tenant_id
        run = ImportRun(ports, tenant_id, ImportKind.APPOINTMENTS, how.source, digest, dry_run=dry_run)
        return import_visits(run, how, read(rows, how), lambda _: None, create_missing=create_missing)

    def undo(self, import_id: UUID, *, what_can_be: bool = False) -> UndoReport:
        withdrawal = VisitWithdrawal(VisitLookup(self.container.store.pool))
        handler = UndoImportHandler(self.container.logs, self.clock, [withdrawal])
        return handler(self.studio.tenant_id, UndoImport(import_id, what_can_be), by_test(), lambda _: None)

    def visits(self) -> list[Appointment]:
        """Return all appointments in the order in which they were booked."""
        log = self.studio.log
        events = self.container.app_log.page(self.studio.tenant_id, 0, 10_000)
        appointments_of = [event.stream_id for event in events if event.event_type == Appointment.Booked.TOPIC]
        return [log.load(Appointment, id_) for id_ in appointments_of]

    def claimed(self) -> set[UUID]:
        """Return who holds time in the log."""
        with self.container.app_transaction(self.studio.tenant_id) as cursor:
            return {holder for (holder,) in cursor.execute("select holder_id from log.time_claim").fetchall()}

    def catch_up(self) -> None:
        self.container.runner().catch_up(self.studio.tenant_id)


def reasons(report: ImportReport) -> list[tuple[int, str, str]]:
    """Return what was refused: the line, the reason and the column."""
    return [(read_row.line, read_row.reason, read_row.column) for read_row in report.tally.refusals]
