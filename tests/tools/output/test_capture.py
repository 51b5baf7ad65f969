from __future__ import annotations

import asyncio
import contextlib
import contextvars
import gc
import io
import logging
import subprocess
import sys
import threading
import weakref
from typing import TYPE_CHECKING

import pytest

from realtime_widgets.tools.output.capture import PrintedText, captured, current_call

if TYPE_CHECKING:
    from collections.abc import Callable


def in_thread(work: Callable[[], object]) -> threading.Thread:
    thread = threading.Thread(target=contextvars.Context().run, args=(work,))
    thread.start()
    return thread


@contextlib.contextmanager
def call_elsewhere():
    """Keep a call open in another thread, so that the proxies are in place here."""
    printed, opened, end = PrintedText(), threading.Event(), threading.Event()

    def work() -> None:
        with captured(printed):
            opened.set()
            end.wait()

    thread = in_thread(work)
    opened.wait()
    try:
        yield printed
    finally:
        end.set()
        thread.join()


def test_both_streams_are_collected_in_order(capsys: pytest.CaptureFixture[str]):
    printed = PrintedText()
    with captured(printed):
        print("one")
        print("two", file=sys.stderr)
        sys.stdout.writelines(["three", "\n"])
        print("größe 🔬", flush=True)
    print("outside")
    assert printed.text() == "one\ntwo\nthree\ngröße 🔬\n"
    assert capsys.readouterr() == ("outside\n", "")


def test_others_keep_their_output_while_a_call_runs(capsys: pytest.CaptureFixture[str]):
    with call_elsewhere() as printed:
        print("mine")
        in_thread(lambda: print("another thread's")).join()
        assert current_call() is None
    assert printed.text() == ""
    assert capsys.readouterr().out == "mine\nanother thread's\n"


def test_calls_side_by_side_do_not_mix():
    both = threading.Barrier(2)
    texts = {}

    def work(name: str) -> None:
        printed = PrintedText()
        with captured(printed):
            for number in range(50):
                both.wait()
                print(name, number)
        texts[name] = printed.text()

    threads = [in_thread(lambda name=name: work(name)) for name in ("a", "b")]
    for thread in threads:
        thread.join()
    for name in ("a", "b"):
        assert texts[name] == "".join(f"{name} {number}\n" for number in range(50))


async def test_tasks_and_their_threads_are_told_apart():
    async def work(name: str, turns: asyncio.Barrier) -> str:
        printed = PrintedText()
        with captured(printed):
            for _ in range(3):
                await turns.wait()
                print(name)
                await asyncio.to_thread(print, name, "in a thread")
        return printed.text()

    turns = asyncio.Barrier(2)
    texts = await asyncio.gather(*(asyncio.create_task(work(name, turns)) for name in "ab"))
    assert texts == [f"{name}\n{name} in a thread\n" * 3 for name in "ab"]


def test_no_call_takes_away_the_stream_that_another_thread_prints_to(capsys: pytest.CaptureFixture[str]):
    with captured(PrintedText()):
        seen = sys.stdout, sys.stderr
        with captured(PrintedText()):
            pass
    for _ in range(3):
        assert (sys.stdout, sys.stderr) == seen
        with captured(PrintedText()):
            assert (sys.stdout, sys.stderr) == seen
    print("after")
    print("after", file=sys.stderr)
    assert capsys.readouterr() == ("after\n", "after\n")


