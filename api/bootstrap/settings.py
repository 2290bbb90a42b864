"""Settings from environment variables."""

from ipaddress import ip_network
from pathlib import Path
from typing import Self

from pydantic import AwareDatetime, Field, PostgresDsn, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from api.processes.cores import WantedCore


class Settings(BaseSettings):
    """No default is a secret. Raises pydantic.ValidationError, which names the setting."""

    model_config = SettingsConfigDict(frozen=True, populate_by_name=True, extra="ignore", hide_input_in_errors=True)

    data: Path = Field(Path(".data"), alias="SCHEDULER_DATA")
    """The folder of the embedded PostgreSQL and its secrets."""
    port: int = Field(8000, alias="SCHEDULER_PORT", ge=0, le=65535)
    host: str = Field("127.0.0.1", alias="SCHEDULER_HOST")
    metrics_port: int | None = Field(None, alias="SCHEDULER_METRICS_PORT", ge=0, le=65535)
    """Serves /metrics on a port of its own; nowhere by default."""
    metrics_host: str = Field("127.0.0.1", alias="SCHEDULER_METRICS_HOST")
    trusted_proxies: str = Field("127.0.0.1,::1", alias="SCHEDULER_TRUSTED_PROXIES")
    """Addresses and networks, separated by commas, whose X-Forwarded-For is believed."""
    database_url: PostgresDsn | None = Field(None, alias="DATABASE_URL")
    """A server to use instead of the embedded one; its user may create roles and databases."""
    master_key_file: Path | None = Field(None, alias="SCHEDULER_MASTER_KEY_FILE")
    """By default a file in the data folder, which is created once."""
    now: AwareDatetime | None = Field(None, alias="SCHEDULER_NOW")
    """Freezes the clock at this instant, for tests and demos."""
    is_test: bool = Field(False, alias="SCHEDULER_TEST")
    expects_projector: bool = Field(True, alias="SCHEDULER_EXPECTS_PROJECTOR")
    """Whether /readyz requires that a projector keeps up."""
    webhooks_local: bool = Field(False, alias="SCHEDULER_WEBHOOKS_LOCAL")
    """Allows webhooks to this machine, without TLS: for development and tests."""
    threads: int = Field(24, alias="SCHEDULER_THREADS", ge=1, le=256)
    """The maximum number of requests that run at once in one process."""
    share: int = Field(3, alias="SCHEDULER_SHARE", ge=1, le=256)
    """The maximum of one practice, even while threads are idle."""
    processes: int = Field(2, alias="SCHEDULER_PROCESSES", ge=1, le=64)
    """The maximum number of costly requests at once in one process; each has one to calculate."""
    connections: int = Field(16, alias="SCHEDULER_CONNECTIONS", ge=1, le=256)
    """The maximum number of connections for reads in one process."""
    core: WantedCore = Field("free", alias="SCHEDULER_CORE")
    """The CPU core on which `scheduler serve` answers requests."""

    @field_validator("trusted_proxies")
    @classmethod
    def _refuse_names(cls, proxies: str) -> str:
        for each in filter(None, proxies.split(",")):
            try:
                ip_network(each.strip())
            except ValueError:
                raise ValueError("list addresses and networks, such as 127.0.0.1,10.0.0.0/24") from None
        return proxies

    @model_validator(mode="after")
    def _refuse_test_settings(self) -> Self:
        for_tests = {"SCHEDULER_NOW": self.now, "SCHEDULER_WEBHOOKS_LOCAL": self.webhooks_local}
        for name, value in for_tests.items():
            if value and self.database_url is not None and not self.is_test:
                raise ValueError(f"{name} is refused with DATABASE_URL; set SCHEDULER_TEST=1 if this is a test")
        return self

    @property
    def master_key_path(self) -> Path:
        return self.master_key_file or self.data / "secrets" / "master.key"
