"""What was found out about a credential, remembered for as long as it is true."""

from typing import Generic, TypeVar

T = TypeVar("T")


class Memory(Generic[T]):
    """At most `size` values by text, each with the time at which it ends; the oldest go first."""

    def __init__(self, size: int = 1024) -> None:
        self._size = size
        self._held: dict[str, tuple[float, T]] = {}

    def recall(self, text: str, now: float) -> T | None:
        """Give what is known of a text, if it has not ended."""
        found = self._held.get(text)
        if found is None:
            return None
        ends, value = found
        if now < ends:
            return value
        del self._held[text]
        return None

    def keep(self, text: str, value: T, ends: float) -> None:
        """Remember a value until `ends`."""
        self._held.pop(text, None)
        while len(self._held) >= self._size:
            del self._held[next(iter(self._held))]
        self._held[text] = (ends, value)

    def clear(self) -> None:
        """Forget everything."""
        self._held.clear()
