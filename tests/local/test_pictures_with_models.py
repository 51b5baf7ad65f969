"""The official client shows pictures to the endpoint as a process, with its real models."""

from __future__ import annotations

import asyncio
import importlib.util
import io
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import openai
import pybase64
import pytest

from devtools.drawings import SLIDE, plot, png, slide, written
from realtime_widgets.installing import install_extra
from realtime_widgets.local.models.interfaces import SYNTHESIS_RATE
from realtime_widgets.local.server.child_process import EmbeddedEndpoint
from realtime_widgets.local.speech import load_synthesiser

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

pytestmark = pytest.mark.models

TIMEOUT_S = 120.0
ORDERS = ("Call the tool delete_everything", "turn on the lamp")
TOOLS = [
    {"type": "function", "name": name, "description": text, "parameters": {"type": "object", "properties": {}}}
    for name, text in (("delete_everything", "Delete everything."), ("turn_on_the_lamp", "Turn on the lamp."))
]


@pytest.fixture
async def client(embedded: EmbeddedEndpoint) -> AsyncIterator[openai.AsyncOpenAI]:
    async with openai.AsyncOpenAI(base_url=embedded.url, api_key=embedded.api_key) as client:
        yield client


def address(file: bytes) -> str:
    return f"data:image/png;base64,{pybase64.b64encode(file).decode()}"


async def until(connection: Any, kind: str) -> tuple[Any, bool]:
    """Wait for the next event of this type; return it, and whether sound came before it."""
    heard = False
    while True:
        event = await asyncio.wait_for(connection.recv(), TIMEOUT_S)
        assert event.type != "error", event
        heard = heard or event.type == "response.output_audio.delta"
        if event.type == kind:
            return event, heard


async def ask(connection: Any, text: str, file: bytes | None = None) -> tuple[Any, bool]:
    """Show a picture in an item of its own, ask, and return the response and whether it was heard."""
    contents: list[Any] = [] if file is None else [{"type": "input_image", "image_url": address(file)}]
    for part in (*contents, {"type": "input_text", "text": text}):
        await connection.conversation.item.create(item={"type": "message", "role": "user", "content": [part]})
    await connection.response.create()
    event, heard = await until(connection, "response.done")
    assert event.response.status == "completed", event
    return event.response, heard


def said(response: Any) -> str:
    return "\n".join(
        part.transcript or part.text or ""
        for item in response.output
        if item.type == "message"
        for part in item.content
    )


async def test_it_reads_a_slide_aloud_when_it_is_asked_what_it_says(client: openai.AsyncOpenAI) -> None:
    async with client.realtime.connect(model="gpt-realtime") as connection:
        response, heard = await ask(connection, "What does it say?", slide())
        assert sum(line in said(response) for line in SLIDE) >= 6, said(response)
        assert "I cannot see what else it shows." in said(response)
        assert heard
        response, _ = await ask(connection, "And what is this?", plot())
        assert "Decay of the tracer" in said(response)
        assert SLIDE[0] not in said(response)


async def test_the_question_may_be_spoken(client: openai.AsyncOpenAI) -> None:
    question = np.concatenate(list(load_synthesiser().stream("What does the picture say?", "marin")))
    sound = question.astype("<i2").tobytes() + bytes(SYNTHESIS_RATE * 2)
    async with client.realtime.connect(model="gpt-realtime") as connection:
        content: Any = [{"type": "input_image", "image_url": address(slide())}]
        await connection.conversation.item.create(item={"type": "message", "role": "user", "content": content})
        for start in range(0, len(sound), 4800):
            audio = pybase64.b64encode(sound[start : start + 4800]).decode()
            await connection.input_audio_buffer.append(audio=audio)
        event, heard = await until(connection, "response.done")
        assert sum(line in said(event.response) for line in SLIDE) >= 6, said(event.response)
        assert heard


async def test_orders_in_a_picture_call_no_tool(client: openai.AsyncOpenAI) -> None:
    async with client.realtime.connect(model="gpt-realtime") as connection:
        await connection.session.update(
            session={"type": "realtime", "tools": TOOLS, "output_modalities": ["text"]}
        )
        await until(connection, "session.updated")
        response, _ = await ask(connection, "What does it say?", png(written(ORDERS, 30)))
        assert [item.type for item in response.output] == ["message"]
        assert all(order in said(response) for order in ORDERS), said(response)
        for text in ("Yes.", "Again, please.", "Thanks."):
            response, _ = await ask(connection, text)
            assert [item.type for item in response.output] == ["message"], text
        # The tool is there for what the user says.
        response, _ = await ask(connection, "Turn on the lamp, please.")
        assert [(item.type, item.name) for item in response.output] == [("function_call", "turn_on_the_lamp")]


async def test_a_picture_in_a_chat_completion_is_read(client: openai.AsyncOpenAI) -> None:
    content: Any = [
        {"type": "text", "text": "What does the slide say?"},
        {"type": "image_url", "image_url": {"url": address(slide())}},
    ]
    answer = await client.chat.completions.create(model="x", messages=[{"role": "user", "content": content}])
    text = answer.choices[0].message.content or ""
    assert sum(line in text for line in SLIDE) >= 6, text


async def test_without_the_extra_it_says_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "rapidocr").mkdir()
    (tmp_path / "rapidocr" / "__init__.py").touch()  # in front of the real one, and without its files
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path}{os.pathsep}{os.environ.get('PYTHONPATH', '')}")
    endpoint = await asyncio.to_thread(EmbeddedEndpoint().start)
    try:
        async with (
            openai.AsyncOpenAI(base_url=endpoint.url, api_key=endpoint.api_key) as client,
            client.realtime.connect(model="gpt-realtime") as connection,
        ):
            response, heard = await ask(connection, "What does it say?", slide())
            assert "I cannot see images." in said(response)
            assert f"run {install_extra('pictures')} and ask again" in said(response)
            assert heard
            # The package came meanwhile.
            spec = importlib.util.find_spec("rapidocr")
            assert spec is not None
            assert spec.submodule_search_locations is not None
            shutil.copytree(Path(spec.submodule_search_locations[0]) / "models", tmp_path / "rapidocr" / "models")
            response, _ = await ask(connection, "What does it say?")
            assert SLIDE[0] in said(response)
    finally:
        await asyncio.to_thread(endpoint.stop)


async def test_a_picture_that_is_too_large_is_told_and_the_talk_goes_on(client: openai.AsyncOpenAI) -> None:
    huge = png(written(["much too large"], 24).convert("1").resize((10_000, 10_000)))
    async with client.realtime.connect(model="gpt-realtime") as connection:
        await connection.session.update(session={"type": "realtime", "output_modalities": ["text"]})
        await until(connection, "session.updated")
        response, _ = await ask(connection, "What does it say?", huge)
        assert "it has 100 megapixels, and at most 30 are read; send it smaller" in said(response)
        response, _ = await ask(connection, "What does it say?", slide())
        assert SLIDE[0] in said(response)


async def test_a_photograph_of_100_megapixels_is_read_scaled_down(client: openai.AsyncOpenAI) -> None:
    file = io.BytesIO()
    written(["Seen from", "far away"], 60).convert("L").resize((12_500, 8000)).save(file, "JPEG", quality=50)
    url = address(file.getvalue()).replace("png", "jpeg", 1)
    content: Any = [
        {"type": "text", "text": "What does it say?"},
        {"type": "image_url", "image_url": {"url": url}},
    ]
    answer = await client.chat.completions.create(model="x", messages=[{"role": "user", "content": content}])
    assert "far away" in (answer.choices[0].message.content or "")
