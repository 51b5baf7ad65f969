"""The settings of one response: the session's configuration with the overrides of ``response.create``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from realtime_widgets.local.api.audio_formats import full_format
from realtime_widgets.local.api.errors import RequestRefusedError, invalid_value
from realtime_widgets.local.api.items import checked_item
from realtime_widgets.local.api.names import check_voice
from realtime_widgets.local.api.session_shapes import ItemReference, ResponseCreate
from realtime_widgets.local.api.validation import check


@dataclass(frozen=True)
class ResponseOptions:
    """The effective settings of one response.

    Attributes
    ----------
    in_conversation : bool
        Whether its output joins the default conversation.
    input : list of dict or None
        Checked items and ``item_reference`` objects that replace the conversation; None means the conversation.
    speaks : bool
        Whether the answer is spoken.
    audio_format : dict
        The protocol's format object.
    direction : str
        What the response's own instructions add to those of the session.
    transcription : dict
        The session's settings of the user's transcription; empty if it is off.
    """

    in_conversation: bool
    input: list[dict[str, Any]] | None
    instructions: str
    tools: list[dict[str, Any]]
    tool_choice: str | dict[str, Any]
    speaks: bool
    voice: str
    speed: float
    audio_format: dict[str, Any]
    max_output_tokens: int | None
    metadata: dict[str, str] | None
    truncation: str | dict[str, Any]
    direction: str
    reasoning_effort: str | None
    parallel_tool_calls: bool | None
    transcription: dict[str, Any]

    def public(self) -> dict[str, Any]:
        """Return the effective values as a response object shows them."""
        return {
            "output_modalities": ["audio" if self.speaks else "text"],
            "audio": {"output": {"format": self.audio_format, "voice": self.voice}},
            "max_output_tokens": self.max_output_tokens or "inf",
            "metadata": self.metadata,
        }


def response_options(config: dict[str, Any], override: Any = None, spoke: bool = False) -> ResponseOptions:
    """Apply the overrides of a response to the configuration of the session.

    Parameters
    ----------
    config
        The effective configuration of the session.
    override
        The ``response`` of the client's event; None and missing fields keep the values of the session.
    spoke
        Whether the conversation holds a spoken answer, which fixes the voice.

    Raises
    ------
    RequestRefusedError
        If an override is malformed or cannot be applied.
    """
    override = {} if override is None else override
    check(override, ResponseCreate, "response")
    named = {key: value for key, value in override.items() if value is not None}
    in_conversation = named.get("conversation", "auto") == "auto"
    standing = config["audio"]["output"]
    output = (named.get("audio") or {}).get("output") or {}
    voice = output.get("voice") or standing["voice"]
    check_voice(voice, "response.audio.output.voice")
    if spoke and in_conversation and voice != standing["voice"]:
        raise RequestRefusedError(
            "cannot_update_voice",
            "Cannot update a conversation's voice if assistant audio is present.",
            "response.audio.output.voice",
        )
    tools = named.get("tools", config["tools"])
    tool_choice = named.get("tool_choice", config["tool_choice"])
    _check_choice(tool_choice, tools)
    limit = named.get("max_output_tokens", config["max_output_tokens"])
    reasoning = named.get("reasoning") or config["reasoning"] or {}
    return ResponseOptions(
        in_conversation=in_conversation,
        input=_checked_input(named.get("input")),
        instructions=named.get("instructions", config["instructions"]),
        tools=tools,
        tool_choice=tool_choice,
        speaks=named.get("output_modalities", config["output_modalities"]) == ["audio"],
        voice=voice,
        speed=standing["speed"],
        audio_format=full_format(output.get("format") or standing["format"]),
        max_output_tokens=None if limit == "inf" else limit,
        metadata=named.get("metadata"),
        truncation=config["truncation"],
        direction=_own_instructions(named.get("instructions", ""), config["instructions"]),
        reasoning_effort=reasoning.get("effort"),
        # True is the default everywhere, and not every server knows the setting.
        parallel_tool_calls=None if named.get("parallel_tool_calls", config["parallel_tool_calls"]) else False,
        transcription=config["audio"]["input"]["transcription"] or {},
    )


def _own_instructions(instructions: str, standing: str) -> str:
    """Return what a response's instructions add to the session's, which some clients repeat before them."""
    return instructions.removeprefix(standing).strip()


def _check_choice(tool_choice: str | dict[str, Any], tools: list[dict[str, Any]]) -> None:
    """Refuse the choice of a function or an MCP server that is not among the tools."""
    if not isinstance(tool_choice, dict):
        return
    key = "server_label" if tool_choice["type"] == "mcp" else "name"
    if all(tool.get(key) != tool_choice[key] for tool in tools):
        text = f"Tool choice '{tool_choice[key]}' not found in 'tools'."
        raise invalid_value(text, "response.tool_choice")


def _checked_input(given: list[dict[str, Any]] | None) -> list[dict[str, Any]] | None:
    if given is None:
        return None
    checked = []
    for index, value in enumerate(given):
        param = f"response.input[{index}]"
        if value.get("type") == "item_reference":
            check(value, ItemReference, param)
            checked.append(value)
        else:
            checked.append(checked_item(value, param))
    return checked
