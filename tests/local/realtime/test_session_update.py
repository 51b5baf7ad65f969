"""Updates of a running session: what cannot change, and what stays as it was."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.local.conftest import Client


@pytest.mark.parametrize("later", ["auto", None, {"workflow_name": "other"}])
async def test_tracing_cannot_be_changed_once_it_is_set(client: Client, later: Any) -> None:
    tracing = {"workflow_name": "talk", "metadata": {"a": 1}}
    await client.configure(tracing=tracing)
    await client.configure(tracing=tracing)
    await client.send("session.update", session={"type": "realtime", "tracing": later})
    error = await client.refused()
    assert (error["code"], error["param"]) == ("invalid_value", "session.tracing")


@pytest.mark.parametrize("model", ["gpt-realtime", "local-stand-in", "gpt-realtime-2.1"])
async def test_another_model_in_an_update_has_no_effect_and_the_rest_has(client: Client, model: str) -> None:
    session = await client.configure(model=model, instructions="Be kind.")
    assert (session["model"], session["instructions"]) == ("local-stand-in", "Be kind.")


async def test_a_refused_update_changes_nothing(client: Client) -> None:
    before = await client.configure(instructions="Be kind.")
    await client.send("session.update", session={"type": "realtime", "instructions": "Be rude.", "tracing": 1})
    await client.refused()
    assert await client.configure() == before


async def test_noise_reduction_keeps_its_strength(client: Client) -> None:
    def noise(value: Any) -> dict[str, Any]:
        return {"input": {"noise_reduction": value}}

    shown = []
    for value in ({"type": "near_field"}, {"strength": 0.25}, {"type": "far_field"}, None):
        session = await client.configure(audio=noise(value))
        shown.append(session["audio"]["input"]["noise_reduction"])
    assert shown == [
        {"type": "near_field", "strength": 1.0},
        {"type": "near_field", "strength": 0.25},
        {"type": "far_field", "strength": 0.25},
        None,
    ]
