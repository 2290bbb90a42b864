"""Synthetic patient files of other programs, and their import into a new practice."""

import csv
import hashlib
import io
import tomllib
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from uuid import UUID

from adapters.phonenumbers.phone_numbers import LibPhoneNumbers
from application.importing.patients.format import FORMATS, PatientFormat
from application.importing.patients.import_patients import import_patients
from application.importing.patients.reader import PatientReader, PersonRow
from application.importing.pipeline import ImportRun
from application.importing.ports import ImportPorts, PatientsInUse
from application.importing.report import Finding, ImportReport
from application.importing.undo import PatientWithdrawal, UndoImport, UndoImportHandler, UndoReport
from application.kernel.practice_log import PracticeLog
from domain.importing.data_import import ImportKind
from domain.patients.patient import Patient
from event_store.read.stream_lookup import StreamLookup, VisitLookup
from tests.support.container import Container, by_test

NOW = datetime(2026, 6, 1, 9, tzinfo=UTC)
Row = dict[str, str]


def load_format(name: str = "jane", **changed: object) -> PatientFormat:
    """Return a format that comes with the program, with settings replaced."""
    return PatientFormat.of(tomllib.loads(FORMATS.text(name)) | changed)


def person(number: int, **other: str) -> Row:
    """Return a row in Jane's format with unique data; ``other`` has _ for spaces in columns."""
    row = {
        "Patient Number": str(number),
        "First Name": f"Given{number}",
        "Last Name": f"Family{number}",
        "Email": f"p{number}@example.org",
        "Mobile Phone": f"030 {1_000_000 + number}",
        "Birth Date": f"19{number % 90 + 10}-01-31",
    }
    return row | {name.replace("_", " "): value for name, value in other.items()}


def people(count: int) -> list[Row]:
    return [person(number) for number in range(1, count + 1)]


def read(rows: Sequence[Row], how: PatientFormat | None = None, region: str | None = "DE") -> list[PersonRow | Finding]:
    """Return what is read of rows whose columns are those of all rows together."""
    header = list(dict.fromkeys(column for row in rows for column in row))
    cells = ([row.get(column, "") for column in header] for row in rows)
    return list(PatientReader(how or load_format(), header, region, NOW, LibPhoneNumbers()).read(enumerate(cells, 2)))


def read_row(row: Row, how: PatientFormat | None = None) -> PersonRow:
    [found] = read([row], how)
    assert isinstance(found, PersonRow), found
    return found


def csv_of(rows: Sequence[Row], encoding: str = "utf-8", delimiter: str = ",") -> bytes:
    header = list(dict.fromkeys(column for row in rows for column in row))
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, header, delimiter=delimiter, restval="")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode(encoding)


class PatientImports:
    """The imports of one practice, and the findings of the last one."""

    def __init__(self, container: Container, log: PracticeLog) -> None:
        self.container, self.log = container, log
        self.findings: list[Finding] = []

    @classmethod
    def into_a_new_practice(cls, container: Container) -> "PatientImports":
        return cls(container, container.practice())

    def ports(self) -> ImportPorts:
        container = self.container
        streams, visits = StreamLookup(container.store.pool), VisitLookup(container.store.pool)
        return ImportPorts(container.logs, container.keys, streams, visits, container.patients(), container.clock)

    def run(self, source: str, digest: bytes, *, dry_run: bool = False) -> ImportRun:
        return ImportRun(self.ports(), self.log.tenant_id, ImportKind.PATIENTS, source, digest, dry_run=dry_run)

    def import_rows(
        self, rows: Sequence[Row], how: PatientFormat | None = None, *, dry_run: bool = False, file: str = ""
    ) -> ImportReport:
        """Import rows as a file of their own; ``file`` makes another file of the same rows."""
        self.catch_up()
        how = how or load_format()
        digest = hashlib.sha256(csv_of(rows) + file.encode()).digest()
        report = import_patients(self.run(how.source, digest, dry_run=dry_run), read(rows, how), lambda _: None)
        self.findings = sorted(report.tally.findings, key=lambda finding: finding.line)
        self.catch_up()
        return report

    def undo(self, import_id: UUID, *, what_can_be: bool = False, in_use: PatientsInUse | None = None) -> UndoReport:
        container = self.container
        withdrawal = PatientWithdrawal(
            container.keys, StreamLookup(container.store.pool), in_use or UpToDateUsage(self)
        )
        handler = UndoImportHandler(container.logs, container.clock, [withdrawal])
        report = handler(self.log.tenant_id, UndoImport(import_id, what_can_be), by_test(), lambda _: None)
        self.catch_up()
        return report

    def catch_up(self) -> None:
        self.container.runner().catch_up(self.log.tenant_id)

    def listed(self) -> dict[str, UUID]:
        """Return who is in the directory, by last name."""
        return {details.family_name: id_ for id_, details in self.container.patients().everyone(self.log.tenant_id)}

    def patient(self, family_name: str) -> Patient:
        return self.log.load(Patient, self.listed()[family_name])

    def reported(self) -> list[tuple[int, str, str, str]]:
        return [(found.line, found.outcome, found.reason, found.column) for found in self.findings]

    def topics(self) -> Iterator[str]:
        return (event.event_type for event in self.container.app_log.page(self.log.tenant_id, 0, 10_000))


class UpToDateUsage:
    """The history, up to date at each query."""

    def __init__(self, patient_imports: PatientImports) -> None:
        self._imports = patient_imports

    def taking_part(self, tenant_id: UUID, patient_ids: Iterable[UUID]) -> set[UUID]:
        self._imports.catch_up()
        return self._imports.container.history().taking_part(tenant_id, list(patient_ids))
