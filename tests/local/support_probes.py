"""What shows that a row of SUPPORT.md is true: one probe for each event and field."""

from __future__ import annotations

import base64
from collections.abc import Awaitable, Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from tests.local.mcp.servers import Desk
from tests.local.stand_ins import silence, tone

if TYPE_CHECKING:
    from tests.local.conftest import Client, Endpoint

Probe = Callable[["Client", "Endpoint"], Awaitable[None]]

WEATHER = {"type": "function", "name": "weather", "parameters": {"type": "object"}}
MCP = {"type": "mcp", "server_label": "x", "require_approval": "never"}
NO_TURNS = {"input": {"turn_detection": None}}
#: A picture of one pixel.
RED_DOT = "data:image/png;base64," + (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg=="
)


def nested(path: str, value: Any) -> dict[str, Any]:
    for name in reversed(path.split(".")):
        value = {name: value}
    result: dict[str, Any] = value
    return result


def at(value: Any, path: str) -> Any:
    """Value at `path`; where that names a choice, only if it is this one."""
    path, _, choice = path.partition("[")
    for name in path.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    return value if not choice or (value or {}).get("type") == choice.rstrip("]") else None


def vad(**fields: Any) -> dict[str, Any]:
    return {"input": {"turn_detection": {"type": "server_vad", **fields}}}


def semantic(**fields: Any) -> dict[str, Any]:
    return {"input": {"turn_detection": {"type": "semantic_vad", **fields}}}


async def answer_to(client: Client, text: str, **response: Any) -> dict[str, Any]:
    await client.say(text, **response)
    done: dict[str, Any] = (await client.until("response.done"))["response"]
    return done


async def commit(client: Client, seconds: float = 0.5) -> str:
    await client.configure(audio=NO_TURNS)
    await client.append(tone(seconds))
    await client.send("input_audio_buffer.commit")
    return str((await client.until("input_audio_buffer.committed"))["item_id"])


# Client events


async def _update(client: Client, _: Endpoint) -> None:
    session = await client.configure(instructions="x", audio={"output": {"speed": 1.2}}, tools=[WEATHER])
    assert (session["instructions"], session["audio"]["output"]["voice"]) == ("x", "marin")
    session = await client.configure(instructions="", tools=[], audio=NO_TURNS)
    assert (session["instructions"], session["tools"], session["audio"]["output"]["speed"]) == ("", [], 1.2)
    assert session["audio"]["input"]["turn_detection"] is None


async def _append(client: Client, endpoint: Endpoint) -> None:
    await client.append(tone(0.5) + silence(0.5))
    await client.until("response.done")
    assert endpoint.brain.requests


async def _commit(client: Client, _: Endpoint) -> None:
    await commit(client)
    await client.append(tone(0.09))
    await client.send("input_audio_buffer.commit")
    assert (await client.until("error"))["error"]["code"] == "input_audio_buffer_commit_empty"


async def _clear(client: Client, _: Endpoint) -> None:
    await client.configure(audio=NO_TURNS)
    await client.append(tone(0.5))
    await client.send("input_audio_buffer.clear")
    await client.until("input_audio_buffer.cleared")
    await client.send("input_audio_buffer.commit")
    assert (await client.refused())["code"] == "input_audio_buffer_commit_empty"


async def _create_item(client: Client, _: Endpoint) -> None:
    for name, after in (("b", None), ("a", "root"), ("c", "b")):
        await client.send(
            "conversation.item.create", item={**item("input_text"), "id": name}, previous_item_id=after
        )
        assert (await client.until("conversation.item.added"))["item"]["id"] == name
        await client.until("conversation.item.done")
    await client.send("conversation.item.create", item=item("input_text"), previous_item_id="nobody")
    assert (await client.refused())["code"] == "invalid_value"


async def _truncate(client: Client, _: Endpoint) -> None:
    [answer] = (await answer_to(client, "hi"))["output"]
    cut = {"item_id": answer["id"], "content_index": 0}
    await client.send("conversation.item.truncate", **cut, audio_end_ms=60_000)
    assert (await client.refused())["code"] == "invalid_value"
    await client.send("conversation.item.truncate", **cut, audio_end_ms=100)
    await client.until("conversation.item.truncated")


