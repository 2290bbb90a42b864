"""Paths that the documents name."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.architecture.source_tree import ROOT

DOCUMENTS = ("docs/architecture.md", "README.md", "docs/README.md")
WALKS = ("A field to a service", "A command", "A read model")
FENCED = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
BACK_TICKED = re.compile(r"`([^`\n]+)`")
LINKED = re.compile(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)")
A_PATH = re.compile(r"[\w.-]+(?:/[\w.-]+)*/?")
NOT_IN_THE_TREE = (".venv/", ".data", "SCHEDULER_DATA/")


def paths_in(text: str) -> Iterator[str]:
    """Yield the back-ticked paths: a folder or a file of the tree, no command, glob or route."""
    for name in BACK_TICKED.findall(FENCED.sub("", text)):
        is_path = "/" in name or name.endswith((".md", ".toml", ".yml"))
        if is_path and A_PATH.fullmatch(name) and not name.startswith(NOT_IN_THE_TREE):
            yield name


def section(text: str, title: str) -> str:
    """Return the text below a heading of the third level, up to the next heading."""
    _, _, rest = text.partition(f"\n### {title}\n")
    return re.split(r"^#{1,3} ", rest, maxsplit=1, flags=re.MULTILINE)[0]


def missing(paths: Iterator[str]) -> list[str]:
    return [path for path in paths if not (ROOT / path).exists()]


class TestDocuments:
    @pytest.mark.parametrize("document", DOCUMENTS)
    def test_name_paths_that_exist(self, document: str) -> None:
        text = (ROOT / document).read_text(encoding="utf-8")

        assert missing(paths_in(text)) == []

    @pytest.mark.parametrize("document", DOCUMENTS)
    def test_link_to_files_that_exist(self, document: str) -> None:
        folder = (ROOT / document).parent
        links = LINKED.findall((ROOT / document).read_text(encoding="utf-8"))

        assert [link for link in links if not (folder / Path(link)).exists()] == []

    @pytest.mark.parametrize("walk", WALKS)
    def test_walks_of_a_newcomer_name_files(self, walk: str) -> None:
        text = section((ROOT / "docs/architecture.md").read_text(encoding="utf-8"), walk)

        files = [path for path in paths_in(text) if (ROOT / path).is_file()]

        assert len(files) >= 2

    def test_list_every_decision_and_guide(self) -> None:
        index = (ROOT / "docs/README.md").read_text(encoding="utf-8")
        pages = [*ROOT.glob("docs/adr/*.md"), *ROOT.glob("docs/how-to/*.md")]

        assert sorted(page.name for page in pages if f"{page.parent.name}/{page.name}" not in index) == []


class TestPaths:
    def test_a_missing_one_is_found(self) -> None:
        text = "See `domain/nowhere.py`, `domain/`, `.venv/bin/scheduler`, `projections/<context>/`, `GET /v1/slots`."

        assert missing(paths_in(text)) == ["domain/nowhere.py"]
