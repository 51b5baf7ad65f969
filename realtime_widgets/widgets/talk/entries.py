"""The transcript's lines, made from a session's state. Pure."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Literal

from msgspec.structs import replace

from realtime_widgets.core.conversation.approvals import CALL_KIND, REQUEST_KIND, calls
from realtime_widgets.core.conversation.heard import heard_characters
from realtime_widgets.core.conversation.notices import Notice
from realtime_widgets.core.conversation.picture_item import PICTURE
from realtime_widgets.core.playback.ledger import to_ms
from realtime_widgets.images import estimate_image_tokens
from realtime_widgets.tools.execution.calls import ALWAYS_ALLOWED
from realtime_widgets.tools.output.outcome import PICTURES, returned_nothing
from realtime_widgets.tools.output.traces import failed_at
from realtime_widgets.widgets.messages import AgainCard, Entry, ShownCard, ShownImage, ShownOutput, ToolCard

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from realtime_widgets.core.conversation.items import Content, Item
    from realtime_widgets.core.session import SessionCore
    from realtime_widgets.runtime.tools.by_hand import HandRun, HandRuns
    from realtime_widgets.tools.execution.calls import RunningCall
    from realtime_widgets.tools.execution.lifecycle import Phase
    from realtime_widgets.tools.output.displays import Display

#: Kinds of items of hosted MCP, which the service calls by itself, that have a card.
_HOSTED = (CALL_KIND, REQUEST_KIND)
#: Characters of printed text that a card shows while its call runs; the whole comes with the result.
_SHOWN_WHILE_RUNNING = 4_000
_STATES: dict[Phase, Literal["waiting", "approval", "running"]] = {
    "checking": "waiting",
    "approval": "approval",
    "queued": "waiting",
    "running": "running",
    "ended": "running",
}


def make_entries(core: SessionCore, tools: Mapping[str, RunningCall], closed: bool) -> list[Entry]:
    """Return all lines in the order of the conversation; each notice is at the place where it was issued.

    Parameters
    ----------
    core, tools
        The session's state and its tool calls by call id.
    closed
        Whether the session is over: calls that have no result by then will have none.
    """
    notices: dict[str | None, list[Notice]] = {}
    known = set(core.conversation.items)
    for notice in core.notices:
        anchor = notice.after_item_id if notice.after_item_id in known else None
        notices.setdefault(anchor, []).append(notice)
    entries = [_notice_entry(notice) for notice in notices.get(None, [])]
    for item in core.conversation:
        entry = _item_entry(core, item, tools, closed)
        if entry is not None:
            entries.append(entry)
        entries += [_notice_entry(notice) for notice in notices.get(item.id, [])]
    return entries


def tool_card(running: RunningCall | None, name: str, arguments: str, closed: bool) -> ToolCard:
    """Return the card of a call; `running` is None while its arguments are still coming."""
    card = _blank_card(running.call.call_id if running else "", name, arguments)
    result = running.result if running else None
    if running:
        card.consent, card.always = running.consent, running.consent == ALWAYS_ALLOWED
    if running and running.output is not None:
        card.read_as = _pretty(running.output.read_as)
    if result is not None:
        card.read_as = _pretty(result.read_as) or card.read_as
        card.state = "error" if result.error else "done"
        card.result = "" if result.error or returned_nothing(result) else _pretty(result.output)
        card.error = result.error or ""
        card.traceback = result.traceback
        card.printed = result.printed
        _show_outputs(card, result.displays)
        card.seconds = result.seconds
        card.version = result.version
        card.place = failed_at(result.traceback) if result.error else ""
    elif closed:
        card.state, card.error = "error", "the session ended before the tool did"
    elif running:
        _show_running(card, running)
    return card


def add_by_hand(card: ToolCard, runs: HandRuns) -> None:
    """Add the calls by hand that repeat a call, and what was different in its tool."""
    card.change = runs.change_of(card.name) if card.version and card.version > 1 else ""
    if card.call_id:
        card.again = [_again(run) for run in runs.of(card.call_id)]


def _again(run: HandRun) -> AgainCard:
    arguments, result = _pretty(run.arguments), run.result
    if result is None:
        return AgainCard(run.number, arguments, "", "", None, False)
    shown = "" if result.error else _pretty(result.output)
    return AgainCard(run.number, arguments, shown, result.error or "", round(result.seconds, 3), run.given)


def timed(entry: Entry, left: Mapping[str, float]) -> Entry:
    """Return an entry as it is sent now: the card of a call that asks with the seconds that are left.

    Parameters
    ----------
    entry
        The entry.
    left
        Seconds that are left, by the id of the call; see `Consent.seconds_left`.
    """
    card = entry.tool
    if isinstance(card, ToolCard) and card.state == "approval" and card.call_id in left:
        return replace(entry, tool=replace(card, seconds_left=round(left[card.call_id], 1)))
    return entry


def _blank_card(call_id: str, name: str, arguments: str) -> ToolCard:
    return ToolCard(call_id, name, _pretty(arguments))


def _show_running(card: ToolCard, running: RunningCall) -> None:
    card.state = _STATES[running.phase]
    if running.phase == "approval" and running.tool:
        card.limit_s, card.by_voice = running.tool.options.approval_limit, running.tool.options.approve_by_voice
    if running.output is not None:
        card.printed = _last_of(running.output.text())
        _show_outputs(card, running.output.displays())
        if progress := running.output.progress:
            card.note, card.fraction = progress.text, progress.fraction


def _last_of(text: str) -> str:
    """Return the last lines of what a running call has printed."""
    left_out = len(text) - _SHOWN_WHILE_RUNNING
    if left_out <= 0:
        return text
    return f"[… {left_out:,} characters before this are shown when the call has ended …]\n{text[left_out:]}"


def _show_outputs(card: ToolCard, displays: Sequence[Display]) -> None:
    for each in displays:
        picture = None
        if each.kind == "image" and each.data.startswith(PICTURES):
            picture = len(card.pictures)
            card.pictures.append(each.data)
        data = each.data if picture is None else ""
        card.outputs.append(ShownOutput(each.kind, each.text, data, each.mime, each.html, each.note, picture))


def _pretty(text: str) -> str:
    try:
        value = json.loads(text)
        return json.dumps(value, ensure_ascii=False, indent=2) if isinstance(value, dict | list) else text
    except (ValueError, RecursionError):  # no JSON, or nested deeper than can be read
        return text


def _notice_entry(notice: Notice) -> Entry:
    return Entry(notice.id, notice.kind, notice.text)


def _item_entry(core: SessionCore, item: Item, tools: Mapping[str, RunningCall], closed: bool) -> Entry | None:
    if item.id.startswith(f"rw_{PICTURE}_"):
        return None  # the card of the call shows it
    if item.kind == "mcp_list_tools":
        text = _listing_text(item)
        return _notice_entry(Notice(item.id, "error" if item.error else "notice", text, None))
    if item.kind == "function_call" or (item.kind in _HOSTED and _is_shown(core, item)):
        kind = "tool"
    elif item.kind == "message" and item.role in ("user", "assistant"):
        kind = item.role
    else:
        return None
    parts = core.ledger.item_parts(item.id)
    heard_length = heard_characters(item, core.ledger)
    entry = Entry(
        id=item.id,
        kind=kind,  # type: ignore[arg-type]
        source="speech" if item.spoken else "text",
        text=item.text,
        state="incomplete" if closed and item.state == "in_progress" else item.state,
        cut=heard_length is not None,
        # Only if it was cut: a line that is being spoken would be sent again with every block of its sound.
        heard_ms=None if heard_length is None else float(to_ms(sum(part.heard for _, part in parts))),
        heard_length=heard_length,
        preamble=item.preamble,
        edited=item.edited,
    )
    if (shown := core.conversation.shown.get(item.id)) is not None:
        entry.source, entry.text = "", shown.text
        entry.shown = ShownCard(shown.title, shown.note, shown.tokens, shown.left_out, item.forgotten)
    if item.images:
        entry.images = [_image(content) for content in item.images]
    if item.kind in _HOSTED:
        entry.source = ""
        entry.tool = card = _blank_card("", _hosted_name(item), item.arguments)
        _fill_hosted(core, item, card, closed)
        card.result = _pretty(card.result)
    elif kind == "tool":
        entry.source = ""
        entry.tool = tool_card(tools.get(item.call_id), item.name, item.arguments, closed)
        entry.tool.beside = _beside(core, item)
    return entry


def _beside(core: SessionCore, item: Item) -> str:
    """Return which of several calls at once a call is, in words; empty if it is alone."""
    response = core.conversation.responses.get(item.response_id)
    items = [core.conversation.items.get(each) for each in response.item_ids] if response else []
    calls_at_once = [each.id for each in items if each and each.kind == "function_call"]
    if len(calls_at_once) < 2 or item.id not in calls_at_once:
        return ""
    return f"{calls_at_once.index(item.id) + 1} of {len(calls_at_once)} at once"


def _image(content: Content) -> ShownImage:
    """Return an image as it is shown: small, with an estimate of its cost."""
    picture, detail = content.picture, str((content.image or {}).get("detail") or "auto")
    if picture is None or not picture.width:
        return ShownImage("", "image")
    tokens = estimate_image_tokens(picture.width, picture.height, "low" if detail == "low" else "high")
    text = f"image, {picture.width} by {picture.height} pixels, about {tokens:,} tokens (estimated)"
    return ShownImage(picture.thumbnail, text)


def _hosted_name(item: Item) -> str:
    """Return the name of a hosted call as it is shown."""
    return f"{item.server_label}.{item.name}" if item.server_label else item.name


def _is_shown(core: SessionCore, item: Item) -> bool:
    """Whether an item has its own card; a request that led to a call is shown on the card of the call."""
    return item.kind == CALL_KIND or not any(calls(other, item.id) for other in core.conversation)


def _fill_hosted(core: SessionCore, item: Item, card: ToolCard, closed: bool) -> None:
    """Fill a blank card with the state of a call or of a request for approval."""
    request = core.approvals.requests.get(item.approval_request_id or item.id)
    if request is not None:
        card.consent, card.always = request.consent, request.consent == ALWAYS_ALLOWED
        card.call_id = request.id if card.always else card.call_id
    if item.kind == CALL_KIND:
        _fill_hosted_call(item, card, closed)
        return
    if request is None:
        return
    if request.lost or (closed and request.open):
        card.state, card.error = "error", "the connection ended before anybody answered"
    elif request.open and not request.consent:
        card.call_id, card.state = request.id, "approval"
        card.limit_s, card.by_voice = request.limit_s, request.by_voice
    elif request.open:
        card.state = "waiting"
    elif request.approved:
        card.state, card.result = "done", "the service calls it"
    else:
        card.state, card.error = "error", request.reason


def _fill_hosted_call(item: Item, card: ToolCard, closed: bool) -> None:
    if item.error:
        card.state, card.error = "error", item.error
    elif item.state == "completed":
        card.state, card.result = "done", item.output
    elif item.state == "incomplete" or closed:
        card.state, card.error = "error", "the response ended before the call did"
    else:
        card.state, card.note = "running", "The service calls it."


def _listing_text(item: Item) -> str:
    """Describe the state of the service's listing of a server's tools."""
    server = item.server_label or "an MCP server"
    if item.error:
        return f"The service could not list the tools of {server}: {item.error}."
    if item.state == "in_progress":
        return f"The service asks {server} for its tools …"
    return f"The model can call tools of {server}{f': {item.output}' if item.output else ''}."
