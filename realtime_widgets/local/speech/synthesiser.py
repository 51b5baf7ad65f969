"""Speech synthesis with hibari: text to 24 kHz speech, sentence by sentence."""

from __future__ import annotations

import logging
import re
import threading
from typing import TYPE_CHECKING, Any

import numpy as np

from realtime_widgets.errors import ConfigurationError
from realtime_widgets.local.models.engines import opening
from realtime_widgets.local.models.interfaces import SYNTHESIS_RATE
from realtime_widgets.local.models.weights import HIBARI
from realtime_widgets.local.speech.speakable import cut_into_pieces, speakable
from realtime_widgets.local.speech.voices import VOICES, VoiceVariation, variation

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator, Sequence

    import numpy.typing as npt

logger = logging.getLogger(__name__)

#: Speeds that the protocol allows, as factors.
SLOWEST, FASTEST = 0.25, 1.5
#: Gain that brings the model's quiet speech, whose peaks stay below 0.5, to a usual level.
_GAIN = 1.8
#: Level of a 10 ms frame that counts as sound (root mean square, full scale 1).
_SOUND_LEVEL = 3e-4
_FRAME_SAMPLES = SYNTHESIS_RATE // 100
#: Silence kept before the first sound, and the pauses after a clause and a sentence, in seconds.
#: The model itself leaves 0.3 s before and 0.5 s after, which a listener would wait through.
_LEAD_S, _CLAUSE_PAUSE_S, _SENTENCE_PAUSE_S = 0.02, 0.1, 0.25
_SENTENCE_END = re.compile(r"[.!?…]\W*$")


class HibariSynthesiser:
    """Synthesiser (`interfaces.Synthesiser`) with one speaker in ten variations; safe for several threads.

    The same text in the same voice gives the same samples every time.

    Parameters
    ----------
    path
        ``hibari.onnx`` or its folder; None finds it (see `weights.find_model`).

    Attributes
    ----------
    voices : sequence of str
        The protocol's voice names that it has (see `voices` for how they sound).

    Raises
    ------
    LocalEndpointError
        If the model is missing, not genuine or unusable.
    """

    voices: Sequence[str] = tuple(VOICES)

    def __init__(self, path: str | os.PathLike[str] | None = None) -> None:
        # hibari is not made for several threads: its text side keeps state and needs the lock; the network and
        # the waveform keep none.
        self._text_lock = threading.Lock()
        with opening(HIBARI, path) as found:
            from hibari import Hibari, dsp

            self._engine: Any = Hibari(model=str(found.weights), threads=1)
            self._waveform: Any = dsp.synth
            # the second word is not in any dictionary: it loads the part that guesses pronunciations
            for _ in self.stream("Ready, brillig.", self.voices[0]):
                pass

    def stream(self, text: str, voice: str, speed: float = 1.0) -> Iterator[npt.NDArray[np.int16]]:
        """Speak `text`, sentence by sentence.

        Parameters
        ----------
        text
            Plain text or Markdown; what cannot be read aloud is left out, which may leave nothing.
        voice
            One of `voices`.
        speed
            Pace, 0.25 to 1.5; 1.0 is the speaker's own.

        Yields
        ------
        numpy.ndarray
            int16 mono of shape (n,) at 24 kHz: a sentence, or the first clause of a long first one.

        Raises
        ------
        ConfigurationError
            By the call itself, if the voice is unknown or the speed out of range.
        """
        if not SLOWEST <= speed <= FASTEST:
            raise ConfigurationError(f"the speed must be {SLOWEST} to {FASTEST}, not {speed}")
        return self._pieces(text, variation(voice), speed)

    def _pieces(self, text: str, voice: VoiceVariation, speed: float) -> Iterator[npt.NDArray[np.int16]]:
        for piece in cut_into_pieces(self._engine.split_sentences(speakable(text))):
            try:
                with self._text_lock:
                    spoken = [self._engine.ids(phonemes) for phonemes in self._engine.phonemize(piece)]
            except Exception:  # an answer must not break off because the engine fails at a word
                logger.exception("a sentence of %d characters cannot be read aloud and is left out", len(piece))
                continue
            pause = _SENTENCE_PAUSE_S if _SENTENCE_END.search(piece) else _CLAUSE_PAUSE_S
            for ids in spoken:
                samples = _trimmed(self._render(ids, voice, speed), pause / speed)
                if samples.size:
                    yield (np.clip(samples * _GAIN, -1.0, 1.0) * 32767.0).astype(np.int16)

    def _render(self, ids: list[int], voice: VoiceVariation, speed: float) -> npt.NDArray[np.float32]:
        """Return the speech of phoneme numbers, float32 of shape (n,)."""
        if len(ids) < 3:  # only the marks of beginning and end
            return np.zeros(0, dtype=np.float32)
        inputs = {"ids": np.array([ids], dtype=np.int64), "speed": np.array([speed], dtype=np.float32)}
        outputs = (output[0] for output in self._engine.sess.run(None, inputs))
        harmonics, harmonic_phase, noise, residual, residual_phase, pitch = outputs
        samples: npt.NDArray[np.float32] = self._waveform(
            voice.stretch_harmonics(harmonics, pitch),
            harmonic_phase,
            voice.stretch(noise),
            voice.stretch(residual),
            residual_phase,
            voice.bend_pitch(pitch),
            np.random.default_rng(0),
        )
        return samples


def _trimmed(samples: npt.NDArray[np.float32], pause_s: float) -> npt.NDArray[np.float32]:
    """Remove the silence before the first sound, and leave `pause_s` seconds of it after the last."""
    frames = samples[: samples.size // _FRAME_SAMPLES * _FRAME_SAMPLES].reshape(-1, _FRAME_SAMPLES)
    loud = np.flatnonzero(np.sqrt(np.square(frames).mean(axis=1)) > _SOUND_LEVEL)
    if not loud.size:
        return samples[:0]
    start = max(0, int(loud[0]) * _FRAME_SAMPLES - int(_LEAD_S * SYNTHESIS_RATE))
    end = (int(loud[-1]) + 1) * _FRAME_SAMPLES
    pause = np.zeros(int(pause_s * SYNTHESIS_RATE), dtype=np.float32)
    tail = samples[end : end + pause.size]
    pause[: tail.size] = tail
    return np.concatenate((samples[start:end], pause))
