"""No key, token or password of anyone's lies in the project's files."""

from pathlib import Path

import pytest
from detect_secrets.core.plugins import initialize
from detect_secrets.core.secrets_collection import SecretsCollection
from detect_secrets.plugins.base import BasePlugin
from detect_secrets.settings import transient_settings

from tests.architecture.source_tree import ROOT, text_files

# Detectors of known formats. Those of entropy and keywords also report harmless examples.
DETECTORS = (
    "AWSKeyDetector", "AzureStorageKeyDetector", "BasicAuthDetector", "GitHubTokenDetector", "GitLabTokenDetector",
    "JwtTokenDetector", "NpmDetector", "OpenAIDetector", "PrivateKeyDetector", "PypiTokenDetector", "SendGridDetector",
    "SlackDetector", "StripeDetector", "TwilioKeyDetector",
)  # fmt: skip


def secrets_in(paths: list[Path]) -> list[str]:
    with transient_settings({"plugins_used": [{"name": name} for name in DETECTORS]}):
        found = SecretsCollection()
        detectors: list[BasePlugin] = [initialize.from_plugin_classname(name) for name in DETECTORS]
        for path in paths:
            # The scan goes line by line and is slow; most files match no detector at all.
            text = path.read_text(errors="replace")
            if any(True for detector in detectors for _ in detector.analyze_string(text)):
                found.scan_file(str(path))
        return [f"{name}:{secret.line_number} {secret.type}" for name, secret in found]


class TestSecrets:
    def test_are_in_no_file(self, monkeypatch: pytest.MonkeyPatch) -> None:
        # The scanner leaves out files that it is given by an absolute path with a dot folder in it.
        monkeypatch.chdir(ROOT)

        assert secrets_in([path for path in text_files() if path.suffix != ".lock"]) == []

    def test_reports_a_breach(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(tmp_path)
        Path("settings.py").write_text('KEY = "AKIA' + 'Z7VRSQ5TJN2XMPLQ"\n')

        assert secrets_in([Path("settings.py")]) == ["settings.py:1 AWS Access Key"]
