"""Sets of sources by their numbers, which are given in order: a bit each. A set of a million takes 125 KB."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, MutableSet


class SourceNumbers(MutableSet[int]):
    """A set of positive numbers; iterated over in their order."""

    __slots__ = ("_bits", "_size")

    def __init__(self, numbers: Iterable[int] = ()) -> None:
        self._bits = bytearray()
        self._size = 0
        self.update(numbers)

    def add(self, value: int) -> None:
        place, bit = value >> 3, 1 << (value & 7)
        if place >= len(self._bits):
            self._bits.extend(bytes(place + 1 - len(self._bits)))
        if not self._bits[place] & bit:
            self._bits[place] |= bit
            self._size += 1

    def update(self, numbers: Iterable[int]) -> None:
        for number in numbers:
            self.add(number)

    def discard(self, value: int) -> None:
        if value in self:
            self._bits[value >> 3] ^= 1 << (value & 7)
            self._size -= 1

    def clear(self) -> None:
        self._bits.clear()
        self._size = 0

    def __contains__(self, value: object) -> bool:
        if not isinstance(value, int) or value < 0 or value >> 3 >= len(self._bits):
            return False
        return bool(self._bits[value >> 3] & 1 << (value & 7))

    def __iter__(self) -> Iterator[int]:
        for place, bits in enumerate(self._bits):
            if bits:
                yield from (8 * place + bit for bit in range(8) if bits & 1 << bit)

    def __len__(self) -> int:
        return self._size
