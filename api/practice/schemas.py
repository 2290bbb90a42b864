"""Bodies of requests and answers about the practice and its catalogue."""

from collections.abc import Collection
from datetime import date
from typing import Any
from uuid import UUID

from pydantic import Field

from api.http.schemas import Body, CivilDate, Page, Price, Text, Truth, Versioned, Whole, examples
from domain.kernel.money import Money
from domain.practice.holiday_calendar import HolidayCalendar
from domain.practice.practice import LONGEST_OFFER_MINUTES, OFFER_MINUTES
from domain.practice.resource import ResourceKind
from domain.practice.service import ClinicianTerms, Mode, ServiceTerms
from domain.practice.visit_limits import VisitLimits


class Holidays(Body):
    """Locations are closed on public holidays, unless an override of the hours has that date."""

    country: str = Field(max_length=2, description="ISO 3166-1, two letters.", examples=["DE"])
    subdivision: str | None = Field(
        default=None, max_length=3, description="ISO 3166-2, without the country.", examples=["BE"]
    )

    def value(self) -> HolidayCalendar:
        """Raises InvalidValueError."""
        return HolidayCalendar(self.country, self.subdivision)


class Limits(Body):
    """The most visits in a civil day and in a week from Monday to Sunday; null is no limit."""

    per_day: Whole | None = Field(default=None, examples=[8])
    per_week: Whole | None = Field(default=None, examples=[30])

    def value(self) -> VisitLimits:
        """Raises InvalidValueError."""
        return VisitLimits(self.per_day, self.per_week)


class PracticePatch(Body):
    """Omitted fields stay as they are."""

    model_config = examples(
        {"name": "Praxis am Park", "locale": "de-DE"},
        {"holidays": {"country": "DE", "subdivision": "BE"}},
        {"pending_counts": True},
        {"auto_fill": False, "offer_minutes": 30},
    )

    name: Text = ""
    zone: Text = ""
    currency: Text = ""
    locale: Text = ""
    holidays: Holidays | None = Field(
        default=None, description="Public holidays on which the practice is closed; null for none."
    )
    pending_counts: Truth = Field(
        default=False, description="Whether requests and holds count toward limits, as booked visits do."
    )
    auto_fill: Truth = Field(
        default=True,
        description="Whether freed time is offered to the wait list, in the order of joining; otherwise staff offer it by hand.",
    )
    offer_minutes: Whole = Field(
        default=OFFER_MINUTES, ge=1, le=LONGEST_OFFER_MINUTES, description="The time to answer an offer."
    )


class PracticeShown(Versioned):
    name: str
    zone: str
    currency: str
    locale: str
    holidays: Holidays | None
    pending_counts: bool
    auto_fill: bool
    offer_minutes: int


class LocationBody(Body):
    model_config = examples({"name": "Main street", "zone": "Europe/Berlin"})

    name: Text
    zone: Text


class LocationPatch(Body):
    """Omitted fields stay as they are. Hours keep their local times when the zone changes."""

    model_config = examples({"name": "Old town"}, {"holidays": {"country": "DE", "subdivision": "BE"}})

    name: Text = ""
    zone: Text = ""
    holidays: Holidays | None = Field(
        default=None, description="Public holidays of the location; null for the practice's."
    )


class LocationShown(Versioned):
    name: str
    zone: str
    holidays: Holidays | None


class LocationPage(Page):
    locations: list[LocationShown]


class ResourceBody(Body):
    model_config = examples({"location_id": "01980c5a-0000-7000-8000-000000000001", "kind": "room", "name": "Room 1"})

    location_id: UUID
    kind: ResourceKind
    name: Text


class ResourcePatch(Body):
    """Omitted fields stay as they are. An inactive resource takes no new visits."""

    model_config = examples({"active": False})

    name: Text = ""
    active: Truth = True


class ResourceShown(Versioned):
    location_id: UUID
    kind: ResourceKind
    name: str
    active: bool


class ResourcePage(Page):
    resources: list[ResourceShown]


class ClinicianBody(Body):
    model_config = examples({"name": "Dr. Noa Levi", "email": "noa@example.org", "zone": "Asia/Jerusalem"})

    name: Text
    email: Text | None = None
    zone: Text
    limits: Limits = Field(default=Limits(), description="The most visits of the clinician, of all services together.")


class ClinicianPatch(ClinicianBody):
    """Omitted fields stay as they are."""

    model_config = examples({"email": None}, {"limits": {"per_day": 8, "per_week": 30}}, {"last_date": "2026-09-30"})

    name: Text = ""
    zone: Text = ""
    last_date: CivilDate | None = Field(
        default=None,
        description="The last date, in the clinician's zone, on which they give visits; null: they stay. Later visits"
        " stay booked: see `/v1/conflicts` and the hand-over.",
    )


class ClinicianShown(Versioned):
    name: str | None
    email: str | None
    zone: str
    limits: Limits
    last_date: date | None = Field(description="Of a clinician who leaves, or has left; null: they stay.")


class ClinicianPage(Page):
    clinicians: list[ClinicianShown]


class Requirement(Body):
    kind: ResourceKind


