"""A session's conversation as it stands, to look at and to take elsewhere: messages, markdown, records. Pure."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal

from realtime_widgets.core.conversation.heard import heard_characters
from realtime_widgets.core.playback.ledger import to_ms
from realtime_widgets.shown_text import in_markdown, markdown_code

if TYPE_CHECKING:
    from collections.abc import Iterator

    from realtime_widgets.core.conversation.items import Content, Conversation, Item
    from realtime_widgets.core.playback.ledger import PlaybackLedger

Kind = Literal["message", "tool_call", "tool_output", "hosted_call"]
_KINDS: dict[str, Kind] = {
    "message": "message",
    "function_call": "tool_call",
    "function_call_output": "tool_output",
    "mcp_call": "hosted_call",
}
_NAMES = {"user": "You", "assistant": "Assistant", "system": "System"}


@dataclass(frozen=True)
class LineImage:
    """An image of a message.

    Attributes
    ----------
    url : str
        Its data URI; empty if the service keeps it to itself.
    detail : str
        How closely it is looked at.
    width, height : int
        In pixels as it was sent; 0 if that is unknown.
    thumbnail : str
        A small copy of a few kB as a data URI; empty if there is none.
    """

    url: str = field(repr=False)
    detail: str = "auto"
    width: int = 0
    height: int = 0
    thumbnail: str = field(default="", repr=False)


@dataclass(frozen=True)
class Line:
    """One item of a conversation.

    Attributes
    ----------
    id : str
        The item's id, for `RealtimeSession.retrieve`.
    kind, role : str
        ``"message"`` of ``"user"``, ``"assistant"`` or ``"system"``; ``"tool_call"`` of the assistant,
        ``"tool_output"`` of the ``"tool"``, ``"hosted_call"`` of the assistant: made by the service, with its
        output.
    source : str
        ``"speech"`` or ``"text"`` of messages, empty otherwise.
    text : str
        All words of a message.
    heard : str
        The words that were heard: shorter than `text` only if the answer was cut.
    estimated : bool
        Whether the end of `heard` is an estimate (words are not aligned with audio).
    cut : bool
        Whether it was interrupted.
    state : str
        ``"in_progress"``, ``"completed"`` or ``"incomplete"``.
    forgotten : bool
        Whether the model does not have it any more.
    heard_ms, audio_ms : float or None
        Milliseconds of its speech that were heard and that came; None if it has none.
    call_id, name, arguments, output : str
        Of tool calls and their outputs.
    images : tuple of LineImage
        What the message shows.
    phase : str
        Of the model's messages, if it tells: ``"commentary"`` before the answer, or ``"final_answer"``.
    """

    id: str
    kind: Kind
    role: str
    source: Literal["speech", "text", ""]
    text: str
    heard: str
    estimated: bool
    cut: bool
    state: str
    forgotten: bool
    heard_ms: float | None
    audio_ms: float | None
    call_id: str
    name: str
    arguments: str
    output: str
    images: tuple[LineImage, ...] = ()
    phase: str = ""


class ConversationExport:
    """A conversation as it stood when it was asked for; iterate over it, or take it elsewhere.

    Parameters
    ----------
    lines
        Its items, in the order of the conversation.
    """

    def __init__(self, lines: list[Line]) -> None:
        self.lines = lines

    def __iter__(self) -> Iterator[Line]:
        return iter(self.lines)

    def __len__(self) -> int:
        return len(self.lines)

    def __getitem__(self, index: int) -> Line:
        return self.lines[index]

    def __repr__(self) -> str:
        return f"<conversation of {len(self.lines)} items>"

    def _repr_markdown_(self) -> str:
        return self.to_markdown()

    def to_messages(self, *, unheard: bool = False) -> list[dict[str, Any]]:
        """Return the conversation as messages of Chat Completions.

        Calls are in the assistant's message, and their outputs right after it; a call without an output is
        left out, because models reject it.

        Parameters
        ----------
        unheard
            Whether words of an interrupted answer that nobody heard stay in it.
        """
        outputs = {line.call_id: line.output for line in self.lines if line.kind == "tool_output"}
        messages: list[dict[str, Any]] = []
        answered: list[dict[str, Any]] = []
        for line in self.lines:
            if line.kind == "tool_call" and line.call_id in outputs:
                if not answered:
                    messages.append({"role": "assistant", "content": None, "tool_calls": []})
                function = {"name": line.name, "arguments": line.arguments}
                messages[-1]["tool_calls"].append({"id": line.call_id, "type": "function", "function": function})
                answered.append({"role": "tool", "tool_call_id": line.call_id, "content": outputs[line.call_id]})
                continue
            text = line.text if unheard else line.heard
            if line.kind == "message" and (content := _content(text, line.images)):
                messages += answered
                answered = []
                messages.append({"role": line.role, "content": content})
        return messages + answered

    def to_markdown(self) -> str:
        """Return the conversation for reading; words that were cut off are struck out, images small."""
        paragraphs = [paragraph for line in self.lines if (paragraph := _markdown(line))]
        if any(line.estimated for line in self.lines):
            paragraphs.append("*Where an answer was cut is exact; which of its words were heard is an estimate.*")
        return "\n\n".join(paragraphs) + "\n" if paragraphs else ""

    def to_records(self) -> list[dict[str, Any]]:
        """Return a dictionary for each item, all with the fields of `Line`: for ``pandas.DataFrame``.

        Images are represented by their number.
        """
        return [{**asdict(replace(line, images=())), "images": len(line.images)} for line in self.lines]


def export(conversation: Conversation, ledger: PlaybackLedger) -> ConversationExport:
    """Return a conversation as it stands."""
    return ConversationExport(
        [_line(item, ledger) for item in conversation if item.kind in _KINDS and not item.beside]
    )


def _line(item: Item, ledger: PlaybackLedger) -> Line:
    states = [state for _, state in ledger.item_parts(item.id)]
    characters = heard_characters(item, ledger)
    heard = item.text if characters is None else item.text[:characters].rstrip()
    kind = _KINDS[item.kind]
    return Line(
        id=item.id,
        kind=kind,
        role={"tool_call": "assistant", "hosted_call": "assistant", "tool_output": "tool"}.get(kind, item.role),
        source="" if kind != "message" else "speech" if item.spoken else "text",
        text=item.text,
        heard=heard,
        estimated=0 < len(heard) < len(item.text),
        cut=characters is not None,
        state=item.state,
        forgotten=item.forgotten,
        heard_ms=float(to_ms(sum(state.heard for state in states))) if states else None,
        audio_ms=float(to_ms(sum(state.received for state in states))) if states else None,
        call_id=item.call_id,
        name=item.name,
        arguments=item.arguments,
        output=item.output or item.error,
        images=tuple(_image(content) for content in item.images),
        phase=item.phase,
    )


def _image(content: Content) -> LineImage:
    part, picture = content.image or {}, content.picture
    url, detail = str(part.get("image_url") or ""), str(part.get("detail") or "auto")
    if picture is None:
        return LineImage(url, detail)
    return LineImage(url, detail, picture.width, picture.height, picture.thumbnail)


def _content(text: str, images: tuple[LineImage, ...]) -> str | list[dict[str, Any]]:
    """Return the content of a message of Chat Completions."""
    shown = [
        {"type": "image_url", "image_url": {"url": each.url, "detail": each.detail}} for each in images if each.url
    ]
    if not shown:
        return text
    return [{"type": "text", "text": text}, *shown] if text else shown


def _markdown(line: Line) -> str:
    match line.kind:
        case "tool_call":
            return f"**Tool call** {markdown_code(f'{line.name}({line.arguments})')}"
        case "hosted_call":
            call = f"{line.name}({line.arguments})"
            output = f" {markdown_code(line.output)}" if line.output else ""
            return f"**Tool call of the service** {markdown_code(call)}{output}"
        case "tool_output":
            return f"**Tool output** {markdown_code(line.output)}"
    if not (line.text or line.images):
        return ""
    text = in_markdown(line.heard)
    if unheard := in_markdown(line.text[len(line.heard) :].strip()):
        struck = "\n".join(f"~~{row.strip()}~~" if row.strip() else "" for row in unheard.splitlines())
        text = f"{text} {struck}".strip()
    if line.cut and line.heard_ms:
        text += f" *(cut after {line.heard_ms / 1000:.1f} s)*"
    elif line.cut:
        text += " *(cut before a word was heard)*"
    text = " ".join([*([text] if text else []), *map(_small, line.images)])
    before = " *(before the answer)*" if line.phase == "commentary" else ""
    return f"**{_NAMES.get(line.role) or in_markdown(line.role)}:**{before} {text}"


def _small(image: LineImage) -> str:
    size = f", {image.width} by {image.height} pixels" if image.width else ""
    return f"![image{size}]({image.thumbnail})" if image.thumbnail else f"*(image{size})*"
