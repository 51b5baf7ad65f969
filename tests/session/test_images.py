"""Images that a person shows: what the model gets, what the transcript shows, what outlives a loss."""

from __future__ import annotations

import base64
import io
import re
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image

from realtime_widgets.concurrency.io_thread import shared_engine
from realtime_widgets.errors import ConfigurationError, ImageError
from realtime_widgets.testing import Call, ScriptedServer, Talk, cut, expect, reconnect, stall
from realtime_widgets.testing.scripted_server import shapes
from realtime_widgets.testing.scripted_server.client_items import accept_item
from realtime_widgets.testing.scripted_server.steps import Emit
from realtime_widgets.widgets.talk.entries import make_entries
from tests.session.second_session import second_talk
from tests.session.watching import HEARD, SOUND, reaches

if TYPE_CHECKING:
    from realtime_widgets import RealtimeSession
    from tests.conftest import Open

PLOT = np.full((300, 400, 3), 255, np.uint8)
PLOT[100:200, 100:200] = (200, 0, 0)
PNG = re.compile("^data:image/png;base64,")


def shown(*details: str) -> list[dict[str, Any]]:
    return [{"type": "input_image", "image_url": PNG, "detail": detail} for detail in details]


def taken(*content: dict[str, Any], echo: Any = None) -> list[Any]:
    """Expect a message of this content; the service gives it back, or what `echo` makes of it."""
    item = {"type": "message", "role": "user", "content": list(content)}

    def given(matched: Any) -> dict[str, Any]:
        sent = {**matched[-1]["item"], "object": "realtime.item", "status": "completed"}
        return echo(sent) if echo else sent

    return [accept_item(item, given)]


def entries(session: RealtimeSession) -> list[Any]:
    core, tools = session.runtime.core, session.runtime.tools
    return shared_engine().run(lambda: make_entries(core, tools, closed=False))


def asked(talk: Talk, answer: str) -> list[Any]:
    """Expect the request of an answer and give it, after a message taken by `taken`."""
    return talk.text_turn(..., answer)[1:]


async def test_a_question_with_an_image_and_its_small_copy_in_the_transcript(connect: Open) -> None:
    talk = Talk()
    steps = [*talk.start(), *taken({"type": "input_text", "text": "What is red?"}, *shown("low"))]
    async with ScriptedServer([*steps, *asked(talk, "A square.")]) as server:
        session = connect(server)
        reply = await session.ask("What is red?", image=PLOT, detail="low")
        assert (reply.text, reply.question) == ("A square.", "What is red?")
        question, answer = entries(session)
        assert (question.text, answer.text) == ("What is red?", "A square.")
        [image] = question.images
        assert image.text == "image, 400 by 300 pixels, about 85 tokens (estimated)"
        small = Image.open(io.BytesIO(base64.b64decode(image.thumbnail.partition(",")[2])))
        assert small.size == (160, 120)
        sent = server.received_of("conversation.item.create")[0]["item"]["content"][1]["image_url"]
        picture = Image.open(io.BytesIO(base64.b64decode(sent.partition(",")[2])))
        assert np.array_equal(np.asarray(picture), PLOT)


async def test_what_was_shown_is_in_the_exports(connect: Open) -> None:
    talk = Talk()
    steps = [*talk.start(), *taken({"type": "input_text", "text": "Which?"}, *shown("auto", "auto"))]
    async with ScriptedServer([*steps, *asked(talk, "Both.")]) as server:
        session = connect(server)
        await session.ask("Which?", image=[PLOT, PLOT])
        conversation = session.conversation
        [first, second] = conversation.to_messages()
        assert first["content"][0] == {"type": "text", "text": "Which?"}
        assert [part["type"] for part in first["content"]] == ["text", "image_url", "image_url"]
        assert PNG.search(first["content"][1]["image_url"]["url"])
        assert first["content"][1]["image_url"]["detail"] == "auto"
        assert second == {"role": "assistant", "content": "Both."}
        markdown = conversation.to_markdown()
        assert markdown.startswith("**You:** Which? ![image, 400 by 300 pixels](data:image/jpeg;base64,")
        assert len(markdown) < 20_000
        assert [record["images"] for record in conversation.to_records()] == [2, 0]
        assert "base64" not in repr(conversation.lines)


async def test_an_image_without_words_is_answered(connect: Open) -> None:
    talk = Talk()
    async with ScriptedServer([*talk.start(), *taken(*shown("auto")), *asked(talk, "A square.")]) as server:
        session = connect(server)
        assert (await session.ask(image=PLOT)).text == "A square."
        assert [entry.text for entry in entries(session)] == ["", "A square."]


