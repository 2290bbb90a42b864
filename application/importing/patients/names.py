"""Names that are written in one column."""

from application.importing.patients.format import NameOrder
from domain.kernel.errors import InvalidValueError


def split(full_name: str, order: NameOrder) -> tuple[str, str]:
    """Return the given and the family name. Raises InvalidValueError: there are no two names in it."""
    if order is NameOrder.COMMA:
        family_name, _, given_name = full_name.partition(",")
    elif order is NameOrder.FAMILY_FIRST:
        family_name, _, given_name = full_name.partition(" ")
    else:
        given_name, _, family_name = full_name.rpartition(" ")
    given_name, family_name = given_name.strip(), family_name.strip()
    if not (given_name and family_name):
        raise InvalidValueError("full_name", "two names are needed")
    return given_name, family_name
