"""Checks that the aggregates which a command names exist in this practice."""

from collections.abc import Iterable
from uuid import UUID

from application.kernel.practice_log import PracticeLog
from domain.practice.clinician import Clinician


def require_clinicians(log: PracticeLog, ids: Iterable[UUID]) -> None:
    """Raises NotFoundError: one of them is not a clinician of this practice."""
    catalogue = log.catalogue()
    for id in ids:
        catalogue.one(Clinician, id)
