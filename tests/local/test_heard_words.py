"""What is left of an answer after truncation, and sound buffers on the session's time line."""

from __future__ import annotations

import numpy as np
import pytest

from realtime_widgets.local.realtime import g711
from realtime_widgets.local.realtime.conversation import Speech
from realtime_widgets.local.realtime.input_audio import Ears, InputBuffer
from realtime_widgets.local.realtime.kept_sound import KeptSound
from realtime_widgets.local.realtime.usage import (
    PromptPart,
    Tokens,
    audio_tokens,
    cached_tokens,
    text_tokens,
)
from tests.local.stand_ins import LoudnessDetector, silence, tone


def speech() -> Speech:
    sentences = [("One two three four.", 0.0), ("Five six seven eight.", 1000.0)]
    return Speech(data=KeptSound(silence(2.0)), sentences=sentences)


@pytest.mark.parametrize(
    ("end_ms", "words"),
    [
        (0, ""),
        (100, ""),
        (500, "One two"),
        (999, "One two three"),
        (1000, "One two three four."),
        (1500, "One two three four. Five six"),
        (2000, "One two three four. Five six seven eight."),
    ],
)
def test_words_heard_by_then(end_ms: int, words: str) -> None:
    cut = speech()
    cut.cut(end_ms)
    assert " ".join(text for text, _ in cut.sentences) == words
    assert cut.milliseconds == end_ms


def test_cutting_twice_keeps_less() -> None:
    cut = speech()
    cut.cut(1500)
    cut.cut(250)
    assert " ".join(text for text, _ in cut.sentences) == "One"


def test_buffer_keeps_time_over_drops() -> None:
    buffer = InputBuffer("audio/pcm")
    buffer.append(tone(1.0))
    buffer.drop_until(600)
    assert (buffer.start_ms, buffer.end_ms) == (600, 1000)
    assert buffer.between(700, 800) == tone(1.0)[700 * 48 : 800 * 48]
    buffer.drop_until(5000)
    assert buffer.start_ms == 1000
    assert buffer.between(0, 5000) == b""


def test_half_a_sample_waits() -> None:
    buffer = InputBuffer("audio/pcm")
    sound = tone(0.1)
    buffer.append(sound[:4799])
    assert buffer.end_ms < 100
    buffer.drop_until(buffer.end_ms)
    buffer.append(sound[4799:])
    assert buffer.end_ms == pytest.approx(100)


@pytest.mark.parametrize("size", [2, 333, 960, 4801])
def test_ears_hear_the_same_however_sound_is_cut(size: int) -> None:
    sound = silence(0.5) + tone(1.0) + silence(0.5)
    ears = Ears(LoudnessDetector(), "audio/pcm")
    heard = [p for start in range(0, len(sound), size) for p in ears.hear(sound[start : start + size])]
    assert heard == Ears(LoudnessDetector(), "audio/pcm").hear(sound)
    loud = [index * ears.chunk_ms for index, probability in enumerate(heard) if probability > 0.5]
    assert abs(loud[0] - 500) < 40
    assert abs(loud[-1] - 1470) < 40


@pytest.mark.parametrize("encoding", ["audio/pcmu", "audio/pcma"])
def test_telephone_codes_survive_the_round_trip(encoding: str) -> None:
    codes = bytes(range(256))
    samples = g711.decode(codes, encoding)
    again = g711.decode(g711.encode(samples, encoding), encoding)
    assert np.array_equal(samples, again)  # mu-law has two codes for 0
    speech_like = (np.sin(np.arange(8000) / 5) * 12_000).astype(np.int16)
    back = g711.decode(g711.encode(speech_like, encoding), encoding).astype(float)
    noise = np.sum((back - speech_like) ** 2) / np.sum(speech_like.astype(float) ** 2)
    assert 10 * np.log10(1 / noise) > 33  # dB, what 8 bits on a logarithmic scale give


def test_telephone_codes_are_those_of_the_standard() -> None:
    assert g711.decode(b"\x80\x00\xff\x7f", "audio/pcmu").tolist() == [32124, -32124, 0, 0]
    assert g711.decode(b"\xaa\x2a\xd5\x55", "audio/pcma").tolist() == [32256, -32256, 8, -8]


def test_token_rules() -> None:
    assert [text_tokens(text) for text in ("", "a", "abcd", "abcde", "é" * 4)] == [0, 1, 1, 2, 2]
    assert [audio_tokens(ms, 100) for ms in (0, 1, 100, 101, 1000)] == [0, 1, 1, 2, 10]


def test_cache_is_the_common_prefix() -> None:
    def part(key: str, audio: int = 0) -> PromptPart:
        return PromptPart(key, Tokens(text=2, audio=audio))

    previous = [part("head"), part("a", audio=10), part("b")]
    assert cached_tokens([*previous, part("c")], previous) == Tokens(text=6, audio=10)
    truncated = [part("head"), part("a", audio=5), part("b")]
    assert cached_tokens(truncated, previous) == Tokens(text=2)
    assert cached_tokens([part("other"), *previous[1:]], previous) == Tokens()
