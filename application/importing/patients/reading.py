"""Reads the rows of a file of patients by a format: each becomes a person, or is refused.

Refused is only who has no name that can be kept. Whatever else cannot be kept in its own place, an impossible date or a number with an
extension, is kept as a note to staff and told of: nothing is lost because another program wrote it differently.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, NamedTuple, TypeVar

from application.importing.errors import MappingError
from application.importing.patients.columns import FileColumns, ImportedCell, OtherColumns, Reading
from application.importing.patients.dates import date_in
from application.importing.patients.format import ContactTemplate, PatientFormat, columns_in
from application.importing.patients.names import split
from application.importing.patients.report import Finding, RowOutcome
from application.importing.rows import RowRefusedError
from application.kernel.ports import PhoneNumbers
from application.patients.phone import international
from domain.kernel.errors import InvalidValueError
from domain.kernel.text import checked_locale, clean_email, clean_paragraphs, clean_text
from domain.kernel.zones import zone
from domain.patients.contact import ContactKind
from domain.patients.details import PatientDetails

MOST_NOTES: Final = 5_000
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class ImportedContact:
    """A contact as a row tells of them, in the form that is kept."""

    kind: ContactKind
    name: str
    relation: str | None
    phone: str | None
    email: str | None
    is_guardian: bool


@dataclass(frozen=True, slots=True)
class PersonRow:
    """One row: what the file knows the person by, who they are, and in which columns something was kept as a note instead."""

    line: int
    external_id: str
    details: PatientDetails
    contacts: tuple[ImportedContact, ...]
    notes: str | None
    alert: str | None
    kept_as_notes: tuple[str, ...]


class _ContactReader(NamedTuple):
    """What a row says of one contact."""

    template: ContactTemplate
    name: Reading
    relation: Reading
    phone: Reading
    email: Reading


class _Notes:
    """What of one row goes to the notes: on purpose, or because it could not be kept otherwise."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.unkept: list[str] = []

    def add(self, said: ImportedCell) -> None:
        if said.text:
            self.lines.append(f"{said.column}: {said.text}")

    def instead(self, said: ImportedCell) -> None:
        self.add(said)
        self.unkept.append(said.column)

    def first_kept(self, said: Sequence[ImportedCell], keep: Callable[[str], T]) -> T | None:
        """Return the first text that can be kept, in its form; all others are noted."""
        kept: T | None = None
        kept_text = ""
        for each in said:
            if kept is None:
                try:
                    kept, kept_text = keep(each.text), each.text
                except InvalidValueError:
                    self.instead(each)
            elif each.text != kept_text:
                self.add(each)
        return kept


