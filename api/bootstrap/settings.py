"""Settings from environment variables."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Self

from pydantic import AwareDatetime, Field, PostgresDsn, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from api.processes.cores import WantedCore


class Settings(BaseSettings):
    """No setting has a secret as default. Raises pydantic.ValidationError, which names the setting."""

    model_config = SettingsConfigDict(frozen=True, populate_by_name=True, extra="ignore", hide_input_in_errors=True)

    data: Path = Field(Path(".data"), alias="SCHEDULER_DATA")
    """The folder of the embedded PostgreSQL and its secrets."""
    port: int = Field(8000, alias="SCHEDULER_PORT", ge=0, le=65535)
    host: str = Field("127.0.0.1", alias="SCHEDULER_HOST")
    database_url: PostgresDsn | None = Field(None, alias="DATABASE_URL")
    """A PostgreSQL server instead of the embedded one; its user may create roles and databases."""
    master_key_file: Path | None = Field(None, alias="SCHEDULER_MASTER_KEY_FILE")
    """By default the key is in the data folder, and created there once."""
    now: AwareDatetime | None = Field(None, alias="SCHEDULER_NOW")
    """Freezes the clock at this instant, for tests and demos."""
    is_test: bool = Field(False, alias="SCHEDULER_TEST")
    expects_projector: bool = Field(True, alias="SCHEDULER_EXPECTS_PROJECTOR")
    """Whether /readyz requires that a projector keeps up."""
    webhooks_local: bool = Field(False, alias="SCHEDULER_WEBHOOKS_LOCAL")
    """Whether webhooks may also go to this machine and without TLS: for development and tests."""
    threads: int = Field(24, alias="SCHEDULER_THREADS", ge=1, le=256)
    """The most requests that run at once in one process."""
    share: int = Field(3, alias="SCHEDULER_SHARE", ge=1, le=256)
    """The most of these for one practice, even while others are idle."""
    connections: int = Field(16, alias="SCHEDULER_CONNECTIONS", ge=1, le=256)
    """Connections of one process that serve reads."""
    core: WantedCore = Field("free", alias="SCHEDULER_CORE")
    """The CPU core on which `scheduler serve` answers requests."""

    @model_validator(mode="after")
    def _refuse_false_time(self) -> Self:
        if self.now is not None and self.database_url is not None and not self.is_test:
            raise ValueError("SCHEDULER_NOW is refused with DATABASE_URL; set SCHEDULER_TEST=1 if this is a test")
        return self

    @model_validator(mode="after")
    def _refuse_open_egress(self) -> Self:
        if self.webhooks_local and self.database_url is not None and not self.is_test:
            raise ValueError(
                "SCHEDULER_WEBHOOKS_LOCAL is refused with DATABASE_URL; set SCHEDULER_TEST=1 if this is a test"
            )
        return self

    @property
    def frozen_at(self) -> datetime | None:
        return self.now.astimezone(UTC) if self.now else None

    @property
    def master_key_path(self) -> Path:
        return self.master_key_file or self.data / "secrets" / "master.key"
