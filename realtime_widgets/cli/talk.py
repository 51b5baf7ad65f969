"""``realtime-widgets talk``: speaks a sound file into a session and prints the answers, or opens a browser tab."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sys
import webbrowser
from pathlib import Path
from typing import IO, TYPE_CHECKING

import msgspec

from realtime_widgets.errors import ConfigurationError
from realtime_widgets.events import Problem, TurnEnded
from realtime_widgets.session.session import RealtimeSession
from realtime_widgets.shown_text import visible
from realtime_widgets.tools.from_file import load_tools

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from realtime_widgets.reply import Reply
    from realtime_widgets.tools.execution.runner import ToolResult


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command's arguments."""
    parser.add_argument(
        "sound",
        type=Path,
        nargs="?",
        help="WAV, FLAC, OGG or MP3 file with what you say; without one you talk in a browser tab",
    )
    parser.add_argument("--browser", action="store_true", help="open the tab in this machine's browser")
    parser.add_argument(
        "--tools", type=Path, metavar="FILE.py", help="Python file; its public functions become tools"
    )
    parser.add_argument("--out", type=Path, metavar="FILE.wav", help="write what was heard of the answers here")
    parser.add_argument(
        "--json", type=Path, metavar="FILE.jsonl", help="write every event with its time here, without sound"
    )
    parser.add_argument("--endpoint", help='"local", "openai" or a base URL (default: as for a session)')
    parser.add_argument("--model", help="model name (default: the endpoint's)")
    parser.add_argument("--voice", help="name of a preset voice")
    parser.add_argument("--instructions", default="", help="how the model should behave")


def run(namespace: argparse.Namespace) -> int:
    """Run the command."""
    # An error ends the command with its text; the log would say it a second time.
    logging.getLogger("realtime_widgets").addHandler(logging.NullHandler())
    if namespace.sound is None and namespace.out is not None:
        raise ConfigurationError("--out takes the answers to a sound file; in a browser tab you hear them")
    tools = load_tools(namespace.tools) if namespace.tools else []
    session = RealtimeSession(
        namespace.instructions,
        voice=namespace.voice,
        model=namespace.model,
        endpoint=namespace.endpoint,
        tools=tools,
        reconnect=namespace.sound is None,  # one file, one run: a reader of the output sees it at once
    )
    file = None if namespace.json is None else _opened(namespace.json)
    session.journal.write_to(file)
    problems: list[str] = []
    try:
        if namespace.sound is None:
            asyncio.run(_talk_in_a_tab(session, namespace.browser))
        else:
            problems = asyncio.run(_talk(session, namespace.sound, namespace.out))
    finally:
        session.journal.write_to(None)
        if file is not None:
            with contextlib.suppress(OSError):  # the journal has told of it
                file.close()
        if session.journal.failure:
            problems = [*problems, session.journal.failure]
        for problem in problems:
            print(f"realtime-widgets: {visible(problem)}", file=sys.stderr)
    print(f"({visible(f'{session.endpoint.name}: {session.usage}')})", file=sys.stderr)
    return 2 if problems else 0


def _opened(path: Path) -> IO[bytes]:
    try:
        return path.open("wb")
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be written: {error.strerror}") from None


async def _talk_in_a_tab(session: RealtimeSession, browser: bool) -> None:
    """Serve the console in a tab of its own until the user ends it, with a fresh link when one was opened."""
    from realtime_widgets.widgets.page.mirror import LINK_S  # a talk with a file needs no widgets

    await session.start()
    link = session.page()
    opened = asyncio.Event()
    loop = asyncio.get_running_loop()
    try:
        while True:
            url = link.new_url(lambda: loop.call_soon_threadsafe(opened.set))
            print(f"Talk in this tab (the link is for one, Ctrl-C ends it): {url}", flush=True)
            if browser:
                webbrowser.open(url)
                browser = False
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(opened.wait(), LINK_S)
            opened.clear()
    finally:
        await session.close()


async def _talk(session: RealtimeSession, sound: Path, out: Path | None) -> list[str]:
    """Talk, print the answers, and return what is wrong with the file `out`.

    If the talk fails, the answers before that are printed: they have been paid for.
    """
    events = session.events(TurnEnded, Problem)
    try:
        replies = await session.talk(sound, out=out)
    except BaseException:
        await session.close()
        async for event in events:
            if isinstance(event, TurnEnded) and not event.error:
                _print_turn(event.question, event.text, event.interrupted)
        raise
    for reply in replies:
        _print(reply)
    await session.close()
    problems = [event.text async for event in events if isinstance(event, Problem)]
    return [text for text in problems if out is not None and text.startswith(f"{out} could not be written")]


def _print(reply: Reply) -> None:
    _print_turn(reply.question, reply.text, reply.interrupted, reply.tool_calls)


def _print_turn(question: str, text: str, interrupted: bool, tool_calls: Sequence[ToolResult] = ()) -> None:
    _print_line("you:", question)
    for call in tool_calls:
        result = f"failed: {call.error}" if call.error else call.output
        _print_line("tool:", f"{call.name}({_arguments(call.arguments)}) -> {result}")
    _print_line("voice:", text + (" (interrupted)" if interrupted else ""))


def _print_line(label: str, text: str) -> None:
    """Print what came from outside; its own further lines are indented, so that none looks like a line of ours."""
    print(f"{label:<7}" + visible(text).replace("\n", f"\n{'':7}"))


def _arguments(text: str) -> str:
    try:
        values = msgspec.json.decode(text)
    except msgspec.DecodeError:
        return text
    return ", ".join(f"{name}={value!r}" for name, value in values.items()) if isinstance(values, dict) else text
