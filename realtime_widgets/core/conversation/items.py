"""Items, responses and their order: pure state folded from server events; no I/O, no clock."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import zip_longest
from typing import TYPE_CHECKING, Any, Literal

from realtime_widgets.protocol import events as ev

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence

    from realtime_widgets.core.conversation.message import ShownObject
    from realtime_widgets.images import Picture

ItemState = Literal["in_progress", "completed", "incomplete"]


@dataclass
class Content:
    """One content part of an item: written text, or the words of speech."""

    kind: Literal["text", "speech", "image"] = "text"
    text: str = ""
    #: Of an image: the part as it was sent, and the picture if it is one of our own.
    image: ev.JsonObject | None = None
    picture: Picture | None = None


@dataclass
class Item:
    """One item of the conversation.

    Attributes
    ----------
    id, kind, role
        As on the wire: `kind` is the wire's ``type`` (message, function_call, function_call_output, …).
    state
        ``in_progress`` until the item is final; ``incomplete`` if its response was cut off.
    contents
        Parts by content index.
    response_id, output_index
        Set on items that a response made.
    call_id, name, arguments, output
        Of function calls and their outputs; all but `call_id` also of calls that the service makes (MCP).
    server_label, approval_request_id, error
        Of calls that the service makes, and of its requests for consent.
    heard_to_ms
        Where the service cut the item on our request, in milliseconds; None if it is whole.
    settled
        Whether the service has said that it is final; the words of speech may come later.
    forgotten
        Whether the model does not have it any more: nothing of it was heard.
    cut_short
        Whether its response was cancelled before it was whole.
    beside
        Whether it belongs to a response outside the conversation; it has no place in the order.
    edited
        Whether the user has put other words in its place.
    phase
        Of the model's messages, if it tells: ``"commentary"`` before the answer, or ``"final_answer"``.
    """

    id: str
    kind: str = "message"
    role: str = ""
    state: ItemState = "in_progress"
    contents: dict[int, Content] = field(default_factory=dict)
    response_id: str = ""
    output_index: int = 0
    call_id: str = ""
    name: str = ""
    arguments: str = ""
    output: str = ""
    server_label: str = ""
    approval_request_id: str = ""
    error: str = ""
    heard_to_ms: int | None = None
    settled: bool = False
    forgotten: bool = False
    cut_short: bool = False
    beside: bool = False
    phase: str = ""
    edited: bool = False

    @property
    def preamble(self) -> bool:
        """Whether the model says it before its answer, such as what it is about to look up."""
        return self.phase == "commentary"

    @property
    def text(self) -> str:
        """Words of all parts, written and spoken."""
        return " ".join(part.text for _, part in sorted(self.contents.items()) if part.text).strip()

    @property
    def images(self) -> list[Content]:
        """Its images, in order."""
        return [part for _, part in sorted(self.contents.items()) if part.kind == "image"]

    @property
    def spoken(self) -> bool:
        """Whether any part is speech."""
        return any(part.kind == "speech" for part in self.contents.values())

    def content(self, index: int, kind: Literal["text", "speech", "image"]) -> Content:
        """Return the part at `index`, made as `kind` if it is new."""
        return self.contents.setdefault(index, Content(kind))


@dataclass
class Response:
    """One response: its items, outcome and usage."""

    id: str
    status: str = "in_progress"
    metadata: dict[str, str] = field(default_factory=dict)
    item_ids: list[str] = field(default_factory=list)
    usage: ev.JsonObject | None = None
    reason: str = ""
    error: str = ""
    error_code: str | None = None
    out_of_band: bool = False

    @property
    def active(self) -> bool:
        """Whether it still runs."""
        return self.status == "in_progress"


#: Fields of an item that are called here as on the wire.
_NAMED_ALIKE = ("call_id", "name", "arguments", "output", "server_label", "approval_request_id", "phase")
_KINDS: dict[str, Literal["text", "speech", "image"]] = {
    "input_text": "text",
    "output_text": "text",
    "text": "text",
    "input_audio": "speech",
    "output_audio": "speech",
    "audio": "speech",
    "input_image": "image",
}


def _object(value: object) -> ev.JsonObject:
    return value if isinstance(value, dict) else {}


def _objects(value: object) -> list[ev.JsonObject]:
    return [_object(each) for each in value] if isinstance(value, list) else []


def _is_whole(item: Item, data: ev.JsonObject) -> bool:
    """Whether an item is whole as soon as it is there, as ours are; speech has words that come later."""
    if item.kind == "message":
        ours = item.role in ("user", "system") and not item.spoken
        return ours or data.get("status") == "completed"
    return item.kind in ("function_call_output", "mcp_approval_response")


class Conversation:
    """Folds server events into items in the order of their links."""

    def __init__(self) -> None:
        self.items: dict[str, Item] = {}
        self.responses: dict[str, Response] = {}
        self._order: list[str] = []
        # Items whose predecessor has not come yet, by that predecessor.
        self._waiting: dict[str, list[str]] = {}
        # The predecessor of every item that stands behind it.
        self._links: dict[str, str] = {}
        self._deleted: set[str] = set()
        # Phases of items that will arrive again without them: services take none.
        self._phases: dict[str, str] = {}
        # Image parts and pictures of own items: not every service returns what it was sent.
        self._pictures: dict[str, list[tuple[ev.JsonObject, Picture | None]]] = {}
        #: What own items show, by their ids: objects of the notebook.
        self.shown: dict[str, ShownObject] = {}
        #: First ids of restored items, by their ids in the new session.
        self.aliases: dict[str, str] = {}
        self._folds: dict[type, Callable[[Any], object]] = {
            ev.ItemAdded: self._item_added,
            ev.ItemDone: self._item_done,
            ev.ItemDeleted: lambda event: self._remove(event.item_id),
            ev.ItemTruncated: self._truncated,
            ev.SpeechStarted: lambda event: self._user_speech(event.item_id) if event.item_id else None,
            ev.InputCommitted: self._committed,
            ev.InputTranscriptionDelta: self._user_words,
            ev.InputTranscriptionCompleted: self._user_words,
            ev.InputTranscriptionFailed: self._untranscribed,
            ev.ResponseCreated: lambda event: self._take_response(event.response),
            ev.ResponseDone: lambda event: self._take_response(event.response),
            ev.OutputItemAdded: self._output_item,
            ev.OutputItemDone: self._output_item,
            ev.OutputTextDelta: lambda event: self._more(event, "text", event.delta),
            ev.OutputTextDone: lambda event: self._whole(event, "text", event.text),
            ev.OutputAudioDelta: lambda event: self._more(event, "speech", ""),
            ev.OutputTranscriptDelta: lambda event: self._more(event, "speech", event.delta),
            ev.OutputTranscriptDone: lambda event: self._whole(event, "speech", event.transcript),
            ev.FunctionArgumentsDelta: self._more_arguments,
            ev.FunctionArgumentsDone: self._function_call,
            ev.McpArgumentsDelta: self._more_arguments,
            ev.McpArgumentsDone: self._hosted_arguments,
            ev.McpCallFailed: self._hosted_failed,
            ev.McpListToolsFailed: self._hosted_failed,
        }

    @property
    def order(self) -> list[str]:
        """Item ids, in conversation order."""
        return list(self._order)

    def __iter__(self) -> Iterator[Item]:
        return (self.items[item_id] for item_id in self._order)

    def apply(self, event: ev.AnyServerEvent) -> None:
        """Fold one event in; events that do not concern the conversation change nothing."""
        fold = self._folds.get(type(event))
        # Words of a deleted item may still arrive, because recognition runs separately from the conversation.
        if fold and not (self._deleted and getattr(event, "item_id", "") in self._deleted):
            fold(event)

    def keep_pictures(self, item: ev.JsonObject, pictures: Sequence[Picture]) -> None:
        """Note the images of an own item that is being sent; `pictures` are those the user may see again."""
        images = [part for part in _objects(item.get("content")) if part.get("type") == "input_image"]
        self._pictures[str(item["id"])] = list(zip_longest(images, pictures))

    def renamed(self, before: str, after: str) -> None:
        """Note that the service has changed the id of an own item."""
        if before in self._pictures:
            self._pictures[after] = self._pictures.pop(before)
        if before in self.shown:
            self.shown[after] = self.shown.pop(before)

    def known_before(self, item_id: str) -> str:
        """Return the service's id of the item before one, "root" if there is none."""
        before = self._order[: self._order.index(item_id)]
        known = next((each for each in reversed(before) if not self.items[each].forgotten), "root")
        return next((own for own, alias in reversed(self.aliases.items()) if alias == known), known)

    def before(self, response_ids: Collection[str]) -> list[Item] | None:
        """Return the items before the first item of some responses; None if they have none."""
        items = list(self)
        mine = (index for index, item in enumerate(items) if item.response_id in response_ids)
        first = next(mine, None)
        return None if first is None else items[:first]

    def words_before(self, response_ids: Collection[str]) -> str:
        """Return the user's words before the first item of some responses, or the last ones there are."""
        before = self.before(response_ids)
        items = list(self) if before is None else before
        return next((item.text for item in reversed(items) if item.role == "user"), "")

    def _item(self, item_id: str, response_id: str = "") -> Item:
        if item_id not in self.items:
            response = self.responses.get(response_id)
            beside = response is not None and response.out_of_band
            self.items[item_id] = Item(item_id, beside=beside, phase=self._phases.pop(item_id, ""))
            if not self.items[item_id].beside:
                self._order.append(item_id)
        return self.items[item_id]

    def _more(self, event: ev.ContentEvent, kind: Literal["text", "speech"], words: str) -> None:
        self._own(event).content(event.content_index, kind).text += words

    def _whole(self, event: ev.ContentEvent, kind: Literal["text", "speech"], words: str) -> None:
        self._own(event).content(event.content_index, kind).text = words

    def _item_added(self, event: ev.ItemAdded) -> None:
        item = self._take_item(event.item, event.previous_item_id)
        # Not every server tells of the end of what it got whole.
        if item and _is_whole(item, event.item):
            self._finish(item, event.item)

    def _item_done(self, event: ev.ItemDone) -> None:
        if item := self._take_item(event.item, event.previous_item_id):
            self._finish(item, event.item)

    def _committed(self, event: ev.InputCommitted) -> None:
        self._user_speech(event.item_id)
        self._place(event.item_id, event.previous_item_id)

    def _untranscribed(self, event: ev.InputTranscriptionFailed) -> None:
        if item := self.items.get(event.item_id):
            item.state = "completed"

    def _truncated(self, event: ev.ItemTruncated) -> None:
        if item := self.items.get(event.item_id):
            item.heard_to_ms = event.audio_end_ms

    def _more_arguments(self, event: ev.FunctionArgumentsDelta | ev.McpArgumentsDelta) -> None:
        self._item(event.item_id, event.response_id).arguments += event.delta

    def _function_call(self, event: ev.FunctionArgumentsDone) -> None:
        call = self._of_response(event.item_id, event.response_id)
        call.kind, call.arguments = "function_call", event.arguments
        call.call_id, call.name = event.call_id or call.call_id, event.name or call.name

    def _hosted_arguments(self, event: ev.McpArgumentsDone) -> None:
        self._item(event.item_id, event.response_id).arguments = event.arguments

    def _hosted_failed(self, event: ev.McpCallFailed | ev.McpListToolsFailed) -> None:
        item = self._item(event.item_id)
        item.error = item.error or "the service does not say why"

    def _own(self, event: ev.ContentEvent) -> Item:
        item = self._of_response(event.item_id, event.response_id)
        item.role = item.role or "assistant"
        return item

    def _of_response(self, item_id: str, response_id: str) -> Item:
        """Return an item of a response; some servers never announce it."""
        item = self._item(item_id, response_id)
        item.response_id = item.response_id or response_id
        response = self.responses.get(item.response_id)
        if response and item_id not in response.item_ids:
            response.item_ids.append(item_id)
        return item

    def _user_speech(self, item_id: str) -> None:
        item = self._item(item_id)
        item.role = "user"
        item.content(0, "speech")

    def _user_words(self, event: ev.InputTranscriptionDelta | ev.InputTranscriptionCompleted) -> None:
        item = self._item(event.item_id)
        item.role = item.role or "user"
        part = item.content(event.content_index or 0, "speech")
        if isinstance(event, ev.InputTranscriptionDelta):
            part.text += event.delta or ""
        else:
            part.text = event.transcript.strip()
            item.state = "completed"

    def _output_item(self, event: ev.OutputItemAdded | ev.OutputItemDone) -> None:
        item = self._take_item(event.item, None, event.response_id)
        if item is None:
            return
        item.output_index = event.output_index
        self._of_response(item.id, event.response_id)
        if isinstance(event, ev.OutputItemDone):
            self._finish(item, event.item)

    def _take_item(self, data: ev.JsonObject, previous: str | None, response_id: str | None = None) -> Item | None:
        """Apply what an event says of an item; its place too, unless that comes from a response."""
        item_id = data.get("id")
        if not isinstance(item_id, str) or item_id in self._deleted:
            return None
        item = self._item(item_id, response_id or "")
        item.kind = str(data.get("type") or item.kind)
        item.role = str(data.get("role") or item.role)
        for name in _NAMED_ALIKE:
            if value := data.get(name):
                setattr(item, name, str(value))
        if error := data.get("error"):
            item.error = str(_object(error).get("message") or error)
        if item.kind == "mcp_list_tools" and isinstance(data.get("tools"), list):
            item.output = ", ".join(str(tool.get("name")) for tool in _objects(data["tools"]))
        pictures = iter(self._pictures.get(item_id, ()))
        for index, part in enumerate(_objects(data.get("content"))):
            kind = _KINDS.get(str(part.get("type")), "text")
            content = item.content(index, kind)
            if text := part.get("text") or part.get("transcript"):
                content.text = str(text)
            elif kind == "image":
                sent, content.picture = next(pictures, (None, None))
                content.image = sent or (part if part.get("image_url") else None)
        if response_id is None and not item.beside:
            self._place(item_id, previous)
        return item

    @staticmethod
    def _finish(item: Item, data: ev.JsonObject) -> None:
        item.settled = True
        status = data.get("status")
        awaits_words = item.role == "user" and item.spoken and not item.text
        if status == "incomplete":
            item.state = "incomplete"
        elif not awaits_words:
            item.state = "completed"

    def _place(self, item_id: str, previous: str | None) -> None:
        """Put an item right after its predecessor, or leave it in its place until the predecessor arrives."""
        previous = self.aliases.get(previous, previous) if previous else previous
        if previous == "root":
            self._move(item_id, 0)
        elif previous in self._order:
            position = self._order.index(previous)
            while position + 1 < len(self._order) and self.items[self._order[position + 1]].forgotten:
                position += 1  # the service does not know of these
            # A link that is repeated moves nothing: later items may rightly stand in between by now.
            if item_id not in self._links or self._order.index(item_id) < position:
                self._move(item_id, position + 1)
            self._links[item_id] = previous
        elif previous is not None:
            self._waiting.setdefault(previous, []).append(item_id)
        for follower in self._waiting.pop(item_id, []):
            if follower in self.items:
                self._move(follower, self._order.index(item_id) + 1)
                self._links[follower] = item_id

    def _move(self, item_id: str, position: int) -> None:
        """Move an item together with the items that are linked behind it."""
        start = self._order.index(item_id)
        end = start + 1
        while end < len(self._order) and self._links.get(self._order[end]) == self._order[end - 1]:
            end += 1
        if start <= position <= end:
            return
        chain = self._order[start:end]
        del self._order[start:end]
        position -= len(chain) if position > start else 0
        self._order[position:position] = chain

    def drop(self, item_id: str) -> None:
        """Forget an item that will arrive again."""
        item = self.items.pop(item_id, None)
        if item and item.phase:
            self._phases[item_id] = item.phase
        if item and item_id in self._order:
            self._order.remove(item_id)

    def _remove(self, item_id: str) -> None:
        item = self.items.get(item_id)
        if not item_id or (item and (item.forgotten or item_id in self.aliases.values())):
            # No item has an empty id; of the others the user still sees what the model was spared, or has under
            # another name.
            return
        self._deleted.add(item_id)
        self.drop(item_id)

    def _take_response(self, data: ev.JsonObject) -> None:
        response_id = str(data.get("id") or "")
        response = self.responses.setdefault(response_id, Response(response_id))
        response.status = str(data.get("status") or response.status)
        response.metadata = _object(data.get("metadata")) or response.metadata
        response.usage = _object(data.get("usage")) or response.usage
        if "conversation_id" in data:
            response.out_of_band |= data["conversation_id"] is None
        for output in _objects(data.get("output")):
            item = self._take_item(output, None, response_id)
            if item is not None:
                self._of_response(item.id, response_id)
                if not response.active and item.state == "in_progress":
                    self._finish(item, output)
        details = _object(data.get("status_details"))
        response.reason = str(details.get("reason") or response.reason)
        if error := _object(details.get("error")):
            response.error = str(error.get("message") or error.get("code") or "the service gave no reason")
            response.error_code = error.get("code")
        if not response.active:
            for item_id in response.item_ids:
                item = self.items.get(item_id)
                if item is not None and item.state == "in_progress":
                    item.state = "completed" if response.status == "completed" else "incomplete"
                    item.settled |= response.status == "completed"
                if item is not None:
                    item.cut_short = item.state == "incomplete" and response.status == "cancelled"
