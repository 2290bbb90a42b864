"""The format of a file: a column mapping and how to decode the file, as a TOML file.

Some come with the program.
"""

import re
from abc import abstractmethod
from collections.abc import Mapping
from importlib.resources import files
from typing import Final, Self, TypeAlias

import msgspec

from application.importing.encodings import is_text_encoding
from application.importing.errors import MappingError
from application.patients.phone import is_country
from domain.importing.data_import import SOURCE
from domain.kernel.errors import InvalidValueError
from domain.kernel.text import clean_text

Templates: TypeAlias = str | list[str]
"""A text in which ``{Column}`` is replaced by a row's value, or several in order of preference."""

PLACEHOLDER: Final = re.compile(r"\{([^{}]+)\}")


def templates_of(templates: Templates) -> list[str]:
    """Return the templates as a list, without empty ones."""
    return [template for template in ([templates] if isinstance(templates, str) else templates) if template]


def columns_in(*templates: Templates) -> list[str]:
    """Return the columns that the templates name, in order, each once."""
    named = (PLACEHOLDER.findall(template) for several in templates for template in templates_of(several))
    return list(dict.fromkeys(column for columns in named for column in columns))


def first_column(templates: Templates) -> str:
    """Return the first column that the templates name; empty if they name none."""
    return next(iter(columns_in(templates)), "")


class Setting(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A table of a TOML file; an unknown key is refused."""


class ColumnMapping(Setting, frozen=True, kw_only=True):
    """The settings of one file. ``source`` is part of every id derived from the file."""

    source: str

    @classmethod
    def of(cls, settings: Mapping[str, object]) -> Self:
        """Convert and check settings. Raises MappingError: it names the setting."""
        try:
            mapping = msgspec.convert(settings, cls)
            mapping.check()
        except (msgspec.ValidationError, InvalidValueError, ValueError) as error:
            raise MappingError(f"the mapping cannot be used: {error}") from None
        return mapping

    def check(self) -> None:
        """Raises InvalidValueError: a setting is invalid, as far as that shows without a file."""
        if not SOURCE.fullmatch(self.source):
            raise InvalidValueError("source", "source is a short name of letters, digits and dashes")


class Format(ColumnMapping, frozen=True, kw_only=True):
    """The settings of one file whose delimiter is detected.

    ``left_out`` are columns that are known and ignored. ``keeps_other_columns`` puts the columns
    that the format does not name into the notes.
    """

    about: str = ""
    encoding: str | None = None
    """The encoding of the file; by default it is found by the file's content."""
    delimiters: str = ",;\t|"
    header: list[str] = []
    """The names of the columns, if the file has no header; the file may have fewer columns."""
    phone_region: str | None = None
    left_out: list[str] = []
    keeps_other_columns: bool = False

    @abstractmethod
    def templates(self) -> dict[str, Templates]:
        """Return the templates that are filled from each row, by setting."""

    def columns_read(self) -> list[str]:
        """Return every column that the format uses, without those that it leaves out."""
        return columns_in(*self.templates().values())

    def alternatives(self) -> list[list[str]]:
        """Return the columns of each setting that names some; one of them is enough."""
        found = (columns_in(templates) for templates in self.templates().values())
        return [columns for columns in found if columns]

    def check(self) -> None:
        super().check()
        if self.encoding is not None and not is_text_encoding(self.encoding):
            raise InvalidValueError("encoding", "encoding is a name like utf-8 or cp1255")
        if not self.delimiters or set(self.delimiters) & set('"\r\n'):
            raise InvalidValueError("delimiters", "delimiters is one or more characters, without quotes and line ends")
        if self.phone_region is not None and not is_country(self.phone_region):
            raise InvalidValueError("phone_region", "phone_region is a country like DE or IL")
        for column in (*self.columns_read(), *self.left_out, *self.header):
            clean_text("columns", column, 200)


class Formats:
    """The formats that come with the program, for one kind of file."""

    def __init__(self, package: str) -> None:
        """Find the files in the folder ``formats`` of a package."""
        folder = files(package) / "formats"
        self._files = {
            path.name.removesuffix(".toml"): path for path in folder.iterdir() if path.name.endswith(".toml")
        }

    @property
    def names(self) -> list[str]:
        return sorted(self._files)

    def text(self, name: str) -> str:
        """Return the text of a format's file. Raises MappingError: there is no such format."""
        if name not in self._files:
            raise MappingError(f"there is no format {name!r}; there are {', '.join(self.names)}")
        return self._files[name].read_text("utf-8")
