"""Templates: texts in which ``{Column}`` is replaced by the value of a row."""

import re
from typing import Final, TypeAlias

Templates: TypeAlias = str | list[str]
"""One template, or several in order of preference."""

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
