"""The catalogue check: no table, view or function may leak rows across practices."""

import psycopg
import pytest

from tests.support.database import Database

OURS = "n.nspname not like 'pg\\_%' and n.nspname <> 'information_schema'"

NOT_OF_A_PRACTICE = {
    "log.practice_list",
    "log.zone_sighting",
    "migration.applied",
    "projection.fingerprint",
    "projection.read_model",
}
"""Tables about the program itself; they hold no row of any practice."""

SEE_ALL = {"scheduler_backup", "scheduler_owner", "scheduler_projector", "scheduler_worker", "scheduler_writer"}
"""Roles with a policy for several practices: projector, backup, and the owner of `log.append`.

Never the role that answers requests."""

SECURITY_DEFINERS = {"log.append", "log.open_practice"}
"""Functions that may run with their owner's rights; see docs/adr/0008."""


def names(database: str, query: str) -> set[str]:
    with psycopg.connect(database, autocommit=True) as connection:
        return {".".join(row) for row in connection.execute(query.encode()).fetchall()}


@pytest.fixture(params=["log", "keys"])
def conninfo(request: pytest.FixtureRequest, database: Database) -> str:
    return database.conninfo("postgres") if request.param == "log" else database.keys_admin_conninfo()


class TestTables:
    def test_have_row_level_security_enabled_and_forced(self, conninfo: str) -> None:
        loose = names(
            conninfo,
            f"""select n.nspname, c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace
                where c.relkind in ('r', 'p') and {OURS} and not (c.relrowsecurity and c.relforcerowsecurity)""",
        )

        assert loose == set()

    def test_begin_every_key_with_the_practice(self, conninfo: str) -> None:
        loose = names(
            conninfo,
            f"""select n.nspname, c.relname, i.indexrelid::regclass::text from pg_index i
                join pg_class c on c.oid = i.indrelid join pg_namespace n on n.oid = c.relnamespace
                where {OURS} and (i.indisunique or i.indisexclusion) and not exists (
                    select from pg_attribute a where a.attrelid = c.oid and a.attname = 'tenant_id'
                      and (a.attnum = i.indkey[0] or pg_get_indexdef(i.indexrelid, 1, false) like '%stretch(tenant_id,%')
                )""",
        )

        assert {name for name in loose if not name.startswith(tuple(NOT_OF_A_PRACTICE))} == set()

    def test_reference_each_other_within_one_practice_only(self, conninfo: str) -> None:
        """BK5: a plain foreign key takes another practice's row, as no policy is asked."""
        loose = names(
            conninfo,
            f"""select n.nspname, c.relname, f.conname from pg_constraint f
                join pg_class c on c.oid = f.conrelid join pg_namespace n on n.oid = c.relnamespace
                where {OURS} and f.contype = 'f' and not exists (
                    select from pg_attribute a where a.attrelid = c.oid and a.attname = 'tenant_id' and a.attnum = f.conkey[1]
                )""",
        )

        assert loose == set()

    def test_show_all_practices_only_to_roles_that_need_them(self, conninfo: str) -> None:
        loose = names(
            conninfo,
            f"""select n.nspname, c.relname, r.name from pg_policy p
                join pg_class c on c.oid = p.polrelid join pg_namespace n on n.oid = c.relnamespace
                cross join lateral (
                    select coalesce(g.rolname, 'everybody') from unnest(p.polroles) as u (id) left join pg_roles g on g.oid = u.id
                ) as r (name)
                where {OURS} and p.polpermissive and r.name <> all (array{sorted(SEE_ALL)})
                  and n.nspname || '.' || c.relname <> all (array{sorted(NOT_OF_A_PRACTICE)})
                  and not coalesce(pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid))
                      ~ '^\\((tenant_id|key_hash|token_hash) = '""",
        )

        assert loose == set()

    def test_have_policies_that_check_what_is_read_and_what_is_written(self, conninfo: str) -> None:
        loose = names(
            conninfo,
            f"""select n.nspname, c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace
                where c.relkind in ('r', 'p') and {OURS} and not exists (
                    select from pg_policy p where p.polrelid = c.oid and p.polqual is not null
                      and (p.polwithcheck is not null or p.polcmd = 'r')
                )""",
        )

        assert loose == set()

    def test_belong_to_the_owner_who_cannot_log_in(self, conninfo: str) -> None:
        loose = names(
            conninfo,
            f"""select n.nspname, c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace
                join pg_roles r on r.oid = c.relowner
                where c.relkind in ('r', 'p', 'v') and {OURS} and (r.rolname <> 'scheduler_owner' or r.rolcanlogin)""",
        )

        assert loose == set()


class TestOtherObjects:
    def test_no_materialised_view_no_rule_and_no_trigger(self, conninfo: str) -> None:
        loose = names(
            conninfo,
            f"""select n.nspname, c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace
                where {OURS} and (c.relkind = 'm' or (c.relkind in ('r', 'p') and (
                    c.relhasrules or exists (select from pg_trigger t where t.tgrelid = c.oid and not t.tgisinternal))))""",
        )

        assert loose == set()

    def test_views_use_the_rights_of_the_invoker_and_those_for_analysts_a_barrier(self, conninfo: str) -> None:
        """Analysts have no right on tables; row-level security is forced for their views' owner."""
        loose = names(
            conninfo,
            f"""select n.nspname, c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace
                where {OURS} and c.relkind = 'v' and not coalesce(c.reloptions::text like '%security_invoker=true%', false)
                  and not (n.nspname in ('reporting', 'reporting_retired') and c.reloptions::text like '%security_barrier=true%'
                           and pg_get_userbyid(c.relowner) = 'scheduler_owner')""",
        )

        assert loose == set()

    def test_no_function_but_those_listed_runs_with_its_owners_rights(self, conninfo: str) -> None:
        definers = names(
            conninfo,
            f"""select n.nspname, p.proname from pg_proc p join pg_namespace n on n.oid = p.pronamespace
                where {OURS} and p.prosecdef""",
        )

        assert definers <= SECURITY_DEFINERS

    def test_a_function_with_its_owners_rights_has_a_search_path_of_its_own(self, conninfo: str) -> None:
        loose = names(
            conninfo,
            f"""select n.nspname, p.proname from pg_proc p join pg_namespace n on n.oid = p.pronamespace
                where {OURS} and p.prosecdef and not coalesce(p.proconfig::text like '%search_path=pg_catalog, pg_temp%', false)""",
        )

        assert loose == set()


class TestRoles:
    def test_none_of_ours_bypasses_row_level_security(self, conninfo: str) -> None:
        strong = names(
            conninfo,
            "select rolname from pg_roles where rolname like 'scheduler%'"
            " and (rolsuper or rolbypassrls or rolcreaterole or rolcreatedb)",
        )

        assert strong == set()

    def test_the_program_writes_to_the_log_through_functions_only(self, database: Database) -> None:
        granted = names(
            database.conninfo("postgres"),
            "select privilege_type from information_schema.role_table_grants"
            " where grantee = 'scheduler_app' and table_schema = 'log' and table_name in ('event', 'tenant_head')",
        )

        assert granted == {"SELECT"}
