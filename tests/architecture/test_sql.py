"""The tenant is set for one transaction, never for a session that another practice may get next."""

import re

from tests.architecture.source_tree import PACKAGES, ROOT

# set_config(..., false) and SET outlive the transaction; SET LOCAL and set_config(..., true) end.
FOR_THE_SESSION = re.compile(
    r"set_config\s*\((?:[^()]|\([^()]*\))*,\s*false\s*\)|\bset\s+(?:session\s+)?app\.\w+|\bsecurity\s+definer\b(?!.*search_path)",
    re.IGNORECASE | re.DOTALL,
)


def session_settings(sql: str) -> list[str]:
    return [match.group()[:80] for match in FOR_THE_SESSION.finditer(sql)]


class TestSql:
    def test_no_setting_of_ours_outlives_its_transaction(self) -> None:
        files = [path for package in PACKAGES for path in (ROOT / package).rglob("*") if path.suffix in {".py", ".sql"}]

        breaches = {str(path.relative_to(ROOT)): session_settings(path.read_text(encoding="utf-8")) for path in files}

        assert {path: found for path, found in breaches.items() if found} == {}

    def test_reports_a_breach(self) -> None:
        assert session_settings("select set_config('app.tenant_id', upper($1), false)")
        assert session_settings("SET app.tenant_id = 'x'")
        assert session_settings("create function f() returns int security definer as $$ select 1 $$")
        assert not session_settings("select set_config('app.tenant_id', $1, true); set local app.tenant_id = 'x'")
        assert not session_settings("create function f() returns int security definer set search_path = '' as $$ $$")


class TestMigrations:
    def test_have_a_number_each(self) -> None:
        for folder in {path.parent for path in ROOT.glob("event_store/migrations*/*.sql")}:
            for half in ("pre", "post"):
                numbers = [int(path.name.split("_")[0]) for path in folder.glob(f"*.{half}.sql")]

                # Gaps are allowed: changes are merged in another order than they were begun.
                assert len(numbers) == len(set(numbers)), folder


class TestFunctions:
    def test_are_defined_once(self) -> None:
        defined = [
            name
            for path in ROOT.glob("event_store/**/*.sql")
            for name in re.findall(
                r"create (?:or replace )?(?:function|procedure) ([\w.]+)", path.read_text(encoding="utf-8")
            )
        ]

        assert "log.append" in defined
        assert len(defined) == len(set(defined))
