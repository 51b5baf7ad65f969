"""A session that begins with an earlier talk: the service gets it as text before the first question."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from realtime_widgets.testing import ScriptedServer, Talk, expect, reconnect

if TYPE_CHECKING:
    from tests.conftest import Open


def _put(role: str, text: str) -> Any:
    kind = "output_text" if role == "assistant" else "input_text"
    content = [{"type": kind, "text": text}]
    return expect("conversation.item.create", item={"type": "message", "role": role, "content": content})


async def test_a_session_goes_on_with_what_another_one_has_said(connect: Open) -> None:
    first, second = Talk(), Talk()
    earlier = [*first.start(), *first.text_turn("My name is Ada", "Hello Ada")]
    later = [*second.start(), _put("user", "My name is Ada"), _put("assistant", "Hello Ada")]
    async with ScriptedServer([*earlier, reconnect(), *later, *second.text_turn("Who am I?", "Ada")]) as server:
        before = connect(server)
        await before.ask("My name is Ada")
        await before.close()
        after = connect(server, history=before)
        assert (await after.ask("Who am I?")).text == "Ada"
        texts = [notice.text for notice in after.runtime.core.notices]
    assert texts == ["This talk goes on with an earlier one: 2 messages of it are put in as text."]
