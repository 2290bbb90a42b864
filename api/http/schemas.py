"""What bodies of requests and answers share."""

import re
from collections.abc import Collection
from datetime import date
from typing import Annotated, Final, TypeAlias, TypeVar, cast
from uuid import UUID

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, Strict
from pydantic_core import PydanticCustomError

C = TypeVar("C")


_CIVIL: Final = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


def _civil(value: object) -> object:
    # The framework would take a number for seconds since 1970, in digits too, and cut off a time of day.
    if not isinstance(value, str) or not _CIVIL.fullmatch(value):
        raise PydanticCustomError("date_type", "a date is a text")
    return value


Whole: TypeAlias = Annotated[int, Strict()]
"""A whole number; no text and no true or false that could be read as one."""
Truth: TypeAlias = Annotated[bool, Strict()]

CivilDate: TypeAlias = Annotated[date, BeforeValidator(_civil)]

Text: TypeAlias = Annotated[str, Field(max_length=20_000)]
"""A text; the domain cleans it, and knows how much may be left."""


class Body(BaseModel):
    """What a caller sends. A field that is not known is refused, never ignored."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


def chosen(body: Body, kind: type[C], without: Collection[str] = ()) -> C:
    """Return the fields that were sent, as the changes of a command: ``kind`` is a TypedDict with the same names and types."""
    return cast(C, body.model_dump(exclude_unset=True, exclude=set(without)))


class Shown(BaseModel):
    """What a caller is answered; for the documentation, since answers are made from typed things."""

    model_config = ConfigDict(extra="allow")


class Thing(Shown):
    """Anything with an id. ``version`` is also the ETag."""

    id: UUID
    version: int
    position: int | None = Field(
        None,
        description="In answers to writes: wait for it with `after`. In answers about the past: the log's position then.",
    )


class Page(Shown):
    """A page of a list."""

    next_cursor: str | None = Field(None, description="Send it as `cursor` for the next page; null on the last one.")
    position: int | None = None


class Price(Body):
    amount_minor: Whole = Field(description="In the currency's smallest unit: 8000 is 80.00 EUR.", examples=[8000])
    currency: str = Field(max_length=3, description="ISO 4217.", examples=["EUR"])


class Problem(Shown):
    """RFC 9457. `code` is stable; `errors` name fields, never what was sent in them."""

    type: str = Field(examples=["urn:problem:time_taken"])
    title: str = Field(examples=["Time taken"])
    status: int = Field(examples=[409])
    code: str = Field(examples=["time_taken"])
    detail: str = Field(examples=["the clinician has another visit at this time"])
    request_id: str = Field(examples=["01980c5a-0000-7000-8000-000000000000"])
    errors: list[dict[str, str]] | None = None
