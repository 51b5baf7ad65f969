from __future__ import annotations

import io
from typing import TYPE_CHECKING

import numpy as np
import pytest
import soundfile

from realtime_widgets.audio import (
    StreamResampler,
    from_pcm16,
    read_sound,
    resample,
    to_mono_float,
    to_pcm16,
    wav_bytes,
    write_wav,
)
from realtime_widgets.errors import AudioError
from realtime_widgets.pcm import SAMPLE_RATE, duration_ms
from realtime_widgets.sources import load_sound

if TYPE_CHECKING:
    from pathlib import Path


def tone(rate: int = SAMPLE_RATE, seconds: float = 0.5, hertz: float = 440.0) -> np.ndarray:
    return (0.5 * np.sin(2 * np.pi * hertz * np.arange(int(rate * seconds)) / rate)).astype(np.float32)


def pitch(samples: np.ndarray, rate: int = SAMPLE_RATE) -> float:
    return float(np.argmax(np.abs(np.fft.rfft(samples))) * rate / len(samples))


def test_the_length_of_sound() -> None:
    assert duration_ms(48_000) == 1000.0
    assert duration_ms(16_000, rate=8000) == 1000.0


@pytest.mark.parametrize("rate", [8000, 11025, 16000, 22050, 44100, 48000, 96000])
def test_sound_of_any_rate_keeps_its_length_and_pitch(rate: int) -> None:
    samples = from_pcm16(to_pcm16(tone(rate), rate))
    assert len(samples) == pytest.approx(SAMPLE_RATE / 2, abs=2)
    assert pitch(samples) == pytest.approx(440, abs=3)
    assert np.abs(samples).max() == pytest.approx(0.5, abs=0.02)


@pytest.mark.parametrize("shape", ["(n, 2)", "(2, n)", "(n, 1)", "(1, n)", "(n,)"])
def test_channels_are_averaged_wherever_they_are(shape: str) -> None:
    mono = tone()
    arrays = {
        "(n, 2)": np.stack([mono, np.zeros_like(mono)], axis=1) * 2,
        "(2, n)": np.stack([mono, np.zeros_like(mono)]) * 2,
        "(n, 1)": mono[:, None],
        "(1, n)": mono[None, :],
        "(n,)": mono,
    }
    np.testing.assert_allclose(to_mono_float(arrays[shape]), mono, atol=1e-6)


