"""Dates as other programs write them."""

import re
from datetime import date
from typing import Final

from application.importing.patients.format import DateOrder
from domain.kernel.errors import InvalidValueError

_DATE: Final = re.compile(r"(\d{1,4})\D{1,3}(\d{1,2})\D{1,3}(\d{1,4})\.?(?:[ T].*)?", re.ASCII)
_DIGITS: Final = re.compile(r"\d{8}", re.ASCII)
_PLACES: Final = {DateOrder.YMD: (0, 1, 2), DateOrder.DMY: (2, 1, 0), DateOrder.MDY: (2, 0, 1)}


def date_in(text: str, order: DateOrder) -> date:
    """Return the date that three numbers mean in an order: ``31.12.1990``, ``12/31/1990``, ``1990-12-31 00:00``, ``19901231``.

    A year has four digits: of two nobody knows the century. Raises InvalidValueError.
    """
    if order is DateOrder.YMD and _DIGITS.fullmatch(text):
        parts = [text[:4], text[4:6], text[6:]]
    elif found := _DATE.fullmatch(text):
        parts = [found[1], found[2], found[3]]
    else:
        parts = []
    try:
        year, month, day = (parts[place] for place in _PLACES[order])
        if len(year) != 4:
            raise ValueError
        return date(int(year), int(month), int(day))
    except (IndexError, ValueError):
        raise InvalidValueError("date_of_birth", "this is not a date as the format writes them") from None
