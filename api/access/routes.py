"""/v1/api-keys: the credentials of programs and people."""

from contextlib import suppress
from dataclasses import replace
from uuid import UUID

from fastapi import APIRouter, Response

from api.access.presenters import present_api_key, present_key_record
from api.access.schemas import ApiKeyBody, ApiKeyIssued, ApiKeyPage, ApiKeyShown
from api.http.answers import Answer
from api.http.calls import After, Changing, Creating, Reading, Showing
from api.http.paging import MAX_PAGE_SIZE, Cursor, Limit, cursor_behind, decoded_id
from api.http.resource_responses import CHANGES, MAKES, READS, READS_ONE, changed, collected, made
from application.access.issue_api_key import IssueApiKey
from application.access.revoke_api_key import RevokeApiKey
from application.access.secret_keys import KEY_PREFIX, hash_of, new_token
from application.kernel.permissions import Permission
from application.kernel.practice_log import Outcome
from domain.access.api_key import ApiKey
from projections.engine.errors import ViewBehindError

routes = APIRouter(prefix="/v1/api-keys", tags=["api keys"])


@routes.post("", status_code=201, response_model=ApiKeyIssued, responses=MAKES)
async def issue_api_key(body: ApiKeyBody, call: Creating) -> Response:
    """Issue a key. Nobody issues a key that may do more than their own: `not_permitted`."""
    key = new_token(KEY_PREFIX)
    command = IssueApiKey(body.role, body.label, hash_of(key), body.clinician_id)

    def present(outcome: Outcome[ApiKey]) -> Answer:
        with suppress(ViewBehindError):  # issued all the same, and accepted once the view has caught up
            call.container.wait_for(call.actor.tenant_id, "access", outcome.position)
        is_new = outcome.aggregate.key_hash == command.key_hash
        answer = made(outcome, routes.prefix, present_api_key)
        return replace(answer, body={**answer.body, "key": key if is_new else None})

    return await call.execute(command, present)


@routes.get("", response_model=ApiKeyPage, responses=READS)
async def list_api_keys(
    call: Reading, limit: Limit = MAX_PAGE_SIZE, cursor: Cursor = None, after: After = None
) -> Response:
    """List all keys in the order of issue, also revoked ones; their secrets are not stored."""

    def page() -> Answer:
        behind = decoded_id(cursor)
        reached = call.container.wait_for(call.actor.tenant_id, "access", after)
        keys, next_id = call.container.access.keys_of(call.actor.tenant_id, behind, limit)
        return collected("api_keys", [present_key_record(key) for key in keys], cursor_behind(next_id), reached)

    return await call.read(Permission.MANAGE_KEYS, page)


@routes.get("/{api_key_id}", response_model=ApiKeyShown, responses=READS_ONE)
async def get_api_key(api_key_id: UUID, call: Showing) -> Response:
    """Return one key, without its secret."""
    return await call.get(Permission.MANAGE_KEYS, ApiKey, api_key_id, present_api_key)


@routes.delete("/{api_key_id}", response_model=ApiKeyShown, responses=CHANGES)
async def revoke_api_key(api_key_id: UUID, call: Changing) -> Response:
    """Revoke a key, of a role that the caller could issue: otherwise `not_permitted`.

    Refused for the practice's last valid key of an owner: `last_owner`; issue another one first.
    This process refuses the key from the answer on, other processes within a second.
    """
    command = RevokeApiKey(api_key_id, "revoked over the API", expected_version=call.expected_version)

    def present(outcome: Outcome[ApiKey]) -> Answer:
        with suppress(ViewBehindError):  # revoked all the same, and refused once the view has caught up
            call.container.wait_for(call.actor.tenant_id, "access", outcome.position)
        call.services.key_authenticator.forget(api_key_id)
        return changed(outcome, present_api_key)

    return await call.execute(command, present)