@pytest.mark.parametrize(
    "dtype", [np.int8, np.int16, np.int32, np.int64, np.uint8, np.uint16, np.float16, np.float32, np.float64]
)
def test_every_number_type_has_its_own_full_scale(dtype: type) -> None:
    if np.dtype(dtype).kind == "f":
        samples = np.array([-1.0, 0.0, 0.5], dtype)
    else:
        info = np.iinfo(dtype)
        middle = 0 if info.min < 0 else (int(info.max) + 1) // 2
        span = int(info.max) - middle + 1
        samples = np.array([middle - span, middle, middle + span // 2], dtype)
    np.testing.assert_allclose(to_mono_float(samples), [-1.0, 0.0, 0.5], atol=1e-6)


def test_lists_of_numbers_are_sound_too() -> None:
    np.testing.assert_allclose(to_mono_float([0.0, 0.25]), [0.0, 0.25])


def test_what_is_too_loud_is_clipped_and_does_not_wrap() -> None:
    np.testing.assert_allclose(from_pcm16(to_pcm16([2.0, -2.0])), [1.0, -1.0], atol=1e-3)


@pytest.mark.parametrize(
    ("samples", "named"),
    [
        ([], "empty"),
        (np.zeros((0, 2)), "empty"),
        ([0.0, np.nan], "NaN"),
        ([np.inf], "infinite"),
        (["a", "b"], "numbers"),
        ([1j], "numbers"),
        ([True, False], "numbers"),
        (np.zeros((2, 2, 2)), "shape"),
        (np.float32(1.0), "axis"),
        (None, "numbers"),
    ],
)
def test_what_is_no_sound_is_refused_by_name(samples: object, named: str) -> None:
    with pytest.raises(AudioError, match=named):
        to_pcm16(samples)  # type: ignore[arg-type]


@pytest.mark.parametrize("rate", [0, -8000, np.nan, np.inf, "16000", None, True])
def test_what_is_no_rate_is_refused(rate: object) -> None:
    with pytest.raises(AudioError, match="rate"):
        resample(tone(), rate)  # type: ignore[arg-type]


def test_odd_bytes_are_no_pcm16() -> None:
    with pytest.raises(AudioError, match="even"):
        from_pcm16(b"\0\0\0")


@pytest.mark.parametrize("rates", [(SAMPLE_RATE, 16000), (16000, SAMPLE_RATE), (SAMPLE_RATE, SAMPLE_RATE)])
def test_a_stream_in_blocks_is_the_same_as_a_whole(rates: tuple[int, int]) -> None:
    source = (tone(rates[0]) * 32767).astype(np.int16)
    stream = StreamResampler(*rates)
    blocks = np.array_split(source, 25)
    out = np.concatenate([stream(block, last=index == 24) for index, block in enumerate(blocks)])
    assert len(out) == pytest.approx(rates[1] / 2, abs=2)
    assert pitch(out, rates[1]) == pytest.approx(440, abs=3)
    whole = resample(source.astype(np.float32), *rates)
    middle = slice(1000, min(len(whole), len(out)) - 1000)
    assert np.abs(out[middle] - whole[middle]).max() < 400


def encoded(samples: np.ndarray, rate: int, subtype: str, kind: str = "WAV") -> bytes:
    buffer = io.BytesIO()
    soundfile.write(buffer, samples, rate, format=kind, subtype=subtype)
    return buffer.getvalue()


@pytest.mark.parametrize("subtype", ["PCM_U8", "PCM_16", "PCM_24", "PCM_32", "FLOAT", "DOUBLE", "ULAW", "ALAW"])
@pytest.mark.parametrize("rate", [8000, 44100])
def test_wav_files_of_every_kind_are_read(subtype: str, rate: int) -> None:
    stereo = np.stack([tone(rate), tone(rate)], axis=1)
    samples, found = read_sound(encoded(stereo, rate, subtype))
    assert (found, samples.dtype, samples.shape) == (rate, np.float32, (rate // 2,))
    np.testing.assert_allclose(samples, tone(rate), atol=0.03)
    assert len(load_sound(encoded(stereo, rate, subtype))) == pytest.approx(24_000, abs=4)


@pytest.mark.parametrize(("kind", "subtype"), [("FLAC", "PCM_16"), ("OGG", "VORBIS"), ("MP3", "MPEG_LAYER_III")])
def test_compressed_files_are_read(kind: str, subtype: str) -> None:
    samples, rate = read_sound(encoded(tone(), SAMPLE_RATE, subtype, kind))
    assert pitch(samples, rate) == pytest.approx(440, abs=5)


def test_files_that_are_none_are_refused_by_name(tmp_path: Path) -> None:
    text = tmp_path / "notes.wav"
    text.write_text("no sound at all")
    with pytest.raises(AudioError, match=r"notes\.wav"):
        read_sound(text)
    with pytest.raises(AudioError, match=r"missing\.wav"):
        read_sound(str(tmp_path / "missing.wav"))
    with pytest.raises(AudioError, match="there is no sound file"):
        read_sound(tmp_path)
    with pytest.raises(AudioError, match="the sound data"):
        read_sound(b"RIFF")
    empty = tmp_path / "empty.wav"
    empty.write_bytes(b"")
    with pytest.raises(AudioError, match=r"empty\.wav"):
        read_sound(empty)
    with pytest.raises(AudioError, match="no samples"):
        read_sound(encoded(np.zeros(0, np.float32), 16000, "PCM_16"))


def test_a_file_cut_off_in_the_middle_gives_what_is_there() -> None:
    whole = encoded(tone(), SAMPLE_RATE, "PCM_16")
    samples, _ = read_sound(whole[: len(whole) // 2])
    assert 0 < len(samples) < SAMPLE_RATE / 2


def test_a_float_file_with_nan_is_refused() -> None:
    with pytest.raises(AudioError, match="NaN"):
        load_sound(encoded(np.array([0.1, np.nan], np.float32), 16000, "FLOAT"))


def test_an_array_needs_its_rate_and_a_file_brings_its_own() -> None:
    with pytest.raises(AudioError, match="rate="):
        load_sound(tone())
    with pytest.raises(AudioError, match="leave rate= out"):
        load_sound(wav_bytes(tone()), rate=16000)
    assert len(load_sound(tone(16000), rate=16000)) == pytest.approx(24_000, abs=4)


def test_a_written_file_sounds_the_same(tmp_path: Path) -> None:
    write_wav(tmp_path / "tone.wav", tone(16000), 16000)
    samples, rate = read_sound(tmp_path / "tone.wav")
    assert rate == 16000
    np.testing.assert_allclose(samples, tone(16000), atol=1e-4)


def test_a_flac_that_was_streamed_and_knows_no_length_is_told() -> None:
    file = io.BytesIO()
    soundfile.write(file, np.zeros(8_000), 8_000, format="FLAC")
    data = bytearray(file.getvalue())
    data[21] &= 0xF0  # STREAMINFO holds the number of samples in these 36 bits
    data[22:26] = bytes(4)
    with pytest.raises(AudioError, match="how long it is"):
        read_sound(bytes(data))
