"""A fresh practice and its life for each test of a view."""

from collections.abc import Callable
from random import Random

import pytest

from tests.support.happenings import Happenings
from tests.support.world import World


@pytest.fixture
def life(world: World, new_life: Callable[[int], Happenings]) -> Happenings:
    return new_life(7)


@pytest.fixture
def new_life(world: World) -> Callable[[int], Happenings]:
    def make(seed: int) -> Happenings:
        return Happenings(world, world.practice(), Random(seed))

    return make