class PatientRows:
    """Reads the rows of one file. Raises MappingError: the file has no column for a name."""

    def __init__(
        self,
        used: PatientFormat,
        header: Sequence[str],
        region: str | None,
        now: datetime,
        phone_numbers: PhoneNumbers,
    ) -> None:
        """``region`` is where national numbers are read as written, unless the format says."""
        columns = FileColumns(header)
        if not any(all(map(columns.has_one_of, way)) for way in used.ways_to_names()):
            wanted = ", ".join(dict.fromkeys(name for way in used.ways_to_names() for part in way for name in part))
            raise MappingError(f"the file has no columns for names; the format looks for {wanted}")
        self.other_columns = OtherColumns(columns, used)
        self._used = used
        self._width = len(columns.header)
        self._region = used.phone_region or region
        self._phone_numbers = phone_numbers
        self._now = now
        self._id, self._alert = columns.reading(used.id), columns.reading(used.alert)
        self._given, self._family = columns.reading(used.given_name), columns.reading(used.family_name)
        self._full = columns.reading(used.full_name)
        self._email, self._phone = columns.reading(used.email), columns.reading(used.phone)
        self._born = columns.reading(used.date_of_birth)
        self._zone, self._locale = columns.reading(used.zone), columns.reading(used.locale)
        self._locales = {word.casefold(): locale for word, locale in used.locales.items()}
        self._tags = [(columns.place(rule.column), rule) for rule in used.tags]
        self._notes = columns.reading([f"{{{column}}}" for column in used.notes])
        self._contacts = [
            _ContactReader(each, *map(columns.reading, (each.name, each.relation, each.phone, each.email)))
            for each in used.contacts
        ]

    def read(self, rows: Iterable[tuple[int, Sequence[str]]]) -> Iterator[PersonRow | Finding]:
        """Yield one answer a row, in order; ``rows`` are (line, cells)."""
        for line, cells in rows:
            try:
                yield self._person(line, cells)
            except RowRefusedError as refused:
                yield Finding(line, RowOutcome.REFUSED, refused.reason, refused.column)

    def _person(self, line: int, cells: Sequence[str]) -> PersonRow:
        if len(cells) != self._width:
            raise RowRefusedError("wrong_number_of_cells")
        given_name, family_name = self._name(cells)
        notes = _Notes()
        details = PatientDetails(
            given_name=given_name,
            family_name=family_name,
            email=notes.first_kept(self._email(cells), lambda text: clean_email("email", text)),
            phone=notes.first_kept(self._phone(cells), self._number),
            date_of_birth=notes.first_kept(self._born(cells), self._birth),
            tags=tuple(rule.tag for place, rule in self._tags if place is not None and _is(cells[place], rule.value)),
            zone=notes.first_kept(self._zone(cells), lambda text: zone(text).key),
            locale=notes.first_kept(self._locale(cells), self._locale_of),
        )
        alert = notes.first_kept(self._alert(cells), lambda text: clean_text("alert", text, 200))
        contacts = tuple(self._people(cells, notes))
        for said in (*self._notes(cells), *self.other_columns.notes_of(cells)):
            notes.add(said)
        external_id = next((said.text for said in self._id(cells)), "")
        return PersonRow(line, external_id, details, contacts, _kept(notes.lines), alert, tuple(notes.unkept))

    def _name(self, cells: Sequence[str]) -> tuple[str, str]:
        given, family, full = (read(cells) for read in (self._given, self._family, self._full))
        column = ""
        try:
            if given and family:
                column = given[0].column
                given_name = clean_text("given_name", given[0].text, 200)
                column = family[0].column
                return given_name, clean_text("family_name", family[0].text, 200)
            if full:
                column = full[0].column
                return split(clean_text("full_name", full[0].text, 400), self._used.name_order)
        except InvalidValueError:
            raise RowRefusedError("not_kept_like_this", column) from None
        missing = self._used.family_name if given else self._used.given_name
        raise RowRefusedError("empty", columns_in(missing or self._used.full_name)[0])

    def _number(self, text: str) -> str:
        return international(self._phone_numbers, text, self._region)

    def _birth(self, text: str) -> date:
        born = date_in(text, self._used.dates)
        # Asked of details that say nothing else, so that the rules for a birth stay in one place.
        PatientDetails(given_name="-", family_name="-", date_of_birth=born).refuse_unborn(self._now)
        return born

    def _locale_of(self, text: str) -> str:
        return self._locales.get(text.casefold()) or checked_locale("locale", text)

    def _people(self, cells: Sequence[str], notes: _Notes) -> Iterator[ImportedContact]:
        for reader in self._contacts:
            name = notes.first_kept(reader.name(cells), lambda text: clean_text("contacts.name", text, 200))
            if name is None:
                for said in (*reader.relation(cells), *reader.phone(cells), *reader.email(cells)):
                    # A relation that the format gives is no word of the row's.
                    if said.column:
                        notes.instead(said)
                continue
            yield ImportedContact(
                reader.template.kind,
                name,
                notes.first_kept(reader.relation(cells), lambda text: clean_text("contacts.relation", text, 100)),
                notes.first_kept(reader.phone(cells), self._number),
                notes.first_kept(reader.email(cells), lambda text: clean_email("contacts.email", text)),
                reader.template.is_guardian,
            )


def _is(cell: str, value: str) -> bool:
    return cell.strip().casefold() == value.casefold()


def _kept(lines: Sequence[str]) -> str | None:
    if not lines:
        return None
    try:
        return clean_paragraphs("notes", "\n".join(lines), MOST_NOTES)
    except InvalidValueError:
        raise RowRefusedError("not_kept_like_this", "notes") from None
