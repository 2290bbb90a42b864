"""A bounded store of what was used last."""

from collections import OrderedDict
from collections.abc import Callable
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class LruCache(Generic[K, V]):
    """Keeps at most ``size`` values and drops the one unused for longest. Not thread-safe: its owner holds a lock."""

    def __init__(self, size: int) -> None:
        if size < 1:
            raise ValueError("it holds at least one value")
        self._size = size
        self._values: OrderedDict[K, V] = OrderedDict()

    def __len__(self) -> int:
        return len(self._values)

    def get(self, key: K) -> V | None:
        value = self._values.get(key)
        if value is not None:
            self._values.move_to_end(key)
        return value

    def put(self, key: K, value: V) -> None:
        self._values[key] = value
        self._values.move_to_end(key)
        if len(self._values) > self._size:
            self._values.popitem(last=False)

    def drop(self, is_unwanted: Callable[[K, V], bool]) -> None:
        """Forget all values that the question is answered yes for; looks at each."""
        for key in [key for key, value in self._values.items() if is_unwanted(key, value)]:
            del self._values[key]
