"""How well the built-in brain answers spoken requests: ``python -m benchmarks spoken_requests [--quick]``.

The requests of `benchmarks.support.request_list` are spoken by the endpoint's own synthesiser in two voices at two
speeds (`--quick`: one voice, one speed), recognised by its recogniser and answered by its brain, with the twelve
tools of `benchmarks.support.request_tools`. If the brain asks a question, the answer is spoken too.

A request has the right tool if only that tool is called, at once or after the answer to a question; if no tool is
wanted, if none is called. It has the right arguments if all of them are right and there are no others; texts are
compared as word errors are counted, without punctuation and a leading article. "Asked back rightly" are requests
that leave something open, were answered by a question, and then led to the right call. "Needless questions" are
those about requests that leave nothing open; if the brain asks whether it should do something, the answer is "Yes,
please." if a tool is wanted, whichever it names, and "No, thank you." otherwise. Held-out requests are counted
separately. Synthesised speech is clearer than that of people; `benchmarks.recordings` measures recognition of the
latter.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.rows import Row
from benchmarks.support.request_list import HELD_OUT, NOW, SEEN
from benchmarks.support.request_tools import definitions
from devtools.sound.word_errors import normalised_words, word_errors
from realtime_widgets.audio.pcm import SAMPLE_RATE
from realtime_widgets.audio.samples import resample
from realtime_widgets.local.brain.rules.brain import StandInBrain
from realtime_widgets.local.models.interfaces import RECOGNITION_RATE, BrainRequest, CallTool, Say
from realtime_widgets.local.speech import load_recogniser, load_synthesiser

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from benchmarks.support.request_list import Request

VOICES, SPEEDS = ("marin", "echo"), (1.0, 1.25)


@dataclass
class Outcome:
    """Outcome of one request in one voice."""

    request: Request
    heard: str
    calls: list[tuple[str, dict[str, Any]]]
    question: str = ""
    said: str = ""
    errors: int = 0
    words: int = 0

    @property
    def right_tool(self) -> bool:
        names = [name for name, _ in self.calls]
        return names == ([] if self.request.tool is None else [self.request.tool])

    @property
    def right_arguments(self) -> bool:
        return self.right_tool and (not self.calls or _same(self.calls[0][1], self.request.arguments))

    @property
    def asked_rightly(self) -> bool:
        return bool(self.request.answer and self.question) and self.right_arguments

    @property
    def asked_needlessly(self) -> bool:
        expects = self.request.tool is not None or self.question.startswith("Shall I")
        return bool(self.question) and expects and not self.request.answer


def outcomes(requests: Sequence[Request], hear: Callable[[str], str], brain: StandInBrain) -> list[Outcome]:
    """Send each of `requests` to the brain; `hear` returns the recognised text of a spoken sentence."""
    tools = definitions()
    return [_talk(request, hear, brain, tools) for request in requests]


def _talk(
    request: Request, hear: Callable[[str], str], brain: StandInBrain, tools: Sequence[dict[str, Any]]
) -> Outcome:
    items: list[dict[str, Any]] = []
    outcome = Outcome(request, "", [])
    sentences = deque([request.said])
    answers = deque([request.answer] if request.answer else [])
    while sentences:
        sentence = sentences.popleft()
        heard = hear(sentence)
        outcome.heard += f" / {heard}" if outcome.heard else heard
        errors, words = word_errors(sentence, heard)
        outcome.errors += errors
        outcome.words += words
        items.append(_item("user", {"type": "input_audio", "transcript": heard}))
        parts = list(brain.answer(BrainRequest(items, tools)))
        outcome.calls += [(one.name, json.loads(one.arguments)) for one in parts if isinstance(one, CallTool)]
        outcome.said = " ".join(one.text for one in parts if isinstance(one, Say))
        if outcome.calls or not outcome.said.endswith("?"):
            break
        outcome.question = outcome.question or outcome.said
        if outcome.said.startswith("Shall I") and len(items) == 1:
            sentences.append("Yes, please." if request.tool else "No, thank you.")
        elif answers:
            sentences.append(answers.popleft())
        items.append(_item("assistant", {"type": "output_audio", "transcript": outcome.said}))
    return outcome


def _item(role: str, part: dict[str, Any]) -> dict[str, Any]:
    return {"type": "message", "role": role, "content": [part]}


def _same(got: dict[str, Any], wanted: dict[str, Any]) -> bool:
    return got.keys() == wanted.keys() and all(_alike(got[name], value) for name, value in wanted.items())


def _alike(got: Any, wanted: Any) -> bool:
    if isinstance(wanted, str) and isinstance(got, str):
        return _bare(got) == _bare(wanted)
    if isinstance(wanted, int | float) and isinstance(got, int | float):
        return abs(got - wanted) <= 0.005 * abs(wanted)
    return bool(got == wanted)


def _bare(text: str) -> list[str]:
    return normalised_words(re.sub(r"^(?:the|an?)\s+", "", text.strip(), flags=re.IGNORECASE))


def ears(voice: str, speed: float) -> Callable[[str], str]:
    """Return a function that speaks a sentence in a voice and at a speed, and returns the recognised text."""
    synthesiser, recogniser = load_synthesiser(), load_recogniser()

    def hear(sentence: str) -> str:
        samples = np.concatenate(
            [*synthesiser.stream(sentence, voice, speed), np.zeros(SAMPLE_RATE // 4, np.int16)]
        )
        sound = samples.astype(np.float32) / 32768
        return recogniser(resample(sound, SAMPLE_RATE, RECOGNITION_RATE)).text

    return hear


def row(name: str, some: Sequence[Outcome]) -> str:
    """One line of the table."""
    wanting = [one for one in some if one.request.tool is not None]
    open_ones = [one for one in some if one.request.answer]
    errors, words = sum(one.errors for one in some), sum(one.words for one in some)
    return (
        f"| {name} | {len(some)} | {errors / words:.1%} | {_share(one.right_tool for one in some)} "
        f"| {_share(one.right_arguments for one in wanting)} | {_share(one.asked_rightly for one in open_ones)} "
        f"| {sum(one.asked_needlessly for one in some)} |"
    )


def _share(flags: Any) -> str:
    found = list(flags)
    return f"{sum(found)} of {len(found)} ({sum(found) / len(found):.0%})" if found else "-"


HEADER = (
    "| requests | n | word errors | right tool | right arguments | asked back rightly | needless questions |\n"
    "|-|-|-|-|-|-|-|"
)


def collect(quick: bool) -> dict[str, list[Outcome]]:
    """Outcomes by set: each set as written, each set spoken, and everything spoken."""
    brain = StandInBrain.load(clock=lambda: NOW)
    sets = {"seen": SEEN, "held-out": HELD_OUT}
    written: Callable[[str], str] = lambda sentence: sentence  # noqa: E731
    found = {f"{name}, as written": outcomes(requests, written, brain) for name, requests in sets.items()}
    spoken: dict[str, list[Outcome]] = {f"{name}, spoken": [] for name in sets}
    for voice in VOICES[:1] if quick else VOICES:
        for speed in SPEEDS[:1] if quick else SPEEDS:
            hear = ears(voice, speed)
            for name, requests in sets.items():
                spoken[f"{name}, spoken"] += outcomes(requests, hear, brain)
    return {**found, **spoken, "all, spoken": [one for some in spoken.values() for one in some]}


def measure(quick: bool) -> list[Row]:
    """Return the rows for ``python -m benchmarks``: the share of wrong outcomes, in percent."""
    rows = []
    for name, some in collect(quick).items():
        wanting = [one for one in some if one.request.tool is not None]
        wrong = {
            "words wrong": sum(one.errors for one in some) / sum(one.words for one in some),
            "tool wrong": sum(not one.right_tool for one in some) / len(some),
            "arguments wrong": sum(not one.right_arguments for one in wanting) / len(wanting),
        }
        rows += [Row("spoken_requests", f"{name}: {what}", (100 * share,), "%") for what, share in wrong.items()]
    return rows


def run(quick: bool = False, show: str = "") -> None:
    """Measure and print; `show` is the set whose wrong outcomes are printed, ``seen`` or ``held-out``."""
    found = collect(quick)
    print(HEADER)
    for name, some in found.items():
        print(row(name, some))
    for name, some in found.items():
        for one in some if show and name.startswith(show) else ():
            if not one.right_arguments or one.asked_needlessly or (one.request.answer and not one.asked_rightly):
                print(f"{name}: {one.heard}\n  wanted {one.request.tool} {one.request.arguments}")
                print(f"  got {one.calls} {one.said}")


def main(arguments: Sequence[str] | None = None) -> int:
    """Parse the command line and measure."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.endpoint.spoken_requests",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--quick", action="store_true", help="one voice at one speed")
    parser.add_argument("--wrong", choices=("seen", "held-out"), default="", help="also print wrong outcomes")
    options = parser.parse_args(arguments)
    run(options.quick, options.wrong)
    return 0


if __name__ == "__main__":
    sys.exit(main())
