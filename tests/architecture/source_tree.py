"""The project's own files, as the tests of this folder see them."""

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("domain", "application", "projections", "adapters", "event_store", "api", "examples")
_NOT_OURS = {".git", ".venv", ".data", "build", "dist", "node_modules", "__pycache__", ".coverage", ".mutation"}
_TEXT = {".py", ".sql", ".md", ".toml", ".yml", ".yaml", ".lock", ".cfg", ".txt", ".json", ""}


@dataclass(frozen=True)
class Module:
    """One Python file. ``path`` is relative to the project's root."""

    path: Path
    source: str

    @classmethod
    def read(cls, path: Path) -> "Module":
        return cls(path, (ROOT / path).read_text(encoding="utf-8"))

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.source, filename=str(self.path))

    def imports(self) -> Iterator[tuple[str, int]]:
        """Yield the dotted name and the line of each import; ``from a import b`` yields ``a``."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                yield from ((alias.name, node.lineno) for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module:
                yield node.module, node.lineno

    def calls(self) -> Iterator[tuple[str, int]]:
        """Yield the dotted name and the line of each call, such as ``datetime.now``."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute | ast.Name):
                yield ast.unparse(node.func), node.lineno


def modules(*folders: str) -> list[Module]:
    """Return the Python files below the given top-level folders, in a fixed order."""
    paths = (path for folder in folders for path in (ROOT / folder).rglob("*.py"))
    return [Module.read(path) for path in sorted(path.relative_to(ROOT) for path in paths)]


def text_files() -> list[Path]:
    """Return every text file of the project, relative to its root."""
    return sorted(path.relative_to(ROOT) for path in _walk(ROOT) if path.suffix in _TEXT)


def is_standard_library(module: str) -> bool:
    return module.split(".")[0] in sys.stdlib_module_names


def _walk(folder: Path) -> Iterator[Path]:
    for path in folder.iterdir():
        if path.name in _NOT_OURS or path.name.endswith((".egg-info", "_cache")) or path.name == ".hypothesis":
            continue
        if path.is_dir():
            yield from _walk(path)
        else:
            yield path
