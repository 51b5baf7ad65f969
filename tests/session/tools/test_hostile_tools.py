"""Tools and calls that mean harm: each call has exactly one output, and the card says what happened."""

from __future__ import annotations

import asyncio
import json
import re
import sys
import threading
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from realtime_widgets import ConnectionFailedError
from realtime_widgets.testing import Call, ManualClock, ScriptedServer, Talk, stall
from realtime_widgets.widgets.talk.entries import make_entries
from tests.session.watching import until
from tests.tools.tool_calls import Gate

if TYPE_CHECKING:
    from collections.abc import Callable

    from realtime_widgets import RealtimeSession
    from tests.conftest import Open

LINES = 100_000


class Unspeakable:
    def __repr__(self) -> str:
        raise RuntimeError("no")

    def __iter__(self) -> Any:
        raise RuntimeError("no")


class Liar(dict[str, Any]):
    def items(self) -> Any:
        raise SystemExit(1)


def nested(depth: int) -> Any:
    inside: Any = "deep"
    for _ in range(depth):
        inside = [inside]
    return inside


def ring() -> Any:
    one: dict[str, Any] = {}
    one["again"] = one
    return one


def shout() -> str:
    for number in range(LINES):
        print("line", number)
    return "done"


def leave() -> None:
    sys.exit(3)


def recurse(number: int = 0) -> int:
    return recurse(number + 1)


def raise_group() -> None:
    raise BaseExceptionGroup("both", [KeyboardInterrupt(), ValueError("a")])


async def leave_later() -> None:
    await asyncio.sleep(0)
    raise SystemExit(4)


async def cancel_itself() -> None:
    task = asyncio.current_task()
    assert task is not None
    task.cancel()
    await asyncio.sleep(0)


def cards(session: RealtimeSession) -> list[Any]:
    runtime = session.runtime
    return [entry.tool for entry in make_entries(runtime.core, runtime.tools, False) if entry.kind == "tool"]


def outputs(server: ScriptedServer) -> list[str]:
    items = [event["item"] for event in server.received_of("conversation.item.create")]
    return [item["output"] for item in items if item["type"] == "function_call_output"]


#: What a tool does, the output that goes to the model, and whether the card shows a failure.
HARM: dict[str, tuple[Callable[..., Any], str, bool]] = {
    "a megabyte of text": (lambda: "x" * 2**20, r"^x{16000,}\n\[cut here", False),
    "a megabyte of numbers": (lambda: list(range(2**18)), r"^\[0, 1, .*\[cut here", False),
    "a megabyte of bytes": (lambda: bytes(2**20), r"1048576 bytes of binary data", False),
    "deep lists": (lambda: nested(100_000), r"nested deeper than 64 levels", False),
    "a ring": (ring, r"the same object again", False),
    "numbers that are none": (
        lambda: [float("nan"), float("inf"), np.float32("nan")],
        r"^\[null, null, null\]$",
        False,
    ),
    "no form and no repr": (lambda: [Unspeakable()], r"Unspeakable whose repr raised RuntimeError", False),
    "a mapping that exits": (lambda: Liar(a=1), r"Liar cannot be read \(SystemExit: 1\); this is its repr", False),
    "half a surrogate pair": (lambda: "a\ud800b", r"^a\?b$", False),
    "a hundred thousand lines": (shout, r"^done$", False),
    "an exit": (leave, r'^\{"error": "SystemExit: 3"\}$', True),
    "a later exit": (leave_later, r'^\{"error": "SystemExit: 4"\}$', True),
    "endless recursion": (recurse, r'^\{"error": "RecursionError', True),
    "a group of errors": (raise_group, r'^\{"error": "BaseExceptionGroup: both', True),
    "a tool that cancels itself": (cancel_itself, r'^\{"error": "', True),
}


