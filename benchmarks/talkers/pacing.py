"""What all talkers share: the pace of a microphone, a start signal, processor time by windows. Plain Python.

The client in the other environment imports this too, so it uses only the standard library.
"""

from __future__ import annotations

import asyncio
import base64
import json
import struct
import sys
import time
from itertools import count, pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

#: Size of a microphone's block, PCM16 at 24 kHz.
BLOCK_MS = 20
BLOCK_BYTES = 24 * BLOCK_MS * 2
#: Time from the first audio until processor time counts, in seconds.
WARM_UP_S = 5.0
#: A time stamp, padded to a number of bytes that base64 encodes without padding.
_STAMP = struct.Struct("<dI")
_REST = base64.b64encode(bytes(BLOCK_BYTES - _STAMP.size)).decode()


def sound(path: str) -> list[bytes]:
    """Return a file of PCM16 as the blocks of a microphone."""
    pcm = Path(path).read_bytes()
    return [pcm[start : start + BLOCK_BYTES] for start in range(0, len(pcm) - BLOCK_BYTES + 1, BLOCK_BYTES)]


def stamped() -> str:
    """Return the base64 of a block that begins with the current time, on the clock that all processes share."""
    return base64.b64encode(_STAMP.pack(time.monotonic(), 0)).decode() + _REST


def age_ms(block: bytes) -> float:
    """Return the milliseconds since a block was stamped."""
    return (time.monotonic() - float(_STAMP.unpack_from(block)[0])) * 1000


async def capture(blocks: list[bytes], send: Callable[[bytes], Awaitable[object]], delay_s: float = 0.0) -> None:
    """Send blocks as a microphone does, repeatedly, until cancelled."""
    loop = asyncio.get_running_loop()
    begin = loop.time() + delay_s
    for number in count(1):
        await asyncio.sleep(begin + number * BLOCK_MS / 1000 - loop.time())
        await send(blocks[number % len(blocks)])


def tell(value: Any) -> None:
    """Write a line to the process that started this program."""
    print(json.dumps(value), flush=True)


async def told() -> str:
    """Wait for a line from the process that started this program."""
    return (await asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline)).strip()


async def windows(number: int, length_s: float) -> list[float]:
    """Yield the processor seconds of this process in consecutive windows of time, after it has warmed up."""
    await asyncio.sleep(WARM_UP_S)
    loop = asyncio.get_running_loop()
    begin = loop.time()
    marks = [time.process_time()]
    for end in range(1, number + 1):
        await asyncio.sleep(begin + end * length_s - loop.time())
        marks.append(time.process_time())
    return [after - before for before, after in pairwise(marks)]
