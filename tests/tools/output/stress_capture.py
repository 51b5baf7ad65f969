"""Many short calls while three threads print: ``python -m tests.tools.output.stress_capture CALLS``.

A proxy of ``sys.stdout`` that is freed inside ``print()`` ends the process, so this runs in one of its own.
"""

from __future__ import annotations

import contextlib
import io
import sys
import threading

from realtime_widgets.tools.output.capture import PrintedText, captured

WORDS = ("of", "the", "cell")


class Screen(io.TextIOBase):
    """Keeps what is written, in the order of the threads."""

    def __init__(self) -> None:
        self.pieces: list[str] = []

    def write(self, text: str) -> int:
        self.pieces.append(text)
        return len(text)

    def getvalue(self) -> str:
        return "".join(self.pieces)


def main(calls: int) -> None:
    real, screen = sys.stdout, Screen()
    sys.stdout = screen
    over = threading.Event()
    lines = [0, 0, 0]

    def chatter(index: int) -> None:
        while not over.is_set():
            print(*WORDS)
            lines[index] += 1

    threads = [threading.Thread(target=chatter, args=(index,)) for index in range(3)]
    for thread in threads:
        thread.start()
    screens: list[Screen | io.StringIO] = [screen]
    try:
        for number in range(calls):
            printed = PrintedText()
            with contextlib.ExitStack() as around:
                if number % 10 == 0:  # as a cell does it, with a call that begins meanwhile
                    screens.append(io.StringIO())
                    around.enter_context(contextlib.redirect_stdout(screens[-1]))
                with captured(printed):
                    print("call", number)
            if printed.text() != f"call {number}\n":
                raise AssertionError(f"call {number} printed {printed.text()[:200]!r}")
    finally:
        over.set()
        for thread in threads:
            thread.join()
        sys.stdout = real
    shown = "".join(each.getvalue() for each in screens)
    for word in (*WORDS, "\n"):
        if shown.count(word) != sum(lines):
            raise AssertionError(
                f"{sum(lines):,} lines were printed, {word!r} was shown {shown.count(word):,} times"
            )
    print(f"{calls:,} calls, nothing lost")


if __name__ == "__main__":
    main(int(sys.argv[1]))
