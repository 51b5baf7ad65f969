"""Writes a talk as a test for the testing kit: a script of the service, and the questions in writing. Pure."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from realtime_widgets.core.conversation.items import Item

_HEAD = '''"""A talk as a test: the service follows a script, so it needs neither a key nor a network.

What was spoken is asked in writing. Each call has to return what it returned in the talk.
"""

import asyncio

from realtime_widgets import RealtimeSession
from realtime_widgets.testing import {kit}

# The functions that the model called: import or define them, and put them here.
TOOLS = []{names}


async def talk_again() -> None:
    talk = Talk()
    steps = [
        *talk.start(),
'''
_MIDDLE = """    ]
    async with ScriptedServer(steps, whenever=talk.whenever()) as server:
        async with RealtimeSession(endpoint=server.url, api_key="none", tools=TOOLS) as session:
"""
_TAIL = """

def test_the_talk() -> None:
    asyncio.run(talk_again())
"""


@dataclass
class _Exchange:
    question: str
    calls: list[tuple[str, str, str]] = field(default_factory=list)
    answer: list[str] = field(default_factory=list)


def talk_as_test(conversation: Iterable[Item], tools: Sequence[str] = ()) -> str:
    """Return a file of Python that tests the tools of a talk against the talk itself.

    Parameters
    ----------
    conversation
        Items of the talk, in order.
    tools
        Names of the session's tools.
    """
    exchanges = [each for each in _exchanges(conversation) if each.calls or each.answer]
    called = {name for each in exchanges for name, _, _ in each.calls}
    names = [name for name in tools if name in called]
    kit = ", ".join(["Call", "ScriptedServer", "Talk"] if called else ["ScriptedServer", "Talk"])
    lines = [_HEAD.format(kit=kit, names=f"  # {', '.join(names)}" if names else "")]
    lines += [f"        *{_step(each)},\n" for each in exchanges]
    lines.append(_MIDDLE)
    for each in exchanges:
        lines.append(f"            reply = await session.ask({each.question!r})\n")
        lines.append(f"            assert reply.text == {' '.join(each.answer)!r}\n")
        if each.calls:
            lines.append("            assert not [call.error for call in reply.tool_calls if call.error]\n")
    if not exchanges:
        lines.append("            assert session.transcript == ''\n")
    return "".join(lines) + _TAIL


def _exchanges(conversation: Iterable[Item]) -> list[_Exchange]:
    found: list[_Exchange] = []
    names: dict[str, tuple[str, str]] = {}
    answered = True
    for item in conversation:
        if item.kind == "message" and item.role == "user" and item.text:
            if answered:
                found.append(_Exchange(item.text))
            else:  # said in two parts
                found[-1].question += f" {item.text}"
            answered = False
        elif not found:
            continue
        elif item.kind == "function_call":
            names[item.call_id] = item.name, item.arguments
        elif item.kind == "function_call_output" and item.call_id in names:
            found[-1].calls.append((*names[item.call_id], item.output))
            answered = True
        elif item.kind == "message" and item.role == "assistant" and item.text and not item.preamble:
            found[-1].answer.append(item.text)
            answered = True
    return found


def _step(exchange: _Exchange) -> str:
    answer = " ".join(exchange.answer)
    if not exchange.calls:
        return f"talk.text_turn({exchange.question!r}, {answer!r})"
    calls = ", ".join(
        f"Call({name!r}, {_arguments(arguments)}, {output!r})" for name, arguments, output in exchange.calls
    )
    return f"talk.function_call_turn({exchange.question!r}, [{calls}], {answer!r})"


def _arguments(text: str) -> str:
    """Return arguments as Python reads them: a dictionary, or the text if it is no JSON object."""
    try:
        read = json.loads(text)
    except ValueError:
        return repr(text)
    return repr(read) if isinstance(read, dict) else repr(text)
