"""A file that is imported, opened as a table for one practice."""

import gzip
import io
import tomllib
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import BinaryIO, Final, Literal
from uuid import UUID

from api.bootstrap.container import Container
from api.bootstrap.importing import import_ports
from api.importing.pacing import PacedDirectory, Pacer
from api.importing.table_file import (
    GZIP,
    Table,
    TableFile,
    delimiter_of,
    digest_of,
    encoding_of,
    open_table,
)
from api.importing.workbook_file import ANY_SIZE, WorkbookLimits, is_workbook, open_sheet
from application.importing.errors import MappingError, TableError
from application.importing.formats import Format, Formats
from application.importing.languages import languages_of
from application.importing.patients.format import FORMATS as PATIENT_FORMATS
from application.importing.patients.format import PatientFormat
from application.importing.patients.reader import PatientReader
from application.importing.pipeline import BATCH_SIZE, ImportRun
from application.importing.visits.format import FORMATS as VISIT_FORMATS
from application.importing.visits.format import VisitFormat
from application.importing.visits.reader import VisitReader
from application.patients.phone import region_of
from domain.importing.data_import import ImportKind
from domain.practice.practice import Practice

MAX_UPLOADED: Final = 2 << 20
"""Octets of an uploaded file."""
MAX_UNPACKED: Final = 16 << 20
"""Octets of an uploaded file without its compression."""
PACED_BATCH_SIZE: Final = 20
"""Rows per append of an uploaded file: some 10 ms of work, after which the thread pauses."""
UPLOAD_LIMITS: Final = WorkbookLimits(unpacked=MAX_UNPACKED, cells=1_000_000)


@dataclass(frozen=True, slots=True)
class UploadedFile:
    """A file in memory, without its name, which may be personal."""

    content: bytes = field(repr=False)
    name: str = "the file"

    def open(self, mode: Literal["rb"]) -> BinaryIO:
        return io.BytesIO(self.content)

    def refuse_larger_than(self, most: int) -> None:
        """Raise TableError if the file, uncompressed, has more octets."""
        if self.content.startswith(GZIP):
            try:
                unpacked = len(gzip.GzipFile(fileobj=io.BytesIO(self.content)).read(most + 1))
            except (EOFError, OSError, zlib.error):
                raise TableError(f"{self.name} ends too soon or is damaged") from None
            if unpacked > most:
                raise TableError(f"{self.name} is too large once it is unpacked; split it, or use `scheduler import`")


@dataclass(frozen=True, slots=True)
class ImportedFile:
    """A file, and how to read it where the content does not tell."""

    file: TableFile
    encoding: str | None = None
    sheet: str | None = None
    limits: WorkbookLimits = ANY_SIZE

    @contextmanager
    def opened(self, used: Format, languages: Sequence[str]) -> Iterator[Table]:
        """Open the table in the file. Raises TableError."""
        if is_workbook(self.file):
            if self.encoding is not None:
                raise TableError("a workbook says itself how it is encoded; leave out the encoding (--encoding)")
            yield open_sheet(self.file, self.sheet, used.header, self.limits)
            return
        if self.sheet is not None:
            raise TableError("only a workbook has sheets; leave out the sheet (--sheet)")
        encoding = encoding_of(self.file, languages, self.encoding or used.encoding)
        delimiter = delimiter_of(self.file, used.delimiters, encoding, used.header)
        with open_table(self.file, delimiter, encoding, used.header) as table:
            yield table


@dataclass(frozen=True, slots=True)
class Source:
    """An open file, and the practice into which it is imported.

    ``region`` is the practice's country.
    """

    run: ImportRun
    region: str | None
    currency: str
    table: Table

    def patient_reader(self, used: PatientFormat) -> PatientReader:
        """Raises MappingError."""
        ports = self.run.ports
        return PatientReader(used, self.table.header, self.region, ports.clock.now(), ports.logs.phone_numbers)

    def visit_reader(self, used: VisitFormat) -> VisitReader:
        """Raises MappingError."""
        ports = self.run.ports
        return VisitReader(
            used,
            self.table.header,
            region=self.region,
            currency=self.currency,
            now=ports.clock.now(),
            phone_numbers=ports.logs.phone_numbers,
        )


@contextmanager
def open_source(
    container: Container,
    practice_id: UUID,
    kind: ImportKind,
    file: ImportedFile,
    used: Format,
    *,
    dry_run: bool,
    actor: str | None = None,
    pacer: Pacer | None = None,
) -> Iterator[Source]:
    """Open the file for one run of its import, by ``pacer`` within a request. Raises TableError."""
    settings = container.logs.of(practice_id).catalogue().one(Practice, practice_id)
    region = region_of(settings.locale, settings.zone)
    languages = languages_of(settings.locale, [region, region_of("", settings.zone)])
    with file.opened(used, languages) as table:
        digest = digest_of(file.file)
        ports, batch_size = import_ports(container), BATCH_SIZE
        if pacer is not None:
            ports, batch_size = replace(ports, directory=PacedDirectory(ports.directory, pacer)), PACED_BATCH_SIZE
        run = ImportRun(
            ports, practice_id, kind, used.source, digest, dry_run=dry_run, actor=actor, batch_size=batch_size
        )
        yield Source(run, region, settings.currency, table)


def formats_of(kind: ImportKind) -> Formats:
    return VISIT_FORMATS if kind is ImportKind.APPOINTMENTS else PATIENT_FORMATS


def settings_in(text: str) -> Mapping[str, object]:
    """Return the settings in a TOML file. Raises MappingError."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise MappingError(f"the mapping is not TOML: {error}") from None
