"""The brain that follows a script."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from realtime_widgets.errors import ConfigurationError
from realtime_widgets.local.brain.errors import BrainError
from realtime_widgets.local.brain.script import ScriptBrain, ScriptFile
from realtime_widgets.local.brain.settings import BrainSettings
from realtime_widgets.local.models.interfaces import BrainRequest, Say
from tests.local.brain.talk import answered, called, calls, spoken, words
from tests.local.brain.tools_table import GET_WEATHER, SET_TIMER

if TYPE_CHECKING:
    from pathlib import Path

    from tests.local.brain.talk import Item
    from tests.local.conftest import StartEndpoint

SCRIPT = """
[[answer]]
say = "Good morning. What is it?"

[[answer]]
heard = 'weather in (?P<city>\\w+)'
say = "I will look."
call = "get_weather"
arguments = { city = "{city}" }
then = "In {city} it is {result}."

[[answer]]
heard = 'timer for (?P<time>.+)'
call = "set_timer"
arguments = { minutes = "{time}", label = "tea" }

[[answer]]
say = ["That was all.", "Goodbye."]
"""


def script(tmp_path: Path, text: str = SCRIPT) -> ScriptBrain:
    file = tmp_path / "talk.toml"
    file.write_text(text)
    return ScriptBrain.read(file)


def ask(brain: ScriptBrain, items: list[Item], **options: Any) -> list[Any]:
    return list(brain.answer(BrainRequest(items, [GET_WEATHER, SET_TIMER], **options)))


def test_answers_come_in_order_and_patterns_come_first(tmp_path: Path) -> None:
    brain = script(tmp_path)
    items = [spoken("Hello.")]
    parts = ask(brain, items)
    assert [part.text for part in parts] == ["Good morning.", "What is it?"]
    items += [answered(words(parts)), spoken("What's the WEATHER in Oslo?")]
    parts = ask(brain, items)
    assert words(parts) == "I will look."
    assert calls(parts) == [("get_weather", {"city": "Oslo"})]
    items += [*called("get_weather", "rainy", city="Oslo")]
    assert words(ask(brain, items)) == "In Oslo it is rainy."
    items += [answered("In Oslo it is rainy."), spoken("Thanks.")]
    assert words(ask(brain, items)) == "That was all. Goodbye."


def test_what_was_heard_becomes_the_number_that_the_tool_takes(tmp_path: Path) -> None:
    parts = ask(script(tmp_path), [spoken("A timer for twenty minutes.")])
    assert calls(parts) == [("set_timer", {"minutes": 20, "label": "tea"})]


def test_a_result_without_words_for_it_is_told(tmp_path: Path) -> None:
    items = [spoken("A timer for ten minutes."), *called("set_timer", '"The timer runs."')]
    assert words(ask(script(tmp_path), items)) == "The timer runs."


def test_tool_choice_none_calls_nothing(tmp_path: Path) -> None:
    assert calls(ask(script(tmp_path), [spoken("The weather in Rome?")], tool_choice="none")) == []


def test_the_end_of_a_script_is_told_or_has_words_of_its_own(tmp_path: Path) -> None:
    items = [spoken("One."), spoken("Two."), spoken("Three.")]
    with pytest.raises(BrainError, match=r"talk\.toml has no answer to turn 3"):
        ask(script(tmp_path), items)
    brain = script(tmp_path, SCRIPT + '[otherwise]\nsay = "No idea."\n')
    assert words(ask(brain, items)) == "No idea."


def test_a_tool_that_the_session_does_not_have_is_named(tmp_path: Path) -> None:
    brain = script(tmp_path, '[[answer]]\ncall = "fly"\n')
    with pytest.raises(
        BrainError, match="calls fly, which this session does not have; it has get_weather, set_timer"
    ):
        ask(brain, [spoken("Fly.")])


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("[[answer]]\nsay = 'a'\n\n[[answer]]\nsay = 'b'\nsaid = 'c'\n", 6, "an answer has no 'said'"),
        ("[[answer]]\nsay = 'a'\n\n[[answer]]\nheard = 'x'\n", 4, "needs 'say' or 'call'"),
        ("[[answer]]\nsay = 'a'\nheard = '('\n", 3, "not a regular expression"),
        ("[[answer]]\nsay = 3\n", 2, "'say' must be a string or a list of strings"),
        ("[[answer]]\nsay = ['a', 3]\n", 2, "'say' must be a string or a list of strings"),
        ("[[answer]]\nheard = 'x'\nsay = 'Hello {name}'\n", 3, "nothing is called {name}"),
        ("[[answer]]\nsay = 'a'\nthen = 'b'\n", 3, "belongs to a 'call'"),
        ("[answer]\nsay = 'a'\n", 1, "with double brackets"),
        ("\n[[reply]]\nsay = 'a'\n", 2, "there is no 'reply' in a script"),
        ("[otherwise]\nheard = 'x'\nsay = 'a'\n", 1, "without 'heard'"),
        ("", 1, "holds no [[answer]]"),
    ],
)
def test_mistakes_are_told_with_file_and_line(tmp_path: Path, text: str, line: int, words: str) -> None:
    with pytest.raises(ConfigurationError, match=rf"talk\.toml, line {line}: .*{re.escape(words)}"):
        script(tmp_path, text)


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="cannot be read: No such file"):
        ScriptBrain.read(tmp_path / "none.toml")
    with pytest.raises(ConfigurationError, match=r"is not TOML: .*line 1"):
        script(tmp_path, "say = 1 2")


async def test_a_script_is_spoken_and_its_end_fails_in_words(
    start_endpoint: StartEndpoint, tmp_path: Path
) -> None:
    file = tmp_path / "talk.toml"
    file.write_text('[[answer]]\nsay = "Good morning."\n')
    client = await (await start_endpoint(brain_settings=BrainSettings(f"script:{file}"))).connect()
    assert client.events[0]["session"]["model"] == "local-script"
    await client.say("Hello.")
    await client.until("response.output_audio.delta")
    [item] = (await client.until("response.done"))["response"]["output"]
    assert item["content"][0]["transcript"] == "Good morning."
    await client.say("And now?")
    response = (await client.until("response.done"))["response"]
    assert response["status"] == "failed"
    error = response["status_details"]["error"]
    assert error["message"] == "talk.toml has no answer to turn 2; add one, or [otherwise]"


def test_a_picture_that_a_tool_returned_does_not_hide_its_result(tmp_path: Path) -> None:
    picture = {
        "type": "message",
        "role": "user",
        "content": [{"type": "input_image", "image_url": "data:image/png,"}],
    }
    items = [spoken("What's the weather in Oslo?"), *called("get_weather", "sunny"), picture]
    assert words(ask(script(tmp_path), items)) == "In Oslo it is sunny."


def now(brain: ScriptFile) -> list[str]:
    """What the script says to somebody."""
    return [part.text for part in brain.answer(BrainRequest([spoken("Hello.")], [])) if isinstance(part, Say)]


def test_a_script_that_is_edited_is_followed_as_it_is_now(tmp_path: Path) -> None:
    file = tmp_path / "talk.toml"
    file.write_text('[otherwise]\nsay = "One."\n', encoding="utf-8")
    brain = ScriptFile(file)
    assert now(brain) == ["One."]
    file.write_text('[otherwise]\nsay = "Two, and more."\n', encoding="utf-8")
    assert now(brain) == ["Two, and more."]
    file.write_text("[otherwise", encoding="utf-8")
    with pytest.raises(BrainError, match="is not TOML"):
        now(brain)
    file.write_text('[otherwise]\nsay = "Three it is."\n', encoding="utf-8")
    assert now(brain) == ["Three it is."]
