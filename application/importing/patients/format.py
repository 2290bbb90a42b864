"""How a file of patients is to be read: which columns mean what, and how the other program writes dates, names and numbers.

A format is a TOML file; those that come with the program are in ``formats/``, and jane.toml there has a word on each setting.
"""

import codecs
import re
from collections.abc import Mapping
from enum import StrEnum
from functools import lru_cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Final, Self, TypeAlias

import msgspec
from phonenumbers import SUPPORTED_REGIONS

from application.importing.errors import MappingError
from application.importing.mapping import PLACEHOLDER, Setting, TagRule
from domain.errors import InvalidValueError
from domain.patients.contact import ContactKind
from domain.text import checked_locale, clean_tags, clean_text

Texts: TypeAlias = str | list[str]
"""One text in which ``{Column}`` stands for the row's value, or several: the first one that can be kept is."""

_SOURCE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,49}")


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


class PatientFormat(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All settings of one file; an unknown one is refused."""

    source: str
    about: str = ""
    encodings: tuple[str, ...] = ("utf-8",)
    delimiters: str = ",;\t|"
    header: list[str] = []
    """What the columns are called, in their order, where the file itself does not say; a file may end before the last of them."""
    dates: DateOrder = DateOrder.YMD
    phone_region: str | None = None
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
    left_out: list[str] = []
    keeps_other_columns: bool = False

    @classmethod
    def of(cls, settings: Mapping[str, object]) -> Self:
        """Read a format and try all that can be tried without a file. Raises MappingError: it names the setting."""
        try:
            read = msgspec.convert(settings, cls)
            read._try_out()
        except (msgspec.ValidationError, InvalidValueError) as error:
            raise MappingError(f"the format cannot be used: {error}") from None
        return read

    def ways_to_names(self) -> list[list[list[str]]]:
        """Return in which ways a name may be written: each is, for its parts, the columns that may hold them."""
        ways = [[self.given_name, self.family_name], [self.full_name]]
        return [[columns_in(part) for part in way] for way in ways if all(map(texts_of, way))]

    def columns_read(self) -> list[str]:
        """Return every column that the format knows what to do with, but for those that it leaves out."""
        texts: list[Texts] = [
            self.id, self.given_name, self.family_name, self.full_name, self.email, self.phone, self.date_of_birth,
            self.zone, self.locale, self.alert,
        ]  # fmt: skip
        for contact in self.contacts:
            texts += [contact.name, contact.relation, contact.phone, contact.email]
        named = [column for each in texts for column in columns_in(each)]
        return list(dict.fromkeys([*named, *(rule.column for rule in self.tags), *self.notes]))

    def _try_out(self) -> None:
        if not _SOURCE.fullmatch(self.source):
            raise InvalidValueError("source", "source is a short name of letters, digits and dashes")
        if not self.encodings:
            raise InvalidValueError("encodings", "encodings names at least one")
        for encoding in self.encodings:
            try:
                "".encode(codecs.lookup(encoding).name)
            except (LookupError, ValueError):
                raise InvalidValueError("encodings", "encodings has one that is not known") from None
        if not self.delimiters or set(self.delimiters) & set('"\r\n'):
            raise InvalidValueError("delimiters", "delimiters is one or more characters, without quotes and line ends")
        if self.phone_region is not None and self.phone_region not in SUPPORTED_REGIONS:
            raise InvalidValueError("phone_region", "phone_region is a country like DE or IL")
        if not any(all(way) for way in self.ways_to_names()):
            raise InvalidValueError("full_name", "give given_name and family_name, or full_name, with columns in them")
        for locale in self.locales.values():
            checked_locale("locales", locale)
        clean_tags("tags", [rule.tag for rule in self.tags])
        for column in (*self.columns_read(), *self.left_out, *self.header):
            clean_text("columns", column, 200)


def texts_of(texts: Texts) -> list[str]:
    """Return the texts, none for an empty one."""
    return [text for text in ([texts] if isinstance(texts, str) else texts) if text]


def columns_in(texts: Texts) -> list[str]:
    """Return the columns that texts name, in their order."""
    return [column for text in texts_of(texts) for column in PLACEHOLDER.findall(text)]


@lru_cache(maxsize=1)
def format_names() -> list[str]:
    """Return the names of the formats that come with the program."""
    return sorted(
        path.name.removesuffix(".toml") for path in _formats().iterdir() if path.name.endswith(".toml")
    )  # fmt: skip


def format_text(name: str) -> str:
    """Return a format that comes with the program, as its file says it. Raises MappingError: there is none of this name."""
    if name not in format_names():
        raise MappingError(f"there is no format {name!r}; there are {', '.join(format_names())}")
    return (_formats() / f"{name}.toml").read_text("utf-8")


def _formats() -> Traversable:
    return files("application.importing.patients") / "formats"
