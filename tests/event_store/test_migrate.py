"""Migrations: pre and post halves, functions, and refused databases."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from psycopg import Connection, sql

from event_store.errors import MigrationError
from event_store.keys.master_key import KeyFile, OtherMasterKeyError
from event_store.migrate import OWNER, Script, apply, migrate, scripts_in
from tests.support.database import Database

TABLE = Script("0001_rooms.pre.sql", "create schema studio; create table studio.room (tenant_id uuid, name text)")
ADD = Script("0002_title.pre.sql", "alter table studio.room add column title text")
DROP = Script("0002_title.post.sql", "alter table studio.room drop column name")


def count(body: str) -> Script:
    return Script("count.sql", f"create or replace function studio.count() returns int language sql as '{body}'")


@pytest.fixture
def connection(database: Database) -> Iterator[Connection[Any]]:
    """A connection to an empty database of its own."""
    name = f"scratch_{uuid4().hex}"
    with psycopg.connect(database.conninfo("postgres"), autocommit=True) as server:
        server.execute(sql.SQL("create database {} owner {}").format(sql.Identifier(name), sql.Identifier(OWNER)))
        try:
            with psycopg.connect(database.conninfo("postgres"), dbname=name, autocommit=True) as connection:
                yield connection
        finally:
            server.execute(sql.SQL("drop database {}").format(sql.Identifier(name)))


def columns(connection: Connection[Any]) -> list[str]:
    rows = connection.execute(
        "select attname from pg_attribute where attrelid = 'studio.room'::regclass and attnum > 0 and not attisdropped"
    )
    return [name for (name,) in rows.fetchall()]


class TestMasterKey:
    def test_other_than_the_one_of_the_database_is_refused(self, database: Database, tmp_path: Path) -> None:
        other = KeyFile(tmp_path / "other.key")

        with pytest.raises(OtherMasterKeyError, match=r"other\.key is not the one .* SCHEDULER_MASTER_KEY_FILE"):
            migrate(database.server_conninfo, other)


class TestHalves:
    def test_the_old_program_works_between_the_pre_and_the_post_half(self, connection: Connection[Any]) -> None:
        apply(connection, [TABLE])

        assert apply(connection, [TABLE, ADD], post=[DROP], with_post=False) == [ADD.name]
        assert columns(connection) == ["tenant_id", "name", "title"]

        assert apply(connection, [TABLE, ADD], post=[DROP]) == [DROP.name]
        assert columns(connection) == ["tenant_id", "title"]
        assert apply(connection, [TABLE, ADD], post=[DROP]) == []

    def test_run_before_and_after_the_functions(self, connection: Connection[Any]) -> None:
        done = apply(connection, [TABLE, ADD], [count("select count(title)::int from studio.room")], [DROP])

        assert done == [TABLE.name, ADD.name, "count.sql", DROP.name]

    def test_are_rolled_back_if_they_fail(self, connection: Connection[Any]) -> None:
        broken = Script(ADD.name, f"{ADD.text}; select nonsense")

        with pytest.raises(psycopg.errors.UndefinedColumn):
            apply(connection, [TABLE, broken])

        assert columns(connection) == ["tenant_id", "name"]
        assert apply(connection, [TABLE, ADD]) == [ADD.name]


class TestFunctions:
    def test_are_replaced_when_their_file_has_changed(self, connection: Connection[Any]) -> None:
        assert apply(connection, [TABLE], [count("select 1")]) == [TABLE.name, "count.sql"]
        assert apply(connection, [TABLE], [count("select 1")]) == []

        assert apply(connection, [TABLE], [count("select 2")]) == ["count.sql"]

        assert connection.execute("select studio.count()").fetchone() == (2,)

    def test_of_the_program_can_all_be_replaced(self, database: Database) -> None:
        with psycopg.connect(database.conninfo("postgres"), autocommit=True) as connection:
            connection.execute(sql.SQL("set role {}").format(sql.Identifier(OWNER)))
            for function in scripts_in("event_store.sql"):
                connection.execute(function.text.encode())


class TestIsolateTenants:
    def test_isolates_a_table_that_a_later_migration_adds(self, connection: Connection[Any]) -> None:
        isolate = "; call migration.isolate_tenants('studio', 'null::uuid', false)"
        later = Script("0002_devices.pre.sql", "create table studio.device (tenant_id uuid)" + isolate)

        apply(connection, [Script(TABLE.name, TABLE.text + isolate), later])

        rows = connection.execute(
            "select tablename, policyname from pg_policies where schemaname = 'studio' order by 1"
        )
        assert rows.fetchall() == [("device", "tenant"), ("room", "tenant")]


class TestRefusals:
    def test_of_a_database_from_before_the_first_release(self, database: Database) -> None:
        with psycopg.connect(database.conninfo("postgres"), autocommit=True) as connection:
            connection.execute("insert into migration.applied (name, checksum) values ('0030_append.sql', 'x')")
            try:
                with pytest.raises(MigrationError, match=r"before the first release .* empty data folder"):
                    migrate(database.server_conninfo, database.master)
            finally:
                connection.execute("delete from migration.applied where name = '0030_append.sql'")

    def test_of_a_database_that_is_newer(self, connection: Connection[Any]) -> None:
        apply(connection, [TABLE, ADD])

        with pytest.raises(MigrationError, match=r"newer than this program: it has 0002_title.pre.sql"):
            apply(connection, [TABLE])

    def test_of_a_migration_that_was_edited(self, connection: Connection[Any]) -> None:
        apply(connection, [TABLE])

        with pytest.raises(MigrationError, match="add a new migration"):
            apply(connection, [Script(TABLE.name, f"{TABLE.text};")])