async def _delete(client: Client, endpoint: Endpoint) -> None:
    await answer_to(client, "hi", output_modalities=["text"])
    for each in client.of("conversation.item.done"):
        await client.send("conversation.item.delete", item_id=each["item"]["id"])
        await client.until("conversation.item.deleted")
    await client.send("response.create", response={"output_modalities": ["text"]})
    await client.until("response.done")
    assert endpoint.brain.requests[-1].items == []


async def _retrieve(client: Client, _: Endpoint) -> None:
    await client.send("conversation.item.retrieve", item_id=await commit(client))
    [part] = (await client.until("conversation.item.retrieved"))["item"]["content"]
    assert base64.b64decode(part["audio"]) == tone(0.5)


async def _create_response(client: Client, endpoint: Endpoint) -> None:
    endpoint.synthesiser.gate.clear()
    await client.say("long")
    await client.until("response.output_audio.delta")
    await client.send("response.create")
    assert (await client.until("error"))["error"]["code"] == "conversation_already_has_active_response"
    await client.send("response.create", response={"conversation": "none", "output_modalities": ["text"]})
    assert (await client.until("response.done"))["response"]["conversation_id"] is None


async def _cancel(client: Client, endpoint: Endpoint) -> None:
    await client.send("response.cancel")
    assert (await client.refused())["code"] == "response_cancel_not_active"
    endpoint.synthesiser.gate.clear()
    await client.say("long")
    await client.until("response.output_audio.delta")
    await client.send("response.cancel")
    assert (await client.until("response.done"))["response"]["status"] == "cancelled"
    endpoint.synthesiser.gate.set()


CLIENT_EVENTS: dict[str, Probe] = {
    "session.update": _update,
    "input_audio_buffer.append": _append,
    "input_audio_buffer.commit": _commit,
    "input_audio_buffer.clear": _clear,
    "conversation.item.create": _create_item,
    "conversation.item.truncate": _truncate,
    "conversation.item.delete": _delete,
    "conversation.item.retrieve": _retrieve,
    "response.create": _create_response,
    "response.cancel": _cancel,
}


async def _talk(client: Client, _: Endpoint) -> None:
    await client.configure(audio={"input": {"transcription": {"model": "whisper-1"}}})
    await client.append(tone(0.5) + silence(0.5))
    await client.until("response.done")
    await client.until("rate_limits.updated")
    await client.configure(audio={"input": {"transcription": {"model": "whisper-1", "language": "tlh"}}})
    await client.append(tone(0.5) + silence(0.5))
    await client.until("conversation.item.input_audio_transcription.failed")


async def _write(client: Client, _: Endpoint) -> None:
    await answer_to(client, "hi", output_modalities=["text"])


async def _call(client: Client, _: Endpoint) -> None:
    await client.configure(tools=[WEATHER])
    await answer_to(client, "tool")


async def _wait(client: Client, _: Endpoint) -> None:
    await client.configure(audio=vad(idle_timeout_ms=5000))
    await client.append(tone(0.5) + silence(0.5))
    await client.until("response.done")
    await client.append(silence(6))
    await client.until("input_audio_buffer.timeout_triggered")


async def _hosted(client: Client, _: Endpoint) -> None:
    """A server's tools are listed and called, by which one fails."""
    with Desk().serving() as url:
        await client.configure(tools=[{**MCP, "server_url": url}])
        await client.until("mcp_list_tools.completed")
        response = await answer_to(client, "tool", output_modalities=["text"])
        kinds = [item["type"] for item in response["output"]]
        assert [kind for kind in kinds if kind != "message"] == ["mcp_call", "mcp_call"]
    await client.configure(tools=[{**MCP, "server_url": "http://127.0.0.1:9/mcp"}])
    await client.until("mcp_list_tools.failed")


async def _hosted_once(client: Client, _: Endpoint) -> None:
    with Desk().serving() as url:
        response = await answer_to(client, "tool", tools=[{**MCP, "server_url": url}], output_modalities=["text"])
        assert "mcp_call" in [item["type"] for item in response["output"]]


