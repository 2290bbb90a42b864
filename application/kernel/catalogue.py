"""A practice's settings, locations, resources, clinicians and services, folded from its log."""

from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field, replace
from typing import Final, TypeVar, cast
from uuid import UUID

from application.kernel.errors import NotFoundError
from application.kernel.ports import PublicHolidays
from domain.kernel.aggregate import Aggregate
from domain.practice.clinician import Clinician
from domain.practice.location import Location
from domain.practice.practice import Practice
from domain.practice.resource import Resource
from domain.practice.service import Service

T = TypeVar("T", bound=Aggregate)

KINDS: Final[frozenset[type[Aggregate]]] = frozenset({Practice, Location, Resource, Clinician, Service})
"""The types in the catalogue; the same as in ``event_store.read.practice_reader``."""


@dataclass(frozen=True)
class Catalogue:
    """The aggregates of the catalogue at one position of the log. Read-only: threads share it.

    ``position`` is the log's when the catalogue was read, not that of the catalogue's last change.
    """

    public_holidays: PublicHolidays
    position: int = 0
    aggregates: Mapping[UUID, Aggregate] = field(default_factory=dict)

    def caught_up(self, position: int, events: Sequence[Aggregate.Event]) -> "Catalogue":
        """Return a new catalogue of a later position, with the events since, given in order."""
        aggregates = dict(self.aggregates)
        touched: set[UUID] = set()
        for event in events:
            id_ = event.originator_id
            if id_ in aggregates and id_ not in touched:
                aggregates[id_] = deepcopy(aggregates[id_])
            touched.add(id_)
            aggregates[id_] = cast(Aggregate, event.mutate(aggregates.get(id_)))
        return replace(self, position=position, aggregates=aggregates)

    def one(self, kind: type[T], id_: UUID) -> T:
        """Return one aggregate. Raises NotFoundError: it does not exist or is of another kind."""
        aggregate = self.aggregates.get(id_)
        if not isinstance(aggregate, kind):
            raise NotFoundError(kind.TOPIC.rpartition(".")[2])
        return aggregate

    def all(self, kind: type[T]) -> list[T]:
        """Return all aggregates of a kind, in order of creation."""
        return [aggregate for aggregate in self.aggregates.values() if isinstance(aggregate, kind)]
