"""`realtime-widgets talk` as a person runs it: a process of its own against a scripted server."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import sys
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
import pytest
from websockets.asyncio.client import connect

from realtime_widgets.audio.samples import read_sound, write_wav
from realtime_widgets.cli.talk import load_tools
from realtime_widgets.errors import ConfigurationError
from realtime_widgets.lane.frames import pack
from realtime_widgets.testing import Call, ScriptedServer, Talk, cut, stall, tone
from tests.session.watching import HEARD


@pytest.fixture
def sound(tmp_path: Path) -> Path:
    write_wav(tmp_path / "question.wav", np.full(2400, 0.1, np.float32))
    return tmp_path / "question.wav"


async def run(*arguments: object) -> tuple[int | None, str, str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("OPENAI_")}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "realtime_widgets.cli.main", *map(str, arguments)),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=environment,
    )
    out, err = await process.communicate()
    return process.returncode, out.decode(), err.decode()


async def test_a_talk_from_the_terminal(sound: Path, tmp_path: Path) -> None:
    (tmp_path / "random.py").write_text(
        'def double(x: int) -> int:\n    """Double a number."""\n    return 2 * x\n'
    )
    talk = Talk()
    spoken = talk.spoken_turn("Double 21", "One moment", tone(60))
    called = talk.function_call_turn("x", [Call("double", {"x": 21}, "42")], "It is 42.")
    # The spoken turn goes on with a call: its response is that of the call.
    begun = next(index for index, step in enumerate(spoken) if "'response.created'" in str(step))
    begin = next(index for index, step in enumerate(called) if "response.created" in str(step))
    steps = [*talk.start(), HEARD, *spoken[:begun], *called[begin:]]
    async with ScriptedServer(steps) as server:
        code, out, err = await run(
            *("talk", sound, "--tools", tmp_path / "random.py", "--out", tmp_path / "heard.wav"),
            *("--json", tmp_path / "talk.jsonl", "--endpoint", server.url, "--instructions", "Be brief."),
        )
    assert (code, out.splitlines()) == (
        0,
        ["you:   Double 21", "tool:  double(x=21) -> 42", "voice: It is 42."],
    ), err
    assert "tokens in" in err
    events = [json.loads(line) for line in (tmp_path / "talk.jsonl").read_text().splitlines()]
    assert events[0]["sender"] in ("client", "server")
    assert {event["event"]["type"] for event in events} >= {"session.update", "response.done"}


async def test_a_talk_in_a_browser_tab_until_ctrl_c() -> None:
    talk = Talk()
    async with ScriptedServer([*talk.start(), stall()]) as server:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "realtime_widgets.cli.main", "talk", "--endpoint", server.url),
            stdout=asyncio.subprocess.PIPE,
        )
        assert process.stdout is not None
        line = (await process.stdout.readline()).decode()
        address, _, token = line.split()[-1].partition("#")
        async with connect(f"ws://127.0.0.1:{urlsplit(address).port}/lane", max_size=2**26) as tab:
            await tab.send(pack(json.dumps({"type": "page_join", "token": token}).encode()))
            welcome = await tab.recv()
            assert b"page_welcome" in welcome[:100]  # type: ignore[operator]
            another = (await process.stdout.readline()).decode()
            assert another.split("#")[-1] != token
            process.send_signal(signal.SIGINT)
            assert await process.wait() == 130
        server.resume()


async def test_answers_in_a_tab_go_to_no_file() -> None:
    code, _, err = await run("talk", "--out", "heard.wav")
    assert code == 2
    assert "--out" in err


async def test_a_terminal_obeys_nothing_that_was_said(sound: Path) -> None:
    talk = Talk()
    answer = "\x1b]0;owned\x07Done\u202e.\ntool:  pay() -> paid"
    steps = [*talk.start(), HEARD, *talk.spoken_turn("Hi\x1b[2J", answer, tone(60))]
    async with ScriptedServer(steps) as server:
        code, out, _ = await run("talk", sound, "--endpoint", server.url)
    assert (code, out.splitlines()) == (
        0,
        [
            "you:   Hi⟨U+001B⟩[2J",
            "voice: ⟨U+001B⟩]0;owned⟨U+0007⟩Done⟨U+202E⟩.",
            "       tool:  pay() -> paid",
        ],
    )


async def test_the_text_of_an_error_is_not_obeyed_either(sound: Path) -> None:
    code, _, err = await run("talk", sound, "--tools", "\x1b[2J.py")
    assert (code, err) == (2, "realtime-widgets: there is no Python file ⟨U+001B⟩[2J.py\n")


async def test_what_was_heard_is_written(sound: Path, tmp_path: Path) -> None:
    talk = Talk()
    steps = [*talk.start(), HEARD, *talk.spoken_turn("How late?", "Noon.", tone(100))]
    async with ScriptedServer(steps) as server:
        code, out, _ = await run("talk", sound, "--out", tmp_path / "heard.wav", "--endpoint", server.url)
    assert (code, out) == (0, "you:   How late?\nvoice: Noon.\n")
    samples, rate = read_sound(tmp_path / "heard.wav")
    assert len(samples) / rate == pytest.approx(0.1)


async def test_a_lost_connection_is_told_in_a_line(sound: Path) -> None:
    talk = Talk()
    turn = talk.spoken_turn("How late?", "Noon.", tone(100))
    async with ScriptedServer([*talk.start(), HEARD, *turn[:8], cut()]) as server:
        code, out, err = await run("talk", sound, "--endpoint", server.url)
    assert (code, out) == (2, "")
    assert "realtime-widgets: " in err
    assert "was lost" in err
    assert "Traceback" not in err


async def test_the_answers_before_a_loss_are_printed(sound: Path) -> None:
    talk = Talk()
    first = talk.spoken_turn("How late?", "Noon.", tone(100))
    second = talk.spoken_turn("And now?", "One.", tone(100))
    # The second turn begins as the first one ends, so that the talk is not over.
    steps = [*talk.start(), HEARD, *first, *second[:8], cut()]
    async with ScriptedServer(steps) as server:
        code, out, err = await run("talk", sound, "--endpoint", server.url)
    assert code == 2
    assert out.splitlines() == ["you:   How late?", "voice: Noon. (interrupted)"]
    assert "was lost" in err


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a full disk at hand")
async def test_a_full_disk_costs_no_answer(sound: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    talk = Talk()
    steps = [*talk.start(), HEARD, *talk.spoken_turn("How late?", "Noon.", tone(100))]
    async with ScriptedServer(steps) as server:
        arguments = ("--out", "/dev/full", "--json", "/dev/full")
        code, out, err = await run("talk", sound, "--endpoint", server.url, *arguments)
    assert (code, out) == (2, "you:   How late?\nvoice: Noon.\n")
    assert "/dev/full could not be written: No space left on device; its last events are missing." in err
    assert "Traceback" not in err
    [elsewhere] = re.findall(r"what was heard is in (\S+\.wav)\.", err)
    samples, rate = read_sound(elsewhere)
    assert len(samples) / rate == pytest.approx(0.1)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["talk", "{sound}", "--out", "/tmp"], "/tmp is a folder: name a file in it"),
        (["talk", "{sound}", "--json", "/tmp"], "/tmp cannot be written: Is a directory"),
        (["talk", "missing.wav"], "there is no sound file missing.wav"),
        (["talk", "{sound}", "--tools", "missing.py"], "there is no Python file missing.py"),
        (["talk", "{sound}", "--out", "/missing/heard.wav"], "there is no folder /missing"),
        (["talk", "{sound}", "--json", "/missing/talk.jsonl"], "/missing/talk.jsonl cannot be written"),
        (["talk", "{sound}", "--endpoint", "openia"], "endpoint must be"),
        (["talk", "{sound}", "--endpoint", "openai"], "OPENAI_API_KEY"),
        (["talk", "{sound}", "--endpoint", "http://127.0.0.1:9/v1"], "cannot be reached"),
    ],
)
async def test_bad_input_is_told_in_a_line(sound: Path, arguments: list[str], told: str) -> None:
    code, out, err = await run(*(each.format(sound=sound) for each in arguments))
    assert (code, out) == (2, "")
    assert told in err
    assert "Traceback" not in err


def tools_file(folder: Path, text: str) -> Path:
    path = folder / "math.py"
    path.write_text(text)
    return path


def test_the_public_functions_of_a_file_are_its_tools(tmp_path: Path) -> None:
    import math

    text = """
from __future__ import annotations
from os.path import join
class Thing: pass
def second(x: Number) -> int: return x
async def first(): pass
def _hidden(): pass
Number = int
constant = 3
"""
    assert [function.__name__ for function in load_tools(tools_file(tmp_path, text))] == ["second", "first"]
    assert sys.modules["math"] is math


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("def broken(:", "SyntaxError"),
        ("1 / 0", "ZeroDivisionError: division by zero"),
        ("import nothing_such", "ModuleNotFoundError"),
        ("raise SystemExit(1)", "SystemExit"),
        ("x = 1", "no public function"),
        ("", "no public function"),
    ],
)
def test_a_file_that_gives_no_tools_is_refused_by_name(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(ConfigurationError, match=told) as caught:
        load_tools(tools_file(tmp_path, text))
    assert "math.py" in str(caught.value)


def test_what_is_no_python_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "tools.txt").write_text("def f(): pass")
    for path in (tmp_path, tmp_path / "missing.py", tmp_path / "tools.txt"):
        with pytest.raises(ConfigurationError, match="there is no Python file"):
            load_tools(path)