async def _hosted_choice(client: Client, endpoint: Endpoint, *, once: bool = False) -> None:
    choice = {"type": "mcp", "server_label": "x", "name": "clock"}
    with Desk().serving() as url:
        tools = [WEATHER, {**MCP, "server_url": url}]
        if once:
            await answer_to(client, "hi", tools=tools, tool_choice=choice, output_modalities=["text"])
        else:
            await client.configure(tools=tools, tool_choice=choice, output_modalities=["text"])
            await client.until("mcp_list_tools.completed")
            await answer_to(client, "hi")
    asked = endpoint.brain.requests[-1]
    assert ([tool["name"] for tool in asked.tools], asked.tool_choice) == (["clock"], "required")


#: Talks in which every server event comes that comes at all.
SCENES: list[Probe] = [_talk, _write, _call, _wait, _hosted, *CLIENT_EVENTS.values()]


# Session fields


async def _shown(path: str, value: Any, client: Client, _: Endpoint, **around: Any) -> None:
    """The field is taken and shown, and changes nothing else."""
    update = nested(path, value)
    await client.send("session.update", session={"type": client.session_type, **update})
    effective = (await client.until("session.updated"))["session"]
    shown = at(effective, path)
    assert shown == value or value.items() <= shown.items()


async def _in_request(path: str, value: Any, client: Client, endpoint: Endpoint, **around: Any) -> None:
    """The field reaches the brain."""
    await client.configure(**around, **{path: value}, output_modalities=["text"])
    await answer_to(client, "hi")
    assert getattr(endpoint.brain.requests[-1], path) == value


async def _writes(client: Client, _: Endpoint) -> None:
    await client.configure(output_modalities=["text"])
    await answer_to(client, "hi")
    assert client.of("response.output_text.delta")
    assert not client.of("response.output_audio.delta")


async def _limited(client: Client, _: Endpoint) -> None:
    await client.configure(max_output_tokens=20, output_modalities=["text"])
    assert (await answer_to(client, "long"))["status"] == "incomplete"


async def _window(client: Client, _: Endpoint) -> None:
    await client.configure(truncation="disabled", output_modalities=["text"])
    response = await answer_to(client, "abcd" * 125_000)
    assert response["status_details"]["error"]["code"] == "context_length_exceeded"


async def _ratio(client: Client, endpoint: Endpoint) -> None:
    kept = {"type": "retention_ratio", "retention_ratio": 0.5, "token_limits": {"post_instructions": 300}}
    await client.configure(truncation=kept, output_modalities=["text"])
    for _ in range(3):
        await answer_to(client, "abcd" * 100)
    assert len(endpoint.brain.requests[-1].items) < 5


async def _input_format(name: str, client: Client, _: Endpoint) -> None:
    await client.configure(audio={"input": {"format": {"type": name}, "turn_detection": None}})
    size = 24_000 if name == "audio/pcm" else 4000
    await client.send("input_audio_buffer.append", audio=base64.b64encode(b"\x55" * size).decode())
    await client.send("input_audio_buffer.commit")
    item_id = (await client.until("input_audio_buffer.committed"))["item_id"]
    await client.send("conversation.item.retrieve", item_id=item_id)
    [part] = (await client.until("conversation.item.retrieved"))["item"]["content"]
    assert len(base64.b64decode(part["audio"])) == size


async def _output_format(name: str, client: Client, _: Endpoint, *, once: bool = False) -> None:
    output = {"output": {"format": {"type": name}}}
    if not once:
        await client.configure(audio=output)
    response = await answer_to(client, "hi", **({"audio": output} if once else {}))
    assert response["audio"]["output"]["format"]["type"] == name
    sound = b"".join(base64.b64decode(event["delta"]) for event in client.of("response.output_audio.delta"))
    expected = 24_000 if name == "audio/pcm" else 4000  # half a second
    assert abs(len(sound) - expected) < 200


async def _type_is_fixed(client: Client, _: Endpoint) -> None:
    assert client.events[0]["session"]["type"] == "realtime"
    await client.send("session.update", session={"type": "transcription"})
    assert (await client.refused())["param"] == "session.type"


async def _no_detection(client: Client, _: Endpoint) -> None:
    await client.configure(audio=NO_TURNS)
    await client.append(tone(0.5) + silence(0.5))
    assert await client.settled() == []


