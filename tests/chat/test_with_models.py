"""The two ways over HTTP against the local endpoint with its real models."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from realtime_widgets import AudioChat, SpeechPipeline

if TYPE_CHECKING:
    from realtime_widgets.chat.asking import Asking

pytestmark = pytest.mark.models

QUESTION = "How fast is our reaction at forty degrees?"


def reaction_rate(temperature: float) -> str:
    """How fast our reaction goes at a temperature.

    Parameters
    ----------
    temperature
        Temperature of the vessel in degrees Celsius.
    """
    return f"{temperature / 50:g} moles per second"


@pytest.mark.parametrize("way", [AudioChat, SpeechPipeline])
async def test_a_spoken_question_calls_a_tool_and_is_answered_by_speech(way: type[Any], keep: Any) -> None:
    voice = keep(SpeechPipeline(endpoint="local"))
    asked = await voice.speak(QUESTION)
    chat: Asking = keep(way(tools=[reaction_rate]))  # nothing is configured: the local endpoint
    reply = await chat.ask(audio=asked.audio, rate=asked.rate)
    assert [call.value for call in reply.tool_calls] == ["0.8 moles per second"]
    assert "0.8 moles per second" in reply.text
    assert reply.seconds > 1
    assert abs(reply.audio).max() > 0.05
    assert reply.usage.total_tokens > 0
    assert reply.usage.money == 0
    again = await chat.ask("And at fifty degrees?", spoken=False)
    assert again.seconds == 0
    assert again.text


@pytest.mark.parametrize("audio_format", ["pcm16", "wav", "mp3", "opus"])
async def test_speech_is_the_same_however_it_travels(audio_format: Any, keep: Any) -> None:
    chat = keep(AudioChat(endpoint="local", audio_format=audio_format))
    reply = await chat.ask("Hello!")
    assert reply.text
    assert reply.seconds > 1


async def test_later_questions_refer_to_speech_by_its_id(keep: Any) -> None:
    chat = keep(AudioChat(endpoint="local"))
    first = await chat.ask("Hello!")
    await chat.ask("What can you do?")
    assert [message["role"] for message in chat.messages] == ["user", "assistant", "user", "assistant"]
    assert chat.messages[1]["content"] == first.text
