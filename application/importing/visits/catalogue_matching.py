"""The locations, clinicians and services that a file names, found among those of the practice, or made."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final, TypeVar
from uuid import UUID

from application.importing.patients.ports import Directory
from application.importing.rows import RowRefusedError
from application.importing.visits.format import Clock, VisitFormat
from application.importing.visits.identities import VisitIdentities
from application.importing.visits.reading import VisitRow
from application.importing.visits.report import Kind, Named
from application.kernel.catalogue import Catalogue
from domain.kernel.aggregate import Aggregate
from domain.kernel.money import Money
from domain.practice.clinician import Clinician, ClinicianDetails
from domain.practice.location import Location, LocationDetails
from domain.practice.practice import Practice
from domain.practice.service import Service, ServiceTerms

_CLASSES: Final[dict[Kind, type[Location | Clinician | Service]]] = {
    Kind.LOCATION: Location,
    Kind.CLINICIAN: Clinician,
    Kind.SERVICE: Service,
}
_USUAL_MINUTES: Final = 60
_MOST_MINUTES: Final = 24 * 60
T = TypeVar("T", Location, Clinician, Service)


class CatalogueMatcher:
    """What a practice has, by the names of a file. What is not active any more is found too: visits were given then."""

    def __init__(
        self, catalogue: Catalogue, used: VisitFormat, identities: VisitIdentities, directory: Directory
    ) -> None:
        self.catalogue = catalogue
        self.practice = next(iter(catalogue.all(Practice)))
        self._clock = used.clock
        self._identities = identities
        self._words = directory.words
        self._renamed: Mapping[Kind, Mapping[str, str]] = {
            Kind.LOCATION: {self._folded(name): to for name, to in used.locations.items()},
            Kind.CLINICIAN: {self._folded(name): to for name, to in used.clinicians.items()},
            Kind.SERVICE: {self._folded(name): to for name, to in used.services.items()},
        }
        self._found: dict[Kind, dict[str, list[UUID]]] = {}
        for kind, class_ in _CLASSES.items():
            by_name: defaultdict[str, list[UUID]] = defaultdict(list)
            self._found[kind] = by_name
            for thing in catalogue.all(class_):
                by_name[str(thing.id)].append(thing.id)
                if isinstance(name := thing.terms.name if isinstance(thing, Service) else thing.name, str):
                    by_name[self._folded(name)].append(thing.id)

    def missing(self, rows: Iterable[VisitRow]) -> list[Named]:
        """Return what rows name and the practice has not, the most frequent first."""
        counted: Counter[tuple[Kind, str]] = Counter()
        written: dict[tuple[Kind, str], str] = {}
        for row in rows:
            for kind, name in (
                (Kind.LOCATION, row.location),
                (Kind.CLINICIAN, row.clinician),
                (Kind.SERVICE, row.service),
            ):
                meant = self._meant(kind, name)
                if name and not self._ids(kind, meant):
                    counted[kind, self._folded(meant)] += 1
                    written.setdefault((kind, self._folded(meant)), meant)
        return [
            Named(kind, written[kind, folded], rows_, self._identities.thing(kind, folded))
            for (kind, folded), rows_ in counted.most_common()
        ]

    def clinician(self, name: str, column: str) -> Clinician:
        """Raises RowRefusedError: several are called so."""
        return self._one(Kind.CLINICIAN, Clinician, name, column)

    def service(self, name: str, column: str) -> Service:
        """Raises RowRefusedError: several are called so."""
        return self._one(Kind.SERVICE, Service, name, column)

    def location(self, name: str, clinician: Clinician, column: str) -> Location:
        """Return the place that a row names; if it names none the only one of the clinician's, or of the practice.

        Raises RowRefusedError: several are called so, or nobody can tell which one is meant.
        """
        if name:
            return self._one(Kind.LOCATION, Location, name, column)
        everywhere = [location.id for location in self.catalogue.all(Location)]
        for ids in (list(dict.fromkeys((*clinician.hours, *clinician.later_hours))), everywhere):
            if len(ids) == 1:
                return self.catalogue.one(Location, ids[0])
        raise RowRefusedError("which_location", column)

    def zone_at(self, location: Location) -> str:
        """Return whose clock the file's times are on."""
        return location.zone if self._clock is Clock.LOCATION else self.practice.zone

    def made(self, missing: Sequence[Named], rows: Sequence[VisitRow], at: datetime) -> list[Aggregate]:
        """Make what is missing, as the rows tell of it.

        Clinicians have no hours until somebody sets them, so nothing is offered with them before. A service lasts and costs what it
        did most often, and is given by those who gave it.
        """
        zone = self.practice.zone
        given: defaultdict[str, list[VisitRow]] = defaultdict(list)
        for row in rows:
            given[self._folded(self._meant(Kind.SERVICE, row.service))].append(row)
        made: list[Aggregate] = []
        for one in missing:
            match one.kind:
                case Kind.LOCATION:
                    made.append(Location.open(id=one.id, details=LocationDetails(one.name, zone), at=at))
                case Kind.CLINICIAN:
                    made.append(Clinician.join(id=one.id, details=ClinicianDetails(one.name, None, zone), at=at))
                case Kind.SERVICE:
                    terms = self._terms(one.name, given[self._folded(one.name)], missing)
                    made.append(Service.offer(id=one.id, terms=terms, at=at))
        return made

    def _terms(self, name: str, rows: Sequence[VisitRow], missing: Sequence[Named]) -> ServiceTerms:
        minutes = Counter(length for row in rows if (length := _minutes(row)))
        prices = Counter(row.price for row in rows if row.price)
        new = {self._folded(one.name): one.id for one in missing if one.kind is Kind.CLINICIAN}
        givers = {self._meant(Kind.CLINICIAN, row.clinician) for row in rows}
        ids = [id_ for giver in givers for id_ in self._ids(Kind.CLINICIAN, giver) or [new[self._folded(giver)]]]
        return ServiceTerms(
            name=name,
            duration_minutes=minutes.most_common(1)[0][0] if minutes else _USUAL_MINUTES,
            price=prices.most_common(1)[0][0] if prices else Money(0, self.practice.currency),
            clinician_ids=tuple(ids),
        )

    def _one(self, kind: Kind, class_: type[T], name: str, column: str) -> T:
        ids = self._ids(kind, self._meant(kind, name))
        if len(ids) != 1:
            raise RowRefusedError("several_of_this_name", column)
        return self.catalogue.one(class_, ids[0])

    def _ids(self, kind: Kind, name: str) -> list[UUID]:
        """Return who is called so now; if nobody is, what an earlier import made under this name."""
        found = self._found[kind]
        folded = self._folded(name)
        made = str(self._identities.thing(kind, folded))
        return found.get(folded) or found.get(name) or found.get(made, [])

    def _meant(self, kind: Kind, name: str) -> str:
        return self._renamed[kind].get(self._folded(name), name)

    def _folded(self, name: str) -> str:
        return " ".join(self._words(name)) or name.casefold()


def _minutes(row: VisitRow) -> int | None:
    """Return how long a row's visit lasts by its own words, if they can be told without a zone."""
    if row.ends_at is None or (row.ends_at.tzinfo is None) != (row.starts_at.tzinfo is None):
        return row.minutes
    minutes = int((row.ends_at - row.starts_at).total_seconds()) // 60
    return minutes if 0 < minutes <= _MOST_MINUTES else row.minutes
