"""Imports every module of the application, so that all commands, queries and policies are registered."""

import importlib
import pkgutil
from collections.abc import Mapping

import application
from application.kernel.commands import REGISTRY, Registration


def all_registrations() -> Mapping[type, Registration]:
    """Return every command and query of the program with what the registry knows of it."""
    for module in pkgutil.walk_packages(application.__path__, "application."):
        importlib.import_module(module.name)
    return REGISTRY
