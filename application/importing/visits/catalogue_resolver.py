"""Resolve the locations, clinicians and services that a file names, or create them."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final, TypeVar
from uuid import UUID

from application.importing.cell_values import MAX_MINUTES
from application.importing.identities import SourceIdentities
from application.importing.ports import Directory
from application.importing.report import MissingResource, ResourceKind, RowRefusedError
from application.importing.visits.format import TimesOf, VisitFormat
from application.importing.visits.reader import VisitRow
from application.kernel.catalogue import Catalogue
from domain.kernel.aggregate import Aggregate
from domain.kernel.money import Money
from domain.practice.clinician import Clinician, ClinicianDetails
from domain.practice.location import Location, LocationDetails
from domain.practice.practice import Practice
from domain.practice.service import Service, ServiceTerms

_KINDS: Final[dict[type[Location | Clinician | Service], ResourceKind]] = {
    Location: ResourceKind.LOCATION,
    Clinician: ResourceKind.CLINICIAN,
    Service: ResourceKind.SERVICE,
}
_DEFAULT_MINUTES: Final = 60
T = TypeVar("T", Location, Clinician, Service)


class CatalogueResolver:
    """Resolves the names of a file to the catalogue of a practice, inactive entries included."""

    def __init__(
        self, catalogue: Catalogue, format_: VisitFormat, identities: SourceIdentities, directory: Directory
    ) -> None:
        self.catalogue = catalogue
        self.practice = next(iter(catalogue.all(Practice)))
        self._clock = format_.clock
        self._identities = identities
        self._words = directory.words
        renamed = (format_.locations, format_.clinicians, format_.services)
        self._renamed: Mapping[ResourceKind, Mapping[str, str]] = {
            kind: {self._folded(name): to for name, to in names.items()}
            for kind, names in zip(_KINDS.values(), renamed, strict=True)
        }
        self._ids_by_name: dict[ResourceKind, dict[str, list[UUID]]] = {}
        for class_, kind in _KINDS.items():
            by_name: defaultdict[str, list[UUID]] = defaultdict(list)
            self._ids_by_name[kind] = by_name
            for entry in catalogue.all(class_):
                by_name[str(entry.id)].append(entry.id)
                if isinstance(name := entry.terms.name if isinstance(entry, Service) else entry.name, str):
                    by_name[self._folded(name)].append(entry.id)

    def missing(self, rows: Iterable[VisitRow]) -> list[MissingResource]:
        """Return what the rows name and the practice lacks, most frequent first."""
        counted: Counter[tuple[ResourceKind, str]] = Counter()
        written: dict[tuple[ResourceKind, str], str] = {}
        for row in rows:
            for kind, name in zip(_KINDS.values(), (row.location, row.clinician, row.service), strict=True):
                target = self._target(kind, name)
                if name and not self._ids(kind, target):
                    key = kind, self._folded(target)
                    counted[key] += 1
                    written.setdefault(key, target)
        return [
            MissingResource(kind, written[kind, folded], count, self._identities.resource(kind, folded))
            for (kind, folded), count in counted.most_common()
        ]

    def one(self, class_: type[T], name: str, column: str) -> T:
        """Return the resource of a name, which exists. Raises RowRefusedError: several have it."""
        kind = _KINDS[class_]
        ids = self._ids(kind, self._target(kind, name))
        if len(ids) != 1:
            raise RowRefusedError("several_of_this_name", column)
        return self.catalogue.one(class_, ids[0])

    def location(self, name: str, clinician: Clinician, column: str) -> Location:
        """Return the named location, or else the only one of the clinician or of the practice.

        Raises RowRefusedError: several have this name, or no name is given and there are several.
        """
        if name:
            return self.one(Location, name, column)
        everywhere = [location.id for location in self.catalogue.all(Location)]
        for ids in (list(dict.fromkeys((*clinician.hours, *clinician.later_hours))), everywhere):
            if len(ids) == 1:
                return self.catalogue.one(Location, ids[0])
        raise RowRefusedError("which_location", column)

    def zone_at(self, location: Location) -> str:
        """Return the time zone of the file's times."""
        return location.zone if self._clock is TimesOf.LOCATION else self.practice.zone

    def create(self, missing: Sequence[MissingResource], rows: Sequence[VisitRow], at: datetime) -> list[Aggregate]:
        """Create what is missing.

        Clinicians have no hours at first, so nothing is offered with them. A service gets its most
        frequent length and price, and the clinicians who gave it.
        """
        zone = self.practice.zone
        rows_of: defaultdict[str, list[VisitRow]] = defaultdict(list)
        for row in rows:
            rows_of[self._folded(self._target(ResourceKind.SERVICE, row.service))].append(row)
        created: list[Aggregate] = []
        for one in missing:
            match one.kind:
                case ResourceKind.LOCATION:
                    created.append(Location.open(id=one.id, details=LocationDetails(one.name, zone), at=at))
                case ResourceKind.CLINICIAN:
                    created.append(Clinician.join(id=one.id, details=ClinicianDetails(one.name, None, zone), at=at))
                case ResourceKind.SERVICE:
                    terms = self._terms(one.name, rows_of[self._folded(one.name)], missing)
                    created.append(Service.offer(id=one.id, terms=terms, at=at))
        return created

    def _terms(self, name: str, rows: Sequence[VisitRow], missing: Sequence[MissingResource]) -> ServiceTerms:
        minutes = Counter(length for row in rows if (length := _minutes(row)))
        prices = Counter(row.price for row in rows if row.price)
        new = {self._folded(one.name): one.id for one in missing if one.kind is ResourceKind.CLINICIAN}
        names = {self._target(ResourceKind.CLINICIAN, row.clinician) for row in rows}
        ids = [id_ for each in names for id_ in self._ids(ResourceKind.CLINICIAN, each) or [new[self._folded(each)]]]
        return ServiceTerms(
            name=name,
            duration_minutes=minutes.most_common(1)[0][0] if minutes else _DEFAULT_MINUTES,
            price=prices.most_common(1)[0][0] if prices else Money(0, self.practice.currency),
            clinician_ids=tuple(ids),
        )

    def _ids(self, kind: ResourceKind, name: str) -> list[UUID]:
        """Return the ids with this name.

        If there are none, what an earlier import created under it.
        """
        by_name = self._ids_by_name[kind]
        folded = self._folded(name)
        created = str(self._identities.resource(kind, folded))
        return by_name.get(folded) or by_name.get(name) or by_name.get(created, [])

    def _target(self, kind: ResourceKind, name: str) -> str:
        """Return the name or id to which the format maps a name."""
        return self._renamed[kind].get(self._folded(name), name)

    def _folded(self, name: str) -> str:
        return " ".join(self._words(name)) or name.casefold()


def _minutes(row: VisitRow) -> int | None:
    """Return the length of a row's visit as far as it is known without a time zone."""
    if row.ends_at is None or (row.ends_at.tzinfo is None) != (row.starts_at.tzinfo is None):
        return row.minutes
    minutes = int((row.ends_at - row.starts_at).total_seconds()) // 60
    return minutes if 0 < minutes <= MAX_MINUTES else row.minutes
