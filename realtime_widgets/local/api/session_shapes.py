"""The settings that a client may send for a session or a response, before the rules between them apply."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from msgspec import Meta

from realtime_widgets.local.api.validation import Shape

Modality = Literal["text", "audio"]
Modalities = Annotated[list[Modality], Meta(min_length=1, max_length=1)]
OutputTokenLimit = Literal["inf"] | Annotated[int, Meta(ge=1, le=4096)]
Name = Annotated[str, Meta(pattern=r"^[a-zA-Z0-9_-]{1,64}$")]


class Pcm(Shape, tag="audio/pcm", tag_field="type"):
    """Raw 16-bit samples at 24 kHz."""

    rate: Literal[24000] | None = None


class Pcmu(Shape, tag="audio/pcmu", tag_field="type"):
    """G.711 mu-law at 8 kHz."""


class Pcma(Shape, tag="audio/pcma", tag_field="type"):
    """G.711 A-law at 8 kHz."""


AudioFormat = Pcm | Pcmu | Pcma


class ServerVad(Shape, tag="server_vad", tag_field="type"):
    """A turn ends after a fixed silence."""

    threshold: Annotated[float, Meta(ge=0, le=1)] | None = None
    prefix_padding_ms: Annotated[int, Meta(ge=0, le=10_000)] | None = None
    silence_duration_ms: Annotated[int, Meta(ge=0, le=60_000)] | None = None
    idle_timeout_ms: Annotated[int, Meta(ge=5_000, le=30_000)] | None = None
    create_response: bool | None = None
    interrupt_response: bool | None = None


class SemanticVad(Shape, tag="semantic_vad", tag_field="type"):
    """A turn ends when the user seems to have finished; the eagerness says how long to wait in doubt."""

    eagerness: Literal["low", "medium", "high", "auto"] | None = None
    create_response: bool | None = None
    interrupt_response: bool | None = None


LanguageCode = Annotated[str, Meta(max_length=16)]


class Transcription(Shape):
    """Whether and how the client receives transcripts of the user."""

    model: str | None = None
    language: LanguageCode | None = None
    languages: list[LanguageCode] | None = None
    keywords: list[str] | None = None
    prompt: str | None = None
    delay: Literal["minimal", "low", "medium", "high", "xhigh"] | None = None


class NoiseReduction(Shape):
    """Accepted and shown; has no effect here."""

    type: Literal["near_field", "far_field"] | None = None
    strength: Annotated[float, Meta(ge=0, le=1)] | None = None


class AudioInput(Shape):
    """The user's audio."""

    format: AudioFormat | None = None
    transcription: Transcription | None = None
    noise_reduction: NoiseReduction | None = None
    turn_detection: ServerVad | SemanticVad | None = None


class CustomVoice(Shape):
    """A custom voice at the service."""

    id: str


class AudioOutput(Shape):
    """The audio of the answers."""

    format: AudioFormat | None = None
    voice: str | CustomVoice | None = None
    speed: Annotated[float, Meta(ge=0.25, le=1.5)] | None = None


class Audio(Shape):
    """The audio of both directions."""

    input: AudioInput | None = None
    output: AudioOutput | None = None


class FunctionTool(Shape, tag="function", tag_field="type"):
    """A function that the model may call."""

    name: Name
    description: str | None = None
    parameters: dict[str, Any] | None = None


ServerLabel = Annotated[str, Meta(min_length=1, max_length=64)]


class McpToolFilter(Shape):
    """Some tools of an MCP server: those of these names, and those that only read or do not."""

    tool_names: list[str] | None = None
    read_only: bool | None = None


class McpApprovalFilter(Shape):
    """Which tools of an MCP server need the user's consent, and which do not."""

    always: McpToolFilter | None = None
    never: McpToolFilter | None = None


