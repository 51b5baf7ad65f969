"""The text in pictures: how much of it the local endpoint reads exactly, at what cost, and whether a talk suffers.

The pictures are drawn here: a plot, a slide, a traceback, and a screen full of lines. Processor time and lines are
those of the reader alone. The memory is that of the endpoint's process, before the first picture and after all of
them. The wait for the first sound is measured as in `endpoint_gap`, while another session shows one picture after
the other, beside the same endpoint without pictures.
"""

from __future__ import annotations

import asyncio
import contextlib
import io
import time
from typing import TYPE_CHECKING, Any

import aiohttp
import psutil
import pybase64
from PIL import Image, ImageDraw

from benchmarks.rows import Row
from benchmarks.support.clips import shipped_clips
from benchmarks.support.speaking import speak, wait_until_loaded
from devtools.drawings import PLOT, SLIDE, TRACEBACK, font, plot, png, slide, traceback
from realtime_widgets.local.pictures.reader import PpOcrReader
from realtime_widgets.local.server.child_process import EmbeddedEndpoint

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

_NAME = "read_pictures"
_SCREEN = tuple(f"Line {number}: the quick brown fox jumps over the lazy dog" for number in range(30))
#: Least share of lines that are read exactly, largest processor time of one picture in ms, and growth in MB.
_EXACT, _PROCESSOR_MS, _GROWTH_MB = 0.96, 2500.0, 350.0
#: Largest acceptable wait for the first sound, in times of the wait without pictures.
_SLOWER = 1.25
_ROUNDS, _QUICK_ROUNDS = 10, 3


def measure(quick: bool) -> list[Row]:
    """Read the pictures alone, then beside a talk."""
    return [*_read_alone(_QUICK_ROUNDS if quick else _ROUNDS), *_beside_a_talk(quick)]


def _screen() -> bytes:
    image = Image.new("RGB", (1920, 1080), "white")
    draw = ImageDraw.Draw(image)
    for place, line in enumerate(_SCREEN):
        draw.text((40 + place % 2 * 960, 30 + place // 2 * 68), line, fill="black", font=font(14))
    return png(image)


def _read_alone(rounds: int) -> Iterator[Row]:
    read = PpOcrReader()
    for name, file, lines in (
        ("plot", plot(), PLOT),
        ("slide", slide(), SLIDE),
        ("traceback", traceback(), TRACEBACK),
        ("screen of 1920 pixels", _screen(), _SCREEN),
    ):
        found = {line.text for line in read(file)}
        exact = sum(line.strip() in found for line in lines)
        measure, share = f"lines read exactly, {name}", exact / len(lines)
        note = f"{exact} of {len(lines)}"
        yield Row(_NAME, measure, (share,), "", limit=_EXACT, more_is_better=True, note=note)
        spent = tuple(_processor_ms(read, file) for _ in range(rounds))
        yield Row(_NAME, f"processor time of one picture, {name}", spent, "ms", limit=_PROCESSOR_MS)


def _processor_ms(read: PpOcrReader, file: bytes) -> float:
    started = time.process_time()
    read(file)
    return (time.process_time() - started) * 1000


def _beside_a_talk(quick: bool) -> list[Row]:
    endpoint = EmbeddedEndpoint().start()
    try:
        wait_until_loaded(endpoint)
        return asyncio.run(_talk(endpoint, quick))
    finally:
        endpoint.stop()


async def _talk(endpoint: EmbeddedEndpoint, quick: bool) -> list[Row]:
    paths = shipped_clips(6.0) if quick else 2 * shipped_clips(6.0)
    process = psutil.Process(endpoint.pid)
    async with aiohttp.ClientSession() as http:

        async def gaps() -> tuple[float, ...]:
            measured = [await speak(http, endpoint.url, endpoint.api_key, path, tail_s=1.5) for path in paths]
            return tuple(one.gaps["first audio"] for one in measured if "first audio" in one.gaps)

        alone = await gaps()
        before = process.memory_info().rss / 1e6
        async with _shown(http, endpoint) as count:
            beside = await gaps()
        after = process.memory_info().rss / 1e6
    note = f"{count[0]} pictures"
    waiting = "end of speech to first sound while pictures are read"
    growth = "growth of the endpoint by reading pictures"
    return [
        Row(_NAME, waiting, beside, "ms", "without pictures", alone, target=_SLOWER, note=note),
        Row(_NAME, growth, (after - before,), "MB", limit=_GROWTH_MB, note=note),
    ]


@contextlib.asynccontextmanager
async def _shown(http: aiohttp.ClientSession, endpoint: EmbeddedEndpoint) -> AsyncIterator[list[int]]:
    """Show one picture after the other in another session; the list holds how many have been read."""
    count = [0]
    headers = {"Authorization": f"Bearer {endpoint.api_key}"}
    address = f"{endpoint.url}/realtime?model=gpt-realtime"

    async def show(socket: aiohttp.ClientWebSocketResponse) -> None:
        while True:
            await socket.send_json({"type": "conversation.item.create", "item": _other_picture(count[0])})
            await socket.send_json({"type": "response.create", "response": {"output_modalities": ["text"]}})
            while (await socket.receive_json())["type"] != "response.done":
                pass
            count[0] += 1

    async with http.ws_connect(address, headers=headers, max_msg_size=0) as socket:
        task = asyncio.create_task(show(socket))
        try:
            yield count
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


def _other_picture(number: int) -> dict[str, Any]:
    """Return an item with a slide that was not shown before."""
    image = Image.open(io.BytesIO(slide()))
    image.putpixel((number % image.width, 0), (number // image.width, 1, 2))
    url = f"data:image/png;base64,{pybase64.b64encode(png(image)).decode()}"
    return {"type": "message", "role": "user", "content": [{"type": "input_image", "image_url": url}]}