class OwnTerms(Body):
    """The length and price of one clinician's visits; null: those of the service.

    If `step_minutes` of the service is its length with the buffers, it follows the clinician's
    length. In a session the terms of the one who leads apply."""

    clinician_id: UUID
    duration_minutes: Whole | None = None
    price: Price | None = None

    def value(self) -> ClinicianTerms:
        """Raises InvalidValueError."""
        price = Money(self.price.amount_minor, self.price.currency) if self.price else None
        return ClinicianTerms(self.clinician_id, self.duration_minutes, price)


class ServiceBody(Body):
    """`step_minutes` defaults to duration plus buffers. A kind listed twice is needed twice."""

    model_config = examples(
        {
            "name": "Physiotherapy",
            "duration_minutes": 50,
            "buffer_after_minutes": 10,
            "step_minutes": 15,
            "minimum_notice_minutes": 120,
            "cancellation_notice_minutes": 1440,
            "horizon_days": 180,
            "price": {"amount_minor": 8000, "currency": "EUR"},
            "mode": "in_person",
            "clinician_ids": ["01980c5a-0000-7000-8000-000000000002"],
            "requires": [{"kind": "room"}],
            "limits": {"per_day": 6, "per_week": None},
        },
        {"name": "Yoga", "duration_minutes": 60, "price": {"amount_minor": 1500, "currency": "EUR"}, "seats": 12},
        {
            "name": "Supervision",
            "duration_minutes": 45,
            "price": {"amount_minor": 9000, "currency": "EUR"},
            "clinician_ids": ["01980c5a-0000-7000-8000-000000000002", "01980c5a-0000-7000-8000-000000000006"],
            "clinician_terms": [
                {
                    "clinician_id": "01980c5a-0000-7000-8000-000000000006",
                    "duration_minutes": 60,
                    "price": {"amount_minor": 12000, "currency": "EUR"},
                }
            ],
        },
    )

    name: Text
    duration_minutes: Whole
    buffer_before_minutes: Whole = 0
    buffer_after_minutes: Whole = 0
    step_minutes: Whole | None = None
    minimum_notice_minutes: Whole = 0
    cancellation_notice_minutes: Whole | None = Field(
        default=None,
        description="A cancellation later than this before the start is late; null: none is. Booked visits keep theirs.",
    )
    horizon_days: Whole = 365
    price: Price
    mode: Mode = Mode.IN_PERSON
    clinician_ids: list[UUID] = Field(default=[], max_length=500)
    requires: list[Requirement] = Field(default=[], max_length=20)
    limits: Limits = Field(default=Limits(), description="The most visits of this service for each clinician.")
    seats: Whole | None = Field(
        default=None,
        description="The default number of seats of a session of this service; null: each session sets its own.",
    )

    clinician_terms: list[OwnTerms] = Field(
        default=[], max_length=500, description="Clinicians whose visits have another length or price."
    )

    def own_terms(self) -> tuple[ClinicianTerms, ...]:
        """Raises InvalidValueError."""
        return tuple(each.value() for each in self.clinician_terms)

    def terms(self) -> ServiceTerms:
        """Raises InvalidValueError."""
        return ServiceTerms(**self._terms(type(self).model_fields))

    def _terms(self, names: Collection[str]) -> dict[str, Any]:
        """Return the named fields as ServiceTerms has them, without those of other events."""
        others = ("limits", "seats", "clinician_terms")
        terms = {name: getattr(self, name) for name in names if name not in others}
        if "price" in terms:
            terms["price"] = Money(self.price.amount_minor, self.price.currency)
        if "clinician_ids" in terms:
            terms["clinician_ids"] = tuple(self.clinician_ids)
        if "requires" in terms:
            terms["requires"] = tuple(each.kind.value for each in self.requires)
        return terms


class ServicePatch(ServiceBody):
    """Omitted fields stay as they are; booked visits keep their terms.

    `clinician_terms` replaces those of all clinicians. One who is struck from `clinician_ids` loses
    theirs."""

    model_config = examples(
        {"price": {"amount_minor": 9000, "currency": "EUR"}},
        {"clinician_terms": [{"clinician_id": "01980c5a-0000-7000-8000-000000000002", "duration_minutes": 60}]},
    )

    name: Text = ""
    duration_minutes: Whole = 0
    horizon_days: Whole = 0
    price: Price = Price(amount_minor=0, currency="EUR")
    active: Truth = True

    def changes(self) -> dict[str, Any]:
        """Return the terms that were sent. Raises InvalidValueError: no such amount of money."""
        return self._terms(self.model_fields_set)


class ServiceShown(Versioned):
    name: str
    duration_minutes: int
    buffer_before_minutes: int
    buffer_after_minutes: int
    step_minutes: int
    minimum_notice_minutes: int
    cancellation_notice_minutes: int | None
    horizon_days: int
    price: Price
    mode: Mode
    clinician_ids: list[UUID]
    requires: list[Requirement]
    limits: Limits
    seats: int | None
    clinician_terms: list[OwnTerms]
    active: bool


class ServicePage(Page):
    services: list[ServiceShown]
