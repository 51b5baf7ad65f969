"""Translates chat messages to items in the Realtime shape, and counts what they cost to read. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any, Literal

from msgspec import Meta

from realtime_widgets.local.api.errors import RequestRefusedError, invalid_value
from realtime_widgets.local.api.images import BASE_TOKENS
from realtime_widgets.local.api.items import decoded_audio
from realtime_widgets.local.api.tokens import ASSISTANT_AUDIO_TOKEN_MS, Tokens, audio_tokens, text_tokens
from realtime_widgets.local.api.validation import Shape

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


class TextPart(Shape, tag="text", tag_field="type"):
    """Text."""

    text: str
    prompt_cache_breakpoint: Any = None


class RefusalPart(Shape, tag="refusal", tag_field="type"):
    """The text of a refusal in an earlier answer."""

    refusal: str


class ImageUrl(Shape):
    """The address of an image."""

    url: Annotated[str, Meta(pattern=r"^(https?://|data:image/)")]
    detail: Literal["auto", "low", "high", "original"] | None = None


class ImagePart(Shape, tag="image_url", tag_field="type"):
    """An image."""

    image_url: ImageUrl
    prompt_cache_breakpoint: Any = None


class InputAudio(Shape):
    """An audio file as base64; its bytes tell the real format."""

    data: str
    format: Literal["wav", "mp3"]


class AudioPart(Shape, tag="input_audio", tag_field="type"):
    """What the user said."""

    input_audio: InputAudio
    prompt_cache_breakpoint: Any = None


class AudioReference(Shape):
    """An earlier spoken answer, named by its id; its other fields may be sent too."""

    id: str
    data: Any = None
    expires_at: Any = None
    transcript: Any = None


class Function(Shape):
    """The function that was called."""

    name: str
    arguments: str


class ToolCall(Shape, tag="function", tag_field="type"):
    """An earlier call of a tool."""

    id: str
    function: Function
    index: Any = None


Text = str | list[TextPart]


class System(Shape, tag="system", tag_field="role"):
    """A message of the application."""

    content: Text
    name: str | None = None


class Developer(System, tag="developer", tag_field="role"):
    """A message of the application, by its newer name."""


class User(Shape, tag="user", tag_field="role"):
    """A message of the user: text, audio and images."""

    content: str | list[TextPart | ImagePart | AudioPart]
    name: str | None = None


class Assistant(Shape, tag="assistant", tag_field="role"):
    """An earlier answer."""

    content: str | list[TextPart | RefusalPart] | None = None
    audio: AudioReference | None = None
    tool_calls: list[ToolCall] | None = None
    refusal: str | None = None
    name: str | None = None
    annotations: Any = None
    function_call: None = None


class Tool(Shape, tag="tool", tag_field="role"):
    """The result of a tool call."""

    content: Text
    tool_call_id: str
    name: str | None = None


Message = System | Developer | User | Assistant | Tool


@dataclass(frozen=True)
class KeptAnswer:
    """A spoken answer that later requests may name by its id: its words and length, never its sound."""

    transcript: str
    milliseconds: float
    expires_at: int


@dataclass(frozen=True)
class Recording:
    """Audio in a message that is still to be recognised: its words belong into ``part["transcript"]``."""

    part: dict[str, Any]
    file: bytes
    param: str


@dataclass
class Prompt:
    """What an answer depends on.

    Attributes
    ----------
    instructions
        Messages of the application before the conversation.
    items
        The conversation in the Realtime shape.
    recordings
        Audio in the conversation; its words and tokens are still to come.
    tokens
        Tokens of everything else.
    """

    instructions: str = ""
    items: list[dict[str, Any]] = field(default_factory=list)
    recordings: list[Recording] = field(default_factory=list)
    tokens: Tokens = field(default_factory=Tokens)


def read_messages(messages: Sequence[Message], kept: Callable[[str], KeptAnswer | None]) -> Prompt:
    """Translate checked messages.

    Parameters
    ----------
    messages
        The messages, oldest first.
    kept
        Returns an earlier spoken answer by its id.

    Raises
    ------
    RequestRefusedError
        If a message names an answer that is not kept any more, holds audio that is not base64, answers an unknown
        call, or leaves calls without their results.
    """
    reader = _Reader(kept)
    for index, message in enumerate(messages):
        reader.read(message, f"messages[{index}]")
    reader.refuse_open_calls(f"messages[{len(messages)}]")
    return reader.prompt


class _Reader:
    def __init__(self, kept: Callable[[str], KeptAnswer | None]) -> None:
        self.prompt = Prompt()
        self._kept = kept
        self._open_calls: list[str] = []

    def read(self, message: Message, param: str) -> None:
        if not isinstance(message, Tool):
            self.refuse_open_calls(param)
        match message:
            case System(content=content):
                self._instruct(_joined(content))
            case User(content=content):
                parts = [TextPart(content)] if isinstance(content, str) else content
                self._add("user", [self._user_part(part, f"{param}.content[{i}]") for i, part in enumerate(parts)])
            case Assistant():
                self._answer(message, param)
            case Tool(content=content, tool_call_id=call_id):
                if call_id not in self._open_calls:
                    text = f"'{param}' answers the call '{call_id}', which no message before it has made."
                    raise invalid_value(text, f"{param}.tool_call_id")
                self._open_calls.remove(call_id)
                output = self._counted(_joined(content))
                self.prompt.items.append({"type": "function_call_output", "call_id": call_id, "output": output})

    def refuse_open_calls(self, param: str) -> None:
        """Refuse to go on to `param` while calls have no results."""
        if self._open_calls:
            missing = ", ".join(self._open_calls)
            text = f"An assistant message with 'tool_calls' must be followed by tool messages for: {missing}."
            raise invalid_value(text, param)

    def _counted(self, text: str) -> str:
        self.prompt.tokens += Tokens(text=text_tokens(text))
        return text

    def _instruct(self, text: str) -> None:
        self._counted(text)
        if self.prompt.items:
            self._add("system", [{"type": "input_text", "text": text}])
        else:
            self.prompt.instructions = "\n\n".join(filter(None, (self.prompt.instructions, text)))

    def _add(self, role: str, content: list[dict[str, Any]]) -> None:
        self.prompt.items.append({"type": "message", "role": role, "status": "completed", "content": content})

    def _user_part(self, part: TextPart | ImagePart | AudioPart, param: str) -> dict[str, Any]:
        match part:
            case TextPart(text=text):
                return {"type": "input_text", "text": self._counted(text)}
            case ImagePart(image_url=image):
                self.prompt.tokens += Tokens(image=BASE_TOKENS)
                return {"type": "input_image", "image_url": image.url, "detail": image.detail or "auto"}
            case AudioPart(input_audio=audio):
                param = f"{param}.input_audio.data"
                item_part: dict[str, Any] = {"type": "input_audio", "transcript": ""}
                self.prompt.recordings.append(Recording(item_part, decoded_audio(audio.data, param), param))
                return item_part

    def _answer(self, message: Assistant, param: str) -> None:
        content = []
        if message.audio is not None:
            answer = self._kept(message.audio.id)
            if answer is None:
                text = f"Audio '{message.audio.id}' is unknown or has expired; send its transcript instead."
                raise RequestRefusedError("audio_not_found", text, f"{param}.audio.id")
            heard = audio_tokens(answer.milliseconds, ASSISTANT_AUDIO_TOKEN_MS)
            self.prompt.tokens += Tokens(audio=heard)
            content.append({"type": "output_audio", "transcript": answer.transcript})
        written = _joined(message.content or "") + (message.refusal or "")
        if written:
            content.append({"type": "output_text", "text": self._counted(written)})
        if content:
            self._add("assistant", content)
        for call in message.tool_calls or ():
            self._counted(call.function.name + call.function.arguments)
            self._open_calls.append(call.id)
            made = {"call_id": call.id, "name": call.function.name, "arguments": call.function.arguments}
            self.prompt.items.append({"type": "function_call", "status": "completed", **made})
        if not content and not message.tool_calls:
            text = f"'{param}' says nothing: give 'content', 'audio' or 'tool_calls'."
            raise invalid_value(text, f"{param}.content")


def _joined(content: str | Sequence[TextPart | RefusalPart]) -> str:
    if isinstance(content, str):
        return content
    return "\n".join(part.text if isinstance(part, TextPart) else part.refusal for part in content)