async def _found(detection: dict[str, Any], client: Client, _: Endpoint) -> None:
    await client.configure(audio=detection)
    await client.append(tone(0.5) + silence(0.5))
    await client.until("response.done")


async def _threshold(client: Client, _: Endpoint) -> None:
    await client.configure(audio=vad(threshold=0.97))  # the stand-in is never so sure
    await client.append(tone(0.5) + silence(0.5))
    assert await client.settled() == []


async def _padding(client: Client, _: Endpoint) -> None:
    await client.configure(audio=vad(prefix_padding_ms=100))
    await client.append(silence(0.5) + tone(0.5) + silence(0.5))
    assert abs((await client.until("input_audio_buffer.speech_started"))["audio_start_ms"] - 400) < 40


async def _silence(detection: dict[str, Any], expected_ms: int, client: Client, _: Endpoint) -> None:
    await client.configure(audio=detection)
    await client.append(tone(0.5) + silence(1.5))
    stopped = await client.until("input_audio_buffer.speech_stopped")
    assert abs(stopped["audio_end_ms"] - 500 - expected_ms) < 50


async def _unanswered(detection: dict[str, Any], client: Client, _: Endpoint) -> None:
    await client.configure(audio=detection)
    await client.append(tone(0.5) + silence(1.5))
    await client.until("conversation.item.done")
    assert await client.settled() == []


async def _uninterrupted(detection: dict[str, Any], client: Client, endpoint: Endpoint) -> None:
    await client.configure(audio=detection)
    endpoint.synthesiser.gate.clear()
    await client.say("long")
    await client.until("response.output_audio.delta")
    await client.append(tone(0.5))
    await client.until("input_audio_buffer.speech_started")
    endpoint.synthesiser.gate.set()
    assert (await client.until("response.done"))["response"]["status"] == "completed"


async def _speed(client: Client, endpoint: Endpoint) -> None:
    await client.configure(audio={"output": {"speed": 1.3}})
    await answer_to(client, "hi")
    assert endpoint.synthesiser.spoken[-1][2] == 1.3


async def _voice(client: Client, endpoint: Endpoint, *, once: bool = False) -> None:
    output = {"output": {"voice": "cedar"}}
    if not once:
        await client.configure(audio=output)
    await answer_to(client, "hi", **({"audio": output} if once else {}))
    assert endpoint.synthesiser.spoken[-1][1] == "cedar"
    await client.send("response.create", response={"audio": {"output": {"voice": {"id": "voice_1"}}}})
    assert (await client.refused())["code"] == "invalid_value"


async def _model(client: Client, _: Endpoint) -> None:
    session = await client.configure(model="gpt-realtime")
    assert session["model"] == client.events[0]["session"]["model"]
    assert await client.configure(model="another") == session


_VAD, _SEMANTIC = "audio.input.turn_detection[server_vad].", "audio.input.turn_detection[semantic_vad]."
_FORMATS = ("audio/pcm", "audio/pcmu", "audio/pcma")
_FUNCTION_CHOICE = {"type": "function", "name": "weather"}

SESSION_FIELDS: dict[str, Probe] = {
    "type": _type_is_fixed,
    "model": _model,
    "instructions": partial(_in_request, "instructions", "Be kind."),
    "output_modalities": _writes,
    "tools": partial(_in_request, "tools", [WEATHER]),
    "tools[function]": partial(_in_request, "tools", [WEATHER]),
    "tools[mcp]": _hosted,
    "tool_choice[mcp]": _hosted_choice,
    "tool_choice": partial(_in_request, "tool_choice", "required", tools=[WEATHER]),
    "tool_choice[function]": partial(_in_request, "tool_choice", _FUNCTION_CHOICE, tools=[WEATHER]),
    "parallel_tool_calls": partial(_in_request, "parallel_tool_calls", False),
    "max_output_tokens": _limited,
    "truncation": _window,
    "truncation[retention_ratio]": _ratio,
    **{f"audio.input.format[{name}]": partial(_input_format, name) for name in _FORMATS},
    **{f"audio.output.format[{name}]": partial(_output_format, name) for name in _FORMATS},
    "audio.input.turn_detection": _no_detection,
    f"{_VAD}type": partial(_found, vad()),
    f"{_VAD}threshold": _threshold,
    f"{_VAD}prefix_padding_ms": _padding,
    f"{_VAD}silence_duration_ms": partial(_silence, vad(silence_duration_ms=900), 900),
    f"{_VAD}create_response": partial(_unanswered, vad(create_response=False)),
    f"{_VAD}interrupt_response": partial(_uninterrupted, vad(interrupt_response=False)),
    f"{_VAD}idle_timeout_ms": _wait,
    f"{_SEMANTIC}type": partial(_silence, semantic(), 500),
    f"{_SEMANTIC}eagerness": partial(_silence, semantic(eagerness="low"), 800),
    f"{_SEMANTIC}create_response": partial(_unanswered, semantic(create_response=False)),
    f"{_SEMANTIC}interrupt_response": partial(_uninterrupted, semantic(interrupt_response=False)),
    "audio.output.speed": _speed,
    "audio.output.voice": _voice,
}


