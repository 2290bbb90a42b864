"""Bodies of requests and answers about API keys."""

from datetime import datetime
from uuid import UUID

from pydantic import Field

from api.http.schemas import Body, Page, Text, Versioned, examples
from domain.access.api_key import Role


class ApiKeyBody(Body):
    """A key may be bound to one clinician; it then reaches that clinician's visits only."""

    model_config = examples({"role": "front_desk", "label": "Reception"})

    role: Role
    label: Text
    clinician_id: UUID | None = None


class ApiKeyShown(Versioned):
    role: Role
    label: str
    clinician_id: UUID | None
    revoked: bool


class ApiKeyIssued(ApiKeyShown):
    key: str | None = Field(description="The secret. It is answered once: a repeated request gets null.")


class ApiKeyListed(ApiKeyShown):
    issued_at: datetime
    revoked_at: datetime | None


class ApiKeyPage(Page):
    api_keys: list[ApiKeyListed]