@pytest.mark.parametrize(("tool", "output", "fails"), HARM.values(), ids=HARM)
async def test_whatever_a_tool_does_is_one_output(
    connect: Open, tool: Callable[..., Any], output: str, fails: bool
) -> None:
    talk = Talk()
    turn = talk.function_call_turn("Go", [Call("harm", {}, re.compile(output, re.S))], "Well.")
    async with ScriptedServer([*talk.start(), *turn]) as server:
        session = connect(server)
        session.tools.add(tool, name="harm", description="Do harm.")
        reply = await session.ask("Go")
        assert reply.text == "Well."
        [sent] = outputs(server)
        assert len(sent.encode()) <= 16 * 1024
        [card] = cards(session)
        assert card.state == ("error" if fails else "done")
        assert bool(card.error) == fails
        assert bool(card.traceback) == (fails and tool is not cancel_itself)
        if tool is shout:
            assert len(card.printed) < 66_000
            assert card.printed.startswith("line 0\nline 1\n")
            assert card.printed.endswith(f"line {LINES - 1}\n")
            assert "characters left out" in card.printed


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ("[" * 100_000, "not valid JSON"),
        ('{"x": ' + "[" * 100_000 + "]" * 100_000 + "}", "x|JSON"),
        ('{"x": NaN}', "x"),
        ('{"x": 1e999}', "x"),
        ('{"x": 1, "x": "two"}', "x"),
        ('{"x": 1, "y": 2}', "y is not a parameter"),
        ("null", "must be one JSON object"),
        ('"x"', "must be one JSON object"),
        ("{'x': 1}", "not valid JSON"),
        ('{"x": "' + "9" * 2**20 + '"}', "x"),
        ('{"__class__": 1, "self": 2}', "__class__ is not a parameter"),
    ],
    ids=[
        "deep and open",
        "deep",
        "NaN",
        "beyond all numbers",
        "twice",
        "one too many",
        "null",
        "a text",
        "Python",
        "a megabyte",
        "names of Python's own",
    ],
)
async def test_arguments_that_do_not_parse_or_fit_are_one_output_and_never_reach_the_tool(
    connect: Open, arguments: str, says: str
) -> None:
    reached: list[int] = []

    def double(x: int) -> int:
        """Double a number."""
        reached.append(x)
        return 2 * x

    talk = Talk()
    turn = talk.function_call_turn("Go", [Call("double", arguments, re.compile('"error"'))], "Sorry.")
    async with ScriptedServer([*talk.start(), *turn]) as server:
        session = connect(server, tools=[double])
        session.tools.add(double, approval="always")
        await session.ask("Go")
        [sent] = outputs(server)
        assert re.search(says, json.loads(sent)["error"])
        assert len(sent) < 1_100
        assert (cards(session)[0].state, reached) == ("error", [])


@pytest.mark.parametrize("name", ["", "nothing", "Double", "dou ble", "../double", "double\n", "x" * 10_000, "🎷"])
async def test_names_that_mean_no_tool_are_one_output(connect: Open, name: str) -> None:
    def double(x: int) -> int:
        """Double a number."""
        return 2 * x

    talk = Talk()
    turn = talk.function_call_turn("Go", [Call(name, {"x": 1}, re.compile("no tool named"))], "Sorry.")
    async with ScriptedServer([*talk.start(), *turn]) as server:
        session = connect(server, tools=[double])
        await session.ask("Go")
        assert len(outputs(server)) == 1
        assert len(outputs(server)[0]) < 1_100
        assert cards(session)[0].state == "error"


async def test_a_tool_that_blocks_for_ever_ends_at_its_limit_and_the_talk_goes_on(connect: Open) -> None:
    free, clock = Gate(), ManualClock()

    def block() -> str:
        """Block."""
        free.wait()
        return "too late"

    talk = Talk()
    late = re.compile("longer than its limit of 0.2 s; its code may still be running")
    first = talk.function_call_turn("Go", [Call("block", {}, late)], "It took too long.")
    second = talk.text_turn("And now?", "Now I hear you.")
    async with ScriptedServer([*talk.start(), *first, *second]) as server:
        session = connect(server, clock=clock)
        session.tool(block, time_limit=0.2)
        asking = asyncio.create_task(session.ask("Go"))
        await free.reached()
        await clock.advance(0.2)
        assert (await asking).text == "It took too long."
        free.set()
        assert (await session.ask("And now?")).text == "Now I hear you."
        assert len(outputs(server)) == 1
        [card] = cards(session)
        assert "free.wait()" in card.traceback


def turn_within_a_call(talk: Talk, output: Any, says: str) -> list[Any]:
    """A call whose tool has a turn of its own before it gives its output."""
    outer = talk.function_call_turn("Go", [Call("again", {}, output)], "Both are said.")
    inner = talk.text_turn(says, "The inner answer.")
    place = next(index for index, step in enumerate(outer) if "function_call_output" in str(step))
    return [*talk.start(), *outer[:place], *inner, *outer[place:]]