def _transcription(**settings: Any) -> Probe:
    async def probe(client: Client, endpoint: Endpoint) -> None:
        await _shown("audio.input.turn_detection", None, client, endpoint)
        await _shown("audio.input.transcription", settings, client, endpoint)

    return probe


def _noise(**settings: Any) -> Probe:
    return partial(_shown, "audio.input.noise_reduction", {"type": "far_field", **settings})


SHOWN_SESSION_FIELDS: dict[str, Probe] = {
    "reasoning": partial(_shown, "reasoning", {"effort": "high"}),
    "tracing": partial(_shown, "tracing", "auto"),
    "include": partial(_shown, "include", ["item.input_audio_transcription.logprobs"]),
    "audio.input.noise_reduction.type": _noise(),
    "audio.input.noise_reduction.strength": _noise(strength=0.5),
    "audio.input.transcription.model": _transcription(model="gpt-4o-mini-transcribe"),
    "audio.input.transcription.language": _transcription(model="whisper-1", language="en"),
    "audio.input.transcription.languages": _transcription(model="gpt-transcribe", languages=["de", "en"]),
    "audio.input.transcription.keywords": _transcription(model="gpt-transcribe", keywords=["hibari"]),
    "audio.input.transcription.prompt": _transcription(model="whisper-1", prompt="hibari"),
    "audio.input.transcription.delay": _transcription(model="gpt-realtime-whisper", delay="low"),
}


def _update_of(**session: Any) -> dict[str, Any]:
    return {"type": "session.update", "session": {"type": "realtime", **session}}


def _create_of(**response: Any) -> dict[str, Any]:
    return {"type": "response.create", "response": response}


_REFUSED: dict[str, dict[str, Any]] = {
    "prompt": {"prompt": {"id": "pmpt_1"}},
}
REFUSED_SESSION_FIELDS = {name: _update_of(**fields) for name, fields in _REFUSED.items()}
REFUSED_CREATE_FIELDS = {name: _create_of(**fields) for name, fields in _REFUSED.items()}


# Fields of response.create


async def _once(path: str, value: Any, client: Client, endpoint: Endpoint, **around: Any) -> None:
    """The field reaches the brain in this response and not in the next one."""
    await answer_to(client, "hi", **around, **{path: value}, output_modalities=["text"])
    assert getattr(endpoint.brain.requests[-1], path) == value
    await answer_to(client, "hi", output_modalities=["text"])
    assert getattr(endpoint.brain.requests[-1], path) != value


async def _taken(path: str, value: Any, client: Client, _: Endpoint) -> None:
    assert (await answer_to(client, "hi", **{path: value}))["status"] == "completed"


async def _aside(client: Client, _: Endpoint) -> None:
    response = await answer_to(client, "hi", conversation="none", output_modalities=["text"])
    assert response["conversation_id"] is None
    await client.send("conversation.item.retrieve", item_id=response["output"][0]["id"])
    assert (await client.refused())["code"] == "item_retrieve_invalid_item_id"


async def _own_input(client: Client, endpoint: Endpoint) -> None:
    await client.send("conversation.item.create", item={**item("input_text"), "id": "known"})
    reference = {"type": "item_reference", "id": "known"}
    await answer_to(client, "not this", input=[reference, item("input_text")], output_modalities=["text"])
    first, second = endpoint.brain.requests[-1].items
    assert (first["id"], second["content"]) == ("known", item("input_text")["content"])


