"""A read model whose definition has changed is rebuilt when the program starts."""

from pathlib import Path

from tests.support.scheduler_command import SchedulerCommand
from tests.support.wait_until import TIMEOUT_SECONDS, wait_until


class TestProject:
    def test_rebuilds_an_outdated_read_model_beside_the_one_that_serves(self, tmp_path: Path) -> None:
        own = SchedulerCommand(tmp_path / "data")
        own.run("db", "migrate")
        practice = own.json("practice", "create", "--name", "Studio", "--zone", "Europe/Berlin", "--currency", "EUR")
        key = "select key_id, label from access.api_key where tenant_id = %s"
        with own.superuser() as connection:
            before = connection.execute(key, (practice["practice_id"],)).fetchall()
            # The state of an older version: without a column, and with its label.
            connection.execute("alter table access.api_key drop column position")
            connection.execute("update access.api_key set label = 'old'")
            connection.execute("update projection.read_model set fingerprint = 'older' where name = 'access'")
            served = connection.execute(key, (practice["practice_id"],)).fetchall()
            assert own.json("status")["outdated"] == ["access"]

            process = own.start("project", output=tmp_path / "output")
            try:
                wait_until(
                    lambda: connection.execute(key, (practice["practice_id"],)).fetchall() == before,
                    "the read model is rebuilt and swapped",
                    (tmp_path / "output").read_text,
                )
                assert own.json("status")["outdated"] == []
                [view] = [view for view in own.json("status")["views"] if view["view"] == "access"]
                assert (view["lag"], view["error"]) == (0, None)
            finally:
                process.terminate()
                process.wait(TIMEOUT_SECONDS)
                own.stop_database()
        assert before
        assert [label for _, label in served] == ["old"] * len(before)
        assert "Traceback" not in (tmp_path / "output").read_text()
