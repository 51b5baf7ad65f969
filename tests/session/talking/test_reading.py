"""Texts that are to be said word for word: asked for so, and told whether they were."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from realtime_widgets import ConfigurationError
from realtime_widgets.session.talking.reading import MOST_CHARACTERS, same_words
from realtime_widgets.testing import ScriptedServer, Talk, expect

if TYPE_CHECKING:
    from tests.conftest import Open

NOWHERE = "http://127.0.0.1:9/v1"


def answered(talk: Talk, words: str) -> list[Any]:
    """The steps of an answer to nothing, which asks for no tools."""
    _, _, _, *answer = talk.text_turn("anything", words)
    return [expect("response.create"), *answer]


async def test_a_text_is_asked_for_word_for_word_and_is_told_to_be_said_so(connect: Open) -> None:
    talk = Talk()
    steps = [*talk.start(), *answered(talk, "Mind the gap, please!"), *answered(talk, "Please mind the gap.")]
    async with ScriptedServer(steps) as server:
        session = connect(server)
        said = await session.say_exactly("Mind the gap please.")
        assert (said.text, said.exact, said.question) == ("Mind the gap, please!", True, "")
        other = await session.say_exactly("Mind the gap please.")
        assert other.exact is False
        asked = [event["response"] for event in server.received_of("response.create")]
        assert all(each["instructions"].endswith("\n\nMind the gap please.") for each in asked)
        assert all(each["tool_choice"] == "none" for each in asked)
        assert server.received_of("conversation.item.create") == []


@pytest.mark.parametrize("text", ["", "  ", None, 3, "a" * (MOST_CHARACTERS + 1)])
async def test_what_cannot_be_said_is_refused_before_anything_is_sent(connect: Open, text: Any) -> None:
    with pytest.raises(ConfigurationError, match=r"the text to say|say it in parts"):
        await connect(NOWHERE).say_exactly(text)


@pytest.mark.parametrize(
    ("text", "said", "same"),
    [
        ("It's 5 o'clock.", "it's 5 o\u2019clock", True),
        ("Größe: 10 Meter", "Grösse, 10 Meter", True),
        ("One two three", "One two", False),
        ("One two", "Two one", False),
    ],
)
def test_words_are_compared_without_case_and_punctuation(text: str, said: str, same: bool) -> None:
    assert same_words(text, said) is same
