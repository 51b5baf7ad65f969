"""The items that a client may add to a conversation: checks, and the protocol's full form of each."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import pybase64
from msgspec import Meta

from realtime_widgets.local.api.errors import RequestRefusedError, invalid_value
from realtime_widgets.local.api.names import new_id
from realtime_widgets.local.api.validation import Shape, check

ItemId = Annotated[str, Meta(min_length=1, max_length=32)]
Status = Literal["completed", "incomplete", "in_progress"]
#: Largest number of bytes of audio in one event.
MAX_AUDIO_BYTES = 15 * 1024 * 1024


class _Item(Shape, kw_only=True):
    type: str
    id: ItemId | None = None
    object: Literal["realtime.item"] | None = None
    status: Status | None = None


class InputText(Shape, tag="input_text", tag_field="type"):
    """Text."""

    text: str


class InputAudio(Shape, tag="input_audio", tag_field="type"):
    """Audio, as base64 in the session's input format."""

    audio: str
    transcript: str | None = None


class InputImage(Shape, tag="input_image", tag_field="type"):
    """An image, as a data URI."""

    image_url: Annotated[str, Meta(pattern=r"^data:image/(png|jpe?g);base64,")]
    detail: Literal["auto", "low", "high"] | None = None


class OutputText(Shape, tag="output_text", tag_field="type"):
    """The text of an earlier answer."""

    text: str


class SystemMessage(_Item):
    """A message of the application."""

    role: Literal["system"]
    content: Annotated[list[InputText], Meta(min_length=1)]


class UserMessage(_Item):
    """A message of the user: text, audio and images."""

    role: Literal["user"]
    content: Annotated[list[InputText | InputAudio | InputImage], Meta(min_length=1)]


class AssistantMessage(_Item):
    """An earlier answer; its audio cannot be restored."""

    role: Literal["assistant"]
    content: Annotated[list[OutputText], Meta(min_length=1)]


class FunctionCall(_Item):
    """An earlier call of a tool."""

    name: str
    arguments: str
    call_id: str | None = None


class FunctionCallOutput(_Item):
    """The result of a tool call."""

    call_id: str
    output: str


class McpCall(_Item):
    """An earlier call of an MCP server."""

    server_label: str
    name: str
    arguments: str
    approval_request_id: str | None = None
    output: str | None = None
    error: dict[str, Any] | None = None


class McpApprovalResponse(_Item):
    """The user's answer to a request of the endpoint to call an MCP server."""

    approval_request_id: str
    approve: bool
    reason: str | None = None


_MESSAGES = {"system": SystemMessage, "user": UserMessage, "assistant": AssistantMessage}
_OTHERS = {
    "function_call": FunctionCall,
    "function_call_output": FunctionCallOutput,
    "mcp_call": McpCall,
    "mcp_approval_response": McpApprovalResponse,
}


def checked_item(value: Any, param: str = "item") -> dict[str, Any]:
    """Check one item and add the fields that the client may leave out.

    Parameters
    ----------
    value
        The item as the client sent it.
    param
        Path of the item in the event.

    Returns
    -------
    dict
        The item with ``id``, ``object`` and ``status``; ``input_audio`` parts still hold their audio.

    Raises
    ------
    RequestRefusedError
        If a field is missing, unknown or wrong.
    """
    if not isinstance(value, dict):
        raise invalid_value(f"Invalid value for '{param}': expected an object.", param)
    kind = _required(value, "type", param)
    if kind == "message":
        role = _required(value, "role", param)
        shape = _one_of(_MESSAGES, role, f"{param}.role")
    else:
        shape = _one_of({"message": Shape, **_OTHERS}, kind, f"{param}.type")
    check(value, shape, param)
    item = {key: field for key, field in value.items() if field is not None}
    item.setdefault("id", new_id("item"))
    item["object"] = "realtime.item"
    item["status"] = "completed"
    if kind == "function_call":
        item.setdefault("call_id", new_id("call"))
    return item


def _required(value: dict[str, Any], name: str, param: str) -> Any:
    if name not in value:
        path = f"{param}.{name}"
        raise RequestRefusedError("missing_required_parameter", f"Missing required parameter: '{path}'.", path)
    return value[name]


def _one_of(shapes: dict[str, Any], name: Any, param: str) -> Any:
    shape = shapes.get(name) if isinstance(name, str) else None
    if shape is None:
        supported = ", ".join(f"'{known}'" for known in shapes)
        raise invalid_value(f"Invalid value for '{param}': supported values are {supported}.", param)
    return shape


def decoded_audio(text: str, param: str) -> bytes:
    """Return the bytes of base64 `text`.

    Raises
    ------
    RequestRefusedError
        If it is not base64, or more than 15 MiB; the refusal names `param`.
    """
    try:
        data = pybase64.b64decode(text, validate=True)
    except ValueError:
        raise invalid_value(f"Invalid value for '{param}': expected base64-encoded audio.", param) from None
    if len(data) > MAX_AUDIO_BYTES:
        raise invalid_value(f"Invalid value for '{param}': more than 15 MiB of audio in one event.", param)
    return data
