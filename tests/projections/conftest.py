"""A new practice with a random history for each test."""

from collections.abc import Callable
from random import Random

import pytest

from tests.support.container import Container
from tests.support.random_history import RandomHistory


@pytest.fixture
def history(container: Container, new_history: Callable[[int], RandomHistory]) -> RandomHistory:
    return new_history(7)


@pytest.fixture
def new_history(container: Container) -> Callable[[int], RandomHistory]:
    def make(seed: int) -> RandomHistory:
        return RandomHistory(container, container.practice(), Random(seed))

    return make