def test_prints_of_three_threads_while_thousands_of_calls_begin_and_end():
    """In a process of its own: an error here is a crash of Python."""
    command = [sys.executable, "-X", "faulthandler", "-m", "tests.tools.output.stress_capture", "10000"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "10,000 calls, nothing lost\n"


def test_a_stream_that_was_redirected_to_is_freed():
    class Large(io.StringIO):
        pass

    large = Large()
    with contextlib.redirect_stdout(large), captured(PrintedText()):
        pass
    kept = weakref.ref(large)
    del large
    gc.collect()
    assert kept() is None


class Screen(io.StringIO):
    encoding = "latin-1"  # type: ignore[assignment]
    colour = "green"

    def isatty(self) -> bool:
        return True

    def fileno(self) -> int:
        return 42


def test_the_proxy_is_transparent(monkeypatch: pytest.MonkeyPatch):
    screen = Screen()
    monkeypatch.setattr(sys, "stdout", screen)
    with call_elsewhere():
        stream = sys.stdout
        assert stream is not screen
        assert isinstance(stream, Screen)
        assert isinstance(stream, io.TextIOBase)
        assert (stream.encoding, stream.isatty(), stream.fileno()) == ("latin-1", True, 42)
        assert stream.colour == "green"
        stream.colour = "red"
        assert repr(stream) == repr(screen)
        assert "colour" in dir(stream)
        assert weakref.ref(stream)() is stream
        assert stream.write("text") == 4
        with pytest.raises(AttributeError):
            _ = stream.missing
    assert screen.colour == "red"
    print("after")
    assert screen.getvalue() == "textafter\n"


def test_inside_a_call_the_stream_is_no_terminal(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sys, "stdout", Screen())
    with captured(PrintedText()):
        assert not sys.stdout.isatty()
        with pytest.raises(TypeError, match="must be str, not bytes"):
            sys.stdout.write(b"bytes")  # type: ignore[arg-type]


def test_a_stream_replaced_during_a_call(capsys: pytest.CaptureFixture[str]):
    """As `contextlib.redirect_stdout` or `%%capture` in a cell does it, in every order of ending."""
    with call_elsewhere() as first:
        before = sys.stdout
        redirected = io.StringIO()
        with contextlib.redirect_stdout(redirected):
            print("redirected")
            printed = PrintedText()
            with captured(printed):
                print("captured")
            print("redirected too")
        assert printed.text() == "captured\n"
        assert redirected.getvalue() == "redirected\nredirected too\n"
        print("back")
    assert first.text() == ""
    assert capsys.readouterr().out == "back\n"
    assert sys.stdout is before


def test_a_proxy_put_back_after_the_last_call_passes_through(capsys: pytest.CaptureFixture[str]):
    with contextlib.ExitStack() as stack, call_elsewhere():
        before = sys.stdout
        stack.enter_context(contextlib.redirect_stdout(io.StringIO()))
    assert sys.stdout is before  # what the redirection put back
    print("seen")
    assert capsys.readouterr().out == "seen\n"
    printed = PrintedText()
    with captured(printed):
        print("captured")
    assert printed.text() == "captured\n"
    assert sys.stdout is before


def test_a_missing_stream_is_left_alone(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sys, "stdout", None)  # as under pythonw
    printed = PrintedText()
    with captured(printed):
        print("nowhere")
        print("here", file=sys.stderr)
    assert sys.stdout is None
    assert printed.text() == "here\n"


def test_a_handler_made_in_a_call_goes_on_working(capsys: pytest.CaptureFixture[str]):
    with captured(PrintedText()):
        handler = logging.StreamHandler(sys.stderr)
    handler.emit(logging.LogRecord("x", logging.INFO, "", 0, "later", None, None))
    assert capsys.readouterr().err == "later\n"


def test_a_task_that_outlives_its_call_prints_as_everybody(capsys: pytest.CaptureFixture[str]):
    printed = PrintedText()

    def call() -> contextvars.Context:
        with captured(printed):
            return contextvars.copy_context()

    left_over = contextvars.Context().run(call)
    printed.close()
    with call_elsewhere():
        left_over.run(print, "late")
    assert printed.text() == ""
    assert capsys.readouterr().out == "late\n"


@pytest.mark.parametrize("chunk", [1, 7, 64, 1_000, 100_000])
def test_long_output_keeps_both_ends(chunk: int):
    text = "".join(f"{number:9}\n" for number in range(10_000))
    printed = PrintedText(limit=1_000)
    for start in range(0, len(text), chunk):
        printed.write(text[start : start + chunk])
    assert printed.text() == f"{text[:500]}\n[… 99,000 characters left out …]\n{text[-500:]}"


@pytest.mark.parametrize("size", [0, 499, 500, 501, 999, 1_000])
def test_output_up_to_the_limit_is_kept_whole(size: int):
    printed = PrintedText(limit=1_000)
    for _ in range(size):
        printed.write("x")
    assert printed.text() == "x" * size


def test_printed_surrogates_do_not_break_the_page():
    printed = PrintedText()
    with captured(printed):
        print("a\ud800b")
    assert printed.text().encode() == b"a?b\n"


def test_a_write_that_others_put_over_the_streams(monkeypatch: pytest.MonkeyPatch):
    """As IPython does it for each cell; whether calls begin and end before, in or after it."""
    screen = io.StringIO()
    screen_with_write = type("Screen", (), {"write": lambda self, text: screen.write(text)})()
    monkeypatch.setattr(sys, "stdout", screen_with_write)
    history: list[str] = []

    @contextlib.contextmanager
    def cell():
        stream, original = sys.stdout, sys.stdout.write

        def write(text: str) -> int:
            history.append(text)
            return original(text)

        stream.write = write  # type: ignore[method-assign]
        try:
            yield
        finally:
            stream.write = original  # type: ignore[method-assign]

    with contextlib.ExitStack() as across:
        first = across.enter_context(call_elsewhere())
        with cell():
            sys.stdout.write("one")
            printed = PrintedText()
            with captured(printed):
                sys.stdout.write("captured")
            across.close()
            sys.stdout.write("two")
    with cell(), call_elsewhere() as second:
        sys.stdout.write("three")
    sys.stdout.write("four")
    assert screen.getvalue() == "onetwothreefour"
    assert history == ["one", "two", "three"]
    assert (first.text(), printed.text(), second.text()) == ("", "captured", "")
