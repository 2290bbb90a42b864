"""What import-linter cannot say: which parts of an outside package may be known, and where."""

from pathlib import Path

from tests.architecture.source_tree import PACKAGES, Module, is_standard_library, modules

# The library's recorders lack tenants, claims and hash chain; one of their modes loses events.
FORBIDDEN = ("eventsourcing.postgres", "eventsourcing.sqlite", "eventsourcing.popo", "eventsourcing.projection")


def stock_recorders(module: Module) -> list[str]:
    return [f"{module.path}:{line} imports {name}" for name, line in module.imports() if name.startswith(FORBIDDEN)]


def impurities(module: Module) -> list[str]:
    """Return a domain module's imports beyond standard library, eventsourcing.domain and domain."""
    return [
        f"{module.path}:{line} imports {name}"
        for name, line in module.imports()
        if not (is_standard_library(name) or name == "eventsourcing.domain" or name.split(".")[0] == "domain")
    ]


class TestImports:
    def test_no_package_knows_the_stock_recorders(self) -> None:
        assert [breach for module in modules(*PACKAGES) for breach in stock_recorders(module)] == []

    def test_the_domain_knows_the_standard_library_and_eventsourcing_domain_alone(self) -> None:
        assert [breach for module in modules("domain") for breach in impurities(module)] == []

    def test_reports_a_breach(self) -> None:
        breaking = Module(Path("domain/x.py"), "import psycopg\nfrom eventsourcing.postgres import PostgresDatastore\n")

        assert stock_recorders(breaking) == ["domain/x.py:2 imports eventsourcing.postgres"]
        assert len(impurities(breaking)) == 2
