"""Client generators accept openapi.json: each client is type-checked and makes one call."""

import json
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest
import uuid_utils.compat as uuids

from tests.api.api_server import ApiServer
from tests.api.practice_client import Json, PracticeClient
from tests.support.paths import ROOT

CLIENTS = ROOT / "tests" / "clients"
NODE_MODULES = CLIENTS / "node_modules"


@pytest.fixture
def description(server: ApiServer, tmp_path: Path) -> Path:
    """The file that generators read, as the program serves it."""
    file = tmp_path / "openapi.json"
    file.write_bytes(server.client(None).get("/openapi.json").content)
    return file


def run(*command: str | Path, cwd: Path) -> str:
    """Return what a program wrote to stdout. Raises AssertionError: it failed."""
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def practice_of(studio: PracticeClient) -> Json:
    return {name: studio.client.get("/v1/practice").json()[name] for name in ("id", "name", "zone")}


class TestPython:
    def test_has_every_operation_and_makes_a_call(
        self, studio: PracticeClient, description: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        config = tmp_path / "config.yml"
        config.write_text("post_hooks: []\n")
        package = f"client_{uuids.uuid4().hex}"
        generator = Path(sys.executable).with_name("openapi-python-client")

        run(
            *(generator, "generate", "--path", description, "--output-path", tmp_path / package),
            *("--meta", "none", "--config", config, "--fail-on-warning"),
            cwd=tmp_path,
        )  # fmt: skip

        operations = {
            operation["operationId"]
            for methods in json.loads(description.read_text())["paths"].values()
            for operation in methods.values()
        }
        assert {file.stem for file in (tmp_path / package / "api").glob("*/[!_]*.py")} == operations
        monkeypatch.syspath_prepend(tmp_path)
        with import_module(package).AuthenticatedClient(studio.server.url, studio.key) as client:
            practice = import_module(f"{package}.api.practice.get_practice").sync(client=client)
        assert {"id": str(practice.id), "name": practice.name, "zone": practice.zone} == practice_of(studio)


class TestTypeScript:
    def test_compiles_and_makes_a_call(self, studio: PracticeClient, description: Path, tmp_path: Path) -> None:
        assert NODE_MODULES.is_dir(), "run `make test`, or `npm ci` in tests/clients"
        (tmp_path / "node_modules").symlink_to(NODE_MODULES)
        for name in ("package.json", "first_call.ts"):
            (tmp_path / name).write_bytes((CLIENTS / name).read_bytes())
        programs = NODE_MODULES / ".bin"

        run(programs / "openapi-typescript", description, "--output", "schema.d.ts", cwd=tmp_path)
        run(
            *(programs / "tsc", "--strict", "--skipLibCheck", "--types", "node"),
            *("--target", "es2022", "--module", "nodenext", "first_call.ts"),
            cwd=tmp_path,
        )  # fmt: skip
        shown = run("node", "first_call.js", studio.server.url, studio.key, cwd=tmp_path)

        assert json.loads(shown) == practice_of(studio)
