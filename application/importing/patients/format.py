"""How a file of patients is to be read: which columns mean what, and how the other program writes dates, names and numbers.

A format is a TOML file; those that come with the program are in ``formats/``, and jane.toml there has a word on each setting.
"""

from enum import StrEnum
from typing import Final, TypeAlias

from application.importing.format import Format, Formats
from application.importing.mapping import PLACEHOLDER, Setting, TagRule
from domain.kernel.errors import InvalidValueError
from domain.kernel.text import checked_locale, clean_tags, clean_text
from domain.patients.contact import ContactKind

Texts: TypeAlias = str | list[str]
"""One text in which ``{Column}`` stands for the row's value, or several: the first one that can be kept is."""

FORMATS: Final = Formats("application.importing.patients")


class DateOrder(StrEnum):
    """In which order a date's numbers are written; anything may stand between them, and a time behind them."""

    YMD = "ymd"
    DMY = "dmy"
    MDY = "mdy"


class NameOrder(StrEnum):
    """Which part of ``full_name`` is the family name: the last word, the first one, or what stands before a comma."""

    FAMILY_LAST = "family_last"
    FAMILY_FIRST = "family_first"
    COMMA = "comma"


class ContactTemplate(Setting, frozen=True, kw_only=True):
    """Somebody to be reached about the patient; nobody where all comes out empty."""

    kind: ContactKind
    name: Texts
    relation: Texts = ""
    phone: Texts = ""
    email: Texts = ""
    is_guardian: bool = False


class PatientFormat(Format, frozen=True, kw_only=True):
    """All settings of one file of patients."""

    header: list[str] = []
    """What the columns are called, in their order, where the file itself does not say; a file may end before the last of them."""
    dates: DateOrder = DateOrder.YMD
    id: str = ""
    given_name: Texts = ""
    family_name: Texts = ""
    full_name: Texts = ""
    name_order: NameOrder = NameOrder.FAMILY_LAST
    email: Texts = ""
    phone: Texts = ""
    date_of_birth: Texts = ""
    zone: Texts = ""
    locale: Texts = ""
    locales: dict[str, str] = {}
    alert: Texts = ""
    tags: list[TagRule] = []
    contacts: list[ContactTemplate] = []
    notes: list[str] = []

    def ways_to_names(self) -> list[list[list[str]]]:
        """Return in which ways a name may be written: each is, for its parts, the columns that may hold them."""
        ways = [[self.given_name, self.family_name], [self.full_name]]
        return [[columns_in(part) for part in way] for way in ways if all(map(texts_of, way))]

    def columns_read(self) -> list[str]:
        texts: list[Texts] = [
            self.id, self.given_name, self.family_name, self.full_name, self.email, self.phone, self.date_of_birth,
            self.zone, self.locale, self.alert,
        ]  # fmt: skip
        for contact in self.contacts:
            texts += [contact.name, contact.relation, contact.phone, contact.email]
        named = [column for each in texts for column in columns_in(each)]
        return list(dict.fromkeys([*named, *(rule.column for rule in self.tags), *self.notes]))

    def try_out(self) -> None:
        super().try_out()
        if not any(all(way) for way in self.ways_to_names()):
            raise InvalidValueError("full_name", "give given_name and family_name, or full_name, with columns in them")
        for locale in self.locales.values():
            checked_locale("locales", locale)
        clean_tags("tags", [rule.tag for rule in self.tags])
        for column in self.header:
            clean_text("columns", column, 200)


def texts_of(texts: Texts) -> list[str]:
    """Return the texts, none for an empty one."""
    return [text for text in ([texts] if isinstance(texts, str) else texts) if text]


def columns_in(texts: Texts) -> list[str]:
    """Return the columns that texts name, in their order."""
    return [column for text in texts_of(texts) for column in PLACEHOLDER.findall(text)]
