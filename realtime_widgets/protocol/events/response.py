"""The events of one response of a server of the Realtime protocol (GA): its items, their parts and tool calls."""

from __future__ import annotations

import msgspec
import pybase64

from realtime_widgets.protocol.events.client import JsonObject
from realtime_widgets.protocol.events.server import ServerEvent

#: Key under which an audio event keeps its decoded bytes.
_AUDIO = "_audio"


class ResponseCreated(ServerEvent, tag="response.created"):
    """A response began."""

    response: JsonObject


class ResponseDone(ServerEvent, tag="response.done"):
    """A response ended: completed, cancelled or failed."""

    response: JsonObject


class OutputItemAdded(ServerEvent, tag="response.output_item.added"):
    """A response began an item."""

    item: JsonObject
    response_id: str = ""
    output_index: int = 0


class OutputItemDone(ServerEvent, tag="response.output_item.done"):
    """A response finished an item."""

    item: JsonObject
    response_id: str = ""
    output_index: int = 0


class ContentEvent(ServerEvent):
    """Base of events about one content part of one item of a response."""

    item_id: str
    response_id: str = ""
    output_index: int = 0
    content_index: int = 0


class ContentPartAdded(ContentEvent, tag="response.content_part.added"):
    """A content part began."""

    part: JsonObject = msgspec.field(default_factory=dict)


class ContentPartDone(ContentEvent, tag="response.content_part.done"):
    """A content part is final."""

    part: JsonObject = msgspec.field(default_factory=dict)


class OutputTextDelta(ContentEvent, tag="response.output_text.delta", kw_only=True):
    """More text of a written part."""

    delta: str


class OutputTextDone(ContentEvent, tag="response.output_text.done"):
    """The whole text of a written part."""

    text: str = ""


class OutputAudioDelta(ContentEvent, tag="response.output_audio.delta", kw_only=True):
    """More speech, base64 on the wire."""

    delta: str

    def audio(self) -> bytes:
        """Return the audio bytes, in the session's output format; `delta` is decoded only once.

        Raises
        ------
        binascii.Error
            If `delta` is not base64.
        """
        pcm: bytes | None = self.__dict__.get(_AUDIO)
        if pcm is None:
            pcm = self.__dict__[_AUDIO] = pybase64.b64decode(self.delta, validate=True)
        return pcm


class OutputAudioDone(ContentEvent, tag="response.output_audio.done"):
    """A part's speech is complete."""


class OutputTranscriptDelta(ContentEvent, tag="response.output_audio_transcript.delta", kw_only=True):
    """More words of a spoken part."""

    delta: str


class OutputTranscriptDone(ContentEvent, tag="response.output_audio_transcript.done"):
    """All words of a spoken part."""

    transcript: str = ""


class FunctionArgumentsDelta(ServerEvent, tag="response.function_call_arguments.delta"):
    """More of a function call's arguments."""

    item_id: str
    delta: str
    response_id: str = ""
    output_index: int = 0
    call_id: str = ""


class FunctionArgumentsDone(ServerEvent, tag="response.function_call_arguments.done"):
    """A function call's arguments, complete as JSON text."""

    item_id: str
    response_id: str = ""
    output_index: int = 0
    call_id: str = ""
    name: str = ""
    arguments: str = ""


class McpArgumentsDelta(ServerEvent, tag="response.mcp_call_arguments.delta"):
    """More of the arguments of an MCP call that the service makes."""

    item_id: str
    delta: str
    response_id: str = ""
    output_index: int = 0
    obfuscation: str | None = None


class McpArgumentsDone(ServerEvent, tag="response.mcp_call_arguments.done"):
    """The arguments of an MCP call, complete as JSON text."""

    item_id: str
    response_id: str = ""
    output_index: int = 0
    arguments: str = ""


class McpCallInProgress(ServerEvent, tag="response.mcp_call.in_progress"):
    """The service calls a tool of an MCP server."""

    item_id: str
    output_index: int = 0


class McpCallCompleted(ServerEvent, tag="response.mcp_call.completed"):
    """An MCP call returned its output."""

    item_id: str
    output_index: int = 0


class McpCallFailed(ServerEvent, tag="response.mcp_call.failed"):
    """An MCP call failed."""

    item_id: str
    output_index: int = 0


class McpListToolsInProgress(ServerEvent, tag="mcp_list_tools.in_progress"):
    """The service asks an MCP server for its tools."""

    item_id: str


class McpListToolsCompleted(ServerEvent, tag="mcp_list_tools.completed"):
    """The tools of an MCP server are known and can be called."""

    item_id: str


class McpListToolsFailed(ServerEvent, tag="mcp_list_tools.failed"):
    """An MCP server did not list its tools."""

    item_id: str
