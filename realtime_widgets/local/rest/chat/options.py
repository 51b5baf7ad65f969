"""The options of a chat completion: the fields of the body, checked, and the effective settings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Literal

from msgspec import Meta

from realtime_widgets.local.api.errors import RequestRefusedError, invalid_value
from realtime_widgets.local.api.names import Voice, rest_voice
from realtime_widgets.local.api.session_shapes import Metadata, Name
from realtime_widgets.local.api.validation import Shape, check
from realtime_widgets.local.rest.chat.messages import Message


class AudioOutput(Shape):
    """How the answer is spoken."""

    voice: Voice
    format: Literal["wav", "aac", "mp3", "flac", "opus", "pcm16"]


class FunctionDefinition(Shape):
    """A function that may be called."""

    name: Name
    description: str | None = None
    parameters: dict[str, Any] | None = None
    strict: bool | None = None


class FunctionTool(Shape, tag="function", tag_field="type"):
    """A tool; custom tools are not supported."""

    function: FunctionDefinition


class NamedFunction(Shape):
    """The name of a chosen function."""

    name: Name


class FunctionChoice(Shape, tag="function", tag_field="type"):
    """The one function that must be called."""

    function: NamedFunction


class AllowedTools(Shape):
    """The tools that may be called, and whether one of them must be."""

    mode: Literal["auto", "required"]
    tools: list[FunctionChoice]


class AllowedChoice(Shape, tag="allowed_tools", tag_field="type"):
    """A choice of some of the tools."""

    allowed_tools: AllowedTools


class StreamOptions(Shape):
    """What a stream holds besides the answer."""

    include_usage: bool | None = None
    include_obfuscation: bool | None = None


class PlainText(Shape):
    """The only response format that is supported."""

    type: Literal["text"]


class ChatCreate(Shape, kw_only=True):
    """The body of the request; fields of type Any are accepted and have no effect here."""

    model: str
    messages: Annotated[list[Message], Meta(min_length=1)]
    audio: AudioOutput | None = None
    modalities: list[Literal["text", "audio"]] | None = None
    max_completion_tokens: Annotated[int, Meta(ge=1)] | None = None
    max_tokens: Annotated[int, Meta(ge=1)] | None = None
    metadata: Metadata | None = None
    n: Annotated[int, Meta(ge=1, le=128)] | None = None
    parallel_tool_calls: bool | None = None
    response_format: PlainText | None = None
    stop: str | Annotated[list[str], Meta(max_length=4)] | None = None
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    tool_choice: Literal["none", "auto", "required"] | FunctionChoice | AllowedChoice | None = None
    tools: Annotated[list[FunctionTool], Meta(max_length=128)] | None = None
    logprobs: Literal[False] | None = None
    top_logprobs: Literal[0] | None = None
    frequency_penalty: Any = None
    logit_bias: Any = None
    prediction: Any = None
    presence_penalty: Any = None
    prompt_cache_key: Any = None
    prompt_cache_options: Any = None
    prompt_cache_retention: Any = None
    reasoning_effort: Any = None
    safety_identifier: Any = None
    seed: Any = None
    service_tier: Any = None
    store: Any = None
    temperature: Any = None
    top_p: Any = None
    user: Any = None
    verbosity: Any = None


@dataclass(frozen=True)
class ChatOptions:
    """The effective settings of one answer.

    Attributes
    ----------
    voice : str or None
        The voice; None if the answer is written.
    audio_format : str
        The format as the request names it.
    tools, tool_choice
        As in the Realtime protocol.
    one_call : bool
        Whether at most one tool may be called.
    """

    voice: str | None
    audio_format: str
    tools: list[dict[str, Any]]
    tool_choice: str | dict[str, Any]
    one_call: bool
    max_tokens: int | None
    stop: tuple[str, ...]
    stream: bool
    include_usage: bool
    metadata: dict[str, str]


def read_chat(body: dict[str, Any]) -> tuple[list[Message], ChatOptions]:
    """Check a body; return its messages and its effective settings.

    Raises
    ------
    RequestRefusedError
        If a field is missing, wrong, or asks for what is not supported.
    """
    chat = check(body, ChatCreate)
    if (chat.n or 1) != 1:
        raise invalid_value("This endpoint makes one choice; leave 'n' out or give 1.", "n")
    voice, audio_format = _speech(chat)
    tools, tool_choice = _tools(chat)
    stop = (chat.stop,) if isinstance(chat.stop, str) else tuple(chat.stop or ())
    if stop and voice is not None:
        raise invalid_value("'stop' cannot be used if the answer is spoken.", "stop")
    options = ChatOptions(
        voice=voice,
        audio_format=audio_format,
        tools=tools,
        tool_choice=tool_choice,
        one_call=chat.parallel_tool_calls is False,
        max_tokens=chat.max_completion_tokens or chat.max_tokens,
        stop=tuple(filter(None, stop)),
        stream=chat.stream is True,
        include_usage=chat.stream_options is not None and chat.stream_options.include_usage is True,
        metadata=dict(chat.metadata or {}),
    )
    return chat.messages, options


def _speech(chat: ChatCreate) -> tuple[str | None, str]:
    modalities = set(chat.modalities or ["text"])
    if modalities == {"audio"}:
        text = "Invalid value for 'modalities': choose ['text'] or ['text', 'audio']; speech comes with its words."
        raise invalid_value(text, "modalities")
    if "audio" not in modalities:
        return None, ""
    if chat.audio is None:
        text = "Missing required parameter: 'audio', which names the voice and the format."
        raise RequestRefusedError("missing_required_parameter", text, "audio")
    if chat.stream and chat.audio.format != "pcm16":
        text = f"'audio.format' does not support '{chat.audio.format}' when stream=true; use 'pcm16'."
        raise RequestRefusedError("unsupported_value", text, "audio.format")
    return rest_voice(chat.audio.voice, "audio.voice"), chat.audio.format


def _tools(chat: ChatCreate) -> tuple[list[dict[str, Any]], str | dict[str, Any]]:
    tools = [_realtime_tool(tool.function) for tool in chat.tools or ()]
    choice = chat.tool_choice
    if choice is None:
        return tools, "auto"
    if not tools and choice not in ("none", "auto"):
        raise invalid_value("'tool_choice' needs 'tools' to choose from.", "tool_choice")
    if isinstance(choice, FunctionChoice):
        _refuse_unknown(choice.function.name, tools, "tool_choice.function.name")
        return tools, {"type": "function", "name": choice.function.name}
    if isinstance(choice, AllowedChoice):
        allowed = [tool.function.name for tool in choice.allowed_tools.tools]
        for name in allowed:
            _refuse_unknown(name, tools, "tool_choice.allowed_tools.tools")
        return [tool for tool in tools if tool["name"] in allowed], choice.allowed_tools.mode
    return tools, choice


def _realtime_tool(function: FunctionDefinition) -> dict[str, Any]:
    tool: dict[str, Any] = {"type": "function", "name": function.name}
    if function.description is not None:
        tool["description"] = function.description
    return {**tool, "parameters": function.parameters or {"type": "object", "properties": {}}}


def _refuse_unknown(name: str, tools: list[dict[str, Any]], param: str) -> None:
    if all(tool["name"] != name for tool in tools):
        raise invalid_value(f"Invalid value for '{param}': there is no tool '{name}' in 'tools'.", param)
