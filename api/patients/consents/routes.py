"""/v1/patients/{id}/consents: what a patient agreed to, and what they took back."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BeforeValidator, ConfigDict, Field

from api.http.answers import Answer
from api.http.calls import Changing, Showing
from api.http.resource_responses import CHANGES, READS_ONE
from api.http.schemas import Body, Shown, Text, Versioned
from api.http.times import instant
from application.kernel.permissions import Permission
from application.patients.decide_consent import DecideConsent, consents_of
from domain.kernel.errors import InvalidValueError
from domain.patients.consents import Channel, Consents, Decision
from domain.patients.patient import Patient

routes = APIRouter(prefix="/v1/patients/{patient_id}/consents", tags=["patients"])


def _decided(value: object) -> object:
    if value is None:
        return None
    if not isinstance(value, str):
        raise InvalidValueError(
            "decided_at", "a time is written like 2026-06-01T09:00:00+02:00, with its offset from UTC"
        )
    return instant(value, "decided_at")


DecidedAt = Annotated[
    datetime | None,
    BeforeValidator(_decided),
    Field(description="When it was decided; null is now.", examples=["2026-06-01T09:00:00+02:00"]),
]
ByWhom = Annotated[
    Text | None, Field(description="Who decided, if not the patient.", examples=["Miriam Cohen, mother"])
]
Kind = Annotated[
    str,
    Field(
        max_length=50,
        description="`data_processing`, `marketing`, `telehealth`, or a word of the practice's own.",
        examples=["marketing"],
    ),
]


class ConsentBody(Body):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"kind": "data_processing", "document_version": "2026-01", "how": "paper", "by_whom": None}]
        }
    )

    kind: Kind
    document_version: Text = Field(description="Which version of the document was agreed to.", examples=["2026-01"])
    how: Channel
    by_whom: ByWhom = None
    decided_at: DecidedAt = None


class WithdrawalBody(Body):
    model_config = ConfigDict(json_schema_extra={"examples": [{"kind": "marketing", "how": "phone"}]})

    kind: Kind
    how: Channel
    by_whom: ByWhom = None
    decided_at: DecidedAt = None


class DecisionShown(Shown):
    """`patient_id` is for whom it was recorded: also one who was merged into the patient since."""

    patient_id: UUID
    kind: str
    given: bool
    document_version: str | None = Field(description="null in a withdrawal.")
    how: Channel
    by_whom: str | None
    decided_at: datetime


class ConsentsShown(Versioned):
    """`consents` holds the decision in force for each kind, `history` all of them; `version` is that of the consents."""

    consents: list[DecisionShown]
    history: list[DecisionShown]


@routes.get("", response_model=ConsentsShown, responses=READS_ONE)
async def get_consents(patient_id: UUID, call: Showing) -> Response:
    """What stands, and how it came about; of a patient into whom others were merged, with theirs: the latest decision of a kind stands."""

    def read() -> Answer:
        position = call.point_in_time(Consents, Consents.id_of(patient_id)).position
        found = consents_of(call.log, call.log.look_up(Patient, patient_id, position), position, call.version)
        version = next((one.version for one in found if one.patient_id == patient_id), 0)
        body = _body(patient_id, version, found)
        return Answer(body, version=version) if position is None else Answer({**body, "position": position})

    return await call.read(Permission.READ_PATIENTS, read)


@routes.post("", response_model=ConsentsShown, responses=CHANGES)
async def give_consent(patient_id: UUID, body: ConsentBody, call: Changing) -> Response:
    """Note that a consent was given; the same version of it again, while it stands, changes nothing."""
    command = DecideConsent(
        patient_id=patient_id,
        kind=body.kind,
        document_version=body.document_version,
        how=body.how,
        by_whom=body.by_whom,
        decided_at=body.decided_at,
        expected_version=call.expected_version,
    )
    return await call.change(command, show_consents)


@routes.post("/withdraw", response_model=ConsentsShown, responses=CHANGES)
async def withdraw_consent(patient_id: UUID, body: WithdrawalBody, call: Changing) -> Response:
    """Note that a consent was taken back; what was given stays in the history. A second time changes nothing; what was never given
    is refused: `consent_not_given`."""
    command = DecideConsent(
        patient_id=patient_id,
        kind=body.kind,
        document_version=None,
        how=body.how,
        by_whom=body.by_whom,
        decided_at=body.decided_at,
        expected_version=call.expected_version,
    )
    return await call.change(command, show_consents)


def show_consents(consents: Consents) -> dict[str, object]:
    return _body(consents.patient_id, consents.version, [consents])


def _body(patient_id: UUID, version: int, found: list[Consents]) -> dict[str, object]:
    return {"id": patient_id, "version": version, **show_decisions(found)}


def show_decisions(found: Sequence[Consents]) -> dict[str, object]:
    """Show what stands, and how it came about."""
    told = sorted(
        ((one.patient_id, decision) for one in found for decision in one.history),
        key=lambda pair: pair[1]["decided_at"],
    )
    standing = {decision["kind"]: (of, decision) for of, decision in told}
    return {
        "consents": [_shown(*standing[kind]) for kind in sorted(standing)],
        "history": [_shown(of, decision) for of, decision in told],
    }


def _shown(patient_id: UUID, decision: Decision) -> dict[str, object]:
    # ERASED is false, as None is.
    return {"patient_id": patient_id, **decision, "by_whom": decision["by_whom"] or None}
