"""/v1/services: what can be booked."""

from typing import Any, Final
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import ConfigDict, Field

from api.http.calls import Changing, Creating, Reading, Showing
from api.http.paging import MOST, Cursor, Limit
from api.http.resource_responses import CHANGES, MAKES, READS, READS_ONE, listed
from api.http.schemas import Body, Page, Price, Text, Thing, Truth, Whole
from api.practice.services.limits import Limits, show_limits
from application.kernel.permissions import Permission
from application.practice.change_service import ChangeService
from application.practice.offer_service import OfferService
from domain.kernel.money import Money
from domain.practice.resource import ResourceKind
from domain.practice.seats import SeatsOffered
from domain.practice.service import Mode, Service, ServiceTerms

routes = APIRouter(prefix="/v1/services", tags=["services"])


_LIMITS: Final = "How many visits of this service each clinician gives at most."
_SEATS: Final = "How many people a session of this service takes if it does not say otherwise; null: each session says."


class Requirement(Body):
    kind: ResourceKind


class ServiceBody(Body):
    """A kind in `requires` twice is needed twice. Without `step_minutes` visits start every duration + buffers."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "name": "Physiotherapy",
                    "duration_minutes": 50,
                    "buffer_after_minutes": 10,
                    "step_minutes": 15,
                    "minimum_notice_minutes": 120,
                    "horizon_days": 180,
                    "price": {"amount_minor": 8000, "currency": "EUR"},
                    "mode": "in_person",
                    "clinician_ids": ["01980c5a-0000-7000-8000-000000000002"],
                    "requires": [{"kind": "room"}],
                    "limits": {"per_day": 6, "per_week": None},
                },
                {
                    "name": "Yoga",
                    "duration_minutes": 60,
                    "price": {"amount_minor": 1500, "currency": "EUR"},
                    "seats": 12,
                },
            ]
        }
    )

    name: Text
    duration_minutes: Whole
    buffer_before_minutes: Whole = 0
    buffer_after_minutes: Whole = 0
    step_minutes: Whole | None = None
    minimum_notice_minutes: Whole = 0
    horizon_days: Whole = 365
    price: Price
    mode: Mode = Mode.IN_PERSON
    clinician_ids: list[UUID] = Field(default=[], max_length=500)
    requires: list[Requirement] = Field(default=[], max_length=20)
    limits: Limits = Field(default=Limits(), description=_LIMITS)
    seats: Whole | None = Field(default=None, description=_SEATS)


class ServicePatch(Body):
    """What is left out stays as it is; visits already booked keep their terms."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"price": {"amount_minor": 9000, "currency": "EUR"}}]})

    name: Text = ""
    duration_minutes: Whole = 0
    buffer_before_minutes: Whole = 0
    buffer_after_minutes: Whole = 0
    step_minutes: Whole | None = None
    minimum_notice_minutes: Whole = 0
    horizon_days: Whole = 0
    price: Price = Price(amount_minor=0, currency="EUR")
    mode: Mode = Mode.IN_PERSON
    clinician_ids: list[UUID] = Field(default=[], max_length=500)
    requires: list[Requirement] = Field(default=[], max_length=20)
    limits: Limits = Field(default=Limits(), description=_LIMITS)
    seats: Whole | None = Field(default=None, description=_SEATS)
    active: Truth = True

    def changes(self) -> dict[str, Any]:
        """Return what was sent, as the domain's values. Raises InvalidValueError: no such amount of money."""
        changes: dict[str, Any] = {name: getattr(self, name) for name in self.model_fields_set}
        for name in ("limits", "seats"):
            changes.pop(name, None)
        if "price" in changes:
            changes["price"] = Money(self.price.amount_minor, self.price.currency)
        if "clinician_ids" in changes:
            changes["clinician_ids"] = tuple(self.clinician_ids)
        if "requires" in changes:
            changes["requires"] = tuple(each.kind.value for each in self.requires)
        return changes


class ServiceShown(Thing):
    name: str
    duration_minutes: int
    buffer_before_minutes: int
    buffer_after_minutes: int
    step_minutes: int
    minimum_notice_minutes: int
    horizon_days: int
    price: Price
    mode: Mode
    clinician_ids: list[UUID]
    requires: list[Requirement]
    limits: Limits
    seats: int | None
    active: bool


class ServicePage(Page):
    services: list[ServiceShown]


def show(service: Service) -> dict[str, object]:
    terms = service.terms
    shown: dict[str, object] = terms.fields("price")
    shown["price"] = {"amount_minor": terms.price.amount_minor, "currency": terms.price.currency}
    shown["requires"] = [{"kind": kind} for kind in terms.requires]
    shown["limits"] = show_limits(service)
    shown["seats"] = service.seats
    return shown


@routes.post("", status_code=201, response_model=ServiceShown, responses=MAKES)
async def offer_service(body: ServiceBody, call: Creating) -> Response:
    """Offer a service."""
    terms = ServiceTerms(
        name=body.name,
        duration_minutes=body.duration_minutes,
        price=Money(body.price.amount_minor, body.price.currency),
        buffer_before_minutes=body.buffer_before_minutes,
        buffer_after_minutes=body.buffer_after_minutes,
        step_minutes=body.step_minutes,
        minimum_notice_minutes=body.minimum_notice_minutes,
        horizon_days=body.horizon_days,
        mode=body.mode,
        clinician_ids=tuple(body.clinician_ids),
        requires=tuple(each.kind.value for each in body.requires),
    )
    command = OfferService(terms, body.limits.value(), SeatsOffered(body.seats))
    return await call.create(command, routes.prefix, show)


@routes.get("", response_model=ServicePage, responses=READS)
async def list_services(call: Reading, limit: Limit = MOST, cursor: Cursor = None) -> Response:
    """All services, in the order in which they were offered."""
    return await call.read(Permission.READ_PRACTICE, lambda: listed(call.log, Service, "services", show, limit, cursor))


@routes.get("/{service_id}", response_model=ServiceShown, responses=READS_ONE)
async def get_service(service_id: UUID, call: Showing) -> Response:
    """One service."""
    return await call.show(Permission.READ_PRACTICE, Service, service_id, show)


@routes.patch("/{service_id}", response_model=ServiceShown, responses=CHANGES)
async def change_service(service_id: UUID, body: ServicePatch, call: Changing) -> Response:
    """Change the terms of a service, or stop to offer it."""
    limits = body.limits.value() if "limits" in body.model_fields_set else None
    seats = SeatsOffered(body.seats) if "seats" in body.model_fields_set else None
    command = ChangeService(service_id, body.changes(), limits, seats, expected_version=call.expected_version)
    return await call.change(command, show)
