"""What was said is deleted and edited: what the service gets, what the user sees, what is heard again."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image

from realtime_widgets.errors import ConfigurationError
from realtime_widgets.testing import PlayedMicrophone, PlayedSpeaker, ScriptedServer, Talk, expect, stall, tone
from realtime_widgets.testing.scripted_server import shapes
from realtime_widgets.testing.scripted_server.steps import Emit
from realtime_widgets.widgets import messages as msg
from realtime_widgets.widgets.talk.transcript import Transcript
from tests.session.watching import until

if TYPE_CHECKING:
    from realtime_widgets import RealtimeSession
    from realtime_widgets.testing.scripted_server.steps import Step
    from tests.conftest import Open


def deletion(item_id: Any) -> Step:
    def gone(matched: Any) -> dict[str, Any]:
        return shapes.item_deleted(matched[-1]["item_id"])

    return expect("conversation.item.delete", item_id=item_id).then(Emit(gone))


def put(role: str, text: str) -> Step:
    def added(matched: Any) -> dict[str, Any]:
        sent = matched[-1]
        return shapes.item_added({**sent["item"], "status": "completed"}, sent.get("previous_item_id"))

    item = {"role": role, "content": [{"type": str, "text": text}]}
    return expect("conversation.item.create", item=item).then(Emit(added))


def texts(session: RealtimeSession) -> list[str]:
    return [entry.text for entry in session.conversation]


async def test_a_deleted_message_is_gone_for_the_model_and_the_user(connect: Open) -> None:
    talk = Talk()
    steps = [*talk.start(), *talk.text_turn("Hello?", "Good evening.")]
    async with ScriptedServer([*steps, deletion("item_2")]) as server:
        session = connect(server)
        await session.ask("Hello?")
        session.delete(session.conversation[1].id)
        await until(session, lambda: len(session.runtime.core.conversation.items) == 1)
    assert texts(session) == ["Hello?"]


async def test_an_edited_message_has_its_new_words_for_the_model_in_its_place(connect: Open) -> None:
    talk = Talk()
    steps = [*talk.start(), *talk.text_turn("Hello?", "Good evening."), deletion("item_2")]
    steps += [put("assistant", "Good morning."), deletion(str), put("assistant", "Good night.")]
    async with ScriptedServer([*steps, deletion(str)]) as server:
        session = connect(server)
        await session.ask("Hello?")
        item_id = session.conversation[1].id
        session.edit(item_id, " Good morning. ")
        session.edit(item_id, "Good night.")
        assert texts(session) == ["Hello?", "Good night."]
        session.delete(item_id)
        await server.finished()
    assert texts(session) == ["Hello?"]


async def test_what_cannot_be_edited_says_why_and_changes_nothing(connect: Open) -> None:
    talk = Talk()
    async with ScriptedServer([*talk.start(), *talk.text_turn("Hello?", "Good evening.")]) as server:
        session = connect(server)
        await session.ask("Hello?")
        for action, words in [
            (lambda: session.edit("item_9", "x"), "there is no message 'item_9'"),
            (lambda: session.edit("item_2", "  "), "delete it instead"),
            (lambda: session.delete("item_9"), "there is no message"),
        ]:
            with pytest.raises(ConfigurationError, match=words):
                action()
    assert texts(session) == ["Hello?", "Good evening."]


async def test_a_service_that_deletes_nothing_is_told_of_honestly(connect: Open) -> None:
    talk = Talk()
    async with ScriptedServer([*talk.start(), *talk.text_turn("Hello?", "Good evening.")]) as server:
        session = connect(server, capabilities={"delete_items": False})
        await session.ask("Hello?")
        with pytest.raises(ConfigurationError, match="no deletion of what was said"):
            session.delete("item_2")
        page = Transcript(session)
        page._obey(msg.EditEntry("item_2", "Nothing."), [])
        await until(session, lambda: any("no deletion" in each.text for each in session.runtime.core.notices))
    assert texts(session) == ["Hello?", "Good evening."]


async def test_both_sides_can_be_heard_again(connect: Open) -> None:
    talk = Talk()
    turn = talk.spoken_turn("Tell me.", "It was a dark night.", tone(900))
    turn[:2] = [Emit(shapes.speech_started("item_1", 100)), Emit(shapes.speech_stopped("item_1", 700))]
    async with ScriptedServer([*talk.start(), stall(), *turn]) as server:
        session = connect(server, transcription="whisper-1")
        speaker, microphone = PlayedSpeaker(session), PlayedMicrophone(session)
        await session.start()
        await server.stalled()
        heard = tone(1000)
        for first in range(0, len(heard), 960):
            await shared(session, session.runtime.hear, heard[first : first + 960])
        microphone.close()
        server.resume()
        await until(session, lambda: not session.runtime.core.ledger.playing and speaker.heard() != b"")
        assert session.runtime.sounds.of("item_1") == heard[4800:33600]
        assert session.runtime.sounds.of("item_2") == tone(900)
        page = Transcript(session)
        assert [entry["sound"] for entry in await saved(session, page)] == [True, True]
        page._obey(msg.PlayEntry("item_1"), [])
        await until(session, lambda: len(speaker.heard()) >= len(tone(900)) + 28800)
        assert speaker.heard().endswith(heard[4800:33600])


async def test_sound_that_is_not_kept_any_more_says_so(connect: Open) -> None:
    talk = Talk()
    turns = [*talk.spoken_turn("One?", "One.", tone(100)), *talk.spoken_turn("Two?", "Two.", tone(100))]
    async with ScriptedServer([*talk.start(), *turns]) as server:
        session = connect(server, transcription="whisper-1")
        session.kept_sound_minutes = 0.0003
        await session.start()
        await until(session, lambda: len(session.runtime.core.conversation.items) == 4)
        await server.finished()
        await until(session, lambda: session.runtime.sounds.has("item_4"))
        assert not session.runtime.sounds.has("item_2")
        Transcript(session)._obey(msg.PlayEntry("item_2"), [])
        await until(
            session, lambda: any("not kept any more" in each.text for each in session.runtime.core.notices)
        )
        session.kept_sound_minutes = 0
        assert not session.runtime.sounds.has("item_4")
        assert session.runtime.sounds.gone("item_4")
        with pytest.raises(ConfigurationError, match="must be 0 or more, not -1"):
            session.kept_sound_minutes = -1


async def test_images_that_are_pasted_go_with_the_words(connect: Open) -> None:
    talk = Talk()
    item = {"role": "user", "content": [{"type": "input_text"}, {"type": "input_image"}]}
    answer = talk.text_turn(..., "A red one.")
    file = io.BytesIO()
    Image.fromarray(np.full((20, 30, 3), (255, 0, 0), np.uint8)).save(file, "PNG")
    async with ScriptedServer([*talk.start(), *answer]) as server:
        session = connect(server)
        await session.start()
        page = Transcript(session)
        page._obey(msg.SayImages("What is this?"), [memoryview(file.getvalue())])
        await server.finished()
        [sent] = server.received_of("conversation.item.create")
    assert [part["type"] for part in sent["item"]["content"]] == ["input_text", "input_image"]
    assert item


async def test_a_pasted_file_that_is_no_image_is_a_problem_and_nothing_is_sent(connect: Open) -> None:
    talk = Talk()
    async with ScriptedServer(talk.start()) as server:
        session = connect(server)
        await session.start()
        Transcript(session)._obey(msg.SayImages(""), [memoryview(b"no image")])
        await until(session, lambda: any(each.kind == "error" for each in session.runtime.core.notices))
        assert server.received_of("conversation.item.create") == []


async def shared(session: RealtimeSession, function: Any, *arguments: Any) -> None:
    session._engine.run(function, *arguments)


async def saved(session: RealtimeSession, page: Transcript) -> list[dict[str, Any]]:
    session._engine.run(page._save)
    return [entry for entry in page.entries if entry["kind"] in ("user", "assistant")]
