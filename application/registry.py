"""Imports every module of the application, which registers all commands and queries."""

import importlib
import pkgutil
from collections.abc import Mapping

import application
from application.kernel.commands import REGISTRY, Registration


def all_registrations() -> Mapping[type, Registration]:
    """Return the registration of every command and query of the program."""
    for module in pkgutil.walk_packages(application.__path__, "application."):
        importlib.import_module(module.name)
    return REGISTRY
