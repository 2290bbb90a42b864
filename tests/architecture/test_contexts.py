"""Contexts have the same name in each layer."""

from pathlib import Path

import pytest

from tests.architecture.source_tree import ROOT

CONTEXTS = {
    "practice", "access", "patients", "scheduling", "waitlist", "clinical", "billing", "claims",
    "messaging", "webhooks", "importing", "audit",
}  # fmt: skip
SHARED_FOLDERS = {
    "domain": {"kernel"},
    "application": {"kernel"},
    "projections": {"engine"},
    "api": {"http", "processes", "cli", "bootstrap", "demo"},
}
CONTEXTS_WITHOUT_AGGREGATES = {"audit"}


def folders_of(layer: str, root: Path = ROOT) -> set[str]:
    """Return the sub-folders of a layer that hold Python modules."""
    return {path.parent.relative_to(root / layer).parts[0] for path in (root / layer).glob("*/**/*.py")}


class TestContexts:
    @pytest.mark.parametrize("layer", SHARED_FOLDERS)
    def test_are_the_only_folders_beside_the_shared_ones(self, layer: str) -> None:
        assert folders_of(layer) - CONTEXTS - SHARED_FOLDERS[layer] == set()

    def test_of_the_application_exist_in_the_domain(self) -> None:
        contexts = folders_of("application") & CONTEXTS

        assert contexts - CONTEXTS_WITHOUT_AGGREGATES - folders_of("domain") == set()

    def test_reports_an_unknown_folder(self, tmp_path: Path) -> None:
        (tmp_path / "domain" / "bookings").mkdir(parents=True)
        (tmp_path / "domain" / "bookings" / "booking.py").touch()

        assert folders_of("domain", tmp_path) - CONTEXTS == {"bookings"}
