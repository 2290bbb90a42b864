"""Load the program that a mapping names, from the folder of the mapping."""

import re
import sys
from collections.abc import Mapping
from importlib import import_module
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Final, Protocol

from application.importing.errors import MappingError

_NAME: Final = re.compile(r"[a-z][a-z0-9_]*")


class Loader(Protocol):
    """Imports one file by the settings of a mapping, and prints the result."""

    def __call__(
        self, settings: Mapping[str, object], file: Path, report: Path, *, dry_run: bool, as_json: bool
    ) -> None: ...


def load_program(mapping: Path, name: object) -> Loader:
    """Return the function ``load`` of the module ``loader`` in the package ``name`` beside the mapping.

    This executes code from the mapping's folder, so call it only for a mapping that the operator named.
    Raises MappingError: there is no such package.
    """
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise MappingError("loader is the name of a Python package beside the mapping")
    # By path, and under its own name, so that sys.path stays as it is.
    start = mapping.parent / name / "__init__.py"
    spec = spec_from_file_location(name, start) if name not in sys.modules and start.is_file() else None
    if spec is None or spec.loader is None:
        raise MappingError(f"there is no loader {name!r} beside {mapping.name}")
    package = module_from_spec(spec)
    sys.modules[name] = package
    spec.loader.exec_module(package)
    load: Loader = import_module(f"{name}.loader").load
    return load
