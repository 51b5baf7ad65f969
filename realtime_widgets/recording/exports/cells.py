"""A recorded talk as cells of a notebook: words as markdown, tool calls as code with their results. Pure."""

from __future__ import annotations

import ast
import json
import re
from keyword import iskeyword
from typing import TYPE_CHECKING, Any

from realtime_widgets.shown_text import in_markdown, visible
from realtime_widgets.tools.output.terminal import without_escapes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from realtime_widgets.core.conversation.export import Line
    from realtime_widgets.recording.state import RecordedCall, TalkState
    from realtime_widgets.recording.writing.watching import Fact

Cell = dict[str, Any]

_NAMES = {"user": "You", "assistant": "Assistant", "system": "System"}
_URI = re.compile(r"data:(image/(?:png|jpeg));base64,([A-Za-z0-9+/=]+)")
#: What a schema says of arguments that JSON cannot hold as they are, such as dates.
_CONVERTED = ('"format"', '"$ref"', '"$defs"')


def notebook_of(state: TalkState, title: str) -> dict[str, Any]:
    """Return a whole notebook, in the format of its file (4.5)."""
    return {
        "cells": cells_of(state, title),
        "metadata": {
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
        },
        "nbformat": 4,
        "nbformat_minor": 5,
    }


def cells_of(state: TalkState, title: str) -> list[Cell]:
    """Return the talk as cells, in the format of a notebook's file.

    The sources of the tools come first, if they were recorded. What a call printed and returned is its output.
    """
    made = [_markdown(f"# {in_markdown(title)}"), *_tools(state)]
    for line_id in state.order:
        line = state.lines[line_id]
        if line.kind == "message" and line.role in _NAMES and (line.text or line.images):
            made += [_markdown(_words(line))]
        elif line.kind in ("tool_call", "hosted_call"):
            made.append(_call_cell(state, line, len(made)))
    return [{**cell, "id": f"talk-{number}"} for number, cell in enumerate(made)]


def code_of(state: TalkState) -> str:
    """Return the talk as the code of one cell: words as comments, tool calls as code that runs."""
    rows: list[str] = []
    for line_id in state.order:
        line = state.lines[line_id]
        if line.kind == "message" and line.role in _NAMES and line.text:
            rows.append(_commented(f"{_NAMES[line.role]}: {line.heard or line.text}"))
        elif line.kind == "tool_call":
            rows.append(call_code(line.name, line.arguments, state.tools.get(line.name, {})))
    return "\n".join(rows)


def call_code(name: str, arguments: str, tool: Fact) -> str:
    """Return a tool call as Python.

    Parameters
    ----------
    name, arguments
        The call as the model sent it; `arguments` is JSON text.
    tool
        The tool as it was recorded; may be empty.
    """
    try:
        given = json.loads(arguments or "{}")
    except ValueError:
        given = None
    if not isinstance(given, dict) or not _is_name(name):
        return _commented(f"{name}({arguments})")
    if any(mark in json.dumps(tool.get("parameters") or {}) for mark in _CONVERTED):
        return f"from realtime_widgets.testing import call_tool\n\ncall_tool({name}, {given!r}).value"
    if all(map(_is_name, given)):
        call = f"{name}({', '.join(f'{each}={value!r}' for each, value in given.items())})"
    else:
        call = f"{name}(**{given!r})"
    return f"await {call}" if tool.get("async") else call


def _tools(state: TalkState) -> list[Cell]:
    called = {call.name for call in state.calls.values()}
    sources = [_bare(str(tool["source"])) for tool in state.tools.values() if tool.get("source")]
    without = sorted(name for name in called if not state.tools.get(name, {}).get("source"))
    made = [_code("\n\n\n".join(sources), [])] if sources else []
    if without:
        names = ", ".join(f"`{visible(name)}`" for name in without if _is_name(name))
        if names:
            made.append(_markdown(f"*To run the calls, define the tools of the talk first: {names}.*"))
    return made


def _bare(source: str) -> str:
    """Return the source of a function without its decorators, which name a session that is gone."""
    try:
        tree = ast.parse(source)
    except SyntaxError:
        return source
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.decorator_list:
            return "\n".join(source.splitlines()[node.lineno - 1 :])
    return source.rstrip("\n")


def _words(line: Line) -> str:
    text = in_markdown(line.heard.strip())
    if unheard := in_markdown(line.text[len(line.heard) :].strip()):
        struck = "\n".join(f"~~{row.strip()}~~" if row.strip() else "" for row in unheard.splitlines())
        text = f"{text} {struck} *(interrupted)*".strip()
    pictures = [f"![a picture]({image.thumbnail})" for image in line.images if _URI.fullmatch(image.thumbnail)]
    return f"**{_NAMES[line.role]}:** " + "\n\n".join([*([text] if text else []), *pictures])


def _call_cell(state: TalkState, line: Line, number: int) -> Cell:
    if line.kind == "hosted_call":
        return _code(_commented(f"called by the service: {line.name}({line.arguments})"), _stream(line.output))
    call = state.calls.get(line.call_id)
    code = call_code(line.name, line.arguments, state.tools.get(line.name, {}))
    return _code(code, _outputs(call, number) if call else [], number)


def _outputs(call: RecordedCall, number: int) -> list[Cell]:
    outputs = _stream(without_escapes(call.printed))
    for display in call.displays:
        data: dict[str, Any] = {"text/plain": visible(str(display.get("text") or ""))}
        if match := _URI.fullmatch(str(display.get("data") or "")):
            data[match[1]] = match[2]
        outputs.append({"output_type": "display_data", "data": data, "metadata": {}})
    if call.error:
        name, _, text = call.error.partition(": ")
        trace = without_escapes(call.traceback).splitlines() or [call.error]
        return [*outputs, {"output_type": "error", "ename": name, "evalue": text, "traceback": trace}]
    if call.output and call.output != "null" and not call.displays:
        result = {"output_type": "execute_result", "data": {"text/plain": visible(call.output)}, "metadata": {}}
        outputs.append({**result, "execution_count": number})
    return outputs


def _stream(text: str) -> list[Cell]:
    return [{"output_type": "stream", "name": "stdout", "text": visible(text)}] if text else []


def _markdown(text: str) -> Cell:
    return {"cell_type": "markdown", "metadata": {}, "source": text}


def _code(source: str, outputs: Sequence[Cell], number: int | None = None) -> Cell:
    return {
        "cell_type": "code",
        "execution_count": number,
        "metadata": {},
        "outputs": list(outputs),
        "source": source,
    }


def _commented(text: str) -> str:
    return "\n".join(f"# {row}" for row in visible(text).splitlines())


def _is_name(text: str) -> bool:
    return text.isidentifier() and not iskeyword(text)
