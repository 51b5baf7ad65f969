"""Pictures in a session: read once, the newest first, waited for within limits, and in nobody's way."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING, Any

import pybase64
import pytest

from realtime_widgets.errors import LocalEndpointError
from realtime_widgets.local.inference.pictures import AWAITED, MAX_WAITING, Pictures
from realtime_widgets.local.models.interfaces import PictureLine, UnreadablePictureError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.local.conftest import Endpoint, StartEndpoint


class Letters:
    """Reads the bytes of a "picture" as its lines; `gate` holds it, and `seen` are the bytes in their order.

    Of one picture alone it is held if that is named in `holds`.
    """

    def __init__(self) -> None:
        self.holds = ""
        self.gate = threading.Event()
        self.gate.set()
        self.begun = threading.Event()
        self.seen: list[str] = []

    def __call__(self, data: bytes) -> list[PictureLine]:
        text = data.decode()
        self.seen.append(text)
        self.begun.set()
        if self.holds in ("", text):
            self.gate.wait(30)
        if text == "broken":
            raise UnreadablePictureError("it is not a PNG or JPEG image")
        if text == "bug":
            raise RuntimeError(f"{text} with secrets")
        return [PictureLine(line, 0.9) for line in text.splitlines()]


def image(text: str) -> dict[str, Any]:
    return {
        "type": "input_image",
        "image_url": f"data:image/png;base64,{pybase64.b64encode(text.encode()).decode()}",
    }


def shown(*texts: str) -> list[dict[str, Any]]:
    return [{"type": "message", "role": "user", "content": [image(text) for text in texts]}]


@pytest.fixture
def letters() -> Iterator[Letters]:
    reader = Letters()
    yield reader
    reader.gate.set()


@pytest.fixture
def pictures(letters: Letters) -> Iterator[Pictures]:
    reading = Pictures(lambda: letters)
    yield reading
    reading.close()


async def words(pictures: Pictures, *texts: str) -> list[Any]:
    """What is told of each picture: its lines, or why there are none."""
    [item] = await pictures.with_words(shown(*texts))
    return [part["lines"] if "lines" in part else part["unread"] for part in item["content"]]


async def test_each_picture_is_read_once(pictures: Pictures, letters: Letters) -> None:
    assert await words(pictures, "one\ntwo", "", "one\ntwo") == [["one", "two"], [], ["one", "two"]]
    assert await words(pictures, "one\ntwo") == [["one", "two"]]
    assert sorted(letters.seen) == ["", "one\ntwo"]


async def test_the_items_themselves_stay_as_they_are(pictures: Pictures) -> None:
    items = [*shown("one"), {"type": "function_call_output", "call_id": "c", "output": "x"}]
    told = await pictures.with_words(items)
    assert items == [*shown("one"), {"type": "function_call_output", "call_id": "c", "output": "x"}]
    assert told[1] is items[1]


async def test_a_brain_that_needs_no_words_gets_the_items_as_they_are() -> None:
    pictures = Pictures(None)
    items = shown("one")
    assert await pictures.with_words(items) is items
    pictures.begin(items)
    pictures.close()


async def test_the_newest_is_read_first(pictures: Pictures, letters: Letters) -> None:
    letters.gate.clear()
    await pictures.queue(shown("first"))
    await asyncio.to_thread(letters.begun.wait)
    for names in (("second", "third"), ("third", "fourth")):
        await pictures.queue(shown(*names))
    letters.gate.set()
    assert await words(pictures, "second", "third", "fourth") == [["second"], ["third"], ["fourth"]]
    # Those that are asked for again count as new.
    assert letters.seen[0] == "first"
    assert letters.seen.index("third") < letters.seen.index("second")


async def test_of_too_many_at_once_the_oldest_are_left_out(letters: Letters) -> None:
    pictures = Pictures(lambda: letters, longest_wait_s=0.05)
    letters.gate.clear()
    await pictures.queue(shown("first"))
    await asyncio.to_thread(letters.begun.wait)
    told = await words(pictures, *[f"picture {number}" for number in range(MAX_WAITING + 3)])
    assert told[:3] == [f"more than {MAX_WAITING} pictures came at once"] * 3
    assert told[3:] == ["it is still being read; ask again in a moment"] * MAX_WAITING
    pictures.close()


async def test_an_answer_waits_no_longer_than_the_limit(letters: Letters) -> None:
    pictures = Pictures(lambda: letters, longest_wait_s=0.05)
    letters.gate.clear()
    assert await words(pictures, "slow") == ["it is still being read; ask again in a moment"]
    letters.gate.set()
    patient = Pictures(lambda: letters)
    assert await words(patient, "slow") == [["slow"]]
    pictures.close()
    patient.close()


async def test_an_answer_waits_for_the_newest_pictures_only(pictures: Pictures, letters: Letters) -> None:
    letters.holds = "frame 0"
    letters.gate.clear()
    frames = [f"frame {number}" for number in range(AWAITED + 1)]
    items = [item for frame in frames for item in shown(frame)]
    first, *others = [item["content"][0] for item in await pictures.with_words(items)]
    assert [part["lines"] for part in others] == [[frame] for frame in frames[1:]]
    assert first["unread"] == "it is still being read; ask again in a moment"


async def test_what_cannot_be_read_says_why(pictures: Pictures, caplog: pytest.LogCaptureFixture) -> None:
    assert await words(pictures, "broken", "bug", "fine") == [
        "it is not a PNG or JPEG image",
        "reading it failed (RuntimeError; see the endpoint's log)",
        ["fine"],
    ]
    assert "bug with" not in caplog.text
    elsewhere = {"type": "input_image", "image_url": "https://example.com/a.png"}
    [item] = await pictures.with_words([{"type": "message", "role": "user", "content": [elsewhere]}])
    assert "nothing is fetched" in item["content"][0]["unread"]


async def test_a_reader_that_cannot_be_loaded_is_asked_for_again(letters: Letters) -> None:
    tries: list[int] = []

    def load() -> Letters:
        tries.append(1)
        if len(tries) == 1:
            raise LocalEndpointError('run pip install "realtime-widgets[pictures]"')
        return letters

    pictures = Pictures(load)
    assert await words(pictures, "one") == ['run pip install "realtime-widgets[pictures]"']
    assert await words(pictures, "one") == [["one"]]
    assert await words(pictures, "two") == [["two"]]
    assert len(tries) == 2
    pictures.close()


def last_lines(endpoint: Endpoint) -> Any:
    request = endpoint.brain.requests[-1]
    return [part["lines"] for item in request.items for part in item["content"] if "lines" in part]


PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg=="


def pixel() -> dict[str, Any]:
    """A picture that the endpoint accepts."""
    part = {"type": "input_image", "image_url": f"data:image/png;base64,{PIXEL}"}
    return {"type": "message", "role": "user", "content": [part]}


class Slow(Letters):
    """Reads "words" in every picture."""

    def __call__(self, data: bytes) -> list[PictureLine]:
        return super().__call__(b"words")


async def test_a_picture_is_read_as_soon_as_it_comes_and_the_brain_gets_its_lines(
    start_endpoint: StartEndpoint,
) -> None:
    slow = Slow()
    endpoint = await start_endpoint(load_pictures=lambda: slow)
    client = await endpoint.connect()
    await client.send("conversation.item.create", item=pixel())
    assert await asyncio.to_thread(slow.begun.wait)  # nobody asked for an answer
    await client.say("hello", output_modalities=["text"])
    await client.until("response.done")
    assert last_lines(endpoint) == [["words"]]
    # What the client is told of its item is what it sent.
    shown_item = next(event["item"] for event in client.of("conversation.item.done"))
    assert shown_item["content"][0].keys() == {"type", "image_url"}
    given = {"input": [pixel()], "conversation": "none", "output_modalities": ["text"]}
    await client.send("response.create", response=given)
    await client.until("response.done")
    assert last_lines(endpoint) == [["words"]]
    assert slow.seen == ["words"]


async def test_nobody_else_waits_while_a_picture_is_read(start_endpoint: StartEndpoint) -> None:
    slow = Slow()
    slow.gate.clear()
    endpoint = await start_endpoint(load_pictures=lambda: slow)
    showing, other = await endpoint.connect(), await endpoint.connect()
    await showing.send("conversation.item.create", item=pixel())
    await showing.say("hello")
    await showing.until("response.created")
    assert await asyncio.to_thread(slow.begun.wait)
    await other.say("hello")
    response = (await other.until("response.done"))["response"]
    assert response["status"] == "completed"
    assert other.of("response.output_audio.delta")
    # Giving up the answer does not give up the reading.
    await showing.send("response.cancel")
    assert (await showing.until("response.done"))["response"]["status"] == "cancelled"
    slow.gate.set()
    await showing.say("hello")
    assert (await showing.until("response.done"))["response"]["status"] == "completed"
    assert last_lines(endpoint) == [["words"]]
    assert slow.seen == ["words"]


async def test_pictures_of_chat_completions_are_read_too(start_endpoint: StartEndpoint) -> None:
    endpoint = await start_endpoint(load_pictures=Slow)
    image_url = {"url": f"data:image/png;base64,{PIXEL}"}
    content = [{"type": "text", "text": "hello"}, {"type": "image_url", "image_url": image_url}]
    body = {"model": "x", "messages": [{"role": "user", "content": content}]}
    async with endpoint.http.post(f"{endpoint.url}/v1/chat/completions", json=body) as response:
        assert response.status == 200
    assert last_lines(endpoint) == [["words"]]


async def test_an_endpoint_ends_while_a_picture_is_read(start_endpoint: StartEndpoint) -> None:
    slow = Slow()
    slow.gate.clear()
    endpoint = await start_endpoint(load_pictures=lambda: slow)
    client = await endpoint.connect()
    await client.send("conversation.item.create", item=pixel())
    await client.say("hello")
    assert await asyncio.to_thread(slow.begun.wait)
    await endpoint.stack.aclose()
    slow.gate.set()