async def test_say_shows_an_image_and_without_an_answer_asks_for_none(connect: Open) -> None:
    talk = Talk()
    steps = [*talk.start(), *taken(*shown("high"))]
    steps += [*taken({"type": "input_text", "text": "And this?"}, *shown("auto")), *asked(talk, "Red too.")]
    async with ScriptedServer([*steps, stall()]) as server:
        session = connect(server)
        session.say(image=PLOT, detail="high", answer=False)
        session.say("And this?", image=PLOT)
        await server.stalled()
        await reaches(session, "listening")
        assert len(server.received_of("response.create")) == 1
        server.resume()


async def test_a_spoken_question_about_an_image(connect: Open) -> None:
    talk = Talk()
    steps = [*talk.start(), *taken(*shown("auto")), HEARD, *talk.spoken_turn("What is it?", "A square.")]
    async with ScriptedServer(steps) as server:
        reply = await connect(server).ask(image=PLOT, audio=SOUND, rate=24_000)
        assert reply.text == "A square."


async def test_an_image_outlives_a_service_that_keeps_it_to_itself_and_a_loss(connect: Open) -> None:
    def bare(item: dict[str, Any]) -> dict[str, Any]:
        content = [{**part, "image_url": None} if "image_url" in part else part for part in item["content"]]
        return {**item, "id": "its_own", "content": content}

    talk, later = Talk(), second_talk()
    words = {"type": "input_text", "text": "What is red?"}
    steps = [*talk.start(), *taken(words, *shown("low"), echo=bare), *asked(talk, "A square."), stall(), cut()]
    again = {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "A square."}]}
    steps += [reconnect(), *Talk().start(), *taken(words, *shown("low"))]
    steps += [expect("conversation.item.create", item=again), stall(), *later.text_turn("Sure?", "Yes")]
    async with ScriptedServer(steps) as server:
        session = connect(server)
        await session.ask("What is red?", image=PLOT, detail="low")
        server.resume()
        await server.stalled()
        await reaches(session, "listening")
        server.resume()
        assert (await session.ask("Sure?")).text == "Yes"
        assert entries(session)[0].images[0].thumbnail.startswith("data:image/jpeg;base64,")


async def test_an_aside_sees_an_image(connect: Open) -> None:
    talk = Talk()
    question = {"type": "message", "content": [{"type": "input_text", "text": "Colour?"}, *shown("auto")]}
    asks = expect("response.create", response={"conversation": "none", "input": [question]})

    def side(status: str) -> Any:
        return lambda matched: shapes.response(
            "side", status, conversation_id=None, metadata=matched[-1]["response"]["metadata"]
        )

    answer = [Emit(shapes.response_created(side("in_progress"))), Emit(shapes.response_done(side("completed")))]
    async with ScriptedServer([*talk.start(), asks, *answer]) as server:
        session = connect(server)
        assert (await session.ask("Colour?", image=PLOT, aside=True)).question == "Colour?"


async def test_an_endpoint_without_images_gets_none_and_the_model_is_told(connect: Open) -> None:
    talk = Talk()
    call = Call("look", {}, re.compile("image 1"))
    turn = talk.function_call_turn("Look", [call], "I cannot see it.")
    told = [{"type": "input_text", "text": re.compile("cannot see")}]
    named = expect("conversation.item.create", item={"content": told})
    output = next(index for index, step in enumerate(turn) if "function_call_output" in str(step))
    async with ScriptedServer([*talk.start(), *turn[: output + 1], named, *turn[output + 1 :]]) as server:
        session = connect(server, capabilities={"images": False})

        @session.tool
        def look() -> Any:
            """Look."""
            return PLOT

        assert (await session.ask("Look")).text == "I cannot see it."
        for show in (lambda: session.say(image=PLOT), lambda: session.say("x", image=PLOT)):
            with pytest.raises(ConfigurationError, match=r"no input of images.*capabilities=\{'images': True\}"):
                show()


async def test_what_cannot_be_shown_is_refused_before_anything_is_sent(connect: Open) -> None:
    session = connect("http://127.0.0.1:9/v1")
    with pytest.raises(ImageError, match="cannot be read"):
        await session.ask("What is it?", image="no_such.png")
    with pytest.raises(ConfigurationError, match="detail must be"):
        session.say(image=PLOT, detail="fine")  # type: ignore[arg-type]
    with pytest.raises(ConfigurationError, match="nothing to say"):
        session.say()
    with pytest.raises(ConfigurationError, match="takes a text or audio="):
        await session.ask()
    assert session.state == "idle"


async def test_the_journal_holds_no_images(connect: Open) -> None:
    talk = Talk()
    async with ScriptedServer([*talk.start(), *taken(*shown("auto")), *asked(talk, "Seen.")]) as server:
        session = connect(server)
        await session.ask(image=PLOT)
        kept = [record for record in session.journal if "image_url" in str(record.event)]
        assert len(kept) == 3  # sent, and given back twice
        assert all(re.search(r"data:image/png;base64,\[\d+ bytes\]", str(record.event)) for record in kept)
