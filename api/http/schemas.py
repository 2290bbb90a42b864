"""Base models and types of request and response bodies."""

import re
from collections.abc import Collection, Mapping
from datetime import date, datetime
from typing import Annotated, Any, Final, TypeAlias, TypeVar
from uuid import UUID

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, JsonValue, Strict
from pydantic_core import PydanticCustomError

C = TypeVar("C")

_CIVIL: Final = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


def _civil(value: object) -> object:
    # pydantic accepts numbers (seconds since 1970) and date-times; this type does not.
    if not isinstance(value, str) or not _CIVIL.fullmatch(value):
        raise PydanticCustomError("date_type", "a date is a text")
    return value


Whole: TypeAlias = Annotated[int, Strict()]
"""An integer; strings and booleans are refused."""
Truth: TypeAlias = Annotated[bool, Strict()]

CivilDate: TypeAlias = Annotated[date, BeforeValidator(_civil)]

Text: TypeAlias = Annotated[str, Field(max_length=20_000)]
"""A text; the domain normalises it and has the limits of each field."""

Name: TypeAlias = Annotated[str, Field(min_length=1, max_length=20_000)]
"""A text that is not empty."""


class Body(BaseModel):
    """A request body. Unknown fields are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


def examples(*bodies: Mapping[str, JsonValue]) -> ConfigDict:
    """Return the ``model_config`` of a body with examples for its description."""
    return ConfigDict(json_schema_extra={"examples": [dict(body) for body in bodies]})


def sent_fields(body: Body, without: Collection[str] = ()) -> dict[str, Any]:
    """Return the fields that were sent; the command of a change uses the same names."""
    return body.model_dump(exclude_unset=True, exclude=set(without))


def command_of(command: type[C], body: Body, without: Collection[str] = (), **others: object) -> C:
    """Return a command with the body's fields, except ``without``, and ``others``.

    Lists become tuples. Raises TypeError: the names are not those of the command's fields.
    """
    values = {name: getattr(body, name) for name in type(body).model_fields if name not in without}
    return command(
        **{name: tuple(value) if isinstance(value, list) else value for name, value in values.items()}, **others
    )


class Shown(BaseModel):
    """A response body. Presenters return its fields as typed values; it validates nothing."""

    model_config = ConfigDict(extra="allow")

    @classmethod
    def present(cls, source: object, **others: object) -> dict[str, object]:
        """Return the fields of an answer: from ``others``, else the attributes of ``source``.

        ``id``, ``version`` and ``position`` are only in the answer if they are among ``others``.
        Raises TypeError: the answer has no field for one of ``others``.
        """
        names, versioned = cls.model_fields, Versioned.model_fields  # properties: read once
        if unknown := others.keys() - names.keys():
            raise TypeError(f"{cls.__name__} has no field {', '.join(sorted(unknown))}")
        return {
            name: others[name] if name in others else getattr(source, name)
            for name in names
            if name in others or name not in versioned
        }


class Versioned(Shown):
    """The state of a resource. ``version`` is also the ETag."""

    id: UUID
    version: int
    position: int | None = Field(
        None,
        description="After a write: pass it as `after` to read the result. In reads of the past: the log's position then.",
    )


class Page(Shown):
    """A page of a list."""

    next_cursor: str | None = Field(None, description="Send it as `cursor` for the next page; null on the last page.")
    position: int = Field(
        description="The page includes every event up to here. If a write has a later `position`, read again with it as `after`."
    )


class Price(Body):
    amount_minor: Whole = Field(description="In the currency's smallest unit: 8000 is 80.00 EUR.", examples=[8000])
    currency: str = Field(max_length=3, description="ISO 4217.", examples=["EUR"])


class VisitInTheWay(Shown):
    """Another visit of the patient, or a session in which they have a seat."""

    id: UUID | None = Field(description="null for keys that are bound to a clinician.")
    starts_at: datetime
    ends_at: datetime


class Problem(Shown):
    """RFC 9457. `code` is stable; `errors` name fields, never their values."""

    type: str = Field(examples=["urn:problem:time_taken"])
    title: str = Field(examples=["Time taken"])
    status: int = Field(examples=[409])
    code: str = Field(examples=["time_taken"])
    detail: str = Field(examples=["the clinician has another visit at this time"])
    request_id: str = Field(examples=["01980c5a-0000-7000-8000-000000000000"])
    errors: list[dict[str, str]] | None = None
    visit: VisitInTheWay | None = Field(default=None, description="Only with `patient_busy`.")
