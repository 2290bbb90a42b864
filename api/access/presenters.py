"""Presenters of API keys, without their secrets."""

from api.access.schemas import ApiKeyListed, ApiKeyShown
from domain.access.api_key import ApiKey
from projections.access.tokens.queries import KeyRecord


def present_api_key(key: ApiKey) -> dict[str, object]:
    return ApiKeyShown.present(key, revoked=key.is_revoked)


def present_key_record(key: KeyRecord) -> dict[str, object]:
    return ApiKeyListed.present(key, id=key.key_id, version=key.version, revoked=key.revoked_at is not None)
