"""Read the rows of a file of patients.

Only a row without a usable name is refused. Any other value that cannot be stored in its field,
such as an impossible date or a phone number with an extension, becomes a note to staff and is
reported.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple, TypeVar

from application.importing.cell_values import parse_date, parse_full_name
from application.importing.errors import MappingError
from application.importing.formats import first_column
from application.importing.patients.format import PatientFormat
from application.importing.reader import FileColumns, ImportedCell, OtherColumns, RowReader
from application.importing.report import RowRefusedError
from application.kernel.ports import PhoneNumbers
from application.patients.phone import country_of, to_e164
from domain.kernel.errors import InvalidValueError
from domain.kernel.text import checked_locale, clean_email, clean_notes, clean_text
from domain.kernel.zones import zone
from domain.patients.contact import ContactKind
from domain.patients.details import PatientDetails

T = TypeVar("T")


class ImportedContact(NamedTuple):
    """A contact of a row, normalised."""

    kind: ContactKind
    name: str
    relation: str | None
    phone: str | None
    email: str | None
    is_guardian: bool


@dataclass(frozen=True, slots=True)
class PersonRow:
    """One row, normalised; ``kept_as_notes`` are the columns whose values became notes."""

    line: int
    external_id: str
    details: PatientDetails
    contacts: tuple[ImportedContact, ...]
    notes: str | None
    alert: str | None
    kept_as_notes: tuple[str, ...]


class _Notes:
    """The notes of one row."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.unusable: list[str] = []

    def add(self, cell: ImportedCell) -> None:
        if cell.text:
            self.lines.append(f"{cell.column}: {cell.text}")

    def add_unusable(self, cell: ImportedCell) -> None:
        self.add(cell)
        self.unusable.append(cell.column)

    def first_valid(self, cells: Sequence[ImportedCell], parse: Callable[[str], T]) -> T | None:
        """Return the first value that can be parsed; the others become notes."""
        value: T | None = None
        text = ""
        for cell in cells:
            if value is None:
                try:
                    value, text = parse(cell.text), cell.text
                except InvalidValueError:
                    self.add_unusable(cell)
            elif cell.text != text:
                self.add(cell)
        return value

    def text(self) -> str | None:
        """Raises RowRefusedError: the notes are too long."""
        try:
            return clean_notes("\n".join(self.lines))
        except InvalidValueError:
            raise RowRefusedError("not_kept_like_this", "notes") from None


class PatientReader(RowReader[PersonRow]):
    """Reads the rows of one file of patients."""

    def __init__(
        self,
        format_: PatientFormat,
        header: Sequence[str],
        region: str | None,
        now: datetime,
        phone_numbers: PhoneNumbers,
    ) -> None:
        """``region`` is the country of national phone numbers, unless the format names one.

        Raises MappingError: the file has no column for a name.
        """
        super().__init__(header)
        columns = FileColumns(header)
        if not any(all(map(columns.has_one_of, way)) for way in format_.name_columns()):
            wanted = ", ".join(dict.fromkeys(name for way in format_.name_columns() for part in way for name in part))
            raise MappingError(f"the file has no columns for names; the format looks for {wanted}")
        self.other_columns = OtherColumns(columns, format_)
        self.missing_columns = columns.missing(format_)
        self._format = format_
        self._region = format_.phone_region or region
        self._phone_numbers = phone_numbers
        self._now = now
        self._locales = {word.casefold(): locale for word, locale in format_.locales.items()}
        self._tags = [(columns.position(rule.column), rule) for rule in format_.tags]
        self._fill = columns.reader(format_.templates())
        self._contacts = [(contact, columns.reader(contact.templates())) for contact in format_.contacts]

    def _read_row(self, line: int, cells: Sequence[str]) -> PersonRow:
        found = self._fill(cells)
        given_name, family_name = self._read_name(found)
        notes = _Notes()
        zone_name = notes.first_valid(found["zone"], lambda text: zone(text).key)
        locale = notes.first_valid(found["locale"], self._parse_locale)
        own_region = country_of(locale, zone_name)
        details = PatientDetails(
            given_name=given_name,
            family_name=family_name,
            email=notes.first_valid(found["email"], lambda text: clean_email("email", text)),
            phone=notes.first_valid(found["phone"], lambda text: self._parse_phone(text, own_region)),
            date_of_birth=notes.first_valid(found["date_of_birth"], self._parse_date_of_birth),
            tags=tuple(
                rule.tag
                for position, rule in self._tags
                if position is not None and cells[position].strip().casefold() == rule.value.casefold()
            ),
            zone=zone_name,
            locale=locale,
        )
        alert = notes.first_valid(found["alert"], lambda text: clean_text("alert", text, 200))
        contacts = tuple(self._read_contacts(cells, notes))
        for cell in (*found["notes"], *self.other_columns.notes_of(cells)):
            notes.add(cell)
        external_id = next((cell.text for cell in found["id"]), "")
        return PersonRow(line, external_id, details, contacts, notes.text(), alert, tuple(notes.unusable))

    def _read_name(self, found: Mapping[str, Sequence[ImportedCell]]) -> tuple[str, str]:
        given, family, full = found["given_name"], found["family_name"], found["full_name"]
        column = ""
        try:
            if full and not (given and family):
                column = full[0].column
                return parse_full_name(clean_text("full_name", full[0].text, 400), self._format.name_order)
            names = ["", ""]
            for position, (name, cells) in enumerate((("given_name", given), ("family_name", family))):
                if cells:
                    column = cells[0].column
                    names[position] = clean_text(name, cells[0].text, 200)
            if any(names):
                return names[0], names[1]
        except InvalidValueError:
            raise RowRefusedError("not_kept_like_this", column) from None
        raise RowRefusedError("empty", first_column(self._format.given_name or self._format.full_name))

    def _parse_phone(self, text: str, own_region: str | None = None) -> str:
        """``own_region`` is the country of the patient, who may live elsewhere than the others."""
        return to_e164(self._phone_numbers, text, own_region or self._region)

    def _parse_date_of_birth(self, text: str) -> date:
        born = parse_date(text, self._format.dates)
        # The rules for a date of birth are those of PatientDetails.
        PatientDetails(given_name="-", family_name="-", date_of_birth=born).refuse_unborn(self._now)
        return born

    def _parse_locale(self, text: str) -> str:
        return self._locales.get(text.casefold()) or checked_locale("locale", text)

    def _read_contacts(self, cells: Sequence[str], notes: _Notes) -> Iterator[ImportedContact]:
        for contact, fill in self._contacts:
            found = fill(cells)
            name = notes.first_valid(found["name"], lambda text: clean_text("contacts.name", text, 200))
            if name is None:
                for cell in (*found["relation"], *found["phone"], *found["email"]):
                    # A relation without a column is a constant of the format.
                    if cell.column:
                        notes.add_unusable(cell)
                continue
            yield ImportedContact(
                contact.kind,
                name,
                notes.first_valid(found["relation"], lambda text: clean_text("contacts.relation", text, 100)),
                notes.first_valid(found["phone"], self._parse_phone),
                notes.first_valid(found["email"], lambda text: clean_email("contacts.email", text)),
                contact.is_guardian,
            )
