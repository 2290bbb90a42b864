"""The files that install and deploy the program, as far as they can be checked without doing it."""

import os
import re
import tomllib
from typing import Any

import yaml

from tests.architecture.source_tree import PACKAGES, ROOT


class TestCompose:
    def test_runs_the_program_on_postgres_16_with_no_default_password(self) -> None:
        services = load_compose()["services"]

        assert services["postgres"]["image"] == "postgres:16"
        assert services["postgres"]["environment"]["POSTGRES_PASSWORD"].startswith("${POSTGRES_PASSWORD:?")
        assert services["scheduler"]["environment"]["DATABASE_URL"].startswith("postgresql://")

    def test_logs_no_statement_and_keeps_what_makes_commits_durable(self) -> None:
        command = load_compose()["services"]["postgres"]["command"]

        assert {"-clog_statement=none", "-clog_parameter_max_length=0", "-clog_min_error_statement=panic"} <= set(
            command
        )
        assert not [part for part in command if re.search("fsync|full_page_writes|synchronous_commit", part)]

    def test_opens_no_port_to_the_network(self) -> None:
        services = load_compose()["services"]

        published = [port for service in services.values() for port in service.get("ports", [])]
        assert published
        assert all(port.startswith("127.0.0.1:") for port in published)


class TestImage:
    def test_holds_every_package_and_does_not_run_as_root(self) -> None:
        lines = (ROOT / "Dockerfile").read_text().splitlines()

        assert {f"COPY {package} {package}" for package in PACKAGES} <= set(lines)
        assert "USER scheduler" in lines
        assert "--require-hashes" in "\n".join(lines)


class TestLock:
    def test_holds_every_dependency_with_its_hash_and_no_registry(self) -> None:
        project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
        lock = (ROOT / "requirements.lock").read_text()
        pins = dict(re.findall(r"^([a-z0-9-]+)(?:\[[^]]*\])?==([^ ]+) .*\\\n    --hash=sha256", lock, re.MULTILINE))
        pins |= dict(re.findall(r"^([a-z0-9-]+)(?:\[[^]]*\])?==([^ ]+) \\\n    --hash=sha256", lock, re.MULTILINE))

        wanted = [*project["dependencies"], *project["optional-dependencies"]["dev"]]
        names = {re.match(r"[A-Za-z0-9-]+", text)[0].lower() for text in wanted}  # type: ignore[index]
        assert names - pins.keys() == set()
        assert "://" not in lock


class TestCi:
    def test_runs_what_a_developer_runs(self) -> None:
        script = ROOT / ".ci" / "run"

        assert os.access(script, os.X_OK)
        assert script.read_text().rstrip().endswith("exec make test")


def load_compose() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    return loaded
