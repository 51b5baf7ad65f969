"""Settings that change while the talk goes on, and the ranges of turn detection."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from realtime_widgets import SemanticVad, ServerVad
from realtime_widgets.core.settings import turn_detection_settings
from realtime_widgets.errors import ConfigurationError
from realtime_widgets.testing import ScriptedServer, Talk, cut, emit, expect, reconnect, stall
from tests.session.watching import reaches

if TYPE_CHECKING:
    from tests.conftest import Open


def updated(**fields: Any) -> Any:
    """Expect exactly these changes, and take them."""
    exactly = {"type": "realtime", **fields}
    return expect("session.update", session=lambda session: session == exactly).then(
        emit("session.updated", session=lambda matched: matched[-1]["session"])
    )


async def test_settings_change_in_mid_talk_and_hold_after_a_loss(connect: Open) -> None:
    detection = {
        "type": "server_vad",
        "silence_duration_ms": 800,
        "create_response": True,
        "interrupt_response": True,
    }
    again = Talk().start()
    steps = [
        *Talk().start(),
        updated(instructions="Be kind.", audio={"output": {"speed": 1.2}}),
        updated(audio={"input": {"turn_detection": detection}}),
        updated(audio={"input": {"turn_detection": None}}),
        stall(),
        cut(),
        reconnect(),
        *again,
        stall(),
    ]
    async with ScriptedServer(steps) as server:
        session = connect(server, "Be brief.")
        await session.start()
        await session.update(instructions="Be kind.", speed=1.2)
        await session.update(turn_detection=ServerVad(silence_duration_ms=800))
        await session.update(turn_detection="push_to_talk")
        await session.update(speed=1.2)  # as it is: nothing to send
        await server.stalled()
        server.resume()
        await server.stalled()
        await reaches(session, "listening")
        config = server.received_of("session.update")[-1]["session"]
        assert config["instructions"] == "Be kind."
        assert config["audio"]["output"]["speed"] == 1.2
        assert config["audio"]["input"]["turn_detection"] is None


async def test_a_change_that_the_service_refuses_changes_nothing(connect: Open) -> None:
    refusal = emit(
        "error",
        error=lambda matched: {
            "code": "cannot_update_voice",
            "message": "Cannot update a conversation's voice if assistant audio is present.",
            "event_id": matched[-1]["event_id"],
        },
    )
    async with ScriptedServer([*Talk().start(), expect("session.update"), refusal]) as server:
        session = connect(server, voice="marin")
        await session.start()
        with pytest.raises(ConfigurationError, match="assistant audio is present"):
            await session.update(voice="cedar")
        assert session.runtime.settings.voice == "marin"
        assert session.state == "listening"
        for wrong in ({"speed": 9}, {"turn_detection": "loud"}, {"tools": []}, {"instructions": 3}):
            with pytest.raises(ConfigurationError):
                await session.update(**wrong)


async def test_a_refused_change_is_told_though_the_error_names_only_the_setting(connect: Open) -> None:
    refusal = emit("error", error={"message": "No such voice.", "param": "session.audio.output.voice"})
    async with ScriptedServer([*Talk().start(), expect("session.update"), refusal, stall()]) as server:
        session = connect(server, voice="marin")
        await session.start()
        with pytest.raises(ConfigurationError, match=r"No such voice\."):
            await session.update(voice="cedar")
        assert session.runtime.settings.voice == "marin"


async def test_a_change_before_the_start_is_part_of_it(connect: Open) -> None:
    async with ScriptedServer(Talk().start()) as server:
        session = connect(server)
        await session.update(instructions="Be kind.")
        await session.start()
        assert server.received_of("session.update")[0]["session"]["instructions"] == "Be kind."


def test_typed_turn_detection_is_the_protocols() -> None:
    both = {"create_response": True, "interrupt_response": True}
    assert turn_detection_settings(ServerVad()) == {"type": "server_vad", **both}
    assert turn_detection_settings(ServerVad(threshold=0.8, interrupt_response=False)) == {
        "type": "server_vad",
        "threshold": 0.8,
        "create_response": True,
        "interrupt_response": False,
    }
    assert turn_detection_settings(SemanticVad("low")) == {"type": "semantic_vad", "eagerness": "low", **both}


@pytest.mark.parametrize(
    "wrong",
    [
        {"threshold": 1.1},
        {"threshold": True},
        {"silence_duration_ms": -1},
        {"idle_timeout_ms": 4999},
        {"idle_timeout_ms": 30001},
        {"prefix_padding_ms": "300"},
        {"interrupt_response": 1},
    ],
)
def test_values_outside_the_documented_ranges_are_refused(wrong: dict[str, Any]) -> None:
    name = next(iter(wrong))
    with pytest.raises(ConfigurationError, match=name):
        ServerVad(**wrong)
    with pytest.raises(ConfigurationError, match=name):
        turn_detection_settings({"type": "server_vad", **wrong})
    with pytest.raises(ConfigurationError, match="eagerness"):
        SemanticVad("eager")  # type: ignore[arg-type]