async def test_an_async_tool_asks_the_session_that_called_it(connect: Open) -> None:
    async def again() -> str:
        """Ask again."""
        return (await session.ask("Inner?")).text

    async with ScriptedServer(turn_within_a_call(Talk(), "The inner answer.", "Inner?")) as server:
        session = connect(server, tools=[again])
        assert (await session.ask("Go")).text == "Both are said."
        assert outputs(server) == ["The inner answer."]


@pytest.mark.parametrize("place", ["thread", "main"])
async def test_a_sync_tool_asks_the_session_that_called_it(connect: Open, place: str) -> None:
    def again() -> str:
        """Ask again."""
        return session.ask_sync("Inner?").text

    async with ScriptedServer(turn_within_a_call(Talk(), "The inner answer.", "Inner?")) as server:
        session = connect(server)
        session.tool(again, run_in=place)
        assert (await session.ask("Go")).text == "Both are said."
        assert outputs(server) == ["The inner answer."]


async def test_a_tool_says_something_to_the_session_that_called_it(connect: Open) -> None:
    ended = threading.Event()

    def again() -> str:
        """Say something."""
        ended.wait(20)
        session.say("By the way.")
        return "said"

    talk = Talk()
    steps = turn_within_a_call(talk, "said", "By the way.")
    async with ScriptedServer(steps) as server:
        session = connect(server, tools=[again])
        runtime = session.runtime
        asking = asyncio.create_task(session.ask("Go"))

        def response_ended() -> bool:
            responses = runtime.core.conversation.responses.values()
            return bool(responses) and not any(response.active for response in responses)

        await until(session, response_ended)
        ended.set()
        assert (await asking).text == "Both are said."
        assert outputs(server) == ["said"]
        await server.finished()


async def test_a_tool_looks_at_the_session_and_replaces_itself(connect: Open) -> None:
    def again() -> str:
        """Look and change."""
        seen = [session.state, session.transcript, session.usage is not None, len(session.calls)]
        session.tools.add(lambda: "new", name="again", description="Look and change.")
        return f"{seen[0]}, {seen[3]} call"

    talk = Talk()
    turn = talk.function_call_turn("Go", [Call("again", {}, "thinking, 1 call")], "Done.")
    async with ScriptedServer([*talk.start(), *turn]) as server:
        session = connect(server, tools=[again])
        assert (await session.ask("Go")).text == "Done."
        assert session.tools["again"].version == 2
        assert len(outputs(server)) == 1


async def test_a_tool_that_closes_the_session_ends_the_talk_and_nothing_hangs(connect: Open) -> None:
    async def shut() -> str:
        """Close the session."""
        await session.close()
        return "closed"

    talk = Talk()
    turn = talk.function_call_turn("Go", [Call("shut", {})], "Never said.")
    place = next(index for index, step in enumerate(turn) if "function_call_output" in str(step))
    async with ScriptedServer([*talk.start(), *turn[:place], stall()]) as server:
        session = connect(server, tools=[shut])
        with pytest.raises(ConnectionFailedError, match="it was closed"):
            await session.ask("Go")
        assert session.state == "closed"
        assert outputs(server) == []
        [card] = [entry.tool for entry in _closed(session) if entry.kind == "tool"]
        assert card.state == "error"


def _closed(session: RealtimeSession) -> list[Any]:
    runtime = session.runtime
    return list(make_entries(runtime.core, runtime.tools, True))


async def test_a_function_under_a_name_that_is_taken_replaces_it_and_a_bad_name_is_refused(connect: Open) -> None:
    session = connect("http://127.0.0.1:9/v1")
    session.tools.add(lambda: 1, name="one", description="One.")
    session.tools.add(lambda: 2, name="one", description="One.")
    assert (session.tools["one"](), session.tools["one"].version, len(session.tools)) == (2, 2, 1)
    for name in ("a b", "", "x" * 65, "ä", "a.b"):
        with pytest.raises(TypeError, match="name"):
            session.tools.add(lambda: 1, name=name, description="One.")
    assert list(session.tools) == ["one"]
