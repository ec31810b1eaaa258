"""What a step prints, kept within a fixed size: its head and its tail, and how much fell out between them.

The cap is in bytes, half of it for each end. Nothing is written to disk here, so a step that prints 10 GB costs
neither memory nor disk; what is kept is raw, and whoever stores or shows it sends it through the redaction first.
"""

from __future__ import annotations

from collections import deque


class Capture:
    """Feed bytes in; `text()` is what to keep of them."""

    def __init__(self, cap: int) -> None:
        self._half = max(1, cap // 2)
        self._head = bytearray()
        self._tail: deque[bytes] = deque()
        self._tail_size = 0
        self.dropped = 0

    def feed(self, data: bytes) -> None:
        room = self._half - len(self._head)
        if room > 0:
            self._head += data[:room]
            data = data[room:]
        if not data:
            return
        if len(data) > self._half:
            self.dropped += len(data) - self._half
            data = data[-self._half :]
        self._tail.append(data)
        self._tail_size += len(data)
        while self._tail_size - len(self._tail[0]) >= self._half:
            gone = self._tail.popleft()
            self._tail_size -= len(gone)
            self.dropped += len(gone)

    def text(self) -> str:
        """Head, a line that names the gap (if there is one), tail; bytes that are no UTF-8 become U+FFFD."""
        tail = b"".join(self._tail)
        dropped = self.dropped + max(0, len(tail) - self._half)
        head, tail = bytes(self._head), tail[-self._half :]
        if not dropped:
            return (head + tail).decode(errors="replace")
        return "\n".join(
            (head.decode(errors="replace"), f"[… {dropped} bytes left out …]", tail.decode(errors="replace"))
        )
