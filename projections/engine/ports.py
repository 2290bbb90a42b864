"""What the read models need from outside; the composition root passes it in."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, NamedTuple, Protocol, TypeAlias
from uuid import UUID

from psycopg import Connection, Cursor

from domain.kernel.logged_event import AboutOthers, Body, LoggedEvent
from domain.kernel.personal_data import Erased

TenantTransaction: TypeAlias = Callable[[UUID], AbstractContextManager[Cursor[Any]]]
"""Runs a block as one transaction of one practice.

A projector's connections may run with ``synchronous_commit = off``: rows and cursor are one transaction, so that one which a
power cut loses is projected again, and nobody was told otherwise.
"""

Connect: TypeAlias = Callable[[], AbstractContextManager[Connection[Any]]]
"""Lends a connection in autocommit mode, outside of any practice."""

Listen: TypeAlias = Callable[[], Iterator[set[UUID] | None]]
"""Begins to listen for hints: practices whose log has grown; None where all may have. Raises psycopg.OperationalError when lost."""

Words: TypeAlias = Callable[[str], Sequence[str]]
"""Splits a name or a search text into words as the index folds them: without case, marks and compatibility forms."""


class SealedPart(NamedTuple):
    """The sealed part of one event, as a read model keeps it: it opens only as the part of that very event."""

    stream_id: UUID
    version: int
    event_type: str
    sealed: bytes


class LogSource(Protocol):
    """Reads any practice's log. Every answer is of committed facts, in order, without a gap."""

    def heads(self) -> Mapping[UUID, int]:
        """Return every practice's newest position."""
        ...

    def page(self, tenant_id: UUID, after: int, limit: int) -> Sequence[LoggedEvent]:
        """Return up to ``limit`` events behind a position, in order."""
        ...

    def pages(self, wanted: Sequence[tuple[UUID, int]], limit: int) -> Sequence[Sequence[LoggedEvent]]:
        """Return the same for several practices at once, each (practice, position) once."""
        ...

    def of_streams(
        self, tenant_id: UUID, stream_ids: Sequence[UUID], after: int, limit: int, *, without: AboutOthers | None = None
    ) -> Sequence[LoggedEvent]:
        """Return up to ``limit`` events of these things behind a position, in order; fewer only where there are no more."""
        ...

    def first_of_streams(self, tenant_id: UUID, stream_ids: Sequence[UUID], until: int) -> Sequence[LoggedEvent]:
        """Return all events of these things up to a position, in order."""
        ...


class PersonalReader(Protocol):
    """Opens what events sealed."""

    def open_parts(self, tenant_id: UUID, parts: Sequence[SealedPart]) -> Sequence[Body | Erased]:
        """Return the personal fields of each part, in order; ``ERASED`` where the person's key was destroyed."""
        ...


class PersonIndex(Protocol):
    """Turns what persons are searched by into numbers that say nothing without the practice's key."""

    def index_tokens(
        self, tenant_id: UUID, *, family_name: str | None = None, email: str | None = None, phone: str | None = None
    ) -> Collection[int]:
        """Return all numbers under which a person is to be found; signed, 64 bits."""
        ...

    def search_tokens(self, tenant_id: UUID, text: str) -> Collection[int]:
        """Return the numbers that a search text may mean: a match has one of them."""
        ...
