"""A conversation taken elsewhere, from what the service said and the player heard."""

from __future__ import annotations

from typing import Any

from realtime_widgets.core.conversation.commands import Command, Send
from realtime_widgets.core.conversation.export import ConversationExport, export
from realtime_widgets.core.playback.ledger import Part, PlayedTo
from realtime_widgets.core.session import SessionCore
from realtime_widgets.protocol import events as ev
from realtime_widgets.widgets.talk.entries import make_entries
from tests.core import wire
from tests.core.driving import receive

STORY = "Once upon a time there was a sensor. It never slept."


def exported(core: SessionCore) -> ConversationExport:
    return export(core.conversation, core.ledger)


def said(core: SessionCore, item_id: str, text: str, after: str | None = None) -> None:
    item = wire.message(item_id, "user", {"type": "input_text", "text": text}, status="completed")
    receive(core, wire.added(item, after), wire.done(item, after))


def begun(core: SessionCore, item_id: str = "a1", text: str = STORY, seconds: float = 4.0) -> None:
    receive(
        core,
        wire.created("r1"),
        wire.output_added("r1", wire.message(item_id)),
        wire.words(item_id, text),
        wire.audio(item_id, int(seconds * 24000)),
    )


def final(item_id: str = "a1", text: str = STORY, status: str = "completed") -> dict[str, Any]:
    return wire.message(item_id, "assistant", {"type": "output_audio", "transcript": text}, status=status)


def deleted(commands: list[Command]) -> list[str]:
    events = [command.event for command in commands if isinstance(command, Send)]
    return [event.item_id for event in events if isinstance(event, ev.ItemDelete)]


def called(core: SessionCore, *call_ids: str) -> None:
    items = [wire.call(f"f_{call_id}", call_id, status="completed") for call_id in call_ids]
    receive(core, wire.created("r0"), *(wire.output_done("r0", item) for item in items))
    receive(core, wire.finished("r0", *items))


def test_both_sides_and_the_tools_as_chat_messages(core: SessionCore) -> None:
    said(core, "u1", "Double it")
    called(core, "c1", "c2")
    output = {"id": "o1", "type": "function_call_output", "call_id": "c1", "output": "42"}
    receive(core, wire.added(output), wire.done(output))
    begun(core, text="It is 42.")
    receive(core, wire.audio_done("a1"), wire.finished("r1", final(text="It is 42.")))
    call = {"id": "c1", "type": "function", "function": {"name": "double", "arguments": "{}"}}
    assert exported(core).to_messages() == [
        {"role": "user", "content": "Double it"},
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "c1", "content": "42"},
        {"role": "assistant", "content": "It is 42."},
    ]


def test_words_nobody_heard_are_struck_out_and_marked_as_an_estimate(core: SessionCore) -> None:
    begun(core)
    receive(core, wire.audio_done("a1"), wire.finished("r1", final()), wire.speech_started("u2"))
    core.silenced([PlayedTo(Part("a1", 0), 48000)])
    [line, _] = exported(core)
    assert (line.cut, line.estimated, line.heard_ms, line.audio_ms) == (True, True, 2000.0, 4000.0)
    assert line.text == STORY
    assert line.text.startswith(line.heard)
    assert 10 < len(line.heard) < 40
    assert [message["content"] for message in exported(core).to_messages()] == [line.heard]
    assert [message["content"] for message in exported(core).to_messages(unheard=True)] == [STORY]
    markdown = exported(core).to_markdown()
    assert markdown.startswith(f"**Assistant:** {line.heard} ~~")
    assert "cut after 2.0 s" in markdown
    assert "estimate" in markdown
    entry = make_entries(core, {}, closed=False)[0]
    assert entry.heard_length is not None
    assert STORY[: entry.heard_length].rstrip() == line.heard


def test_an_answer_of_which_nothing_was_heard_is_taken_out_of_the_models_mind(core: SessionCore) -> None:
    said(core, "u1", "Tell me")
    begun(core)
    receive(core, wire.audio_done("a1"), wire.finished("r1", final()), wire.speech_started("u2"))
    assert deleted(core.silenced([])) == ["a1"]
    receive(core, wire.event("conversation.item.deleted", item_id="a1"), wire.committed("u2", "u1"))
    assert [(line.id, line.forgotten, line.heard) for line in exported(core)] == [
        ("u1", False, "Tell me"),
        ("a1", True, ""),
        ("u2", False, ""),
    ]
    assert "cut before a word was heard" in exported(core).to_markdown()
    assert make_entries(core, {}, closed=False)[1].cut


def test_it_is_taken_out_only_once_its_response_is_over(core: SessionCore) -> None:
    begun(core)
    receive(core, wire.speech_started("u2"))
    assert core.silenced([]) == []
    assert deleted(receive(core, wire.finished("r1", final(status="incomplete"), status="cancelled"))) == ["a1"]


def test_of_two_items_the_half_heard_one_is_truncated_and_the_unheard_one_taken_out(core: SessionCore) -> None:
    begun(core)
    receive(core, wire.audio_done("a1"), wire.output_added("r1", wire.message("a2"), 1))
    receive(core, wire.words("a2", "More."), wire.audio("a2", 24000), wire.audio_done("a2"))
    receive(core, wire.finished("r1", final(), final("a2", "More.")), wire.speech_started("u2"))
    commands = core.silenced([PlayedTo(Part("a1", 0), 2400)])
    [truncate, delete] = [command.event for command in commands if isinstance(command, Send)]
    assert isinstance(truncate, ev.ItemTruncate)
    assert (truncate.item_id, truncate.audio_end_ms) == ("a1", 100)
    assert isinstance(delete, ev.ItemDelete)
    assert delete.item_id == "a2"
    refusal = wire.error("item_delete_invalid_item_id", delete.event_id)
    assert receive(core, refusal) == []
    assert core.notices == []


def test_records_have_the_same_fields_for_every_item(core: SessionCore) -> None:
    said(core, "u1", "Double it")
    called(core, "c1")
    records = exported(core).to_records()
    assert [record["kind"] for record in records] == ["message", "tool_call"]
    assert len({tuple(record) for record in records}) == 1


def test_nothing_from_outside_runs_in_a_page_that_markdown_is_made_into(core: SessionCore) -> None:
    script = "<script>alert(1)</script>"
    answer = wire.message("a1", f"{script}\u202e", {"type": "output_text", "text": script}, status="completed")
    call = wire.call("f1", "c1", name=f"`{script}", arguments=script, status="completed")
    output = {"id": "o1", "type": "function_call_output", "call_id": "c1", "output": script}
    for item in (answer, call, output):
        receive(core, wire.added(item), wire.done(item))
    markdown = exported(core)._repr_markdown_()
    assert markdown.startswith(f"**\\{script.replace('</', chr(92) + '</')}⟨U+202E⟩:**")
    from nbconvert.filters.markdown_mistune import markdown2html_mistune

    assert "<script" not in markdown2html_mistune(markdown)


def test_markdown_shows_what_was_said_and_nothing_else(core: SessionCore) -> None:
    said(core, "u1", "# 1 * 2\n- `x` <b>[a](b)")
    markdown = exported(core).to_markdown()
    assert markdown == "**You:** \\# 1 \\* 2\n\\- \\`x\\` \\<b>\\[a](b)\n"
    assert exported(SessionCore()).to_markdown() == ""
