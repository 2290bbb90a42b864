"""/v1/api-keys: with what programs and people reach the practice."""

from datetime import datetime
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import ConfigDict, Field

from api.http.answers import Answer
from api.http.calls import After, Call, Changing, Creating, Reading, Showing
from api.http.paging import MOST, Cursor, Limit, cursor_behind, decoded_id
from api.http.resource_responses import CHANGES, MAKES, READS, READS_ONE, changed, collected, made
from api.http.schemas import Body, Page, Text, Thing
from application.access.issue_api_key import IssueApiKey
from application.access.revoke_api_key import RevokeApiKey
from application.access.secret_keys import KEY_PREFIX, hash_of, new_token
from application.kernel.permissions import Permission
from application.kernel.practice_log import Outcome
from domain.access.api_key import ApiKey, Role
from projections.access.tokens.queries import KeyRecord
from projections.engine.errors import ViewBehindError

routes = APIRouter(prefix="/v1/api-keys", tags=["api keys"])


class ApiKeyBody(Body):
    """A clinician's key may be bound to one clinician, whose visits are then all it can change."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"role": "front_desk", "label": "Reception"}]})

    role: Role
    label: Text
    clinician_id: UUID | None = None


class ApiKeyShown(Thing):
    role: Role
    label: str
    clinician_id: UUID | None
    revoked: bool


class ApiKeyIssued(ApiKeyShown):
    key: str | None = Field(description="The secret. It is shown this once: a repeated request finds null.")


class ApiKeyListed(ApiKeyShown):
    issued_at: datetime
    revoked_at: datetime | None


class ApiKeyPage(Page):
    api_keys: list[ApiKeyListed]


def show(key: ApiKey) -> dict[str, object]:
    return {"role": key.role, "label": key.label, "clinician_id": key.clinician_id, "revoked": key.is_revoked}


@routes.post("", status_code=201, response_model=ApiKeyIssued, responses=MAKES)
async def issue_api_key(body: ApiKeyBody, call: Creating) -> Response:
    """Issue a key. Only an owner issues an owner's."""
    key = new_token(KEY_PREFIX)
    command = IssueApiKey(body.role, body.label, hash_of(key), body.clinician_id)

    def present(outcome: Outcome[ApiKey]) -> Answer:
        is_new = outcome.aggregate.key_hash == command.key_hash
        _until_known(call, outcome.position)
        answer = made(outcome, routes.prefix, show)
        return Answer({**answer.body, "key": key if is_new else None}, 201, answer.version, answer.location)

    return await call.execute(command, present)


@routes.get("", response_model=ApiKeyPage, responses=READS)
async def list_api_keys(call: Reading, limit: Limit = MOST, cursor: Cursor = None, after: After = None) -> Response:
    """All keys that were ever issued, in order; their secrets are not kept."""

    def page() -> Answer:
        behind = decoded_id(cursor)
        call.container.wait_for(call.actor.tenant_id, "access", after)
        keys, next_id = call.container.access.keys_of(call.actor.tenant_id, behind, limit)
        return collected("api_keys", [_listed(key) for key in keys], cursor_behind(next_id), after)

    return await call.read(Permission.MANAGE_KEYS, page)


@routes.get("/{api_key_id}", response_model=ApiKeyShown, responses=READS_ONE)
async def get_api_key(api_key_id: UUID, call: Showing) -> Response:
    """One key, without its secret."""
    return await call.show(Permission.MANAGE_KEYS, ApiKey, api_key_id, show)


@routes.delete("/{api_key_id}", response_model=ApiKeyShown, responses=CHANGES)
async def revoke_api_key(api_key_id: UUID, call: Changing) -> Response:
    """Revoke a key: from the answer on it opens nothing here, and nowhere a second later. Only an owner revokes an owner's."""
    command = RevokeApiKey(api_key_id, "revoked over the API", expected_version=call.expected_version)

    def present(outcome: Outcome[ApiKey]) -> Answer:
        _until_known(call, outcome.position)
        call.services.key_authenticator.forget(api_key_id)
        return changed(outcome, show)

    return await call.execute(command, present)


def _until_known(call: Call, position: int) -> None:
    """Wait until keys are looked up as they are now. What was recorded stands, even if no projector runs at this moment."""
    try:
        call.container.wait_for(call.actor.tenant_id, "access", position)
    except ViewBehindError:
        return


def _listed(key: KeyRecord) -> dict[str, object]:
    return {
        "id": key.key_id,
        "version": key.version,
        "role": key.role,
        "label": key.label,
        "clinician_id": key.clinician_id,
        "revoked": key.revoked_at is not None,
        "issued_at": key.issued_at,
        "revoked_at": key.revoked_at,
    }
