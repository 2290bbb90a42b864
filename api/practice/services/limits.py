"""Limits, as callers write them and as they are answered."""

from pydantic import Field

from api.http.schemas import Body, Whole
from domain.practice.clinician import Clinician
from domain.practice.service import Service
from domain.practice.visit_limits import VisitLimits


class Limits(Body):
    """Counted on the clinician's calendar: civil days, and weeks from Monday to Sunday. null is no limit."""

    per_day: Whole | None = Field(default=None, examples=[8])
    per_week: Whole | None = Field(default=None, examples=[30])

    def value(self) -> VisitLimits:
        """Raises InvalidValueError."""
        return VisitLimits(self.per_day, self.per_week)


def show_limits(limited: Clinician | Service) -> dict[str, object]:
    return {"per_day": limited.limits.per_day, "per_week": limited.limits.per_week}
