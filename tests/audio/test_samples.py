from __future__ import annotations

import io
import sys
from typing import TYPE_CHECKING

import numpy as np
import pytest
import soundfile

from realtime_widgets.audio.pcm import SAMPLE_RATE, duration_ms
from realtime_widgets.audio.samples import (
    StreamResampler,
    from_pcm16,
    load_sound,
    read_sound,
    resample,
    to_mono_float,
    to_pcm16,
    wav_bytes,
    write_wav,
)
from realtime_widgets.errors import AudioError

if TYPE_CHECKING:
    from collections.abc import Callable
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


def as_upload(data: bytes) -> dict[str, object]:
    return {"name": "question.wav", "type": "audio/wav", "size": len(data), "content": memoryview(data)}


FORMS: dict[str, Callable[[bytes], object]] = {
    "bytearray": bytearray,
    "memoryview": memoryview,
    "BytesIO": io.BytesIO,
    "an upload": as_upload,
    "the value of a FileUpload": lambda data: (as_upload(data),),
    "an array of the bytes": lambda data: np.frombuffer(data, np.uint8),
}


@pytest.mark.parametrize("form", FORMS)
def test_the_bytes_of_a_file_are_a_file_in_whatever_form(form: str, tmp_path: Path) -> None:
    data = wav_bytes(tone(16000), 16000)
    assert load_sound(FORMS[form](data)) == load_sound(data)  # type: ignore[arg-type]
    with pytest.raises(AudioError, match="leave rate= out"):
        load_sound(FORMS[form](data), rate=16000)  # type: ignore[arg-type]


def test_an_open_file_is_read_from_its_beginning(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    soundfile.write(buffer, tone(16000), 16000, format="WAV")
    assert load_sound(buffer) == load_sound(buffer.getvalue())
    (tmp_path / "question.wav").write_bytes(buffer.getvalue())
    with (tmp_path / "question.wav").open("rb") as file:
        assert load_sound(file) == load_sound(buffer.getvalue())
    with pytest.raises(AudioError, match="cannot be read"):
        load_sound(file)
    with (tmp_path / "question.wav").open(encoding="latin-1") as text, pytest.raises(AudioError, match='"rb"'):
        load_sound(text)  # type: ignore[arg-type]


def test_a_view_of_samples_is_samples() -> None:
    samples = (tone() * 32767).astype(np.int16)
    assert load_sound(memoryview(samples), rate=SAMPLE_RATE) == load_sound(samples, rate=SAMPLE_RATE)


@pytest.mark.parametrize(
    "make",
    [
        lambda samples: samples.astype(np.float32),
        lambda samples: samples.astype(np.float64),
        lambda samples: samples.tolist(),
        lambda samples: samples.astype(np.int64),
        lambda samples: samples.astype(np.int32),
        lambda samples: samples.astype(np.int64) << 8,
        lambda samples: samples.astype(np.int64) << 16,
        lambda samples: samples.astype(np.int32) << 16,
    ],
)
def test_samples_in_another_type_are_as_loud_as_they_were(make: Callable[[np.ndarray], object]) -> None:
    samples = (tone() * 32767).astype(np.int16)
    np.testing.assert_allclose(to_mono_float(make(samples)), to_mono_float(samples), atol=1e-4)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("samples", "named"),
    [
        (np.array([0.0, 1e6, -1e6]), "from -1e\\+06 to 1e\\+06: divide them"),
        (np.array([100.0, 128.0, 255.0]), "from 100 to 255"),
        ((np.zeros(10), 16000), "pass the rate as rate="),
        ((16000, np.zeros(10)), "pass the rate as rate="),
        ([[0.1, 0.2], [0.3]], "one array of samples"),
        ({"sound": b""}, "dictionary"),
        (object(), "numbers"),
    ],
)
def test_sound_of_an_unknown_scale_or_form_is_refused_in_words(samples: object, named: str) -> None:
    with pytest.raises(AudioError, match=named):
        load_sound(samples, rate=16000)  # type: ignore[arg-type]


def test_a_rate_in_kilohertz_is_told() -> None:
    with pytest.raises(AudioError, match=r"44100 and not 44\.1"):
        load_sound(tone(), rate=44.1)  # type: ignore[arg-type]


