"""The transcript's lines, made from a session's state. Pure."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Literal

from realtime_widgets.export import heard_characters
from realtime_widgets.pictures import estimate_image_tokens
from realtime_widgets.playback import to_ms
from realtime_widgets.tool_calls import PICTURE
from realtime_widgets.turns import Notice
from realtime_widgets.widgets.hosted_entries import CARDS, fill_card, hosted_name, is_shown, listing_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from realtime_widgets.conversation import Content, Item
    from realtime_widgets.core import SessionCore
    from realtime_widgets.tool_calls import RunningTool
    from realtime_widgets.tools.lifecycle import Phase
    from realtime_widgets.widgets.messages import Entry, ShownImage, ToolCard

#: Characters of printed text that a card shows while its call runs; the whole comes with the result.
_SHOWN_WHILE_RUNNING = 4_000
_STATES: dict[Phase, Literal["waiting", "approval", "running"]] = {
    "checking": "waiting",
    "approval": "approval",
    "queued": "waiting",
    "running": "running",
    "ended": "running",
}


def make_entries(core: SessionCore, tools: Mapping[str, RunningTool], closed: bool) -> list[Entry]:
    """Return all lines in conversation order; notices stand where they were given.

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


def tool_card(running: RunningTool | None, name: str, arguments: str, closed: bool) -> ToolCard:
    """Return a call as the person sees it; `running` is None while its arguments still come."""
    card = _blank_card(running.call.call_id if running else "", name, arguments)
    result = running.result if running else None
    if result is not None:
        card["state"] = "error" if result.error else "done"
        card["result"] = "" if result.error else _pretty(result.output)
        card["error"] = result.error or ""
        card["traceback"] = result.traceback
        card["printed"] = result.printed
        card["pictures"] = [*result.pictures]
        card["seconds"] = result.seconds
    elif closed:
        card["state"], card["error"] = "error", "the session ended before the tool did"
    elif running:
        _show_running(card, running)
    return card


def _blank_card(call_id: str, name: str, arguments: str) -> ToolCard:
    return {
        "call_id": call_id,
        "name": name,
        "arguments": _pretty(arguments),
        "state": "waiting",
        "result": "",
        "error": "",
        "traceback": "",
        "printed": "",
        "note": "",
        "fraction": None,
        "pictures": [],
        "seconds": None,
    }


def _show_running(card: ToolCard, running: RunningTool) -> None:
    card["state"] = _STATES[running.phase]
    if running.phase == "approval" and running.tool and (limit := running.tool.options.approval_limit):
        card["note"] = f"Without an answer it is refused after {limit:g} s."
    if running.output is not None:
        card["printed"] = running.output.text()[-_SHOWN_WHILE_RUNNING:]
        card["pictures"] = running.output.pictures()
        if progress := running.output.progress:
            card["note"], card["fraction"] = progress.text, progress.fraction


def _pretty(text: str) -> str:
    try:
        value = json.loads(text)
        return json.dumps(value, ensure_ascii=False, indent=2) if isinstance(value, dict | list) else text
    except (ValueError, RecursionError):  # no JSON, or nested deeper than can be read
        return text


def _notice_entry(notice: Notice) -> Entry:
    return {
        "id": notice.id,
        "kind": notice.kind,
        "source": "",
        "text": notice.text,
        "state": "completed",
        "cut": False,
        "heard_ms": None,
        "heard_length": None,
    }


def _item_entry(core: SessionCore, item: Item, tools: Mapping[str, RunningTool], closed: bool) -> Entry | None:
    if item.id.startswith(f"rw_{PICTURE}_"):
        return None  # the card of the call shows it
    if item.kind == "mcp_list_tools":
        text = listing_text(item)
        return _notice_entry(Notice(item.id, "error" if item.error else "notice", text, None))
    if item.kind == "function_call" or (item.kind in CARDS and is_shown(core, item)):
        kind = "tool"
    elif item.kind == "message" and item.role in ("user", "assistant"):
        kind = item.role
    else:
        return None
    parts = core.ledger.item_parts(item.id)
    heard_length = heard_characters(item, core.ledger)
    entry: Entry = {
        "id": item.id,
        "kind": kind,  # type: ignore[typeddict-item]
        "source": "speech" if item.spoken else "text",
        "text": item.text,
        "state": "incomplete" if closed and item.state == "in_progress" else item.state,
        "cut": heard_length is not None,
        # Only of a cut one: a line that is being spoken would be sent anew with every block of its sound.
        "heard_ms": None if heard_length is None else float(to_ms(sum(part.heard for _, part in parts))),
        "heard_length": heard_length,
    }
    if item.images:
        entry["images"] = [_image(content) for content in item.images]
    if item.kind in CARDS:
        entry["source"] = ""
        entry["tool"] = card = _blank_card("", hosted_name(item), item.arguments)
        fill_card(core, item, card, closed)
        card["result"] = _pretty(card["result"])
    elif kind == "tool":
        entry["source"] = ""
        entry["tool"] = tool_card(tools.get(item.call_id), item.name, item.arguments, closed)
    return entry


def _image(content: Content) -> ShownImage:
    """Return an image as the person sees it: small, with what it may cost."""
    picture, detail = content.picture, str((content.image or {}).get("detail") or "auto")
    if picture is None or not picture.width:
        return {"thumbnail": "", "text": "image"}
    tokens = estimate_image_tokens(picture.width, picture.height, "low" if detail == "low" else "high")
    text = f"image, {picture.width} by {picture.height} pixels, about {tokens:,} tokens (estimated)"
    return {"thumbnail": picture.thumbnail, "text": text}
