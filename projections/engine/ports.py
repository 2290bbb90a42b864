"""What the read models need from outside; the composition root passes it in."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, NamedTuple, Protocol, TypeAlias
from uuid import UUID

from psycopg import Connection, Cursor

from domain.kernel.logged_event import AboutOthers, Body, LoggedEvent
from domain.kernel.personal_data import Unreadable

TenantTransaction: TypeAlias = Callable[[UUID], AbstractContextManager[Cursor[Any]]]
"""Runs a block as one transaction of one practice.

A projector's connections may use ``synchronous_commit = off``: rows and cursor are one transaction,
so events whose rows a power cut lost are projected again.
"""

Connect: TypeAlias = Callable[[], AbstractContextManager[Connection[Any]]]
"""Lends a connection in autocommit mode that belongs to no practice."""

Listen: TypeAlias = Callable[[], Iterator[set[UUID] | None]]
"""Listens for hints: practices whose log has grown; None if any may have.

Raises psycopg.OperationalError: the connection was lost.
"""

Words: TypeAlias = Callable[[str], Sequence[str]]
"""Splits a text into words as the index folds them: without case, marks and compatibility forms."""


class SealedPart(NamedTuple):
    """The sealed part of an event, in a read model; it can be opened only as part of that event."""

    stream_id: UUID
    version: int
    event_type: str
    sealed: bytes


class LogSource(Protocol):
    """Reads any practice's log: committed events, in order, without a gap."""

    def heads(self) -> Mapping[UUID, int]:
        """Return every practice's newest position."""
        ...

    def page(self, tenant_id: UUID, after: int, limit: int) -> Sequence[LoggedEvent]:
        """Return up to ``limit`` events after a position."""
        ...

    def pages(self, wanted: Sequence[tuple[UUID, int]], limit: int) -> Sequence[Sequence[LoggedEvent]]:
        """Return the same for several practices at once, each (practice, position) once."""
        ...

    def of_streams(
        self, tenant_id: UUID, stream_ids: Sequence[UUID], after: int, limit: int, *, without: AboutOthers | None = None
    ) -> Sequence[LoggedEvent]:
        """Return up to ``limit`` events after a position; fewer only if there are no more."""
        ...

    def first_of_streams(self, tenant_id: UUID, stream_ids: Sequence[UUID], until: int) -> Sequence[LoggedEvent]:
        """Return all events of these streams up to a position."""
        ...


class PersonalReader(Protocol):
    """Opens the sealed parts of events."""

    def open_parts(self, tenant_id: UUID, parts: Sequence[SealedPart]) -> Sequence[Body | Unreadable]:
        """Return each part's personal fields, in order.

        ``ERASED`` if the key was destroyed, ``Damaged`` if the part cannot be read.
        """
        ...


class PersonIndex(Protocol):
    """The blind index: turns search terms into keyed digests, unreadable without the key."""

    def index_tokens(
        self, tenant_id: UUID, *, family_name: str | None = None, email: str | None = None, phone: str | None = None
    ) -> Collection[int]:
        """Return all numbers under which a person is found; signed, 64 bits."""
        ...

    def search_tokens(self, tenant_id: UUID, text: str) -> Collection[int]:
        """Return the numbers that a search text may mean: a match has one of them."""
        ...