async def _writes_once(client: Client, _: Endpoint) -> None:
    await answer_to(client, "hi", output_modalities=["text"])
    assert not client.of("response.output_audio.delta")
    await answer_to(client, "hi")
    assert client.of("response.output_audio.delta")


async def _limited_once(client: Client, _: Endpoint) -> None:
    response = await answer_to(client, "long", max_output_tokens=20, output_modalities=["text"])
    assert response["status_details"] == {"type": "incomplete", "reason": "max_output_tokens"}


async def _metadata(client: Client, _: Endpoint) -> None:
    full = {"k" * 62 + f"{index:02}": "v" * 512 for index in range(16)}
    assert (await answer_to(client, "hi", metadata=full))["metadata"] == full
    for wrong in ({**full, "one more": "v"}, {"k" * 65: "v"}, {"k": "v" * 513}):
        await client.send("response.create", response={"metadata": wrong})
        await client.refused()


CREATE_FIELDS: dict[str, Probe] = {
    "conversation": _aside,
    "input": _own_input,
    "instructions": partial(_once, "instructions", "Be kind."),
    "tools": partial(_once, "tools", [WEATHER]),
    "tools[function]": partial(_once, "tools", [WEATHER]),
    "tools[mcp]": _hosted_once,
    "tool_choice[mcp]": partial(_hosted_choice, once=True),
    "tool_choice": partial(_once, "tool_choice", "required", tools=[WEATHER]),
    "tool_choice[function]": partial(_once, "tool_choice", _FUNCTION_CHOICE, tools=[WEATHER]),
    "parallel_tool_calls": partial(_once, "parallel_tool_calls", False),
    "output_modalities": _writes_once,
    **{f"audio.output.format[{name}]": partial(_output_format, name, once=True) for name in _FORMATS},
    "audio.output.voice": partial(_voice, once=True),
    "max_output_tokens": _limited_once,
    "metadata": _metadata,
}
TAKEN_CREATE_FIELDS: dict[str, Probe] = {
    "reasoning": partial(_taken, "reasoning", {"effort": "high"}),
}


# Responses and items


async def all_kinds_of_responses(client: Client, endpoint: Endpoint) -> list[dict[str, Any]]:
    """Responses that are spoken in each format, written, cut short, and failed."""
    responses = [await answer_to(client, "fail"), await answer_to(client, "long", max_output_tokens=20)]
    for name in _FORMATS:
        output = {"output": {"format": {"type": name}}}
        responses.append(await answer_to(client, "hi", audio=output, metadata={"a": "b"}))
    return responses


def item(name: str, audio: str = "") -> dict[str, Any]:
    """An item of this type, or a message with content of this type."""
    contents: dict[str, tuple[str, dict[str, Any]]] = {
        "message (system)": ("system", {"type": "input_text", "text": "x"}),
        "message (user)": ("user", {"type": "input_text", "text": "x"}),
        "message (assistant)": ("assistant", {"type": "output_text", "text": "x"}),
        "input_text": ("user", {"type": "input_text", "text": "x"}),
        "input_audio": ("user", {"type": "input_audio", "audio": audio}),
        "input_image": ("user", {"type": "input_image", "image_url": RED_DOT}),
        "output_text": ("assistant", {"type": "output_text", "text": "x"}),
        "output_audio": ("assistant", {"type": "output_audio", "audio": audio}),
    }
    if name in contents:
        role, part = contents[name]
        return {"type": "message", "role": role, "content": [part]}
    fields: dict[str, dict[str, Any]] = {
        "function_call": {"call_id": "call_2", "name": "f", "arguments": "{}"},
        "function_call_output": {"call_id": "call_1", "output": "1"},
        "mcp_list_tools": {"server_label": "x", "tools": []},
        "mcp_call": {"id": "i", "server_label": "x", "name": "f", "arguments": "{}"},
        "mcp_approval_request": {"id": "i", "server_label": "x", "name": "f", "arguments": "{}"},
        "mcp_approval_response": {"id": "i", "approval_request_id": "r", "approve": True},
    }
    return {"type": name, **fields[name]}
