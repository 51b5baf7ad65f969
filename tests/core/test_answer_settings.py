"""What one answer does differently: as the protocol has it, with its tool calls, and refused by name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from realtime_widgets.core.answer_settings import answer_settings, of_further_rounds
from realtime_widgets.errors import ConfigurationError
from realtime_widgets.testing import Call, ScriptedServer, Talk

if TYPE_CHECKING:
    from tests.conftest import Open

OFFERED = {"add": {"type": "function", "name": "add"}, "weather": {"type": "function", "name": "weather"}}


def test_an_answer_names_only_what_it_does_differently() -> None:
    assert answer_settings() == {}

    def add() -> None: ...

    settings = answer_settings(
        instructions="In one word.",
        tools=[add, "add"],
        offered=OFFERED,
        tool_choice="add",
        text_only=True,
        max_output_tokens=50,
        voice="cedar",
        reasoning="minimal",
        extra={"audio": {"output": {"style": "calm"}}},
    )
    assert settings == {
        "instructions": "In one word.",
        "output_modalities": ["text"],
        "tools": [OFFERED["add"]],
        "tool_choice": {"type": "function", "name": "add"},
        "max_output_tokens": 50,
        "reasoning": {"effort": "minimal"},
        "audio": {"output": {"voice": "cedar", "style": "calm"}},
    }
    assert answer_settings(tools=[], offered=OFFERED) == {"tools": []}


def test_a_forced_tool_is_forced_once() -> None:
    settings = {"instructions": "x", "tool_choice": "required"}
    assert of_further_rounds(settings) == {"instructions": "x"}
    assert of_further_rounds({"tool_choice": "none"}) == {"tool_choice": "none"}


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"instructions": 3}, "instructions"),
        ({"tools": "add"}, "tools"),
        ({"tools": ["missing"]}, "no tool 'missing'; it has add, weather"),
        ({"tools": [print]}, "no tool 'print'"),
        ({"tool_choice": 3}, "tool_choice"),
        ({"text_only": 1}, "text_only"),
        ({"max_output_tokens": -1}, "max_output_tokens"),
        ({"voice": 3}, "voice"),
        ({"reasoning": "x"}, "reasoning"),
        ({"extra": 3}, "extra"),
    ],
)
def test_wrong_values_are_refused_by_name(wrong: dict[str, Any], named: str) -> None:
    with pytest.raises(ConfigurationError, match=named):
        answer_settings(offered=OFFERED, **wrong)


async def test_an_answer_keeps_its_settings_after_its_tool_calls(connect: Open) -> None:
    talk = Talk()
    async with ScriptedServer(
        [*talk.start(), *talk.function_call_turn("What is 1 + 2?", [Call("add", {"a": 1, "b": 2}, "3")], "Three.")]
    ) as server:

        def add(a: int, b: int) -> int:
            """Add."""
            return a + b

        session = connect(server, tools=[add])
        reply = await session.ask("What is 1 + 2?", tool_choice="required", instructions="In one word.")
        assert reply.text == "Three."
        first, second = (event["response"] for event in server.received_of("response.create"))
        assert (first["tool_choice"], first["instructions"]) == ("required", "In one word.")
        assert second["instructions"] == "In one word."
        assert "tool_choice" not in second


async def test_what_cannot_be_is_refused_before_anything_is_sent(connect: Open) -> None:
    async with ScriptedServer([*Talk().start()]) as server:
        session = connect(server, capabilities={"reasoning": False, "text_output": False})
        for wrong, named in (
            ({"reasoning": "low"}, "reasons"),
            ({"text_only": True}, "text alone"),
            ({"tools": ["add"]}, "no tool"),
            ({"tools": [], "aside": True}, "no tool is called"),
        ):
            with pytest.raises(ConfigurationError, match=named):
                await session.ask("Well?", **wrong)  # type: ignore[arg-type]
        with pytest.raises(ConfigurationError, match="spoken question"):
            await session.ask(audio=b"", max_output_tokens=5)
        assert server.received == []
        await session.start()


async def test_a_session_answers_in_text_and_is_switched_in_mid_talk(connect: Open) -> None:
    talk = Talk()
    async with ScriptedServer([*talk.start(), *talk.text_turn("Hi", "Hello")]) as server:
        session = connect(server, answers="text", reasoning="low")
        reply = await session.ask("Hi")
        assert (reply.text, len(reply.pcm)) == ("Hello", 0)
        config = server.received_of("session.update")[0]["session"]
        assert (config["output_modalities"], config["reasoning"]) == (["text"], {"effort": "low"})
