"""Processor time of a client during a talk: this package, the openai package and openai-agents on the same talk.

Each client sends a microphone's blocks of 20 ms all the time, and receives a recorded talk in real time from one
server in a separate process. The three clients run at the same time, each in its own process, so that other load
of the machine affects them all; only the processor time of each client counts. This package's session plays the
audio (without a page) and keeps its transcript, journal and accounts; the openai connection decodes the audio and
drops it; the session of openai-agents keeps its history.
"""

from __future__ import annotations

import os
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.rows import Row
from benchmarks.support.children import ROOT, Child
from benchmarks.support.clips import microphone_sound
from benchmarks.support.needs import environment
from benchmarks.support.recorded_talk import RecordedTalk, in_talk_time
from benchmarks.support.stream import record_stream
from benchmarks.talkers.pacing import WARM_UP_S
from devtools.environments.agents import python_with_agents
from devtools.environments.environments import EnvironmentMissingError

if TYPE_CHECKING:
    from collections.abc import Callable

#: Largest share of a core that a talk may use.
_TARGET_CORES = 0.06
_BEGIN_S = 60.0


def prepare(quick: bool) -> None:
    """Make the environment of openai-agents."""
    environment("openai-agents", python_with_agents)


def measure(quick: bool) -> list[Row]:
    """Run all clients for a number of windows, each as long as the talk, after they have warmed up."""
    talk = in_talk_time(record_stream(1, longest_s=3.0) if quick else record_stream(2, longest_s=7.5))
    with tempfile.TemporaryDirectory() as folder:
        found, missing = _talk(talk, Path(folder), 2 if quick else 6)
    note = f"{len(talk.frames) / talk.seconds * 60:.0f} events in and 3000 blocks out a minute"
    ours = found["ours"]
    rows = [
        Row(
            "duplex_cost",
            "processor time of a minute",
            ours,
            "ms",
            "openai",
            found["openai"],
            target=1.0,
            note=note,
        ),
    ]
    if agents := found.get("openai-agents"):
        rows.append(Row("duplex_cost", "the same, beside an agent's session", ours, "ms", "openai-agents", agents))
    else:
        rows[0] = Row(**{**vars(rows[0]), "note": f"{note}; openai-agents not measured: {missing}"})
    cores = tuple(each / 60_000 for each in ours)
    rows.append(
        Row("duplex_cost", "part of a core for a talk, without a page", cores, "cores", target=_TARGET_CORES)
    )
    return rows


def _talk(talk: RecordedTalk, folder: Path, windows: int) -> tuple[dict[str, tuple[float, ...]], str]:
    """Return the processor time in milliseconds per minute of talk, by client, and why a client is missing."""
    (folder / "talk.json").write_text(talk.dump())
    sound = folder / "sound.pcm"
    sound.write_bytes(microphone_sound())
    clients: dict[str, Callable[[list[str]], Child]] = {
        "ours": lambda arguments: Child.module("benchmarks.talkers.ours", *arguments),
        "openai": lambda arguments: Child.module("benchmarks.talkers.openai_connection", *arguments),
    }
    missing = ""
    try:
        python = python_with_agents()
        clients["openai-agents"] = lambda arguments: agents_client(python, arguments)
    except EnvironmentMissingError as error:
        missing = str(error).splitlines()[0]
        print(error, file=sys.stderr)
    with ExitStack() as stack:
        server = stack.enter_context(Child.module("benchmarks.servers.replaying", str(folder / "talk.json"), "1"))
        url = f"http://127.0.0.1:{server.read(_BEGIN_S)}/v1"
        arguments = [url, str(sound), str(windows), str(talk.seconds)]
        children = {name: stack.enter_context(start(arguments)) for name, start in clients.items()}
        for child in children.values():
            child.read(_BEGIN_S)
        for child in children.values():
            child.tell("go")
        length = WARM_UP_S + windows * talk.seconds
        told = {name: child.read(length + _BEGIN_S) for name, child in children.items()}
    check_received(told, length * 1000)
    per_minute = 60 / talk.seconds * 1000
    return {name: tuple(each * per_minute for each in one["seconds"]) for name, one in told.items()}, missing


def agents_client(python: Path, arguments: list[str]) -> Child:
    """Start the client of openai-agents, which sees only the packages of its own environment."""
    script = ROOT / "benchmarks" / "talkers" / "agents_session.py"
    # Otherwise it would send its traces to the service.
    silent = os.environ | {"OPENAI_AGENTS_DISABLE_TRACING": "1"}
    return Child([str(python), "-E", "-s", str(script), *arguments], silent)


def check_received(told: dict[str, Any], milliseconds: float) -> None:
    """Raise if a client received much less audio than the others, because it did not do the same work."""
    received = {name: one["received_ms"] for name, one in told.items()}
    least = max(0.8 * float(np.median(list(received.values()))), milliseconds / 5)
    if min(received.values()) < least:
        raise RuntimeError(f"the clients did not get the same sound: {received} of {milliseconds:.0f} ms")
