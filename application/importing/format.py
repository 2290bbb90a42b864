"""How files of another program are to be read, whatever they bring: settings of a TOML file, and those that come with the program."""

import codecs
import re
from abc import abstractmethod
from collections.abc import Mapping
from importlib.resources import files
from typing import Final, Self

import msgspec

from application.importing.errors import MappingError
from application.patients.phone import is_country
from domain.kernel.errors import InvalidValueError
from domain.kernel.text import clean_text

_SOURCE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,49}")


class Format(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All settings of one file; an unknown one is refused."""

    source: str
    about: str = ""
    encodings: tuple[str, ...] = ("utf-8",)
    delimiters: str = ",;\t|"
    phone_region: str | None = None
    left_out: list[str] = []
    keeps_other_columns: bool = False

    @classmethod
    def of(cls, settings: Mapping[str, object]) -> Self:
        """Read a format and try all that can be tried without a file. Raises MappingError: it names the setting."""
        try:
            read = msgspec.convert(settings, cls)
            read.try_out()
        except (msgspec.ValidationError, InvalidValueError) as error:
            raise MappingError(f"the format cannot be used: {error}") from None
        return read

    @abstractmethod
    def columns_read(self) -> list[str]:
        """Return every column that the format knows what to do with, but for those that it leaves out."""

    def try_out(self) -> None:
        """Raises InvalidValueError: a setting cannot be used."""
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
        if self.phone_region is not None and not is_country(self.phone_region):
            raise InvalidValueError("phone_region", "phone_region is a country like DE or IL")
        for column in (*self.columns_read(), *self.left_out):
            clean_text("columns", column, 200)


class Formats:
    """The formats that come with the program, for files of one kind."""

    def __init__(self, package: str) -> None:
        """They are in the folder ``formats`` of ``package``."""
        folder = files(package) / "formats"
        self._files = {
            path.name.removesuffix(".toml"): path for path in folder.iterdir() if path.name.endswith(".toml")
        }

    @property
    def names(self) -> list[str]:
        return sorted(self._files)

    def text(self, name: str) -> str:
        """Return a format as its file says it. Raises MappingError: there is none of this name."""
        if name not in self._files:
            raise MappingError(f"there is no format {name!r}; there are {', '.join(self.names)}")
        return self._files[name].read_text("utf-8")
