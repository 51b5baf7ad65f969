"""Reads the text in pictures while the talk goes on: one at a time in the whole process, each only once."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import logging
import os
import sys
import threading
import time
from collections import OrderedDict
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pybase64

from realtime_widgets.errors import LocalEndpointError
from realtime_widgets.local.api.errors import log_failure
from realtime_widgets.local.logs import SPEECH
from realtime_widgets.local.models.interfaces import UnreadablePictureError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from realtime_widgets.local.models.interfaces import PictureReader

    Items = Sequence[Mapping[str, Any]]

logger = logging.getLogger(__name__)

#: Longest time in seconds that an answer waits for the pictures before it.
LONGEST_WAIT_S = 10.0
#: Most pictures that wait to be read, and most whose words are kept; the oldest go first.
MAX_WAITING, MAX_KEPT = 32, 256
#: Number of messages with pictures, from the newest, whose pictures an answer waits for: a camera may send more
#: than can be read.
AWAITED = 4
#: By how much the reading thread is more patient than those that make sound, where threads have a niceness.
_PATIENCE = 10
_IMAGE = "input_image"
_STILL_READING = "it is still being read; ask again in a moment"
_TOO_MANY = f"more than {MAX_WAITING} pictures came at once"
_NOT_SENT = "only a PNG or JPEG that is sent along is read; nothing is fetched from other addresses"


@dataclass(frozen=True)
class Reading:
    """What came of a picture: the lines that were read, or in `unread` why none could be.

    Attributes
    ----------
    lines
        In reading order.
    unread
        The reason and what to do, for the user; empty if it was read.
    lasting
        Whether another try would end in the same way.
    """

    lines: tuple[str, ...] = ()
    unread: str = ""
    lasting: bool = True


class Pictures:
    """Knows what stands in the pictures of all conversations.

    The newest picture is read first: it is what the user talks about. The reader is loaded for the first one.

    Parameters
    ----------
    load
        Loads the reader and may block; None if the brain needs no words of pictures, so that nothing is read.
    longest_wait_s
        Longest time in seconds that an answer waits.
    """

    def __init__(self, load: Callable[[], PictureReader] | None, longest_wait_s: float = LONGEST_WAIT_S) -> None:
        self._load = load
        self._reader: PictureReader | None = None
        self._longest_wait_s = longest_wait_s
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="pictures", initializer=_be_patient)
        self._lock = threading.Lock()
        #: Pictures that wait, and those that were read or are being read, by the hash of their address.
        self._waiting: OrderedDict[bytes, tuple[str, Future[Reading]]] = OrderedDict()
        self._readings: OrderedDict[bytes, Future[Reading]] = OrderedDict()
        self._begun: set[asyncio.Task[None]] = set()

    def close(self) -> None:
        """Let the thread end; waiting pictures are not read."""
        with self._lock:
            self._waiting.clear()
        self._thread.shutdown(wait=False, cancel_futures=True)

    def begin(self, items: Items) -> None:
        """Begin to read the pictures in `items`; what they say is there for a later `with_words`."""
        if self._load is not None and any(True for _ in _pictures(items)):
            task = asyncio.get_running_loop().create_task(self.queue(items))
            self._begun.add(task)
            task.add_done_callback(self._begun.discard)

    async def queue(self, items: Items) -> None:
        """Let the pictures in `items` be read after those of later calls; it returns before they are."""
        await self._of(items)

    async def with_words(self, items: Items) -> Items:
        """Return `items` in which each picture has its ``lines``, or in ``unread`` why there are none.

        It waits for the newest pictures if they are not read yet, but not longer than the limit.
        """
        if self._load is None or not any(True for _ in _pictures(items)):
            return items
        readings = await self._of(items)
        newest = {url for item in _with_pictures(items)[-AWAITED:] for url in _pictures([item])}
        waited = [asyncio.wrap_future(readings[url]) for url in newest if not readings[url].done()]
        try:
            if waited:
                await asyncio.wait(waited, timeout=self._longest_wait_s)
        finally:
            for one in waited:
                one.cancel()  # the reading itself goes on
        return [_with_words(item, readings) for item in items]

    async def _of(self, items: Items) -> dict[str, Future[Reading]]:
        """Return the readings of the pictures in `items`, by their addresses; new ones are begun."""
        urls = list(dict.fromkeys(_pictures(items)))
        keys = await asyncio.to_thread(lambda: [hashlib.sha256(url.encode()).digest() for url in urls])
        readings = {url: self._reading(key, url) for url, key in zip(urls, keys, strict=True)}
        self._drop_oldest()
        with contextlib.suppress(RuntimeError):  # the server is shutting down
            self._thread.submit(self._read_waiting)
        return readings

    def _reading(self, key: bytes, url: str) -> Future[Reading]:
        """Return the reading of one picture, which waits if it is new."""
        with self._lock:
            known = self._readings.get(key)
            if known is not None:
                self._readings.move_to_end(key)
                if key in self._waiting:
                    self._waiting.move_to_end(key)
                return known
            future: Future[Reading] = Future()
            future.set_running_or_notify_cancel()  # who waits for it cannot cancel it
            self._readings[key] = future
            self._waiting[key] = (url, future)
            return future

    def _drop_oldest(self) -> None:
        """Give up the oldest of too many that wait, and forget what was read longest ago."""
        with self._lock:
            dropped = [self._waiting.popitem(last=False) for _ in range(len(self._waiting) - MAX_WAITING)]
            for key in list(self._readings)[: max(0, len(self._readings) - MAX_KEPT)]:
                if key not in self._waiting:
                    del self._readings[key]
        for key, (_, future) in dropped:
            self._finish(key, future, Reading(unread=_TOO_MANY, lasting=False))

    def _read_waiting(self) -> None:
        """Read, on the thread, until nothing waits."""
        while True:
            with self._lock:
                if not self._waiting:
                    return
                key, (url, future) = self._waiting.popitem()
            self._finish(key, future, self._read(url))

    def _finish(self, key: bytes, future: Future[Reading], reading: Reading) -> None:
        if not reading.lasting:
            with self._lock:
                self._readings.pop(key, None)
        future.set_result(reading)

    def _read(self, url: str) -> Reading:
        try:
            if self._reader is None:
                assert self._load is not None
                self._reader = self._load()
        except LocalEndpointError as error:
            return Reading(unread=str(error), lasting=False)
        except Exception as error:
            log_failure("loading the reader of pictures", error)
            return Reading(unread=f"the reader could not be loaded ({type(error).__name__})", lasting=False)
        started = time.perf_counter()
        try:
            lines = tuple(line.text for line in self._reader(_decoded(url)))
        except UnreadablePictureError as error:
            return Reading(unread=str(error))
        except Exception as error:
            log_failure("reading a picture", error)
            return Reading(unread=f"reading it failed ({type(error).__name__}; see the endpoint's log)")
        logger.info("%d lines read in a picture in %.2f s", len(lines), time.perf_counter() - started)
        SPEECH.info("read: %s", " / ".join(lines))
        return Reading(lines)


def _pictures(items: Items) -> Iterator[str]:
    """Yield the addresses of the pictures in `items`."""
    for item in items:
        for part in item.get("content") or ():
            if part.get("type") == _IMAGE:
                yield part["image_url"]


def _with_pictures(items: Items) -> list[Mapping[str, Any]]:
    return [item for item in items if any(True for _ in _pictures([item]))]


def _with_words(item: Mapping[str, Any], readings: Mapping[str, Future[Reading]]) -> Mapping[str, Any]:
    content = item.get("content")
    if not content or all(part.get("type") != _IMAGE for part in content):
        return item
    return {**item, "content": [_part_with_words(part, readings) for part in content]}


def _part_with_words(part: Mapping[str, Any], readings: Mapping[str, Future[Reading]]) -> Mapping[str, Any]:
    if part.get("type") != _IMAGE:
        return part
    future = readings[part["image_url"]]
    reading = future.result() if future.done() else Reading(unread=_STILL_READING)
    return {**part, "unread": reading.unread} if reading.unread else {**part, "lines": list(reading.lines)}


def _decoded(url: str) -> bytes:
    head, comma, data = url.partition(",")
    if not (comma and head.startswith("data:") and head.endswith(";base64")):
        raise UnreadablePictureError(_NOT_SENT)
    try:
        return pybase64.b64decode(data)
    except ValueError:
        raise UnreadablePictureError("it is not base64") from None


def _be_patient() -> None:
    """Let other threads go first on a processor that has too few cores for all."""
    if sys.platform == "linux":  # there a priority belongs to a thread
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _PATIENCE)
