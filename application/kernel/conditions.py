"""Append conditions: what must hold at the instant of writing, checked in the append's transaction.

Each guard has its encoder, its SQL check and its error in event_store/append/guards.
"""

from typing import TypeAlias

from domain.patients.standing import PatientGuard
from domain.scheduling.availability.quotas import LimitGuard
from domain.scheduling.time_claim import TimeClaim, TimeRelease

Guard: TypeAlias = TimeClaim | TimeRelease | LimitGuard | PatientGuard
"""Time to take, time to give up first, a limit of visits that must not be full, a patient who must
not have been withdrawn."""