@pytest.mark.parametrize("quiet", [0.0, 0.001])
def test_one_voice_in_six_channels_keeps_its_loudness(quiet: float) -> None:
    channels = np.full((12_000, 6), quiet, np.float32)
    channels[:, 2] = tone()
    assert np.abs(to_mono_float(channels)).max() == pytest.approx(0.5, abs=0.01)
    samples, _ = read_sound(encoded(channels, SAMPLE_RATE, "PCM_16"))
    assert np.abs(samples).max() == pytest.approx(0.5, abs=0.01)
    both = channels.copy()
    both[:, 3] = -tone()
    assert np.abs(to_mono_float(both)).max() < 0.01
    assert not to_mono_float(np.zeros((10, 6))).any()


@pytest.mark.parametrize("before", [b"", b"LIST\x04\0\0\0INFO"])
def test_a_recording_whose_header_was_never_finished_is_read_whole(before: bytes) -> None:
    whole = encoded(tone(), SAMPLE_RATE, "PCM_16")
    at = whole.index(b"data")
    cut = whole[:4] + bytes(4) + whole[8:at] + before + b"data" + bytes(4) + whole[at + 8 :]
    samples, rate = read_sound(cut)
    assert (len(samples), rate) == (SAMPLE_RATE // 2, SAMPLE_RATE)
    assert pitch(samples) == pytest.approx(440, abs=3)


@pytest.mark.parametrize("after", [b"", b"LIST\x04\0\0\0INFO"])
def test_a_recording_of_nothing_stays_empty(after: bytes) -> None:
    with pytest.raises(AudioError, match="no samples"):
        read_sound(encoded(np.zeros(0, np.float32), 16000, "PCM_16") + after)


def packed(container: str, codec: str, rate: int = 48_000) -> bytes:
    av = pytest.importorskip("av")
    buffer = io.BytesIO()
    with av.open(buffer, "w", format=container) as file:
        stream = file.add_stream(codec, rate=rate, layout="mono")
        frame = av.AudioFrame.from_ndarray(tone(rate)[np.newaxis], "fltp", "mono")
        frame.sample_rate, frame.pts = rate, 0
        resampled = av.AudioResampler(format=stream.format, rate=rate).resample(frame)
        file.mux([packet for each in [*resampled, None] for packet in stream.encode(each)])
    return buffer.getvalue()


@pytest.mark.parametrize(("container", "codec"), [("ipod", "aac"), ("webm", "libopus"), ("adts", "aac")])
def test_what_phones_and_browsers_record_is_read(container: str, codec: str, tmp_path: Path) -> None:
    data = packed(container, codec)
    samples, rate = read_sound(data)
    assert (rate, samples.dtype) == (48_000, np.float32)
    assert len(samples) == pytest.approx(24_000, abs=3000)
    assert pitch(samples, rate) == pytest.approx(440, abs=5)
    with pytest.raises(AudioError, match="the sound data"):
        read_sound(data[:40])


@pytest.mark.parametrize(("container", "codec", "named"), [("ipod", "aac", "m4a"), ("webm", "libopus", "WebM")])
def test_what_needs_another_package_says_which_and_how_to_convert_it(
    container: str, codec: str, named: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "question").write_bytes(packed(container, codec))
    monkeypatch.setitem(sys.modules, "av", None)
    with pytest.raises(
        AudioError, match=rf"question is .*{named}.*pip install av, or convert it \(ffmpeg"
    ) as told:
        read_sound(tmp_path / "question")
    assert str(tmp_path / "question") in str(told.value)


def test_a_file_of_another_kind_says_how_to_convert_it() -> None:
    with pytest.raises(AudioError, match=r"convert it to WAV, FLAC, OGG or MP3 \(ffmpeg"):
        read_sound(b"0&\xb2u\x8ef\xcf\x11" + bytes(100))


@pytest.mark.skipif(sys.platform == "win32", reason="limits of POSIX")
def test_of_a_sound_that_does_not_fit_on_the_disk_no_half_is_left(tmp_path: Path) -> None:
    import resource

    file = tmp_path / "heard.wav"
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, limits[1]))
    try:
        with pytest.raises(OSError, match=r"heard\.wav"):
            write_wav(file, np.zeros(4800))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert not file.exists()
