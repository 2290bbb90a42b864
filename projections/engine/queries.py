"""Queries of a read model's tables, page by page."""

from collections.abc import Callable, Iterable
from dataclasses import fields
from datetime import UTC, datetime
from operator import attrgetter
from typing import Any, Final, Generic, TypeAlias, TypeVar, cast
from uuid import UUID

from projections.engine.ports import TenantTransaction

R = TypeVar("R")
K = TypeVar("K")

Condition: TypeAlias = tuple[str, object]
"""SQL with placeholders, and its value or tuple of values; it does not apply if that is None."""


class TableQuery(Generic[R, K]):
    """Selects a practice's rows of one table as records, dataclasses whose fields name the columns.

    A page is ordered by the columns ``order_by``, and the next one begins after their values in its
    last record: a tuple if there are several.
    """

    def __init__(self, table: str, record: type[R], *order_by: str) -> None:
        self.table: Final = table
        self.record: Final = record
        self.columns: Final = columns_of(record)
        self.order_by: Final = order_by
        self.key_of: Final[Callable[[R], K]] = cast(Callable[[R], K], attrgetter(*order_by))

    def page(
        self, transaction: TenantTransaction, tenant_id: UUID, *conditions: Condition, after: K | None, limit: int
    ) -> tuple[list[R], K | None]:
        """Return up to ``limit`` records after a key, and the key of the last if there are more."""
        order = ", ".join(self.order_by)
        condition, values = where(("tenant_id = %s", tenant_id), after_key(self.order_by, after), *conditions)
        with transaction(tenant_id) as cursor:
            rows = cursor.execute(
                f"select {self.columns} from {self.table} where {condition} order by {order} limit %s".encode(),  # noqa: S608  constants only
                (*values, limit + 1),
                binary=True,
            ).fetchall()
        records = [self.record(*in_utc(row)) for row in rows[:limit]]
        return records, self.key_of(records[-1]) if len(rows) > limit else None


def columns_of(record: type[Any], alias: str = "") -> str:
    """Return a dataclass's fields as a select list; ``alias`` is that of the table."""
    return ", ".join(f"{alias}.{field.name}" if alias else field.name for field in fields(record))


def after_key(order_by: Iterable[str], after: object) -> Condition:
    """Return the condition that a row comes after a key."""
    columns = tuple(order_by)
    return f"({', '.join(columns)}) > ({', '.join('%s' for _ in columns)})", after


def where(*conditions: Condition) -> tuple[str, list[object]]:
    """Return the conjunction of the conditions that apply, and its values."""
    applied = [(test, value) for test, value in conditions if value is not None]
    values = [each for _, value in applied for each in (value if isinstance(value, tuple) else (value,))]
    return " and ".join(test for test, _ in applied) or "true", values


def in_utc(row: Iterable[Any]) -> list[Any]:
    """Return a row with arrays as tuples, and instants in UTC, not the session's time zone."""
    return [
        value.astimezone(UTC)
        if isinstance(value, datetime)
        else tuple(in_utc(value))
        if isinstance(value, list)
        else value
        for value in row
    ]
