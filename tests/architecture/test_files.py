"""Names and sizes of files, and what no file may say."""

import platform
import re
from pathlib import Path

from tests.architecture.source_tree import PACKAGES, ROOT, modules, text_files

LONGEST_MODULE_LINES = 400
LONGEST_TEST_LINES = 600
NAMES_WITHOUT_MEANING = {
    "utils",
    "util",
    "helpers",
    "helper",
    "common",
    "misc",
    "manager",
    "managers",
    "base",
    "data",
    "info",
}
UNFINISHED = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b|NotImplementedError\(?\)?$", re.MULTILINE)


def machine_paths(text: str, root: Path = ROOT, home: Path | None = None, host: str = "") -> list[str]:
    """Return the traces of a machine in a text: project folder, home folder, host name."""
    traces = [str(root)]
    if len(root.parts) > 2:
        traces.append(f"{root.parent}/")
    if home is not None and home != Path("/"):
        traces.append(f"{home}/")
    found = [trace for trace in traces if trace in text]
    found += [match.group() for match in re.finditer(r"/(?:home|Users)/\w+", text)]
    if len(host) > 4 and re.search(rf"\b{re.escape(host)}\b", text):
        found.append(host)
    return found


class TestModules:
    def test_are_short(self) -> None:
        longest = dict.fromkeys((*PACKAGES, "bench"), LONGEST_MODULE_LINES) | {"tests": LONGEST_TEST_LINES}

        sizes = {m.path: len(m.source.splitlines()) for folder in longest for m in modules(folder)}

        assert {path: size for path, size in sizes.items() if size > longest[path.parts[0]]} == {}

    def test_have_meaningful_names(self) -> None:
        paths = [module.path for module in modules(*PACKAGES, "tests", "bench")]

        assert [
            path for path in paths if NAMES_WITHOUT_MEANING & {part.removesuffix(".py") for part in path.parts}
        ] == []

    def test_have_docstrings(self) -> None:
        silent = [
            module.path
            for module in modules(*PACKAGES)
            if module.source.strip() and not module.source.lstrip().startswith('"""')
        ]

        assert silent == []

    def test_are_finished(self) -> None:
        unfinished = {m.path: UNFINISHED.findall(m.source) for m in modules(*PACKAGES, "bench")}

        assert {path: found for path, found in unfinished.items() if found} == {}


class TestTexts:
    def test_name_no_machine(self) -> None:
        breaches = {
            path: machine_paths((ROOT / path).read_text(encoding="utf-8"), home=Path.home(), host=platform.node())
            for path in text_files()
            # A measurement names the machine that it was made on.
            if path.parts[0] != "bench"
        }

        assert {path: found for path, found in breaches.items() if found} == {}

    def test_reports_a_breach(self) -> None:
        assert machine_paths("see /srv/checkouts/scheduler/x", root=Path("/srv/checkouts/scheduler"))
        assert machine_paths("see /home" + "/ann/notes")
        assert machine_paths("on build-17", host="build-17")
        assert not machine_paths("see docs/adr/0001.md", home=Path("/"), host="build-17")
