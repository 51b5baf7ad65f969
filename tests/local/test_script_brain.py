"""The endpoint with a script as its brain."""

from __future__ import annotations

from typing import TYPE_CHECKING

from realtime_widgets.local.brain.settings import BrainSettings

if TYPE_CHECKING:
    from pathlib import Path

    from tests.local.conftest import StartEndpoint


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
