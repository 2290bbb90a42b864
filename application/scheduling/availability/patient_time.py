"""Refuses time at which a patient has another visit."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from application.kernel.ports import PracticeReader
from domain.scheduling.errors import PatientBusyError
from domain.scheduling.time_claim import TimeClaim


def is_taken(claim: TimeClaim, found: Sequence[TimeClaim], now: datetime) -> bool:
    """Return whether another holder has the time of a claim that must not overlap others."""
    return not claim.beside and any(
        other.what == claim.what
        and other.holder_id != claim.holder_id
        and other.during.overlaps(claim.during)
        and not other.has_expired(now)
        for other in found
    )


def refuse_busy_patient(
    reader: PracticeReader, claim: TimeClaim, family: Collection[UUID], found: Sequence[TimeClaim]
) -> None:
    """Raise PatientBusyError: the person has other time that overlaps a claim on a patient.

    ``family`` are all ids of the person, ``found`` the claims on the id of the claim itself. A
    claim that may overlap others is not refused.
    """
    if claim.beside:
        return
    others = [id_ for id_ in family if id_ != claim.what]
    claims = [*found, *(reader.read_booking_context(others, claim.during).claims if others else ())]
    against = [
        other
        for other in claims
        if other.what in family and other.holder_id != claim.holder_id and other.during.overlaps(claim.during)
    ]
    if against:
        first = min(against, key=lambda other: other.visit.starts_at)
        raise PatientBusyError(first.holder_id, first.visit)
