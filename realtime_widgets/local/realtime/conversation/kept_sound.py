"""Audio that is kept for long, in blocks of one size, so that hours of it do not fragment the memory."""

from __future__ import annotations

#: Large buffers of changing sizes would leave gaps into which the next, larger one does not fit.
_BLOCK_BYTES = 8 * 1024


class KeptSound:
    """Bytes that grow at the end and may be cut there.

    Parameters
    ----------
    data
        The first bytes.
    """

    def __init__(self, data: bytes | bytearray = b"") -> None:
        self._blocks: list[bytes] = []
        self._tail = b""
        self.append(data)

    def __len__(self) -> int:
        return len(self._blocks) * _BLOCK_BYTES + len(self._tail)

    def __bytes__(self) -> bytes:
        return b"".join((*self._blocks, self._tail))

    def append(self, data: bytes | bytearray) -> None:
        """Add `data` at the end."""
        start = min(len(data), _BLOCK_BYTES - len(self._tail))
        self._tail += data[:start]
        while len(self._tail) == _BLOCK_BYTES:
            self._blocks.append(self._tail)
            self._tail = bytes(data[start : start + _BLOCK_BYTES])
            start += _BLOCK_BYTES

    def cut(self, size: int) -> None:
        """Keep the first `size` bytes."""
        if size >= len(self):
            return
        whole, rest = divmod(size, _BLOCK_BYTES)
        last = self._blocks[whole] if whole < len(self._blocks) else self._tail
        self._tail = last[:rest]
        del self._blocks[whole:]

    def clear(self) -> None:
        """Remove everything."""
        self.cut(0)
