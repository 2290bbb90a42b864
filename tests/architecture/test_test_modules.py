"""Test modules do not depend on each other: shared helpers have modules of their own."""

from pathlib import Path

from tests.architecture.source_tree import Module, modules


def imports_of_test_modules(module: Module) -> list[str]:
    """Return the imports of ``test_*.py`` modules."""
    return [
        f"{module.path}:{line} imports {name}"
        for name, line in module.imports()
        if any(part.startswith("test_") for part in name.split(".")[1:])
    ]


class TestTestModules:
    def test_do_not_import_each_other(self) -> None:
        breaches = [breach for module in modules("tests", "bench") for breach in imports_of_test_modules(module)]

        assert breaches == []

    def test_reports_a_breach(self) -> None:
        module = Module(Path("tests/test_x.py"), "from tests.domain.test_y import helper\n")

        assert imports_of_test_modules(module) == ["tests/test_x.py:1 imports tests.domain.test_y"]
