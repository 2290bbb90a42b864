"""Jobs: work that is done later, enqueued by policies and carried out by workers."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from enum import IntEnum
from typing import ClassVar, Protocol, Self, TypeAlias, TypeVar
from uuid import UUID

import msgspec

from domain.kernel.logged_event import LoggedEvent


class Priority(IntEnum):
    """Of the due jobs of one kind in one practice, the most urgent runs first."""

    LOW = 0
    NORMAL = 1
    HIGH = 2


@dataclass(frozen=True, slots=True)
class Job:
    """One piece of work in one practice.

    Subclasses are frozen dataclasses whose fields are ids (UUID) and versions (int) only. ``NAME``
    is set by hand and never changes: stored jobs may be due in years.
    """

    NAME: ClassVar[str]
    tenant_id: UUID

    @property
    def key(self) -> str:
        """Identifies the job among those of its name in its practice: all its fields."""
        return ":".join(str(value) for value in self.payload().values())

    def payload(self) -> dict[str, object]:
        """Return the fields except the practice."""
        return {field.name: getattr(self, field.name) for field in fields(self) if field.name != "tenant_id"}

    @classmethod
    def from_payload(cls, tenant_id: UUID, payload: Mapping[str, object]) -> Self:
        """Raises msgspec.ValidationError: the class has other fields than the stored job."""
        return msgspec.convert({**payload, "tenant_id": tenant_id}, cls)


class JobQueue(Protocol):
    """Stores jobs until they are done: at least once each, and each key once at a time.

    Jobs of one name in one practice run one after the other; practices run in parallel.
    """

    def enqueue(self, job: Job, *, due_at: datetime, priority: Priority = Priority.NORMAL) -> None:
        """Store a job; it replaces one with the same key and resets its attempts."""
        ...

    def cancel(self, job: Job) -> None:
        """Delete the job with this key; if it is running, its result is ignored."""
        ...


JobRow: TypeAlias = dict[str, object]
"""A job as ``jobs.change`` takes it; one without ``due_at`` is cancelled."""


class JobChanges:
    """A JobQueue that collects changes; the last one of each key counts."""

    def __init__(self) -> None:
        self._rows: dict[tuple[str, str], JobRow] = {}

    def enqueue(self, job: Job, *, due_at: datetime, priority: Priority = Priority.NORMAL) -> None:
        row = {"payload": job.payload(), "priority": priority.value, "due_at": due_at}
        self._rows[job.NAME, job.key] = {"name": job.NAME, "key": job.key, **row}

    def cancel(self, job: Job) -> None:
        self._rows[job.NAME, job.key] = {"name": job.NAME, "key": job.key}

    def rows(self) -> list[JobRow]:
        return list(self._rows.values())


Decide: TypeAlias = Callable[[LoggedEvent, JobQueue], None]


@dataclass(frozen=True, slots=True)
class Policy:
    """``decide`` enqueues or cancels jobs of the event's practice, and does nothing else."""

    topics: Collection[str]
    decide: Decide

    @property
    def name(self) -> str:
        return self.decide.__name__


def policy(*events: type) -> Callable[[Decide], Policy]:
    """Make a function the policy for these events, in a file ``when_<event>_<do>.py``."""
    topics = frozenset(str(event.TOPIC) for event in events)  # type: ignore[attr-defined]  # set by hand on each event
    return lambda decide: Policy(topics, decide)


class Policies:
    """All policies of the program."""

    def __init__(self, policies: Iterable[Policy]) -> None:
        self._policies = tuple(policies)
        self._by_topic: dict[str, list[Policy]] = {}
        for each in self._policies:
            for topic in each.topics:
                self._by_topic.setdefault(topic, []).append(each)

    def __contains__(self, policy: Policy) -> bool:
        return policy in self._policies

    def __call__(self, events: Sequence[LoggedEvent]) -> list[JobRow]:
        """Return the changes to the queue after a batch of one practice's events."""
        changes = JobChanges()
        for event in events:
            for each in self._by_topic.get(event.event_type, ()):
                each.decide(event, changes)
        return changes.rows()


@dataclass(frozen=True, slots=True)
class LeasedJob:
    """A job that a worker holds. ``attempts`` counts this one."""

    tenant_id: UUID
    name: str
    key: str
    payload: Mapping[str, object]
    due_at: datetime
    attempts: int
    revision: int
    lease: UUID


class JobStore(Protocol):
    """The workers' side of the queue. Any number of workers share it."""

    def take(self, now: datetime, names: Collection[str], busy: Collection[UUID]) -> LeasedJob | None:
        """Lease the next due job with one of these names, not of a practice in ``busy``."""
        ...

    def extend(self, jobs: Collection[LeasedJob]) -> None:
        """Extend the leases that are still held."""
        ...

    def report(self, job: LeasedJob, done: int, total: int) -> bool:
        """Store the progress; False: it was cancelled, or another worker has the lease."""
        ...

    def finish(
        self,
        job: LeasedJob,
        now: datetime,
        *,
        due_at: datetime | None = None,
        error: str | None = None,
        attempts: int = 0,
    ) -> None:
        """Release the lease and delete the job; do nothing if another worker has the lease.

        With ``due_at`` keep the job until then; with ``error`` alone keep it as a dead letter.
        """
        ...


class JobRun(Protocol):
    """Passed to the handler of a job."""

    def report(self, done: int, total: int) -> None:
        """Store the progress. Raises JobInterruptedError: the handler must stop."""
        ...


class JobInterruptedError(Exception):
    """The worker stops, the job was cancelled, or another worker has its lease."""


J = TypeVar("J", bound=Job)
JobHandler: TypeAlias = Callable[[J, JobRun], datetime | None]
"""Carries out a job; returns when to run it again, or None. Must be safe to repeat."""
