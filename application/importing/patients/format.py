"""The format of a file of patients.

Formats that come with the program are TOML files in ``formats/``; jane.toml there explains each
setting.
"""

from typing import Final

from application.importing.cell_values import DateOrder, NameOrder
from application.importing.formats import Format, Formats, Setting, Templates, columns_in, templates_of
from domain.kernel.errors import InvalidValueError
from domain.kernel.text import checked_locale, clean_tags
from domain.patients.contact import ContactKind

FORMATS: Final = Formats("application.importing.patients")


class TagRule(Setting, frozen=True, kw_only=True):
    """The patient gets ``tag`` if the value of ``column`` is ``value``."""

    column: str
    value: str
    tag: str


class ContactTemplate(Setting, frozen=True, kw_only=True):
    """A contact of the patient; none if all templates are empty."""

    kind: ContactKind
    name: Templates
    relation: Templates = ""
    phone: Templates = ""
    email: Templates = ""
    is_guardian: bool = False

    def templates(self) -> dict[str, Templates]:
        return {"name": self.name, "relation": self.relation, "phone": self.phone, "email": self.email}


class PatientFormat(Format, frozen=True, kw_only=True):
    """The settings of one file of patients."""

    dates: DateOrder = DateOrder.YMD
    id: str = ""
    given_name: Templates = ""
    family_name: Templates = ""
    full_name: Templates = ""
    name_order: NameOrder = NameOrder.FAMILY_LAST
    email: Templates = ""
    phone: Templates = ""
    date_of_birth: Templates = ""
    zone: Templates = ""
    locale: Templates = ""
    locales: dict[str, str] = {}
    alert: Templates = ""
    tags: list[TagRule] = []
    contacts: list[ContactTemplate] = []
    notes: list[str] = []

    def name_columns(self) -> list[list[list[str]]]:
        """Return, for each way to write a name, the columns of each part of the name."""
        ways = [[self.given_name, self.family_name], [self.full_name]]
        return [[columns_in(part) for part in way] for way in ways if all(map(templates_of, way))]

    def templates(self) -> dict[str, Templates]:
        settings = (
            "id", "given_name", "family_name", "full_name", "email", "phone", "date_of_birth", "zone", "locale", "alert",
        )  # fmt: skip
        notes: Templates = [f"{{{column}}}" for column in self.notes]
        return {**{name: getattr(self, name) for name in settings}, "notes": notes}

    def alternatives(self) -> list[list[str]]:
        ways = {name: templates for name, templates in self.templates().items() if name != "notes"}
        contacts = (template for each in self.contacts for template in each.templates().values())
        alone = [*self.notes, *(rule.column for rule in self.tags)]
        found = [*map(columns_in, (*ways.values(), *contacts)), *([column] for column in dict.fromkeys(alone))]
        return [columns for columns in found if columns]

    def columns_read(self) -> list[str]:
        contacts = (template for each in self.contacts for template in each.templates().values())
        return [*super().columns_read(), *columns_in(*contacts), *(rule.column for rule in self.tags)]

    def check(self) -> None:
        super().check()
        if not any(all(way) for way in self.name_columns()):
            raise InvalidValueError("full_name", "give given_name and family_name, or full_name, with columns in them")
        for locale in self.locales.values():
            checked_locale("locales", locale)
        clean_tags("tags", [rule.tag for rule in self.tags])
