"""Claims on time: no two visits may claim the same clinician, room, device or patient at once."""

from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, NamedTuple, Protocol
from uuid import UUID, uuid5

from domain.kernel.time_range import TimeRange


class TimeClaim(NamedTuple):
    """``what``, a clinician, resource or patient, is busy for a holder, such as an appointment.

    ``during`` includes the buffers, except a patient's, and must not overlap other claims;
    ``visit`` excludes them. A
    claim with ``expires_at`` ends then. A ``beside`` claim may overlap others, after an override. A
    ``pending`` claim, on ``pending_key(what)``, blocks nothing and only counts towards limits.
    """

    holder_id: UUID
    what: UUID
    during: TimeRange
    visit: TimeRange
    service_id: UUID | None = None
    expires_at: datetime | None = None
    beside: bool = False
    pending: bool = False

    @property
    def is_elsewhere(self) -> bool:
        """Whether it is imported busy time of the clinician, not a visit or a hold."""
        return self.beside and self.service_id is None and self.expires_at is None

    def has_expired(self, now: datetime) -> bool:
        """Whether the claim has expired; it expires at ``expires_at`` itself."""
        return self.expires_at is not None and self.expires_at <= now


class TimeClaims(tuple[TimeClaim, ...]):
    """Claims that are pickled in columns: 1 µs for each instead of 9."""

    __slots__ = ()

    def __reduce__(self) -> tuple[object, tuple[Sequence[object], ...]]:
        return _claims_in_columns, (
            [claim.holder_id.int for claim in self],
            [claim.what.int for claim in self],
            [claim.during.starts_at.timestamp() for claim in self],
            [claim.during.ends_at.timestamp() for claim in self],
            [claim.visit.starts_at.timestamp() for claim in self],
            [claim.visit.ends_at.timestamp() for claim in self],
            [claim.service_id and claim.service_id.int for claim in self],
            [claim.expires_at and claim.expires_at.timestamp() for claim in self],
            [claim.beside for claim in self],
            [claim.pending for claim in self],
        )


def _claims_in_columns(*columns: Sequence[Any]) -> TimeClaims:
    return TimeClaims(
        TimeClaim(
            _id(holder),
            _id(what),
            _range(starts, ends),
            _range(visit_starts, visit_ends),
            None if service is None else _id(service),
            None if expires is None else _instant(expires),
            beside,
            pending,
        )
        for holder, what, starts, ends, visit_starts, visit_ends, service, expires, beside, pending in zip(
            *columns, strict=True
        )
    )


@lru_cache(maxsize=32_768)
def _id(number: int) -> UUID:
    return UUID(int=number)


@lru_cache(maxsize=32_768)
def _range(starts: float, ends: float) -> TimeRange:
    return TimeRange(_instant(starts), _instant(ends))


def _instant(epoch: float) -> datetime:
    # Exact to the microsecond until the year 2242.
    return datetime.fromtimestamp(epoch, UTC)


class TimeRelease(NamedTuple):
    """The time claims of a holder, on ``what`` or on all, end before the append's own are taken."""

    holder_id: UUID
    what: UUID | None = None


class FreeTimeGuard(NamedTuple):
    """No claim on ``what`` overlaps ``during``, except those that the append releases."""

    what: UUID
    during: TimeRange


class Holder(Protocol):
    """A visit or a session: what claims need to know of it."""

    @property
    def id(self) -> UUID: ...
    @property
    def service_id(self) -> UUID: ...
    @property
    def taken(self) -> TimeRange: ...
    @property
    def during(self) -> TimeRange: ...
    @property
    def patient_ids(self) -> Sequence[UUID]: ...


def claims_of(holder: Holder, staff_and_rooms: Iterable[UUID], beside: Collection[UUID]) -> list[TimeClaim]:
    """Return the claims on staff and rooms with the buffers, and on the patients without them."""
    taken, during = holder.taken, holder.during
    times = [*((what, taken) for what in staff_and_rooms), *((what, during) for what in holder.patient_ids)]
    return [TimeClaim(holder.id, what, time, during, holder.service_id, beside=what in beside) for what, time in times]


def claim_changes(
    before: Sequence[TimeClaim], after: Sequence[TimeClaim], patient_ids: Collection[UUID] | None = None
) -> tuple[list[TimeRelease], list[TimeClaim]]:
    """Return what a holder releases and claims when its claims change.

    A claim that stays is not taken anew, because others may overlap it by now. ``patient_ids``:
    only claims on these stay, so that limits can be checked anew.
    """
    staying = [claim for claim in before if claim in after and (patient_ids is None or claim.what in patient_ids)]
    new = [claim for claim in after if claim not in staying]
    if not staying:
        return [TimeRelease(holder_id) for holder_id in {claim.holder_id: None for claim in before}], new
    return [TimeRelease(claim.holder_id, claim.what) for claim in before if claim not in staying], new


def family_guards(claims: Iterable[TimeClaim], families: Iterable[Sequence[UUID]]) -> list[FreeTimeGuard]:
    """Return the guards that keep a patient's time free under the other ids of the person.

    ``families`` are all ids of each person. A claim that may overlap others needs no guard.
    """
    others = {id_: [each for each in ids if each != id_] for ids in families if len(ids) > 1 for id_ in ids}
    return [
        FreeTimeGuard(id_, claim.during) for claim in claims if not claim.beside for id_ in others.get(claim.what, ())
    ]


def pending_key(clinician_id: UUID) -> UUID:
    """Return the id under which requested visits are claimed until they are confirmed.

    They do not block the clinician's time, so they have an id of their own.
    """
    return uuid5(clinician_id, "asked")
