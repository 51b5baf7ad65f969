"""The command line: talk from a terminal, serve the local endpoint, open the demo, find what is wrong."""

from __future__ import annotations

import argparse
import asyncio
import importlib.util
import logging
import sys
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import msgspec

from realtime_widgets import demo, doctor
from realtime_widgets.errors import ConfigurationError, RealtimeWidgetsError
from realtime_widgets.local import serve
from realtime_widgets.session import RealtimeSession

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import ModuleType

    from realtime_widgets.reply import Reply


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command ``realtime-widgets``; gives the exit code (2 for bad input or a failed talk)."""
    parser = argparse.ArgumentParser(
        prog="realtime-widgets", description="Talk with a voice model from a notebook or a terminal."
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _add(commands, "demo", "open the quickstart in JupyterLab, on the local endpoint", demo)
    _add(commands, "doctor", "find what keeps you from talking, with the cure", doctor)
    _add(commands, "serve", "serve the Realtime protocol from this machine", serve)
    talk = commands.add_parser("talk", help="speak a sound file into a session and hear the answer")
    _add_talk_arguments(talk)
    talk.set_defaults(run=run_talk)
    given = list(sys.argv[1:] if arguments is None else arguments)
    # JupyterLab's own arguments: argparse would not take them behind options.
    own = given.index("--") if given[:1] == ["demo"] and "--" in given else len(given)
    namespace = parser.parse_args(given[:own])
    if given[own:]:
        namespace.jupyter = given[own + 1 :]
    try:
        return int(namespace.run(namespace))
    except RealtimeWidgetsError as error:
        print(f"realtime-widgets: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130


def _add(commands: Any, name: str, summary: str, module: ModuleType) -> None:
    command = commands.add_parser(name, help=summary)
    module.add_arguments(command)
    command.set_defaults(run=module.run)


def _add_talk_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("sound", type=Path, help="WAV, FLAC, OGG or MP3 file with what you say")
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


def load_tools(path: Path) -> list[Callable[..., Any]]:
    """Return the public functions that a Python file defines, in the file's order.

    Raises
    ------
    ConfigurationError
        Where there is no such file, it fails, or it defines no public function.
    """
    if not path.is_file() or path.suffix != ".py":
        raise ConfigurationError(f"there is no Python file {path}")
    # A name of its own: a file called random.py must not stand in for the library's.
    spec = importlib.util.spec_from_file_location(f"realtime_tools_{path.stem}", path)
    if spec is None or spec.loader is None:
        raise ConfigurationError(f"{path} cannot be loaded as a Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # hints written as text are looked up there
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:
        raise ConfigurationError(f"{path} failed: {type(error).__name__}: {error}") from error
    functions = [
        value
        for name, value in vars(module).items()
        if not name.startswith("_")
        and callable(value)
        and getattr(value, "__module__", "") == spec.name
        and not isinstance(value, type)
    ]
    if not functions:
        raise ConfigurationError(f"{path} defines no public function that could be a tool")
    return functions


def run_talk(namespace: argparse.Namespace) -> int:
    """Run ``realtime-widgets talk``."""
    # What goes wrong ends the command with its text; the log would say it a second time.
    logging.getLogger("realtime_widgets").addHandler(logging.NullHandler())
    tools = load_tools(namespace.tools) if namespace.tools else []
    session = RealtimeSession(
        namespace.instructions,
        voice=namespace.voice,
        model=namespace.model,
        endpoint=namespace.endpoint,
        tools=tools,
        reconnect=False,  # one file, one run: whoever waits for it is told at once
    )
    if namespace.json is None:
        replies = asyncio.run(_talk(session, namespace.sound, namespace.out))
    else:
        with _opened(namespace.json) as file:
            session.journal.write_to(file)
            try:
                replies = asyncio.run(_talk(session, namespace.sound, namespace.out))
            finally:
                session.journal.write_to(None)
    for reply in replies:
        _print(reply)
    print(f"({session.endpoint.name}: {session.usage})", file=sys.stderr)
    return 0


def _opened(path: Path) -> IO[bytes]:
    try:
        return path.open("wb")
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be written: {error.strerror}") from None


async def _talk(session: RealtimeSession, sound: Path, out: Path | None) -> list[Reply]:
    try:
        return await session.talk(sound, out=out)
    finally:
        await session.close()


def _print(reply: Reply) -> None:
    print(f"you:   {reply.question}")
    for call in reply.tool_calls:
        result = f"failed: {call.error}" if call.error else call.output
        print(f"tool:  {call.name}({_arguments(call.arguments)}) -> {result}")
    print(f"voice: {reply.text}" + (" (interrupted)" if reply.interrupted else ""))


def _arguments(text: str) -> str:
    try:
        values = msgspec.json.decode(text)
    except msgspec.DecodeError:
        return text
    return ", ".join(f"{name}={value!r}" for name, value in values.items()) if isinstance(values, dict) else text


if __name__ == "__main__":
    sys.exit(main())