class McpTool(Shape, tag="mcp", tag_field="type"):
    """An MCP server whose tools the model may call."""

    server_label: ServerLabel
    server_url: Annotated[str, Meta(max_length=4096)] | None = None
    connector_id: str | None = None
    tunnel_id: str | None = None
    authorization: str | None = None
    headers: dict[str, str] | None = None
    allowed_tools: list[str] | McpToolFilter | None = None
    require_approval: Literal["always", "never"] | McpApprovalFilter | None = None
    server_description: str | None = None
    allowed_callers: list[Literal["direct", "programmatic"]] | None = None
    defer_loading: bool | None = None


Tools = list[FunctionTool | McpTool]


class ToolChoice(Shape, tag="function", tag_field="type"):
    """The one function that the model must call."""

    name: Name


class McpChoice(Shape, tag="mcp", tag_field="type"):
    """The MCP server of which the model must call a tool, or the one tool of it."""

    server_label: ServerLabel
    name: str | None = None


ToolChoices = Literal["none", "auto", "required"] | ToolChoice | McpChoice


class Reasoning(Shape):
    """For models that reason; accepted and shown, has no effect here."""

    effort: Literal["minimal", "low", "medium", "high", "xhigh"] | None = None


class TokenLimits(Shape):
    """Tokens that the conversation may hold in addition to instructions and tools."""

    post_instructions: Annotated[int, Meta(ge=0)] | None = None


class RetentionRatio(Shape, tag="retention_ratio", tag_field="type"):
    """Drop more than is necessary at once, so that the rest can be read from the cache for longer."""

    retention_ratio: Annotated[float, Meta(ge=0, le=1)]
    token_limits: TokenLimits | None = None


class Tracing(Shape):
    """Accepted and shown; has no effect here."""

    workflow_name: str | None = None
    group_id: str | None = None
    metadata: dict[str, Any] | None = None


Include = Literal["item.input_audio_transcription.logprobs"]


class _Update(Shape, kw_only=True):
    """Read-only fields that clients send back as they received them."""

    id: Any = None
    object: Any = None
    expires_at: Any = None


class RealtimeUpdate(_Update, kw_only=True):
    """The ``session`` of a ``session.update`` in a conversation."""

    type: Literal["realtime"]
    model: str | None = None
    output_modalities: Modalities | None = None
    instructions: str | None = None
    audio: Audio | None = None
    tools: Tools | None = None
    tool_choice: ToolChoices | None = None
    parallel_tool_calls: bool | None = None
    reasoning: Reasoning | None = None
    max_output_tokens: OutputTokenLimit | None = None
    truncation: Literal["auto", "disabled"] | RetentionRatio | None = None
    prompt: None = None
    tracing: Literal["auto"] | Tracing | None = None
    include: list[Include] | None = None


class TranscriptionAudio(Shape):
    """The audio of a session that only transcribes."""

    input: AudioInput | None = None


class TranscriptionUpdate(_Update, kw_only=True):
    """The ``session`` of a ``session.update`` in a session that only transcribes."""

    type: Literal["transcription"]
    audio: TranscriptionAudio | None = None
    include: list[Include] | None = None


Metadata = Annotated[
    dict[Annotated[str, Meta(max_length=64)], Annotated[str, Meta(max_length=512)]], Meta(max_length=16)
]


class OutputOverride(Shape):
    """The audio of one response."""

    format: AudioFormat | None = None
    voice: str | None = None


class AudioOverride(Shape):
    """The audio settings of one response: only the output can be chosen."""

    output: OutputOverride | None = None


class ResponseCreate(Shape):
    """The ``response`` of a ``response.create``."""

    conversation: Literal["auto", "none"] | None = None
    input: list[dict[str, Any]] | None = None
    instructions: str | None = None
    tools: Tools | None = None
    tool_choice: ToolChoices | None = None
    parallel_tool_calls: bool | None = None
    output_modalities: Modalities | None = None
    audio: AudioOverride | None = None
    max_output_tokens: OutputTokenLimit | None = None
    metadata: Metadata | None = None
    reasoning: Reasoning | None = None
    prompt: None = None


class ItemReference(Shape):
    """An item of the conversation, named by its id."""

    type: Literal["item_reference"]
    id: str
